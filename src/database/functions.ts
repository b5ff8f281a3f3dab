import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { crash } from '../crash.ts'
import { withoutGrants } from './rights.ts'
import type { Run } from './transaction.ts'

// sql/functions/ holds the current text of all functions, triggers and views, with their rights. Replacing a function
// takes no lock that others notice. A trigger locks its table, and a view its readers. So each of the three parts is
// applied as a whole, and only if its own text has changed.

const folder = new URL('../../sql/functions/', import.meta.url)

export type PartName = 'functions' | 'triggers' | 'views'
export type Part = { name: PartName; hash: string; files: { name: string; text: string }[] }

let ofThisBuild: Promise<Part[]> | undefined

/** Returns the parts of this build in the order in which they are applied. Reads them once. */
export function functionParts(): Promise<Part[]> {
  ofThisBuild ??= readParts()
  return ofThisBuild
}

async function readParts(): Promise<Part[]> {
  const names = (await readdir(folder, { recursive: true })).filter(name => name.endsWith('.sql')).sort()
  const files = await Promise.all(
    names.map(async name => ({ name, text: await readFile(new URL(name, folder), 'utf8') })),
  )
  const part = (name: PartName, belongs: (file: string) => boolean) =>
    partOf(
      name,
      files.filter(file => belongs(file.name)),
    )
  return [
    part('functions', file => file !== 'triggers.sql' && !file.startsWith('views/')),
    part('triggers', file => file === 'triggers.sql'),
    part('views', file => file.startsWith('views/')),
  ]
}

/** Returns a part with its checksum. */
export function partOf(name: PartName, files: Part['files']): Part {
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex')
  return { name, files, hash }
}

/** One row for each text of a part, in order of arrival. */
export const schemaFunctions = `create table if not exists public.schema_functions (
  n bigint generated always as identity primary key, part text not null, hash text not null,
  applied_at timestamptz not null default now(), unique (part, hash))`

type Known = { part: string; hash: string; hasRights: boolean | null }

/**
 * Applies the parts with a new text, in the caller's transaction. With `isMigrated`, functions and views are always
 * applied, since a migration may have dropped one. `hasGroups`: pay_app and pay_admin exist; if they are new, rights
 * are granted now. A text that was applied before and then replaced is ignored: it belongs to an older build that
 * restarts during a rollout. So if you restore an old text, change it slightly, for example with a comment.
 */
export async function applyFunctions(
  run: Run,
  parts: Part[],
  { isMigrated, hasGroups }: { isMigrated: boolean; hasGroups: boolean },
): Promise<{ applied: PartName[]; older: PartName[] }> {
  const known = await run<Known>(`select part, hash, case when to_regrole('pay_app') is not null
    then has_schema_privilege('pay_app', 'pay', 'usage') end as "hasRights" from public.schema_functions order by n`)
  const lacksRights = hasGroups && known[0]?.hasRights === false
  const applied: PartName[] = []
  const older: PartName[] = []
  for (const part of parts) {
    const texts = known.filter(row => row.part === part.name).map(row => row.hash)
    const isNew = !texts.includes(part.hash)
    const isNewest = texts.at(-1) === part.hash
    if (!isNew && !isNewest) older.push(part.name)
    else if (isNew || ((isMigrated || lacksRights) && part.name !== 'triggers')) {
      await apply(run, part, hasGroups)
      applied.push(part.name)
    }
  }
  return { applied, older }
}

async function apply(run: Run, { name, hash, files }: Part, hasGroups: boolean): Promise<void> {
  // Rights come only from these files, but replacing a function keeps old grants: revoke first.
  if (hasGroups && name === 'functions') await run('revoke all on all functions in schema pay from pay_app, pay_admin')
  if (hasGroups && name === 'views') await run('revoke all on all tables in schema pay from pay_app, pay_admin')
  for (const file of files) {
    await run(hasGroups ? file.text : withoutGrants(file.text)).catch(cause => {
      throw new Error(`sql/functions/${file.name} failed: ${String(cause?.message ?? cause)}`, { cause })
    })
    crash('migrate_mid')
  }
  // By default, Postgres lets every role execute a new function.
  if (name === 'functions') await run('revoke all on all functions in schema pay from public')
  await run('insert into public.schema_functions (part, hash) values ($1, $2) on conflict do nothing', [name, hash])
}
