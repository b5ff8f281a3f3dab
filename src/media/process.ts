import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Unknown } from '../errors.ts'
import type { Answer } from './child.ts'

/** Limits for one file and for one process. */
export type Limits = {
  /** CPU time for one file. A real file of 100 MB takes half a second. */
  cpuMs: number
  /** Elapsed time for one file, also on a busy machine. */
  wallMs: number
  /** Memory of the whole process. It starts with 80. */
  rssMb: number
  /** V8's heap, a part of that memory. */
  heapMb: number
}

/** A file cost more than any real one, and its process has ended. The message says what it cost. */
export class GivenUp extends Error {
  override name = 'GivenUp'
}

/** The file of src/media to run, and whether its standard output is read. */
export type Program = { file: 'child.ts' | 'convert/child.ts'; hasOutput?: boolean }

/** What a process has used: CPU milliseconds so far, and megabytes now. */
export type Used = { cpuMs: number; rssMb: number }

export type Inspecting<Question extends object> = {
  pid: number
  /** The process's standard output. Null if it is not read. */
  output: Readable | null
  /** Throws GivenUp if the file ended the process, Unknown if the process ended for another reason. */
  ask(question: Question): Promise<Answer>
  /** Undefined on systems without /proc. */
  used(): Used | undefined
  isAlive(): boolean
  end(): void
}

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
// If the parent dies, a process in a loop does not notice: the kernel ends it after this many CPU seconds. It cannot
// write files or core dumps. Without NODE_OPTIONS, which test runners and profilers set: they load code that the
// process may not read.
const shell = 'unset NODE_OPTIONS; ulimit -t 60; ulimit -c 0; ulimit -f 0; exec "$0" "$@"'
// Short, so that a file exceeds its limit only a little between two checks. One check costs 20 µs.
const lookMs = 40
// Enough to start a process on a busy machine.
const startMs = 20_000

/**
 * Starts a process of `program` that inspects files in `folders` (a name may end in `*`), one at a time. It has an
 * empty environment and may read only these folders and its own code. Rejects if the process does not start.
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
        // If little CPU time was used, the machine was busy with other work: not the file's fault.
        giveUp(spent < limits.cpuMs / 4 ? new Unknown(reason) : new GivenUp(reason))
      }, limits.wallMs)
      const looking = setInterval(() => {
        const now = used()
        if (!now) return // no /proc: the heap limit and the clock must be enough
        if (now.rssMb > limits.rssMb) giveUp(new GivenUp(`over ${limits.rssMb} MB`))
        if (now.cpuMs - before > limits.cpuMs) giveUp(new GivenUp(`over ${limits.cpuMs} ms of the processor`))
      }, lookMs)
      const answered = new Promise<Answer>((resolve, reject) => {
        child.once('message', message => resolve(message as Answer))
        // Killed, but not by us: the system ran out of memory. Otherwise the heap was full.
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

/** An idle child must not keep this process running. */
function rest(child: ChildProcess) {
  child.unref()
  child.channel?.unref()
}

/** Lowers the child's priority for CPU and memory, as far as the system allows. */
function yieldToOthers(pid: number) {
  try {
    setPriority(pid, 2)
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000')
  } catch {} // another system
}

function readable(folders: readonly string[]): string[] {
  const own = ['src/media', 'src/errors.ts', 'node_modules', 'package.json'].map(root)
  own.push(realpathSync(root('node_modules')))
  // A folder may be a symbolic link, as the temporary folder on some systems. Node compares resolved paths.
  const all = [...own, ...folders].flatMap(path => [path, join(realpathSync(dirname(path)), basename(path))])
  return [...new Set(all)]
}

// Linux reports CPU time in hundredths of a second.
const tickMs = 10

function usedBy(pid: number): Used | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    // The fields follow the name, which may hold any character. The state is the first of them, the times are 12 and
    // 13.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, rssMb: rssKb / 1_024 }
  } catch {
    return undefined
  }
}
