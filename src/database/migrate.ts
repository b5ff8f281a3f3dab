import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import { crash } from '../crash.ts'
import type { Log } from '../log.ts'
import { type Access, loginName, roleName } from './access.ts'
import { query, type Sql } from './db.ts'
import { applyFunctions, functionParts, type Part, schemaFunctions } from './functions.ts'
import { attempt, type Group, makeGroups } from './rights.ts'
import { type Run, transaction } from './transaction.ts'

export const appliedSchema = query(
  Type.Object({ name: Type.String() }),
  sql => sql`
    select name from public.schema_migrations union all select part || ' ' || hash as name from public.schema_functions`,
)

/** What this build has and the database never had: migrations by their file, functions by their part. */
export async function missingSchema(sql: Sql, build?: Part[]): Promise<string[]> {
  const [rows, files, parts] = await Promise.all([appliedSchema(sql), migrations(), build ?? functionParts()])
  const applied = new Set(rows.map(row => row.name))
  return [
    ...files.map(({ name }) => name).filter(name => !applied.has(name)),
    ...parts.filter(({ name, hash }) => !applied.has(`${name} ${hash}`)).map(({ name }) => name),
  ]
}

const folder = new URL('../../sql/migrations/', import.meta.url)

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

/** A build as tests make it up, and where to say what is odd. */
export type Build = { files?: Migration[]; parts?: Part[]; log?: Pick<Log, 'warn'> }

/**
 * Brings the database to this build's schema: each migration once, in order, then functions, triggers and views where their
 * text has changed; all in one transaction under a lock that ends with it, so several machines may start at once and a
 * killed migration leaves nothing. Returns the names of what it applied. Throws when an applied file was changed since, or
 * when the database has one that this build does not know.
 */
export async function migrate(url: string, { files, parts, log }: Build = {}): Promise<string[]> {
  const build = { files: files ?? (await migrations()), parts: parts ?? (await functionParts()) }
  return transaction(url, async run => {
    await run(takeTurn)
    await refuseStranger(run)
    await run(`create table if not exists public.schema_migrations (
      name text primary key, hash text not null, applied_at timestamptz not null default now());
      ${schemaFunctions}`)
    const applied = await run<Applied>('select name, hash from public.schema_migrations order by name')
    const fresh = freshOf(build.files, applied)
    const hasGroups = await makeGroups(run)
    for (const { name, text, hash } of fresh) {
      await run(text).catch(cause => {
        throw new Error(`the migration ${name} failed: ${String(cause?.message ?? cause)}`, { cause })
      })
      await run('insert into public.schema_migrations (name, hash) values ($1, $2)', [name, hash])
      crash('migrate_mid')
    }
    const done = await applyFunctions(run, build.parts, { isMigrated: fresh.length > 0, hasGroups })
    if (done.older.length > 0)
      log?.warn({ parts: done.older }, 'a newer build has replaced these functions, and they are left as they are')
    return [...fresh.map(file => file.name), ...done.applied]
  })
}

// Machines that start at once do it one after another.
const takeTurn = 'select pg_advisory_xact_lock(7402173001)'

/** Throws what to do where the login may not make schemas, instead of what Postgres says to the first of them. */
async function refuseStranger(run: Run): Promise<void> {
  const [may] = await run<{ isKnown: boolean; ours: boolean; tables: boolean; database: string; login: string }>(`
    select to_regclass('public.schema_migrations') is not null as "isKnown",
      has_database_privilege(current_database(), 'create') as ours, has_schema_privilege('public', 'create') as tables,
      quote_ident(current_database()) as database, quote_ident(current_user) as login`)
  if (!may || may.isKnown || (may.ours && may.tables)) return
  throw new Error(
    `the login ${may.login} may make nothing in the database ${may.database}: an administrator runs once, in that database: ` +
      `grant create on database ${may.database} to ${may.login}; grant create on schema public to ${may.login};`,
  )
}

type Applied = { name: string; hash: string }

// The first file of the builds whose migrations held the functions too.
const beforeFunctions = '0001_users_and_money.sql'

function freshOf(files: Migration[], applied: Applied[]): Migration[] {
  if (applied.some(({ name }) => name === beforeFunctions))
    throw new Error(
      `the database was made by a build from before the first release (it has ${beforeFunctions}), and no migration leads ` +
        `from there: name an empty database, and take from this one what you need by hand`,
    )
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

/** What `grantAccess` has left to be done by somebody else; nothing where the logins are as they should be. */
export type Missing = Group[]

/**
 * Makes the logins of `access` and stores its key of seals, as the owner. Safe to repeat and to run on several machines at
 * once. The passwords go to the server as verifiers, so that none is in its log, unless it takes nothing but the passwords.
 * Gives the groups that lack their login, where the owner may not make it.
 */
export async function grantAccess(ownerUrl: string, access: Access): Promise<Missing> {
  try {
    return await giveAccess(ownerUrl, access, verifier)
  } catch (error) {
    // Neon: «only supports being given plaintext passwords», said when it is committed.
    if (!(error instanceof Error && /plain ?text/i.test(error.message))) throw error
    return giveAccess(ownerUrl, access, password => password)
  }
}

type Written = (password: string) => string

async function giveAccess(ownerUrl: string, { app, admin, sealKey }: Access, written: Written): Promise<Missing> {
  return transaction(ownerUrl, async run => {
    await run(takeTurn)
    const missing: Missing = []
    for (const [url, group] of loginsOf({ app, admin })) {
      const ours = loginName(ownerUrl, group === 'pay_app' ? 'app' : 'admin')
      if (!(await giveLogin(run, { url, group, ours, written }))) missing.push(group)
    }
    const [database] = await run<{ name: string }>('select quote_ident(current_database()) as name')
    await attempt(run, `revoke temporary on database ${database!.name} from public`)
    await run('select pay.seal_key($1, $2)', [pad(sealKey, 0x36), pad(sealKey, 0x5c)])
    const [jobs] = await run<{ isThere: boolean }>(`
      select to_regnamespace('pgboss') is not null and to_regrole('pay_app') is not null as "isThere"`)
    if (jobs?.isThere) await run(jobRights)
    return missing
  })
}

/** Whether the owner may make logins; asked where one is not let in. */
export async function mayMakeRoles(ownerUrl: string): Promise<boolean> {
  const [row] = await transaction(ownerUrl, run =>
    run<{ may: boolean }>('select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user'),
  )
  return row?.may === true
}

const loginsOf = ({ app, admin }: Pick<Access, 'app' | 'admin'>): [url: string, group: Group][] => [
  [app, 'pay_app'],
  [admin, 'pay_admin'],
]

/**
 * Makes the login of an address, a member of `group`. One of another name than `ours` keeps its operator's password. False
 * where it is missing, or no member, and this login may not change that.
 */
async function giveLogin(
  run: Run,
  { url, group, ours, written }: { url: string; group: Group; ours: string; written: Written },
): Promise<boolean> {
  const name = roleName(url)
  const [found] = await run<{ isThere: boolean; isMember: boolean; quoted: string; password: string }>(
    `select to_regrole(quote_ident($1)) is not null as "isThere", quote_ident($1) as quoted, quote_literal($2) as password,
      coalesce(pg_has_role(to_regrole(quote_ident($1)), to_regrole('${group}'), 'member'), false) as "isMember"`,
    [name, written(decodeURIComponent(new URL(url).password))],
  )
  const { isThere, isMember, quoted, password: secret } = found!
  const login = (verb: string) => attempt(run, `${verb} role ${quoted} login password ${secret}`)
  if (!isThere && !(await login('create'))) return false
  // Refused where an administrator made it: whether its password is the one is seen when it is used.
  if (isThere && name === ours) await login('alter')
  return isMember || attempt(run, `grant ${group} to ${quoted}`, /^(42501|42704)$/)
}

/** What an administrator runs once in the place of an owner who may not make roles; the passwords as verifiers. */
export function rolesSql(ownerUrl: string, access: Access): string {
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  const make = (role: string) => `do $$ begin create role ${role}; exception when duplicate_object then null; end $$;`
  return loginsOf(access)
    .flatMap(([url, group]) => {
      const [name, password] = [roleName(url), decodeURIComponent(new URL(url).password)]
      const isOurs = name === loginName(ownerUrl, group === 'pay_app' ? 'app' : 'admin')
      return [
        make(`${group} nologin`),
        ...(isOurs ? [make(quoted(name)), `alter role ${quoted(name)} login password '${verifier(password)}';`] : []),
        `grant ${group} to ${quoted(name)};`,
      ]
    })
    .join('\n')
}
