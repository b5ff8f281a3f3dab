import { Refused, Unknown } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Answer, Question } from './child.ts'
import { firstLook, type Kind } from './family.ts'
import { foreignIn } from './formats.ts'
import type { Fit, Inspected } from './inspect.ts'
import { GivenUp, type Inspecting, type Limits, startInspecting } from './process.ts'
import { createTurns } from './turns.ts'

export type { Kind } from './family.ts'
export type { Fit, Inspected } from './inspect.ts'

/** The owner of the file. Only one file of an owner is inspected at a time. */
export type About = {
  owner: string
  accept?: readonly Kind[] | undefined
  signal?: AbortSignal | undefined
  /** Limits for a picture that is converted in any case (convert.ts). */
  fit?: Fit | undefined
  /** If set, pictures that need conversion are accepted too, up to this many pixels. */
  convertiblePx?: number | undefined
}
export type Inspect = (path: string, about: About) => Promise<Inspected>

/** The owner of results. Results wait for at most one file of people, and people for at most one result. */
export const provider = 'provider'

export type Inspector = {
  /**
   * Finds out what a file is, by its content, in a separate process. Throws Refused (`empty`, `wrong_kind`,
   * `not_media`, `dimensions`, a format's code from formats.ts for a person's file; also if the file cost more than any
   * real one), Unknown if there was no free place, no process, or the process ended for another reason, the signal's
   * reason after an abort, and Error if the file cannot be read.
   */
  inspect: Inspect
  /** Returns the ids of the running processes. */
  pids(): number[]
  /** Ends the processes. Waiting calls throw Unknown. */
  close(): void
}

type Options = {
  /** The folders for files. A process can read nothing else. */
  folders: readonly string[]
  log: Log
  limits?: Partial<Limits>
  /** The maximum number of processes. */
  size?: number
  /** Milliseconds that a person's file waits for its turn. */
  patienceMs?: number
  /** Milliseconds without a file before a process ends. An idle process takes 80 MB. */
  idleMs?: number
}

const usual: Limits = { cpuMs: 4_000, wallMs: 8_000, rssMb: 192, heapMb: 64 }
// A process is replaced after this many files, before leaks add up. One that grew is replaced at once.
const maxFiles = 500
const grownMb = 120
const maxCpuMs = 30_000 // the kernel ends it at 60 s

type Place = { running?: Inspecting<Question>; files: number; idle?: NodeJS.Timeout }

/** Starts no process before the first file. */
export function createInspector(options: Options): Inspector {
  const { size = 2, patienceMs = 7_000, idleMs = 60_000, log } = options
  const limits = { ...usual, ...options.limits }
  const places: Place[] = Array.from({ length: size }, () => ({ files: 0 }))
  // Prefer a running process, so that one person's files need only one process.
  const isRunning = (place: Place) => place.running?.isAlive() === true
  const turns = createTurns(places, { provider, patienceMs, prefer: isRunning })

  async function processOf(place: Place): Promise<Inspecting<Question>> {
    clearTimeout(place.idle)
    if (place.running?.isAlive()) return place.running
    place.files = 0
    try {
      place.running = await startInspecting(options.folders, limits, { file: 'child.ts' })
    } catch (cause) {
      throw new Unknown('no process to look at a file', { cause })
    }
    if (turns.isClosed()) place.running.end()
    return place.running
  }

  function leave(place: Place) {
    const { running } = place
    if (!running?.isAlive()) return
    place.files += 1
    if (place.files >= maxFiles || isWorn(running)) running.end()
    else place.idle = setTimeout(() => running.end(), idleMs).unref()
  }

  return {
    async inspect(path, about) {
      const { owner, signal } = about
      signal?.throwIfAborted()
      await lookFirst(path, about)
      const place = await turns.take(owner, signal)
      try {
        return await ask(await processOf(place), path, about, log)
      } finally {
        leave(place)
        turns.give(owner, place)
      }
    },
    pids: () => places.flatMap(({ running }) => (running?.isAlive() ? [running.pid] : [])),
    close() {
      turns.close()
      for (const place of places) {
        clearTimeout(place.idle)
        place.running?.end()
      }
    },
  }
}

/** Throws Refused if the first bytes already show a reason. */
async function lookFirst(path: string, { owner, accept }: About): Promise<void> {
  await firstLook(path, accept).catch((error: unknown) => {
    // Results get no format names: the advice to save a file in another format is for people.
    const isNamed = error instanceof Refused && foreignIn(error.code) !== undefined
    throw isNamed && owner === provider ? new Refused('not_media', error.message, { cause: error }) : error
  })
}

async function ask(running: Inspecting<Question>, path: string, about: About, log: Log): Promise<Inspected> {
  const { owner, accept, signal, convertiblePx } = about
  // A process cannot be interrupted in the middle of a file, so it is ended.
  const stop = () => running.end()
  signal?.throwIfAborted()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return resultOf(await running.ask({ path, accept, convertiblePx }))
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof GivenUp)) throw error
    log.warn({ owner, why: error.message }, 'a file was given up')
    throw new Refused('not_media', `given up: ${error.message}`, { cause: error })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function isWorn(running: Inspecting<Question>): boolean {
  const used = running.used()
  return used !== undefined && (used.rssMb > grownMb || used.cpuMs > maxCpuMs)
}

export function resultOf(answer: Answer): Inspected {
  if ('found' in answer) return answer.found
  if ('refused' in answer) throw new Refused(answer.refused.code, answer.refused.message)
  throw new Error(`a file could not be looked at: ${answer.failed}`)
}
