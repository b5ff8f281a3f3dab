import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from './service.ts'
import { until } from './world.ts'

/** Where Debian puts the oldest Postgres that we support; TELEGEN_POSTGRES_15 names another folder of its programs. */
const programs = process.env.TELEGEN_POSTGRES_15 ?? '/usr/lib/postgresql/15/bin'

/** Why there is no Postgres 15 here; undefined where there is one. */
export const no15 = fs.existsSync(join(programs, 'postgres')) ? undefined : `there is no Postgres 15 in ${programs}`

/** A server of one test; gives the address of its superuser. */
export async function startPostgres15(t: Test): Promise<string> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'telegen-15-'))
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  if (account.uid) fs.chownSync(folder, account.uid, account.gid)
  const data = join(folder, 'data')
  const env = { PATH: process.env.PATH, LC_ALL: 'C' }
  const options = ['-D', data, '-U', 'telegen', '--auth=trust', '--encoding=UTF8', '--no-sync']
  execFileSync(join(programs, 'initdb'), options, { ...account, env, cwd: folder, stdio: 'ignore' })
  // Passwords are asked for, but of the superuser.
  const hosts = 'host all telegen 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n'
  fs.writeFileSync(join(data, 'pg_hba.conf'), hosts)
  const port = await freePort()
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off']
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap(one => ['-c', one])], {
    ...account,
    env,
    cwd: folder,
    stdio: 'ignore',
  })
  t.teardown(async () => {
    const ended = once(server, 'exit')
    if (server.exitCode === null && server.kill('SIGQUIT')) await ended
    fs.rmSync(folder, { recursive: true, force: true })
  })
  const ready = ['-q', '-h', '127.0.0.1', '-p', String(port)]
  await until('Postgres 15 answers', () => spawnSync(join(programs, 'pg_isready'), ready, { env }).status === 0)
  return `postgres://telegen@127.0.0.1:${port}/postgres`
}
