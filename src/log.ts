import { type DestinationStream, type Logger, pino } from 'pino'
import { lineScrubber, type Place, type Scrub, scrubber, withMarks } from './scrub.ts'
import { requestFields } from './trace.ts'

export type Log = Logger

export { type Scrub, scrubber } from './scrub.ts'

// Shorter values are our own: formats, sizes, voices.
const ownText = 12

/** Returns an external message without the person's own texts, which it may quote in full or in part. */
export function withoutTexts(message: string, params: Record<string, unknown>): string {
  const places: Place[] = []
  for (const value of Object.values(params)) {
    if (typeof value !== 'string' || value.length < ownText) continue
    // Unchanged, as JSON quotes it, and as upstream/answers.ts leaves it.
    const forms = [value, JSON.stringify(value).slice(1, -1), value.replace(/\p{Cc}+/gu, ' ').trim()]
    for (const form of new Set(forms)) places.push(...placesOf(message, form))
  }
  return withMarks(
    message,
    places.map(place => ({ ...place, mark: '[text]' })),
  )
}

/** Returns where the beginning of `text` occurs in the message, and how far it continues there. */
function placesOf(message: string, text: string): Place[] {
  const start = text.slice(0, ownText)
  const places: Place[] = []
  for (let from = message.indexOf(start); from >= 0; from = message.indexOf(start, places.at(-1)!.to)) {
    let length = start.length
    while (length < text.length && message[from + length] === text[length]) length += 1
    places.push({ from, to: from + length })
  }
  return places
}

// Unread log lines may take this many bytes. Then lines are dropped: a blocked reader must not block the service.
const maxWaitingBytes = 1_048_576
let dropped = 0
/** Returns the number of lines dropped because earlier ones were not read. */
export const droppedLines = (): number => dropped

function standardOutput() {
  const stream = pino.destination({ dest: 1, sync: false, maxLength: maxWaitingBytes })
  stream.on('drop', () => {
    dropped += 1
  })
  return stream
}

/** Returns a log that writes JSON lines to standard output, or to `stream`. Errors are scrubbed completely. */
export function createLog(options: { level: string; secrets: readonly string[] }, stream?: DestinationStream): Log {
  const scrub = scrubber(options.secrets)
  const scrubLine = lineScrubber(options.secrets)
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
        // Scrubs the finished line: only there is everything that will be written.
        streamWrite: line => withoutTricks(scrubLine(line)),
      },
    },
    stream ?? standardOutput(),
  )
}

// Characters that are valid in JSON but harm a terminal or a line reader: 8-bit controls (one of them starts an escape
// sequence), Unicode line ends, and marks that reverse the rest of a line.
const tricks = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const withoutTricks = (line: string) =>
  line.replace(tricks, sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)

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
