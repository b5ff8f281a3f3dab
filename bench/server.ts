import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { accessTo } from '../src/database/access.ts'
import { startEmbedded } from '../src/embedded-postgres/embedded-postgres.ts'
import { createLog } from '../src/log.ts'
import { migrateAll } from '../src/migrate-all.ts'

export const silent = createLog({ level: 'silent', secrets: [] })

/** A Postgres of the bench's own that flushes its log as in production, gone at the end. */
export async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'telegen-bench-'))
  const server = await startEmbedded({
    dataDir: join(folder, 'postgres'),
    settings: { max_connections: '100', shared_buffers: '256MB', max_wal_size: '4GB' },
    tied: true,
  })
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  const [about] = await admin<{ version: string }[]>`select current_setting('server_version') as version`
  let count = 0

  return {
    version: about!.version,
    async database(): Promise<string> {
      count += 1
      const name = `bench_${count}`
      await admin`create database ${admin(name)}`
      const url = new URL(server.url)
      url.pathname = name
      await migrateAll(url.href, accessTo(url.href, 'bench'), silent)
      return url.href
    },
    async stop() {
      await admin.end({ timeout: 1 })
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
