import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Type } from '@sinclair/typebox'
import { crash } from '../crash.ts'
import { only, query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { Refused, sqlState, Unknown } from '../errors.ts'
import type { Ref } from '../payments/generations.ts'

// The same as in the SQL of kept files. A download holds two or three chunks in memory, so a hundred downloads need little.
const chunkBytes = 256 * 1024

/** Most bytes kept of one person and of all. A file has at most 100 MB. */
export const keptLimits = { ofOne: 300 * 1024 ** 2, ofAll: 20 * 1024 ** 3 }

/**
 * Stores the n-th output of a generation in the database, chunk by chunk, and returns when it expires. Continues what an
 * earlier call left unfinished, and leaves a complete file as it is. Over a limit the oldest files of the same person
 * make room. Throws Unknown, Refused (`kept_full`: there is no room).
 */
export async function keep(
  sql: Sql,
  ref: Ref,
  n: number,
  file: { path: string; bytes: number },
  limits = keptLimits,
): Promise<Date> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file.path), hash)
  const sha256 = hash.digest('hex')
  const { nextChunk, expiresAt } = await begin(sql, ref, n, file.bytes, sha256, limits)
  if (nextChunk === null) return expiresAt

  const handle = await open(file.path)
  try {
    for (let chunk = nextChunk; chunk * chunkBytes < file.bytes; chunk++) {
      const content = Buffer.alloc(Math.min(chunkBytes, file.bytes - chunk * chunkBytes))
      await handle.read({ buffer: content, position: chunk * chunkBytes })
      const put = await untilAnswered(async () => only(await keptPut(sql, ref, n, sha256, chunk, content)))
      if (!put.isStored) throw new Unknown(`${ref.id}/${n}: somebody keeps another file in its place`)
      crash('chunk_kept')
    }
  } finally {
    await handle.close()
  }
  const end = await untilAnswered(async () => only(await keptEnd(sql, ref, n, sha256)))
  if (!end.isWhole) throw new Unknown(`${ref.id}/${n}: not whole after its last chunk`)
  return expiresAt
}

async function begin(sql: Sql, ref: Ref, n: number, bytes: number, sha256: string, limits: typeof keptLimits) {
  try {
    return await untilAnswered(async () => only(await keptBegin(sql, ref, n, bytes, sha256, limits)))
  } catch (error) {
    if (sqlState(error) !== 'P0413') throw error
    throw new Refused('kept_full', `${ref.id}/${n}: no room for ${bytes} bytes of ${ref.userId}`, { cause: error })
  }
}

/** The bytes of a kept file from `from` up to and including `to`, one chunk at a time as they are asked for. */
export async function* readKept(sql: Sql, ref: Ref, n: number, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let chunk = Math.floor(from / chunkBytes); chunk * chunkBytes <= to; chunk++) {
    const [row] = await untilAnswered(() => keptChunk(sql, ref, n, chunk))
    if (!row) throw new Refused('not_found', `${ref.id}/${n}: its time has passed`)
    const begin = chunk * chunkBytes
    yield row.content.subarray(Math.max(0, from - begin), to - begin + 1)
  }
}

export const keptBegin = query(
  Type.Object({ nextChunk: Nullable(Type.Integer()), expiresAt: Type.Date() }),
  (sql, { userId, id }: Ref, n: number, bytes: number, sha256: string, { ofOne, ofAll }: typeof keptLimits) => sql`
    select next_chunk as "nextChunk", expires_at as "expiresAt"
    from pay.kept_begin(${userId}, ${id}, ${n}, ${bytes}, ${sha256}, ${ofOne}, ${ofAll})`,
)

export const keptPut = query(
  Type.Object({ isStored: Type.Boolean() }),
  (sql, { userId, id }: Ref, n: number, sha256: string, chunk: number, content: Uint8Array) => sql`
    select pay.kept_put(${userId}, ${id}, ${n}, ${sha256}, ${chunk}, ${content}) as "isStored"`,
)

export const keptEnd = query(
  Type.Object({ isWhole: Type.Boolean() }),
  (sql, { userId, id }: Ref, n: number, sha256: string) => sql`
    select pay.kept_end(${userId}, ${id}, ${n}, ${sha256}) as "isWhole"`,
)

/** The outputs of a generation that are kept whole. */
export const keptOutputs = query(
  Type.Object({ n: Type.Integer(), bytes: Type.Integer() }),
  (sql, { userId, id }: Ref) => sql`
    select n, bytes from pay.kept_files
    where user_id = ${userId} and generation_id = ${id} and is_whole and expires_at > now()`,
)

/** A kept file by what its link names: the link names no user. */
export const keptFile = query(
  Type.Object({
    userId: Type.Integer(),
    bytes: Type.Integer(),
    sha256: Type.String(),
    mime: Type.String(),
    extension: Type.String(),
  }),
  (sql, generationId: string, n: number) => sql`
    select k.user_id as "userId", k.bytes, k.sha256, r.mime, r.extension
    from pay.generations g
    join pay.kept_files k on k.user_id = g.user_id and k.generation_id = g.id
    join pay.results r on r.user_id = k.user_id and r.generation_id = k.generation_id and r.n = k.n
    where g.id = ${generationId} and k.n = ${n} and k.is_whole and k.expires_at > now()`,
)

export const keptChunk = query(
  Type.Object({ content: Type.Uint8Array() }),
  (sql, { userId, id }: Ref, n: number, chunk: number) => sql`
    select content from pay.kept_chunks
    where user_id = ${userId} and generation_id = ${id} and n = ${n} and chunk = ${chunk}`,
)
