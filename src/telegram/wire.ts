import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { type Dispatcher, FormData, request } from 'undici'
import type { Scrub } from '../log.ts'

/** A method's payload, ready to be sent, as often as needed. */
export type Body = { content: string | FormData; isUpload: boolean }

/** What came back: `json` is undefined when it was no JSON object, as from a proxy in the middle. */
export type Answer = { status: number; json: Record<string, unknown> | undefined; retryAfter: string | null }

/**
 * JSON, or a form where a value is `{ source: path | bytes, filename? }`. In a form every other object travels as JSON
 * text: left to the library they would be dropped without a word (docs/providers/telegram.md, "The library"). Files are
 * streamed from the disk. A stream is refused with a TypeError, since a call that has to wait for its turn could not
 * send it again.
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

// Files further inside, as in an album, travel beside the JSON that names them.
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

/** One exchange. Throws whatever the connection throws: pass it through `cleaned` before it goes anywhere. */
export async function post(
  url: string,
  body: Body,
  { signal, dispatcher }: { signal: AbortSignal; dispatcher: Dispatcher },
): Promise<Answer> {
  // No redirect is followed: the path holds the token, which is shown to nobody else.
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
 * What a network error said, in an error of our own: the original may hold the URL, and with it the bot's token, in
 * its message, stack, cause or any property (docs/providers/telegram.md, "The library").
 */
export function cleaned(error: unknown, scrub: Scrub): Error {
  const said: string[] = []
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code = 'code' in at && typeof at.code === 'string' && !at.message.includes(at.code) ? ` (${at.code})` : ''
    said.push(`${at.name}: ${at.message}${code}`)
  }
  return new Error(scrub(said.join('; ') || String(error)).slice(0, 500))
}
