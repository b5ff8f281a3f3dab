import { execFile, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { type Link, openLink } from './link.ts'

/** One server of a pair, by the binaries of an installed Postgres. */
export type Server = {
  url: string
  address: { host: string; port: number }
  owner: postgres.Sql
  /** How its standby follows it. */
  replication: Link
  kill(): void
  promote(): Promise<void>
  close(): Promise<void>
}

/** Where `pg_basebackup` is; the embedded package has none. PG_BIN says it, else Debian's folders are looked at. */
export function binaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [process.env.PG_BIN, ...versions.map(version => join(debian, version, 'bin'))]
  return folders.find(
    folder => folder && ['initdb', 'postgres', 'pg_basebackup'].every(name => existsSync(join(folder, name))),
  )
}

// Postgres refuses to run as root.
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const env = { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' }

/** A new cluster, or a standby made from the one it follows. */
export async function startServer(bin: string, follows?: Server): Promise<Server> {
  const home = mkdtempSync(join(tmpdir(), 'telegen-pair-'))
  const data = join(home, 'data')
  mkdirSync(data, { mode: 0o700 })
  for (const folder of [home, data]) if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid)
  const run = (program: string, args: string[]) =>
    promisify(execFile)(join(bin, program), args, { ...nobody, env, cwd: home })
  if (follows) {
    const from = `host=127.0.0.1 port=${follows.replication.port} user=telegen application_name=standby`
    await run('pg_basebackup', ['-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d', from])
  } else {
    await run('initdb', ['-D', data, '-U', 'telegen', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'])
  }
  const port = await freePort()
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: '60',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...options], { ...nobody, env, cwd: home, stdio: 'ignore' })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const url = `postgres://telegen@127.0.0.1:${port}/postgres`
  const owner = postgres(url, { max: 2, onnotice: () => {}, connect_timeout: 3, backoff: () => 0.05 })
  const address = { host: '127.0.0.1', port }
  const replication = await openLink({ speaks: 'http', to: () => address, dropped: () => {} })
  await until('the server answers', () => owner`select 1`.then(() => true))
  return {
    url,
    address,
    owner,
    replication,
    kill() {
      // Its backends go first: a postmaster that is killed alone leaves them to finish what they are at.
      for (const pid of [...childrenOf(child.pid!), child.pid!]) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // gone already
        }
      }
    },
    async promote() {
      await owner`select pg_promote(true, 30)`
    },
    async close() {
      await owner.end({ timeout: 1 }).catch(() => {})
      child.kill('SIGQUIT')
      await ended
      await replication.close()
      rmSync(home, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** The standby follows, and nothing is acknowledged before it has it. */
export async function synchronous({ owner }: Server, isOn: boolean): Promise<void> {
  await owner.unsafe(`alter system set synchronous_standby_names = '${isOn ? '*' : ''}'`)
  await owner`select pg_reload_conf()`
  const wanted = isOn ? 'sync' : 'async'
  await until(`the standby is ${wanted}`, async () => {
    const rows = await owner<{ state: string; mode: string }[]>`
      select state, sync_state as mode from pg_stat_replication where application_name = 'standby'`
    return rows.some(({ state, mode }) => state === 'streaming' && mode === wanted)
  })
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await look().catch(() => false)); await pause(50)) {
    if (Date.now() > end) throw new Error(`waited 30 s in vain: ${what}`)
  }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
