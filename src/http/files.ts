import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Sql } from '../database/db.ts'
import { FileParams, fileOfPath, fileRoute } from '../delivery/file-links.ts'
import { keptFile, readKept } from '../delivery/kept-files.ts'
import { shortId } from '../id.ts'
import { createPlaces, type Strangers } from './strangers.ts'

type Options = {
  secret: string
  sql: Sql
  strangers: Strangers
  addressOf(request: FastifyRequest): string
}

// A phone makes a few requests for one video. Each download holds two or three chunks of 256 KB in memory.
const downloads = { perKey: 6, inAll: 64 }
// Below this speed a download is closed, so that no reader occupies a place for long.
const minBytesPerS = 64 * 1_024
const minS = 60

/**
 * Serves a stored result by its signed link. An invalid link gets the same answer as an unknown address. One range at a
 * time is served, since phones resume. Other ranges get the whole file, as the standard allows.
 */
export const files: FastifyPluginAsyncTypebox<Options> = async (server, { secret, sql, strangers, addressOf }) => {
  const places = createPlaces(downloads)
  server.route({
    method: ['GET', 'HEAD'],
    url: fileRoute,
    exposeHeadRoute: false, // Fastify's own would read the whole file and discard it
    schema: { params: FileParams },
    async handler(request, reply) {
      const named = fileOfPath(request.params, secret, Date.now())
      const [file] = named ? await keptFile(sql, named.generationId, named.n) : []
      if (!named || !file) return reply.callNotFound() // rate-limited, so links cannot be guessed
      const giveBack = places.take(addressOf(request))
      if (!giveBack) {
        await strangers.hold(request)
        return reply
          .code(429)
          .header('retry-after', '10')
          .send({ message: 'too many downloads at once, try again later' })
      }
      reply.raw.once('close', giveBack)
      const { generationId: id, n } = named
      const { bytes, sha256 } = file
      const etag = `"${sha256}"`
      reply.headers({
        'content-type': file.mime,
        'x-content-type-options': 'nosniff',
        'content-disposition': `attachment; filename="telegen-${shortId(id)}-${n}.${file.extension}"`,
        'cache-control': 'private, no-store',
        'accept-ranges': 'bytes',
        etag,
      })

      const { range: requested, 'if-range': ifRange } = request.headers
      const range = ifRange === undefined || ifRange === etag ? rangeOf(requested, bytes) : undefined
      if (range === 'outside') {
        return reply.code(416).header('content-range', `bytes */${bytes}`).header('content-length', 0).send()
      }
      const { from, to } = range ?? { from: 0, to: bytes - 1 }
      if (range) reply.code(206).header('content-range', `bytes ${from}-${to}/${bytes}`)
      reply.header('content-length', to - from + 1)
      if (request.method === 'HEAD') return reply.send()
      const maxMs = (minS + (to - from + 1) / minBytesPerS) * 1_000
      const timer = setTimeout(() => request.raw.destroy(), maxMs)
      reply.raw.once('close', () => clearTimeout(timer))
      return reply.send(Readable.from(readKept(sql, { userId: file.userId, id }, n, from, to)))
    },
  })
}

/** Returns the single range in a header. Undefined for no range and for any other kind of range. */
function rangeOf(header: string | undefined, bytes: number): { from: number; to: number } | 'outside' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') return last === '0' ? 'outside' : { from: Math.max(0, bytes - Number(last)), to: bytes - 1 }
  const from = Number(first)
  const to = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (last !== '' && Number(last) < from) return undefined
  return from < bytes ? { from, to } : 'outside'
}
