import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { freePort } from './service.ts'

// As docs/operations/deploy.md tells an operator to set it.
const ignored = [
  'role',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'tcp_user_timeout',
  'work_mem',
]

/** Is PgBouncer on this machine? */
export const hasPooler = () => spawnSync('pgbouncer', ['--version']).status === 0

/** A PgBouncer in transaction mode before the server of `databaseUrl`: the URL that leads through it. */
export async function startPooler(databaseUrl: string): Promise<{ url: string; stop(): void }> {
  const to = new URL(databaseUrl)
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'telegen-pooler-'))
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]
* = host=${to.hostname} port=${to.port} user=${decodeURIComponent(to.username)} password=${decodeURIComponent(to.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
ignore_startup_parameters = ${ignored.join(',')}
`,
  )
  // It will not run as root.
  const [uid, gid] = process.getuid?.() === 0 ? [65_534, 65_534] : []
  if (uid !== undefined) for (const path of [folder, file]) chownSync(path, uid, gid!)
  const child: ChildProcess = spawn('pgbouncer', ['-q', file], {
    stdio: 'inherit',
    ...(uid === undefined ? {} : { uid, gid }),
  })
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  for (;;) {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}`)
    const sql = postgres(url.href, { max: 1, connect_timeout: 1 })
    const isUp = await sql`select 1`.then(
      () => true,
      () => false,
    )
    await sql.end({ timeout: 1 })
    if (isUp) break
    await pause(50)
  }
  return {
    url: url.href,
    stop() {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
