import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Unknown } from '../errors.ts'
import type { Answer } from './child.ts'

/** What one file may cost, and one process. */
export type Limits = {
  /** Of the processor, for one file. A real one of 100 MB takes half a second. */
  cpuMs: number
  /** By the clock, for one file, on a machine that is busy with something else. */
  wallMs: number
  /** Of memory, for the whole process. It starts with 80. */
  rssMb: number
  /** Of V8's heap, which is a part of that. */
  heapMb: number
}

/** A file cost more than any real one, and its process has ended. The message says in plain words what it cost. */
export class GivenUp extends Error {
  override name = 'GivenUp'
}

/** The file of src/media that it runs, and whether what it writes is read. */
export type Program = { file: 'child.ts' | 'convert/child.ts'; hasOutput?: boolean }

/** What a process has used so far: milliseconds of the processor, and megabytes now. */
export type Used = { cpuMs: number; rssMb: number }

export type Inspecting<Question extends object> = {
  pid: number
  /** What it writes; null where it is not listened to. */
  output: Readable | null
  /** Throws GivenUp when the file cost the process, and Unknown when that ended through no fault of the file. */
  ask(question: Question): Promise<Answer>
  /** Undefined where there is no /proc. */
  used(): Used | undefined
  isAlive(): boolean
  end(): void
}

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
// A process whose parent is gone while it is in a loop hears nothing: the kernel ends it after so many seconds of the
// processor. Nor does it write files, or leave a picture of its memory behind. Options that others added to our spawning
// (test runners and profilers do) would load code that it may not read.
const shell = 'unset NODE_OPTIONS; ulimit -t 60; ulimit -c 0; ulimit -f 0; exec "$0" "$@"'
// Often enough that a file does not take much over its limit in between; one look costs 20 µs.
const lookMs = 40
// The start of a process on a machine that has much else to do.
const startMs = 20_000

/**
 * Starts a process of `program` that looks at files in `folders` (a name may end in `*`), one at a time. It gets no
 * environment and may read these folders and its own code, nothing else. Rejects when it does not come up.
 */
export async function startInspecting<Question extends object>(
  folders: readonly string[],
  limits: Limits,
  program: Program,
): Promise<Inspecting<Question>> {
  const flags = [
    `--max-old-space-size=${limits.heapMb}`,
    '--max-semi-space-size=4',
    '--disable-sigusr1',
    '--disable-proto=delete',
    '--disallow-code-generation-from-strings',
    '--permission',
    ...readable(folders).map(path => `--allow-fs-read=${path}`),
    root(`src/media/${program.file}`),
  ]
  const [command, args] =
    process.platform === 'win32' ? [process.execPath, flags] : ['/bin/sh', ['-c', shell, process.execPath, ...flags]]
  const child = spawn(command, args, {
    stdio: ['ignore', program.hasOutput ? 'pipe' : 'ignore', 'ignore', 'ipc'],
    env: {},
    cwd: root(''),
  })
  const exited = new Promise<NodeJS.Signals | null>(resolve => {
    child.once('exit', (_code, signal) => resolve(signal))
    child.once('error', () => resolve(null))
  })
  const dead = exited.then(() => Promise.reject(new Error('the process that looks at files did not start')))
  await Promise.race([once(child, 'message', { signal: AbortSignal.timeout(startMs) }), dead]).catch(error => {
    child.kill('SIGKILL')
    throw error
  })
  const pid = child.pid!
  yieldToOthers(pid)
  rest(child)
  return { pid, output: child.stdout, ...asking<Question>(child, exited, limits) }
}

type Exited = Promise<NodeJS.Signals | null>

function asking<Question extends object>(
  child: ChildProcess,
  exited: Exited,
  limits: Limits,
): Omit<Inspecting<Question>, 'pid' | 'output'> {
  let isAlive = true
  let why: Error | undefined
  const used = () => usedBy(child.pid!)
  const giveUp = (reason: Error) => {
    why ??= reason
    isAlive = false
    child.kill('SIGKILL')
  }
  void exited.then(() => {
    isAlive = false
  })

  return {
    used,
    isAlive: () => isAlive,
    end: () => giveUp(new Unknown('the process was ended')),
    async ask(question) {
      child.ref()
      child.channel?.ref()
      const before = used()?.cpuMs ?? 0
      const late = setTimeout(() => {
        const spent = (used()?.cpuMs ?? Number.POSITIVE_INFINITY) - before
        const reason = `not done within ${limits.wallMs} ms`
        // A file cannot sleep: where little was spent, the machine had something else to do.
        giveUp(spent < limits.cpuMs / 4 ? new Unknown(reason) : new GivenUp(reason))
      }, limits.wallMs)
      const looking = setInterval(() => {
        const now = used()
        if (!now) return // no /proc: the heap's limit and the clock have to do
        if (now.rssMb > limits.rssMb) giveUp(new GivenUp(`over ${limits.rssMb} MB`))
        if (now.cpuMs - before > limits.cpuMs) giveUp(new GivenUp(`over ${limits.cpuMs} ms of the processor`))
      }, lookMs)
      const answered = new Promise<Answer>((resolve, reject) => {
        child.once('message', message => resolve(message as Answer))
        // Killed, and not by us: the system was short of memory. Anything else is a full heap.
        const died = (signal: string | null) =>
          signal === 'SIGKILL' ? new Unknown('its process was killed') : new GivenUp('its process died')
        void exited.then(signal => reject(why ?? died(signal)))
        child.send(question, error => error && reject(new Unknown('its process was gone', { cause: error })))
      })
      try {
        return await answered
      } catch (error) {
        giveUp(new Unknown('it did not answer'))
        throw error
      } finally {
        clearTimeout(late)
        clearInterval(looking)
        rest(child)
      }
    },
  }
}

/** It keeps nobody's process alive while nothing is asked of it. */
function rest(child: ChildProcess) {
  child.unref()
  child.channel?.unref()
}

/** When the processor or the memory is short, it is short for this one first. Best effort. */
function yieldToOthers(pid: number) {
  try {
    setPriority(pid, 2)
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000')
  } catch {} // another system
}

function readable(folders: readonly string[]): string[] {
  const own = ['src/media', 'src/errors.ts', 'node_modules', 'package.json'].map(root)
  own.push(realpathSync(root('node_modules')))
  // A link in the way (the folder for temporary files is one on some systems) is followed before it is compared.
  const all = [...own, ...folders].flatMap(path => [path, join(realpathSync(dirname(path)), basename(path))])
  return [...new Set(all)]
}

// The kernel tells every program of the processor's time in hundredths of a second.
const tickMs = 10

function usedBy(pid: number): Used | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    // Behind the name, which may hold anything: the state is the first field, the times are 12 and 13.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, rssMb: rssKb / 1_024 }
  } catch {
    return undefined
  }
}
