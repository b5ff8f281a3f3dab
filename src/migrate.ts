import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import postgres from 'postgres'
import { type Access, loginName } from './access.ts'
import { crash } from './crash.ts'
import { query } from './db.ts'

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
  // A plain connection and a real transaction: nothing but this file may have one.
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'telegen migrate', lock_timeout: 60_000 },
  })
  try {
    return await sql.begin(async sql => {
      await sql`select pg_advisory_xact_lock(7402173001)`
      await sql`create table if not exists public.schema_migrations (
        name text primary key, hash text not null, applied_at timestamptz not null default now())`
      const applied = await sql<
        { name: string; hash: string }[]
      >`select name, hash from public.schema_migrations order by name`
      for (const { name, hash } of applied) {
        const file = files.find(file => file.name === name)
        if (!file)
          throw new Error(
            `the database has the migration ${name}, which this build does not know: deploy a newer build`,
          )
        if (file.hash !== hash)
          throw new Error(`the migration ${name} was changed after it had been applied: put it back and add a new file`)
      }
      const done = new Set(applied.map(row => row.name))
      const fresh = files.filter(file => !done.has(file.name))
      for (const { name, text, hash } of fresh) {
        await sql.unsafe(text).catch(cause => {
          throw new Error(`the migration ${name} failed: ${String(cause?.message ?? cause)}`, { cause })
        })
        await sql`insert into public.schema_migrations (name, hash) values (${name}, ${hash})`
        crash('migrate_mid')
      }
      return fresh.map(file => file.name)
    })
  } finally {
    await sql.end({ timeout: 5 })
  }
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
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {}, connection: { application_name: 'telegen migrate' } })
  try {
    await sql.begin(async sql => {
      await sql`select pg_advisory_xact_lock(7402173001)`
      for (const [url, group] of [
        [app, 'pay_app'],
        [admin, 'pay_admin'],
      ] as const) {
        const { username, password } = new URL(url)
        const name = decodeURIComponent(username)
        const [found] = await sql`select from pg_roles where rolname = ${name}`
        // A login that the operator made keeps the password that the operator gave it.
        if (found === undefined || name === loginName(ownerUrl, group === 'pay_app' ? 'app' : 'admin')) {
          const verb = found === undefined ? 'create' : 'alter'
          const [statement] = await sql<{ text: string }[]>`
            select format(${`${verb} role %I login password %L`}, ${name}::text, ${verifier(decodeURIComponent(password))}::text) as text`
          await sql.unsafe(statement!.text)
        }
        await sql`grant ${sql(group)} to ${sql(name)}`
      }
      const [database] = await sql<{ name: string }[]>`select current_database() as name`
      await sql`revoke temporary on database ${sql(database!.name)} from public`
      await sql`select pay.seal_key(${pad(sealKey, 0x36)}, ${pad(sealKey, 0x5c)})`
      const [jobs] = await sql`select to_regnamespace('pgboss') is not null as "isThere"`
      if (jobs?.isThere) await sql.unsafe(jobRights)
    })
  } finally {
    await sql.end({ timeout: 5 })
  }
}
