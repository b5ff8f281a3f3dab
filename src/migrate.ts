import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import { type Access, loginName } from './access.ts'
import { crash } from './crash.ts'
import { query } from './db.ts'
import { type Run, transaction } from './transaction.ts'

export const appliedMigrations = query(
  Type.Object({ name: Type.String() }),
  sql => sql`select name from public.schema_migrations order by name`,
)

const folder = new URL('../sql/', import.meta.url)

export type Migration = { name: string; hash: string; text: string }

let ofThisBuild: Promise<Migration[]> | undefined

/** The migrations of this build, in order. Reads them once. */
export function migrations(): Promise<Migration[]> {
  ofThisBuild ??= readMigrations()
  return ofThisBuild
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter(name => /^\d{4}_\w+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async name => {
      const text = await readFile(new URL(name, folder), 'utf8')
      return { name, text, hash: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

/**
 * Brings the database to this build's schema: each file once, in order, all in one transaction under a lock that ends
 * with it, so several machines may start at once and a killed migration leaves nothing. Returns the names it applied.
 * Throws when an applied file was changed since, or when the database has one that this build does not know.
 */
export async function migrate(url: string, known?: Migration[]): Promise<string[]> {
  const files = known ?? (await migrations())
  return transaction(url, async run => {
    await run(takeTurn)
    await run(`create table if not exists public.schema_migrations (
      name text primary key, hash text not null, applied_at timestamptz not null default now())`)
    const fresh = freshOf(files, await run<Applied>('select name, hash from public.schema_migrations order by name'))
    for (const { name, text, hash } of fresh) {
      await run(text).catch(cause => {
        throw new Error(`the migration ${name} failed: ${String(cause?.message ?? cause)}`, { cause })
      })
      await run('insert into public.schema_migrations (name, hash) values ($1, $2)', [name, hash])
      crash('migrate_mid')
    }
    return fresh.map(file => file.name)
  })
}

// Machines that start at once do it one after another.
const takeTurn = 'select pg_advisory_xact_lock(7402173001)'

type Applied = { name: string; hash: string }

function freshOf(files: Migration[], applied: Applied[]): Migration[] {
  for (const { name, hash } of applied) {
    const file = files.find(file => file.name === name)
    if (!file)
      throw new Error(`the database has the migration ${name}, which this build does not know: deploy a newer build`)
    if (file.hash !== hash)
      throw new Error(`the migration ${name} was changed after it had been applied: put it back and add a new file`)
  }
  const done = new Set(applied.map(row => row.name))
  return files.filter(file => !done.has(file.name))
}

// Jobs are wake-ups: whoever tampers with them delays work until the sweep, and moves nothing.
const jobRights = `
  grant usage on schema pgboss to pay_app;
  grant select, insert, update, delete on all tables in schema pgboss to pay_app;
  grant usage on all sequences in schema pgboss to pay_app;
  grant execute on all functions in schema pgboss to pay_app;`

/** The key of an HMAC as RFC 2104 uses it. */
const pad = (key: Buffer, byte: number): Buffer =>
  Buffer.concat([key, Buffer.alloc(64 - key.length)]).map(one => one ^ byte) as Buffer

/** What Postgres keeps of a password (RFC 5802). The salt is derived, so that the same password is the same verifier. */
function verifier(password: string): string {
  const salt = createHmac('sha256', password).update('telegen salt').digest().subarray(0, 16)
  const salted = pbkdf2Sync(password, salt, 4_096, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`
}

/**
 * Makes the logins of `access` and stores its key of seals, as the owner. Safe to repeat and to run on several machines at
 * once. The passwords go to the server as verifiers, so that none is in its log.
 */
export async function grantAccess(ownerUrl: string, { app, admin, sealKey }: Access): Promise<void> {
  await transaction(ownerUrl, async run => {
    await run(takeTurn)
    await giveLogin(run, app, 'pay_app', loginName(ownerUrl, 'app'))
    await giveLogin(run, admin, 'pay_admin', loginName(ownerUrl, 'admin'))
    const [database] = await run<{ name: string }>('select quote_ident(current_database()) as name')
    await run(`revoke temporary on database ${database!.name} from public`)
    await run('select pay.seal_key($1, $2)', [pad(sealKey, 0x36), pad(sealKey, 0x5c)])
    const [jobs] = await run<{ isThere: boolean }>(`select to_regnamespace('pgboss') is not null as "isThere"`)
    if (jobs?.isThere) await run(jobRights)
  })
}

/** Makes the login of an address, a member of `group`. One of another name than ours keeps its operator's password. */
async function giveLogin(run: Run, url: string, group: 'pay_app' | 'pay_admin', ours: string): Promise<void> {
  const { username, password } = new URL(url)
  const name = decodeURIComponent(username)
  const [found] = await run('select from pg_roles where rolname = $1', [name])
  const say = async (text: string, ...values: string[]) => {
    const [statement] = await run<{ text: string }>(
      `select format('${text}', ${values.map((_, n) => `$${n + 1}::text`)}) as text`,
      values,
    )
    await run(statement!.text)
  }
  if (found === undefined || name === ours) {
    const verb = found === undefined ? 'create' : 'alter'
    await say(`${verb} role %I login password %L`, name, verifier(decodeURIComponent(password)))
  }
  await say('grant %I to %I', group, name)
}
