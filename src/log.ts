import { type DestinationStream, type Logger, pino } from 'pino'
import { requestFields } from './trace.ts'

export type Log = Logger

/** Takes every known secret, by value and by shape, out of a text: error messages, stacks and URLs carry them too. */
export type Scrub = (text: string) => string

/** `secrets` are the values of this process's configuration that must never be written anywhere. */
export function scrubber(secrets: readonly string[]): Scrub {
  const known = secrets.filter(secret => secret.length >= 6).sort((a, b) => b.length - a.length)
  return text => {
    let clean = text
    for (const secret of known) clean = clean.replaceAll(secret, '[secret]')
    // A bot token’s shape (telegram.md T8), looked for where its digits begin, and the password of any URL.
    return clean
      .replace(/(?<!\d)\d{6,16}:[\w-]{30,}/g, '[token]')
      .replace(/:\/\/([^\s:/@]*):[^\s/@]*@/g, '://$1:[secret]@')
  }
}

// Shorter values are choices of ours: formats, sizes, voices.
const ownText = 12

/** A message of somebody else without what it repeats, whole or cut short, of the texts that a person wrote. */
export function withoutTexts(message: string, params: Record<string, unknown>): string {
  let left = message
  for (const value of Object.values(params)) {
    if (typeof value !== 'string' || value.length < ownText) continue
    const at = left.indexOf(value.slice(0, ownText))
    if (at < 0) continue
    let end = ownText
    while (end < value.length && left[at + end] === value[end]) end += 1
    left = `${left.slice(0, at)}[text]${left.slice(at + end)}`
  }
  return left
}

// What waits for a reader of the log may take so many bytes, then lines are dropped: nobody reading holds nobody up.
const mostWaitingBytes = 1_048_576
let dropped = 0
/** Lines that this process could not write, because nobody read those before. */
export const droppedLines = (): number => dropped

function standardOutput() {
  const stream = pino.destination({ dest: 1, sync: false, maxLength: mostWaitingBytes })
  stream.on('drop', () => {
    dropped += 1
  })
  return stream
}

/** JSON lines on standard output, or into `stream`. What an error says is scrubbed whole. */
export function createLog(options: { level: string; secrets: readonly string[] }, stream?: DestinationStream): Log {
  const scrub = scrubber(options.secrets)
  const error = (value: unknown) => describe(value, scrub)
  return pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: requestFields,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: error, error },
      hooks: {
        // One pass over the finished line is the only place that sees everything that will be written.
        streamWrite: scrub,
      },
    },
    stream ?? standardOutput(),
  )
}

type Described = { type: string; message: string; code?: string; stack?: string; cause?: Described }

function describe(value: unknown, scrub: Scrub, depth = 0): Described {
  if (!(value instanceof Error)) return { type: typeof value, message: scrub(String(value)).slice(0, 2_000) }
  const code = 'code' in value ? String(value.code) : undefined
  return {
    type: value.name,
    message: scrub(value.message).slice(0, 2_000),
    ...(code === undefined ? {} : { code }),
    ...(value.stack === undefined ? {} : { stack: scrub(value.stack).slice(0, 4_000) }),
    ...(value.cause === undefined || depth > 3 ? {} : { cause: describe(value.cause, scrub, depth + 1) }),
  }
}
