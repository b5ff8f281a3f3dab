import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { isOver, lifeOf, startEmbedded } from '../src/embedded-postgres/embedded-postgres.ts'

export type Database = {
  url: string
  address: { host: string; port: number }
  /** As its owner, and past every link. */
  owner: postgres.Sql
  /** Ends the server at once, as `pg_ctl stop -m immediate` or by SIGKILL, and starts it again; gives the ms it was away. */
  crash(how: 'immediate' | 'kill -9', awayMs?: number): Promise<number>
  /** Kills every backend of the service. */
  massacre(): Promise<number>
  isAway(): boolean
  close(): Promise<void>
}

/** A Postgres cluster of its own, made for one run. */
export async function startDatabase(): Promise<Database> {
  const dataDir = await mkdtemp(join(tmpdir(), 'telegen-chaos-'))
  // Without fsync a server that crashes loses nothing, only a machine that does.
  const settings = { max_connections: '120', fsync: 'off', shared_buffers: '64MB', synchronous_commit: 'on' }
  const start = () => startEmbedded({ dataDir, settings, tied: true })
  let server = await start()
  const { url } = server
  const owner = postgres(url, { max: 3, onnotice: () => {}, connect_timeout: 5, backoff: () => 0.1 })
  let away = false
  return {
    url,
    address: { host: '127.0.0.1', port: Number(new URL(url).port) },
    owner,
    isAway: () => away,
    async crash(how, awayMs = 0) {
      const began = performance.now()
      away = true
      const life = lifeOf(server.pid)!
      process.kill(server.pid, how === 'immediate' ? 'SIGQUIT' : 'SIGKILL')
      while (!isOver(life)) await pause(5)
      if (awayMs > 0) await pause(awayMs)
      server = await start()
      away = false
      return Math.round(performance.now() - began)
    },
    async massacre() {
      const killed = await owner`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name like 'telegen%' and pid <> pg_backend_pid()`
      return killed.length
    },
    async close() {
      await owner.end({ timeout: 1 }).catch(() => {})
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
