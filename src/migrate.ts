import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import postgres from 'postgres'
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
