import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { codeOf, isOver, lifeOf } from './process-life.ts'
import { lock } from './process-lock.ts'
import { findPrograms } from './programs.ts'

export { isOver, lifeOf } from './process-life.ts'

export type Embedded = {
  /** postgres://telegen:…@127.0.0.1:port/postgres. The port and the password stay the same across restarts. */
  url: string
  /** The postmaster's process id. */
  pid: number
  /** Fast shutdown. Resolves once the server is down. Does nothing if another process started the server. */
  stop(): Promise<void>
}

type Options = {
  /** Holds the cluster, its password, the last port and `server.log`. Created if missing. */
  dataDir: string
  /** Server settings, as in postgresql.conf. Ignored if the server already runs. */
  settings?: Record<string, string>
  /** Ends the server when this process ends, however that happens. Linux only; call it from the main thread. */
  tied?: boolean
  log?: (line: string) => void
}

/**
 * Starts a real Postgres for development and tests, from an npm package of server binaries. Uses a healthy server of
 * this folder if one already runs. If no server can run, throws an Error that says what to do.
 */
export async function startEmbedded({
  dataDir,
  settings = {},
  tied = false,
  log = () => {},
}: Options): Promise<Embedded> {
  const programs = findPrograms()
  const home = resolve(dataDir)
  try {
    fs.mkdirSync(home, { recursive: true, mode: 0o700 })
    fs.accessSync(home, fs.constants.R_OK | fs.constants.W_OK)
  } catch (cause) {
    throw new Error(`${home} cannot be written by this user: remove it, start as its owner, or set DATABASE_URL`, {
      cause,
    })
  }
  const unlock = await lock(home, 2 * PATIENCE_MS)
  try {
    const running = await findRunning(home)
    if (running) {
      log(`using the Postgres that already runs (process ${running.pid})`)
      return { ...running, stop: async () => {} }
    }
    const run = await chooseAccount(home, programs.initdb)
    if (!fs.existsSync(join(home, 'cluster'))) {
      await createCluster(home, run, programs.initdb, settings)
      log('created a database cluster')
    }
    return await launch(home, run, programs.postgres, settings, tied, log)
  } finally {
    unlock()
  }
}

// Without the caller's environment: PGPORT, PGOPTIONS or a locale would change the server.
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC', LC_ALL: 'C' }

// Enough for crash recovery on a slow disk.
const PATIENCE_MS = 60_000

/** How to run a program as a user that Postgres accepts: words before the command, and another user's ids. */
type Account = { before: string[]; ids: { uid?: number; gid?: number }; tie: string[] }

/** Postgres refuses to run as root, and initdb as a user without a name. */
async function chooseAccount(home: string, initdb: string): Promise<Account> {
  const isRoot = process.getuid?.() === 0
  const owner = fs.statSync(home)
  const itself: Account = { before: [], ids: {}, tie: [] }
  // In its own user namespace, a process appears as nobody, while its files keep their owner.
  const namespace = { ...itself, before: ['unshare', '-U', '--'] }
  const nobody = { ...itself, ids: { uid: 65534, gid: 65534 } }
  const ids = { uid: owner.uid, gid: owner.gid }
  const asOwner = { ...itself, ids }
  const rootsWays = owner.uid === 0 ? [namespace, nobody] : [asOwner, { ...namespace, ids }]

  let failure: unknown
  for (const account of isRoot ? rootsWays : [itself, namespace]) {
    try {
      const { uid, gid } = account.ids
      if (uid !== undefined) await promisify(execFile)('chown', ['-hR', `${uid}:${gid}`, home])
      // `--show` runs all of initdb's checks and creates nothing.
      await execute(account, 'sh', ['-c', 'test -w "$1" && "$2" --show -D none', 'sh', home, initdb], home)
    } catch (error) {
      failure = error
      continue
    }
    const tie = ['setpriv', '--pdeathsig', 'INT', '--'] // last before the command: a change of user would undo it
    const canTie = await execute({ ...account, tie }, 'true', [], home).then(
      () => true,
      () => false,
    )
    return canTie ? { ...account, tie } : account
  }
  throw new Error(
    `Postgres cannot run here as uid ${process.getuid?.()} with its data in ${home}: run as an ordinary user, ` +
      'move the project to a folder that other users may enter, or set DATABASE_URL',
    { cause: failure },
  )
}

function commandOf({ before, ids, tie }: Account, program: string, args: string[]) {
  const [command, ...rest] = [...before, ...tie, program, ...args]
  return { command: command!, args: rest, options: { env, ...ids } }
}

async function execute(account: Account, program: string, programArgs: string[], cwd: string): Promise<void> {
  const { command, args, options } = commandOf(account, program, programArgs)
  await promisify(execFile)(command, args, { ...options, cwd })
}

async function createCluster(home: string, run: Account, initdb: string, settings: Record<string, string>) {
  for (const name of fs.readdirSync(home)) {
    if (name.startsWith('unfinished-')) fs.rmSync(join(home, name), { recursive: true, force: true, maxRetries: 3 })
  }
  const password = join(home, 'password')
  fs.rmSync(password, { force: true }) // left by an earlier start, perhaps as another user
  fs.writeFileSync(password, randomBytes(24).toString('base64url'), { mode: 0o600 })
  const { uid, gid } = run.ids
  if (uid !== undefined && gid !== undefined) fs.chownSync(password, uid, gid)
  // Renamed when complete, so that a killed initdb leaves nothing that resembles a cluster.
  const unfinished = join(home, `unfinished-${process.pid}`)
  const login = ['--username=telegen', '--auth=scram-sha-256', `--pwfile=${password}`]
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const haste = settings.fsync === 'off' ? ['--no-sync'] : []
  await execute(run, initdb, [`--pgdata=${unfinished}`, ...login, ...locale, ...haste], home)
  fs.renameSync(unfinished, join(home, 'cluster'))
}

async function launch(
  home: string,
  run: Account,
  program: string,
  settings: Record<string, string>,
  tied: boolean,
  log: (line: string) => void,
): Promise<Embedded> {
  const cluster = join(home, 'cluster')
  let { port } = lastLaunch(home)
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    port ??= randomInt(20_000, 30_000) // below the range for outgoing connections, which could take it meanwhile
    const started: Launch = { port, starter: lifeOf(process.pid)!, tied }
    fs.writeFileSync(join(home, 'launch.json'), JSON.stringify(started), { mode: 0o600 })
    if (fs.existsSync(join(cluster, 'postmaster.pid'))) {
      // The process is gone (`findRunning`), but Postgres would not start while any process has that id.
      fs.rmSync(join(cluster, 'postmaster.pid'))
      log('the last server was killed: Postgres recovers')
    }
    const output = fs.openSync(join(home, 'server.log'), 'w', 0o600)
    const all = { ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '', port }
    const { command, args, options } = commandOf({ ...run, tie: tied ? run.tie : [] }, program, [
      ...['-D', cluster],
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    // Detached: Ctrl-C is for the service, which needs the database while it drains.
    const child = spawn(command, args, { ...options, cwd: home, detached: true, stdio: ['ignore', output, output] })
    fs.closeSync(output)
    child.unref()
    let ended: string | undefined
    child.once('error', error => (ended = error.message))
    child.once('exit', (code, signal) => (ended = `ended with ${signal ?? code}`))

    while (ended === undefined) {
      const server = runningServer(home)
      if (server && server.pid === child.pid && (await answers(server))) {
        log(`Postgres runs on port ${port} (process ${server.pid})`)
        return { url: server.url, pid: server.pid, stop: () => shutDown(server.pid, home) }
      }
      if (Date.now() > end) {
        child.kill('SIGQUIT')
        throw new Error(`Postgres did not answer in ${PATIENCE_MS} ms, see ${join(home, 'server.log')}`)
      }
      await sleep(10)
    }
    const logTail = fs.readFileSync(join(home, 'server.log'), 'utf8').slice(-2_000)
    const isPortTaken = logTail.includes('Address already in use')
    // The backends of a killed postmaster need a moment to stop.
    const isTooEarly = logTail.includes('pre-existing shared memory block')
    if (Date.now() > end || !(isPortTaken || isTooEarly)) throw new Error(`Postgres ${ended}:\n${logTail}`)
    if (isPortTaken) port = undefined
  }
}

type Launch = { port?: number; starter?: string; tied?: boolean }

function lastLaunch(home: string): Launch {
  try {
    return JSON.parse(fs.readFileSync(join(home, 'launch.json'), 'utf8')) as Launch
  } catch {
    return {} // missing at the first start, or the process was killed while writing: another port is fine
  }
}

/** Returns the running server of this folder once it answers. Waits for one that is starting or stopping. */
async function findRunning(home: string): Promise<{ url: string; pid: number } | undefined> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(20)) {
    const server = runningServer(home)
    if (!server) return undefined
    const { starter, tied } = lastLaunch(home)
    // Its process has ended: the system is ending the server, or (macOS) cannot.
    if (tied && starter && isOver(starter)) await shutDown(server.pid, home)
    else if (await answers(server)) return { url: server.url, pid: server.pid }
    if (Date.now() > end)
      throw new Error(`Postgres runs in ${home} (process ${server.pid}) but does not answer: stop it`)
  }
}

type Server = { pid: number; url: string; status: string | undefined }

function runningServer(home: string): Server | undefined {
  let lines: string[]
  try {
    lines = fs.readFileSync(join(home, 'cluster/postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const [pid, port, status] = [Number(lines[0]), lines[3], lines[7]?.trim()] // pidfile.h
  if (!isServer(pid, home)) return undefined
  const password = fs.readFileSync(join(home, 'password'), 'utf8')
  return { pid, url: `postgres://telegen:${password}@127.0.0.1:${port}/postgres`, status }
}

/**
 * Returns whether that process is the postmaster of this folder. After a crash, its id may belong to another process.
 */
function isServer(pid: number, home: string): boolean {
  if (!(pid > 0) || lifeOf(pid) === undefined) return false
  try {
    if (process.platform !== 'linux') {
      return /postgres$/.test(execFileSync('ps', ['-o', 'comm=', '-p', `${pid}`], { encoding: 'utf8' }).trim())
    }
    // Another user's folder may be unreadable (root in a container): then the name must be enough.
    if (fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') return false
    return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(join(home, 'cluster'))
  } catch (error) {
    return codeOf(error) === 'EACCES'
  }
}

async function answers({ url, status }: Server): Promise<boolean> {
  if (status !== 'ready') return false
  const sql = postgres(url, { max: 1, connect_timeout: 2, fetch_types: false })
  try {
    await sql`select 1`
    return true
  } catch (error) {
    return error instanceof postgres.PostgresError && error.code === '53300' // full, so it is running
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function shutDown(pid: number, home: string): Promise<void> {
  // A process that is ending has no folder any more, and is not over yet.
  const life = isServer(pid, home) ? lifeOf(pid) : undefined
  if (life === undefined) return
  // Fast first. A server that hangs is killed and recovers at its next start.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    try {
      if (isServer(pid, home)) process.kill(pid, signal)
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error // it ended by itself
    }
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(10)) if (isOver(life)) return
  }
  throw new Error(`Postgres (process ${pid}) does not stop`)
}
