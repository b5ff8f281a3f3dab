import { once } from 'node:events'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Files } from './files.ts'

/** `GET /files/…`: uploads and results, without a key, as the download hosts serve them. */
export function fileRoutes(server: FastifyInstance, files: Files) {
  server.get('/files/*', async (request, reply) => {
    const { '*': path } = request.params as { '*': string }
    const { expires } = request.query as { expires?: string }
    // The real host refuses this client (docs/providers/kie.md, "Files").
    if (request.headers['user-agent']?.startsWith('Python-urllib')) return reply.code(403).send('error code: 1010')
    if (expires !== undefined && Number(expires) < Date.now()) return reply.code(403).send('Request has expired')
    const entry = files.stored.get(path)
    const spoilt = entry?.recipe && entry.spoilt
    if (!entry || spoilt === 'dead') return reply.code(404).type('text/plain').send('Not Found')
    if (spoilt === 'wrong')
      return reply.type(entry.mime).send(Buffer.from('<html><body>Sorry, an error occurred.</body></html>'))
    const bytes = Buffer.from(await files.bytesOf(entry))
    if (spoilt === 'truncated') return sendHalf(reply, bytes, entry.mime)
    return reply.type(entry.mime).send(bytes)
  })
}

/** Promises the whole file in Content-Length and breaks off in its middle. */
async function sendHalf(reply: FastifyReply, bytes: Buffer, mime: string) {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': mime, 'content-length': bytes.length })
  if (!reply.raw.write(bytes.subarray(0, bytes.length / 2))) await once(reply.raw, 'drain')
  reply.raw.socket?.end()
  return reply
}
