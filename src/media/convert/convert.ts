import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Refused, Unknown } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Answer } from '../child.ts'
import { firstLook, isConvertible } from '../family.ts'
import { type About, type Inspect, type Inspected, resultOf } from '../inspector.ts'
import { GivenUp, type Inspecting, type Limits, startInspecting } from '../process.ts'
import { createTurns } from '../turns.ts'
import type { ConvertQuestion, PreviewQuestion } from './file.ts'

export type Converter = {
  /**
   * Inspects a person's file, as `Inspect`. A picture that no model accepts (HEIC, AVIF, TIFF, BMP) is replaced by a
   * JPEG or PNG that looks the same, and the result describes the new file. Throws as `Inspect` does, and Refused
   * (`heavy`: it needs more memory or time than we have, `unreadable`).
   */
  take: Inspect
  /**
   * Returns a small JPEG of a picture of ours, with the word drawn over it. Throws Refused (`heavy`, `unreadable`: there
   * can be none), Unknown.
   */
  preview(picture: { path: string; extension: string; pixels: number }, word: string): Promise<Uint8Array>
  /** Returns the ids of the running processes. */
  pids(): number[]
  /** Ends the processes. Waiting calls throw Unknown. */
  close(): void
}

type Question = ConvertQuestion | PreviewQuestion

type Options = {
  /** For all other files. */
  inspect: Inspect
  /** The folders for files. A process can read nothing else. */
  folders: readonly string[]
  log: Log
  limits?: Partial<Limits>
  /** Memory of the machine in bytes. */
  memory?: number
  /** Milliseconds that a person's file waits for its turn. */
  patienceMs?: number
}

const megabyte = 1_048_576
// Memory with the library loaded, and for each megapixel: planes, rows, the picture and the result.
const [idleMb, mbAMegapixel] = [130, 14]
// Today's phones make pictures of up to 48 megapixels.
const maxMegapixels = 50
// Two thirds of a small machine: the service needs 150 to 200 MB.
const minMb = 320
// The owner of all previews: they take their turns with the people.
const previews = 'previews'
/** Telegram's largest download. The result must not be larger. */
const maxBytes = 20 * megabyte

/**
 * Returns the limits of a conversion for a machine with this much memory, in bytes. They always allow an ordinary photo
 * of 12 megapixels.
 */
export function roomFor(memory: number): { rssMb: number; maxPixels: number } {
  const maxMb = idleMb + maxMegapixels * mbAMegapixel
  const rssMb = Math.round(Math.min(Math.max((memory / megabyte) * 0.6, minMb), maxMb))
  return { rssMb, maxPixels: Math.floor((rssMb - idleMb) / mbAMegapixel) * 1e6 }
}

// The container's limit, if there is one.
const ownMemory = () => Math.min(totalmem(), process.constrainedMemory() || totalmem())

/**
 * Converts one picture at a time, each in a process that ends afterwards. Starts no process before the first picture.
 */
export function createConverter({ inspect, folders, log, patienceMs = 15_000, ...options }: Options): Converter {
  const { rssMb, maxPixels } = roomFor(options.memory ?? ownMemory())
  // 48 megapixels take 6 s of a core. With the wait for a busy core, each person has an answer within ten seconds.
  const limits: Limits = { cpuMs: 8_000, wallMs: 9_000, heapMb: 64, rssMb: rssMb * 1.1, ...options.limits }
  const place: Place = {}
  // All owners are people.
  const turns = createTurns([place], { provider: '', patienceMs, prefer: () => true })

  async function convert(path: string, { owner, accept, signal, fit = {} }: About): Promise<Inspected> {
    const running = await started(folders, limits)
    place.running = running
    const stop = () => running.end()
    if (turns.isClosed()) stop()
    signal?.addEventListener('abort', stop, { once: true })
    const dir = dirname(path)
    const made = join(dir, randomUUID())
    try {
      signal?.throwIfAborted()
      const most = { ...fit, bytes: Math.min(fit.bytes ?? maxBytes, maxBytes) }
      const saved = save(running.output!, made)
      const [answer] = await Promise.all([answerOf(running, { path, accept, fit: most, maxPixels }), saved])
      const found = resultOf(answer)
      if ((await saved) !== found.bytes) throw new Unknown('a converted picture did not arrive whole')
      await rename(made, path)
      return found
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof GivenUp)) throw error
      log.warn({ owner, why: error.message }, 'a picture was given up')
      throw new Refused('heavy', `given up: ${error.message}`, { cause: error })
    } finally {
      signal?.removeEventListener('abort', stop)
      running.end()
      await rm(made, { force: true })
    }
  }

  return {
    preview: previewer({ place, turns, folders, limits, maxPixels }),
    async take(path, about) {
      const family = await firstLook(path, about.accept)
      if (!isConvertible(family)) return inspect(path, about)
      about.signal?.throwIfAborted()
      await turns.take(about.owner, about.signal)
      try {
        return await convert(path, about)
      } finally {
        delete place.running
        turns.give(about.owner, place)
      }
    },
    pids: () => (place.running?.isAlive() ? [place.running.pid] : []),
    close() {
      turns.close()
      place.running?.end()
    },
  }
}

type Place = { running?: Inspecting<Question> }
type Drawing = {
  place: Place
  turns: Pick<ReturnType<typeof createTurns<Place>>, 'take' | 'give' | 'isClosed'>
  folders: readonly string[]
  limits: Limits
  maxPixels: number
}

/** Draws previews in the place where pictures are converted. */
function previewer({ place, turns, folders, limits, maxPixels }: Drawing): Converter['preview'] {
  async function drawn(question: PreviewQuestion): Promise<Uint8Array> {
    const running = await started(folders, limits)
    place.running = running
    if (turns.isClosed()) running.end()
    try {
      const [data, answer] = await Promise.all([read(running.output!), answerOf(running, question)])
      resultOf(answer)
      return data
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      throw new Refused('heavy', `given up: ${error.message}`, { cause: error })
    } finally {
      running.end()
      delete place.running
    }
  }

  return async ({ path, extension, pixels }, word) => {
    if (pixels > maxPixels) throw new Refused('heavy', `${pixels} pixels`)
    await turns.take(previews)
    try {
      return await drawn({ path, preview: { extension, word }, maxPixels })
    } finally {
      turns.give(previews, place)
    }
  }
}

function started(folders: readonly string[], limits: Limits): Promise<Inspecting<Question>> {
  const program = { file: 'convert/child.ts', hasOutput: true } as const
  return startInspecting<Question>(folders, limits, program).catch(cause => {
    throw new Unknown('no process to convert a picture', { cause })
  })
}

/** Returns the process's answer. Its output ends with the process. */
async function answerOf(running: Inspecting<Question>, question: Question): Promise<Answer> {
  try {
    return await running.ask(question)
  } finally {
    running.end()
  }
}

/** Returns the output of a process, up to the largest size of a picture. */
async function read(output: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of output) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Refused('heavy', 'a preview of more bytes than it may have')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Returns the bytes written. The output is cut at the largest size of a picture, even if the process was compromised.
 */
async function save(output: Readable, path: string): Promise<number> {
  let bytes = 0
  async function* capped(source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new Refused('heavy', 'a converted picture of more bytes than it may have')
      yield chunk
    }
  }
  await pipeline(output, capped, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  return bytes
}
