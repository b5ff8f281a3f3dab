import multipart from '@fastify/multipart'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { UPLOAD_BYTES } from '../files/media.ts'
import { type Outcome, type Runner, refused } from './calls.ts'
import { isObject, type Upload } from './fields.ts'
import { bad, Refusal } from './refusal.ts'

/** The HTTP face: `/bot<token>/<method>` and `/file/bot<token>/<path>`, nothing else. */
export async function serve(options: {
  port: number
  token: string
  run: Runner
  download(path: string): Promise<Uint8Array | undefined>
}) {
  const { port, token, run, download } = options
  const server = fastify({ forceCloseConnections: true, bodyLimit: UPLOAD_BYTES })
  await server.register(multipart, {
    // One byte more is let in, so that the files' own check says no to it.
    limits: { fileSize: UPLOAD_BYTES + 1, files: 40, fields: 100, fieldSize: 1024 * 1024 },
    throwFileSizeLimit: false,
  })
  for (const type of ['application/json', 'application/x-www-form-urlencoded', '*']) {
    server.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => done(null, body))
  }

  server.all('/*', async (request, reply) => {
    const path = new URL(request.url, 'http://local').pathname
    const [, sent, method] = /^\/bot([^/]+)\/([^/]+)$/.exec(path) ?? []
    const [, sentForFile, file] = /^\/file\/bot([^/]+)\/(.+)$/.exec(path) ?? []
    const given = sent ?? sentForFile
    if (given === undefined || !['GET', 'POST'].includes(request.method)) throw new Refusal(404, 'Not Found')
    if (decodeURIComponent(given) !== token) throw new Refusal(401, 'Unauthorized')
    if (method !== undefined) return say(reply, await runRequest(request, method))
    const bytes = await download(decodeURIComponent(file!))
    if (!bytes) throw new Refusal(404, 'Not Found')
    return reply.type('application/octet-stream').send(Buffer.from(bytes))
  })

  server.setErrorHandler((error, _request, reply) => {
    if (error instanceof Refusal) return say(reply, refused(error))
    const status = isObject(error) && typeof error.statusCode === 'number' ? error.statusCode : 500
    // A fault of this server must be visible in the console.
    const isGone = isObject(error) && error.code === 'ECONNRESET' // the caller died, or was cut off
    if (status >= 500 && !isGone) console.error('stand-in Bot API server:', error)
    const text = status === 413 ? 'Request Entity Too Large' : status < 500 ? 'Bad Request' : 'Internal Server Error'
    return say(reply, refused(new Refusal(status, text)))
  })

  return {
    apiRoot: await server.listen({ port, host: '127.0.0.1' }),
    close: () => server.close(),
  }

  async function runRequest(request: FastifyRequest, method: string) {
    const raw: Record<string, unknown> = { ...queryOf(request) }
    const uploads = new Map<string, Upload>()
    if (request.isMultipart()) await readParts(request, raw, uploads)
    else Object.assign(raw, readBody(request))
    return run(method, raw, uploads)
  }
}

const queryOf = (request: FastifyRequest) => Object.fromEntries(new URL(request.url, 'http://local').searchParams)

async function readParts(request: FastifyRequest, raw: Record<string, unknown>, uploads: Map<string, Upload>) {
  for await (const part of request.parts()) {
    if (part.type === 'field') raw[part.fieldname] = part.value
    else {
      const { fieldname, filename = '', mimetype } = part
      uploads.set(fieldname, { fileName: filename, mime: mimetype, bytes: await part.toBuffer() })
    }
  }
}

function readBody(request: FastifyRequest): Record<string, unknown> {
  if (typeof request.body !== 'string' || request.body === '') return {}
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(request.body))
  }
  if (!type.startsWith('application/json')) return {}
  try {
    const body: unknown = JSON.parse(request.body)
    if (isObject(body)) return body
  } catch {}
  throw bad("can't parse request: JSON object expected")
}

function say(reply: FastifyReply, outcome: Outcome) {
  if (outcome === 'cut') {
    reply.hijack()
    reply.raw.socket?.destroy()
    return reply
  }
  if ('html' in outcome) return reply.code(502).type('text/html').send(outcome.html)
  if (outcome.retryAfterS !== undefined) reply.header('Retry-After', String(outcome.retryAfterS))
  return reply.code(outcome.status).send(outcome.body)
}
