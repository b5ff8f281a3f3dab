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

/** Whose file it is decides whose turn it is: one file of an owner at a time. */
export type About = {
  owner: string
  accept?: readonly Kind[] | undefined
  signal?: AbortSignal | undefined
  /** What a picture may be that is converted in any case (convert.ts). */
  fit?: Fit | undefined
  /** Pictures that have to be converted are taken too, with so many pixels at the most. */
  convertiblePx?: number | undefined
}
export type Inspect = (path: string, about: About) => Promise<Inspected>

/** The owner of results: they wait for one file of people at most, and people for one of theirs. */
export const provider = 'provider'

export type Inspector = {
  /**
   * What a file is, by its content, found out in a process of its own. Throws Refused (`empty`, `wrong_kind`,
   * `not_media`, `dimensions`, or the code of a format of formats.ts, which a person's file has; also when the file cost more than any real one), Unknown when there was no turn for it, no
   * process, or an end of that through no fault of the file, the signal's reason when that is aborted, and Error when the file cannot be read.
   */
  inspect: Inspect
  /** Ids of the processes that run now. */
  pids(): number[]
  /** Ends the processes; what waits is answered with Unknown. */
  close(): void
}

type Options = {
  /** Where files may lie; a process can read nothing else. */
  folders: readonly string[]
  log: Log
  limits?: Partial<Limits>
  /** Processes at most. */
  size?: number
  /** Milliseconds that a person's file waits for its turn. */
  patienceMs?: number
  /** Milliseconds without a file, after which a process ends: it takes 80 MB. */
  idleMs?: number
}

const usual: Limits = { cpuMs: 4_000, wallMs: 8_000, rssMb: 192, heapMb: 64 }
// A process that looked at many files is replaced before what they left in it adds up, one that grew at once.
const maxFiles = 500
const grownMb = 120
const maxCpuMs = 30_000 // the kernel ends it at 60 s

type Place = { running?: Inspecting<Question>; files: number; idle?: NodeJS.Timeout }

/** Starts nothing before the first file. */
export function createInspector(options: Options): Inspector {
  const { size = 2, patienceMs = 7_000, idleMs = 60_000, log } = options
  const limits = { ...usual, ...options.limits }
  const places: Place[] = Array.from({ length: size }, () => ({ files: 0 }))
  // The one that runs first, so that a single person's files keep a single process.
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

/** Throws Refused for what the first bytes show already. */
async function lookFirst(path: string, { owner, accept }: About): Promise<void> {
  await firstLook(path, accept).catch((error: unknown) => {
    // Nobody can save a result as something else.
    const isNamed = error instanceof Refused && foreignIn(error.code) !== undefined
    throw isNamed && owner === provider ? new Refused('not_media', error.message, { cause: error }) : error
  })
}

async function ask(running: Inspecting<Question>, path: string, about: About, log: Log): Promise<Inspected> {
  const { owner, accept, signal, convertiblePx } = about
  // A process in the middle of a file cannot be told to leave it.
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
