import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { crash } from '../crash.ts'
import { withoutGrants } from './rights.ts'
import type { Run } from './transaction.ts'

// sql/functions/ is the text of today of all functions, triggers and views, with the rights to them. Functions are replaced
// without a lock that anybody meets; a trigger locks its table and a view those who read it. So each of the three parts is
// applied when its own text has changed, and then whole.

const folder = new URL('../../sql/functions/', import.meta.url)

export type PartName = 'functions' | 'triggers' | 'views'
export type Part = { name: PartName; hash: string; files: { name: string; text: string }[] }

let ofThisBuild: Promise<Part[]> | undefined

/** The parts of this build, in the order in which they are applied. Reads them once. */
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

/** A part with its checksum. */
export function partOf(name: PartName, files: Part['files']): Part {
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex')
  return { name, files, hash }
}

/** One row for each text that a part has had, in the order in which they came. */
export const schemaFunctions = `create table if not exists public.schema_functions (
  n bigint generated always as identity primary key, part text not null, hash text not null,
  applied_at timestamptz not null default now(), unique (part, hash))`

type Known = { part: string; hash: string; hasRights: boolean | null }

/**
 * Applies the parts whose text is new, in the caller's transaction; with `isMigrated` functions and views anyway, since a
 * migration may have dropped one. `hasGroups`: pay_app and pay_admin are there; where they have come since, the rights are
 * given now. A text that was the newest once and is no more is left alone: it is of an older build, which starts again
 * while a newer one takes its place. So what is put back has to differ in its text from what it was: by a comment, say.
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
  // What the files grant is all there is: to replace a function keeps the rights to it.
  if (hasGroups && name === 'functions') await run('revoke all on all functions in schema pay from pay_app, pay_admin')
  if (hasGroups && name === 'views') await run('revoke all on all tables in schema pay from pay_app, pay_admin')
  for (const file of files) {
    await run(hasGroups ? file.text : withoutGrants(file.text)).catch(cause => {
      throw new Error(`sql/functions/${file.name} failed: ${String(cause?.message ?? cause)}`, { cause })
    })
    crash('migrate_mid')
  }
  // Postgres lets everybody execute a new function.
  if (name === 'functions') await run('revoke all on all functions in schema pay from public')
  await run('insert into public.schema_functions (part, hash) values ($1, $2) on conflict do nothing', [name, hash])
}
