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

/** Returns what this build has and the database never had: migrations by file, functions by part. */
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

/** Returns the migrations of this build in order. Reads them once. */
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

/** A build made by tests, and the log for warnings. */
export type Build = { files?: Migration[]; parts?: Part[]; log?: Pick<Log, 'warn'> }

/**
 * Brings the database to this build's schema: each migration once, in order, then functions, triggers and views if
 * their text has changed. All of it runs in one transaction under a lock, so several machines may start at once, and a
 * killed migration leaves no changes. Returns the names of what it applied. Throws if an applied file was changed
 * since, or if the database has one that this build does not know.
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

// Machines that start at once migrate one after another.
const takeTurn = 'select pg_advisory_xact_lock(7402173001)'

/** If the login may not create schemas, throws an error that says what to do. */
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

// The first file of the builds whose migrations also held the functions.
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

// Jobs are only notifications. Tampering with them delays work until the sweep and moves no money.
const jobRights = `
  grant usage on schema pgboss to pay_app;
  grant select, insert, update, delete on all tables in schema pgboss to pay_app;
  grant usage on all sequences in schema pgboss to pay_app;
  grant execute on all functions in schema pgboss to pay_app;`

/** The key of an HMAC as RFC 2104 uses it. */
const pad = (key: Buffer, byte: number): Buffer =>
  Buffer.concat([key, Buffer.alloc(64 - key.length)]).map(one => one ^ byte) as Buffer

/**
 * Returns the form in which Postgres stores a password (RFC 5802). The salt is derived, so that the same password has
 * the same verifier.
 */
function verifier(password: string): string {
  const salt = createHmac('sha256', password).update('telegen salt').digest().subarray(0, 16)
  const salted = pbkdf2Sync(password, salt, 4_096, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`
}

/** The groups whose login somebody else must create. Empty if the logins are complete. */
export type Missing = Group[]

/**
 * As the owner, creates the logins of `access` and stores the key of seals. Safe to repeat and to run on several
 * machines at once. It sends passwords as verifiers, so that they never appear in the server's log, unless the server
 * accepts only plain ones. Returns the groups that lack a login the owner may not create.
 */
export async function grantAccess(ownerUrl: string, access: Access): Promise<Missing> {
  try {
    return await giveAccess(ownerUrl, access, verifier)
  } catch (error) {
    // Neon: «only supports being given plaintext passwords», reported at the commit.
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

/** Returns whether the owner may create logins. Called if a login is refused. */
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
 * Creates the login of an address as a member of `group`. If its name is not `ours`, its password belongs to the
 * operator and stays. Returns false if the login is missing or not a member and this role may not change that.
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
  // Refused if an administrator created it. A wrong password shows when it is used.
  if (isThere && name === ours) await login('alter')
  return isMember || attempt(run, `grant ${group} to ${quoted}`, /^(42501|42704)$/)
}

/** Returns what an administrator runs once if the owner may not create roles. Passwords are verifiers. */
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
