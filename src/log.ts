import { type DestinationStream, type Logger, pino } from 'pino'
import { lineScrubber, type Place, type Scrub, scrubber, withMarks } from './scrub.ts'
import { requestFields } from './trace.ts'

export type Log = Logger

export { type Scrub, scrubber } from './scrub.ts'

// Shorter values are choices of ours: formats, sizes, voices.
const ownText = 12

/** A message of somebody else without what it repeats, whole or cut short, of the texts that a person wrote. */
export function withoutTexts(message: string, params: Record<string, unknown>): string {
  const places: Place[] = []
  for (const value of Object.values(params)) {
    if (typeof value !== 'string' || value.length < ownText) continue
    // As it is, as JSON repeats it, and as upstream/answers.ts leaves it.
    const forms = [value, JSON.stringify(value).slice(1, -1), value.replace(/\p{Cc}+/gu, ' ').trim()]
    for (const form of new Set(forms)) places.push(...placesOf(message, form))
  }
  return withMarks(
    message,
    places.map(place => ({ ...place, mark: '[text]' })),
  )
}

/** Where the beginning of `text` stands, and how far it goes on there. */
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

// What waits for a reader of the log may take so many bytes, then lines are dropped: nobody reading holds nobody up.
const maxWaitingBytes = 1_048_576
let dropped = 0
/** Lines that this process could not write, because nobody read those before. */
export const droppedLines = (): number => dropped

function standardOutput() {
  const stream = pino.destination({ dest: 1, sync: false, maxLength: maxWaitingBytes })
  stream.on('drop', () => {
    dropped += 1
  })
  return stream
}

/** JSON lines on standard output, or into `stream`. What an error says is scrubbed whole. */
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
        // One pass over the finished line is the only place that sees everything that will be written.
        streamWrite: line => withoutTricks(scrubLine(line)),
      },
    },
    stream ?? standardOutput(),
  )
}

// What JSON lets through as it is, and a terminal or a reader of lines does not: controls of eight bits (one of them begins
// an escape sequence), line ends of Unicode, and marks that turn the rest of a line round.
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
