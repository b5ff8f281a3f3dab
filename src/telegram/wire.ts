import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { type Dispatcher, FormData, request } from 'undici'
import type { Scrub } from '../log.ts'

/** A method's payload, ready to be sent any number of times. */
export type Body = { content: string | FormData; isUpload: boolean }

/** Telegram's answer. `json` is undefined if the body was not a JSON object, as from a proxy. */
export type Answer = { status: number; json: Record<string, unknown> | undefined; retryAfter: string | null }

/**
 * Encodes a payload as JSON, or as a form if a value is `{ source: path | bytes, filename? }`. In a form, all other
 * objects are sent as JSON text: the library would drop them silently (docs/providers/telegram.md, "The library").
 * Files are streamed from disk. Throws TypeError for a stream, which cannot be sent again after a wait.
 */
export async function encode(payload: object): Promise<Body> {
  const files = new Map<string, File>()
  const fields = new Map<string, unknown>()
  for (const [name, value] of Object.entries(payload)) {
    if (value === null || value === undefined) continue
    if (isFile(value)) files.set(name, value)
    else fields.set(name, attach(value, files))
  }
  if (files.size === 0) return { content: JSON.stringify(Object.fromEntries(fields), dropNulls), isUpload: false }

  const form = new FormData()
  for (const [name, value] of fields) {
    form.append(name, typeof value === 'object' ? JSON.stringify(value, dropNulls) : String(value))
  }
  for (const [name, file] of files) form.append(name, await open(file), nameOf(name, file))
  return { content: form, isUpload: true }
}

type File = { source: string | Uint8Array<ArrayBuffer>; filename?: string }

function isFile(value: unknown): value is File {
  if (typeof value !== 'object' || value === null || !('source' in value)) return false
  if (typeof value.source === 'string' || value.source instanceof Uint8Array) return true
  throw new TypeError('a file is sent from a path or from bytes: a stream could not be sent again after a wait')
}

// Nested files, as in an album, are parts of the form next to the JSON that names them.
function attach(value: unknown, files: Map<string, File>): unknown {
  if (Array.isArray(value)) return value.map(item => attach(item, files))
  if (typeof value !== 'object' || value === null) return value
  if (!isFile(value)) return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, attach(v, files)]))
  const name = `file${files.size}`
  files.set(name, value)
  return `attach://${name}`
}

const dropNulls = (_key: string, value: unknown) => value ?? undefined

const open = async ({ source }: File) => (typeof source === 'string' ? openAsBlob(source) : new Blob([source]))

const nameOf = (field: string, { source, filename }: File) =>
  filename ?? (typeof source === 'string' ? basename(source) : field)

/** Makes one exchange. Throws the connection's own errors: pass them through `cleaned` before you use them. */
export async function post(
  url: string,
  body: Body,
  { signal, dispatcher }: { signal: AbortSignal; dispatcher: Dispatcher },
): Promise<Answer> {
  // No redirect is followed: the path holds the token.
  const response = await request(url, {
    method: 'POST',
    body: body.content,
    ...(body.isUpload ? {} : { headers: { 'content-type': 'application/json' } }),
    signal,
    dispatcher,
  })
  const [retryAfter = null] = [response.headers['retry-after']].flat()
  return { status: response.statusCode, json: parsed(await response.body.text()), retryAfter }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * Returns a network error's texts in an Error of our own. The original may hold the URL, and with it the bot's token,
 * in its message, stack, cause or any property (docs/providers/telegram.md, "The library").
 */
export function cleaned(error: unknown, scrub: Scrub): Error {
  const texts: string[] = []
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code = 'code' in at && typeof at.code === 'string' && !at.message.includes(at.code) ? ` (${at.code})` : ''
    texts.push(`${at.name}: ${at.message}${code}`)
  }
  return new Error(scrub(texts.join('; ') || String(error)).slice(0, 500))
}
