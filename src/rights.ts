import { sqlState } from './errors.ts'
import type { Run } from './transaction.ts'

// The groups belong to the whole server, and many a managed one lets no login make roles. Where nobody made them, the
// migrations run without what concerns them; once somebody has, it is caught up on.

export type Group = 'pay_app' | 'pay_admin'
const groups: Group[] = ['pay_app', 'pay_admin']

/** Runs a statement that may be refused by one of these SQLSTATEs, and then changes nothing. Gives whether it was done. */
export async function attempt(run: Run, text: string, refusals = /^42501$/): Promise<boolean> {
  await run('savepoint attempt')
  try {
    await run(text)
    await run('release savepoint attempt')
    return true
  } catch (error) {
    if (!refusals.test(sqlState(error) ?? '')) throw error
    await run('rollback to savepoint attempt')
    return false
  }
}

/** Makes the groups where they are missing. False where this login may not. */
export async function makeGroups(run: Run): Promise<boolean> {
  for (const group of groups) {
    const isThere = `select to_regrole('${group}') is not null as yes`
    const [found] = await run<{ yes: boolean }>(isThere)
    // 42710, 23505: another database's migration has made it in this moment.
    if (!found?.yes) await attempt(run, `create role ${group} nologin`, /^(42501|42710|23505)$/)
    const [now] = await run<{ yes: boolean }>(isThere)
    if (!now?.yes) return false
    await attempt(run, `grant ${group} to current_user`, /^(42501|0LP01)$/)
  }
  return true
}

// The first migrations make the groups themselves, which a login without that right may not even where they are there.
const makesGroup =
  /^do \$\$ begin\n {2}(?:create role pay_\w+ nologin;\nexception[^\n]*|execute format\('grant pay_\w+ to %I', current_user\);)\nend \$\$;\n/gm
const givesRights = /^(?:grant|revoke)\b[^;]*;/gim

/** A migration as it is run: without making groups, and without their rights where they are missing. */
export function textOf(migration: string, hasGroups: boolean): string {
  const text = migration.replace(makesGroup, '')
  return hasGroups ? text : text.replace(givesRights, statement => only(statement, name => name === 'public'))
}

function only(statement: string, isMeant: (grantee: string) => boolean): string {
  const [, what = '', word, list = ''] = /^(.*\s)(to|from)\s+([\w\s,]+);$/is.exec(statement) ?? []
  const meant = list
    .split(',')
    .map(name => name.trim())
    .filter(isMeant)
  return meant.length > 0 ? `${what}${word} ${meant.join(', ')};` : ''
}

/** Gives the groups all rights of these migrations, which have run without them. */
export async function catchUp(run: Run, migrations: string[]): Promise<void> {
  const [found] = await run<{ yes: boolean }>(`select has_schema_privilege('pay_app', 'pay', 'usage') as yes`)
  if (found?.yes) return
  const tables: string[] = []
  for (const migration of migrations) {
    const text = migration.replace(/--[^\n]*/g, '')
    for (const [, name = ''] of text.matchAll(
      /^create (?:or replace )?(?:unlogged |materialized )?(?:table|view) (pay\.\w+)/gim,
    ))
      tables.push(name)
    for (const [statement] of text.matchAll(givesRights)) {
      for (const one of oneByOne(
        only(statement, name => name !== 'public'),
        tables,
      )) {
        // What a later migration took away, or made a second of, has its rights from there.
        await attempt(run, one, /^(42883|42725|42P01|42703)$/)
      }
    }
  }
}

/** A statement for each thing: one that has gone must not keep the others from theirs. */
function oneByOne(statement: string, tables: string[]): string[] {
  const parts = /^(\w+\s.*?\son)\s+(all tables in schema pay|function\s|)(.*?)\s((?:to|from)\s[^;]*;)$/is.exec(
    statement,
  )
  const [, what = '', kind = '', list = '', whom = ''] = parts ?? []
  if (!parts || /^(all|schema)\s/i.test(list.trim())) return statement ? [statement] : []
  const things = kind.startsWith('all') ? [...new Set(tables)] : list.split(/,(?![^(]*\))/)
  return things.map(thing => `${what} ${kind.startsWith('all') ? '' : kind}${thing.trim()} ${whom}`)
}
