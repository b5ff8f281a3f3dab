import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { type Access, accessTo, loginName } from '../../src/database/access.ts'
import { lifeOf } from '../../src/embedded-postgres/embedded-postgres.ts'

/**
 * The admin URL of one Postgres server for the whole run, shared by all test files and stopped when the runner ends,
 * however it ends. With DATABASE_URL set it is that server, and nothing is started.
 */
export function testServer(): Promise<string> {
  server ??= process.env.DATABASE_URL ? Promise.resolve(process.env.DATABASE_URL) : keptServer()
  return server
}

let server: Promise<string> | undefined

/**
 * A fresh database for one test file: a copy of a template that `migrate` fills once per content of `sql/`. `key` tells
 * apart different ways to migrate. `drop` closes whatever connections are left.
 */
export async function freshDatabase(
  migrate: (url: string) => Promise<void>,
  key: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const admin = await testServer()
  const template = `telegen_template_${contentHash(key)}`
  const name = `telegen_test_${process.pid}_${randomBytes(6).toString('hex')}`
  await asAdmin(admin, async sql => {
    // Files that race wait here, and all but the first find the template made.
    await sql`select pg_advisory_lock(hashtext('telegen test template'))`
    const [found] = await sql<{ open: boolean }[]>`
      select datallowconn as open from pg_database where datname = ${template}`
    if (!found || found.open) {
      // Open: its maker was killed halfway.
      await sql`drop database if exists ${sql(template)} with (force)`
      await sql`create database ${sql(template)}`
      await migrate(databaseUrl(admin, template))
      await sql`alter database ${sql(template)} with allow_connections false`
    }
    await sql`select pg_advisory_unlock(hashtext('telegen test template'))`
    await sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`
  })
  const url = databaseUrl(admin, name)
  const drop = () =>
    asAdmin(admin, async sql => {
      await sql`drop database if exists ${sql(name)} with (force)`
      for (const kind of ['app', 'admin'] as const) await sql`drop role if exists ${sql(loginName(url, kind))}`
    })
  return { url, drop }
}

/** As the service reaches a database whose `grantAccess` had this. */
export const accessOf = (url: string): Access => accessTo(url, 'a secret of the tests')

async function asAdmin(url: string, work: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function databaseUrl(admin: string, name: string): string {
  const url = new URL(admin)
  url.pathname = name
  return url.href
}

function contentHash(key: string): string {
  const hash = createHash('sha256').update(JSON.stringify(key))
  const folder = join(import.meta.dirname, '../../sql')
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.sql'))
    .sort()
  for (const name of files) hash.update(JSON.stringify([name, fs.readFileSync(join(folder, name), 'utf8')]))
  return hash.digest('hex').slice(0, 16)
}

/** The first file of a run starts the keeper, a process that outlives the files but not the runner. */
async function keptServer(): Promise<string> {
  const runner = lifeOf(runnerPid())
  if (!runner) throw new Error('the test runner has ended')
  const folder = join(tmpdir(), `telegen-tests-${process.getuid?.() ?? ''}-${runner}`)
  try {
    fs.mkdirSync(folder, { mode: 0o700 }) // only one succeeds
    const keeper = join(import.meta.dirname, 'keeper.ts')
    // Without the runner's environment: NODE_OPTIONS would make the keeper report itself to tap.
    spawn(process.execPath, [keeper, runner, folder], { detached: true, stdio: 'ignore', env: {}, cwd: '/' }).unref()
  } catch (error) {
    if (!fs.existsSync(folder)) throw error
    if (fs.lstatSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`)
  }
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
    if (!fs.existsSync(join(folder, 'answer.json'))) continue
    const answer = JSON.parse(fs.readFileSync(join(folder, 'answer.json'), 'utf8')) as {
      url?: string
      problem?: string
    }
    if (answer.url) return answer.url
    throw new Error(`the test server did not start: ${answer.problem}`)
  }
  throw new Error(`no test server appeared in ${folder}`)
}

/** tap, or this process where a file runs alone. A program that a test starts finds the same runner. */
function runnerPid(): number {
  if (process.env.TAP !== '1') return process.pid
  let runner = process.ppid
  // tap sets TAP for what it starts, so it is the first ancestor that was not itself started with it.
  while (process.platform === 'linux' && startedByTap(runner)) runner = parentOf(runner)
  return runner
}

const startedByTap = (pid: number) => fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes('TAP=1')

const parentOf = (pid: number) => Number(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1])
