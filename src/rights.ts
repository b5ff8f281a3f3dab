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

/** What is given or taken, of what, and to or from whom, each without the blanks between. */
function partsOf(statement: string) {
  const flat = statement.replace(/\s+/g, ' ').replace(/;$/, '')
  const [on, whom] = [flat.indexOf(' on '), Math.max(flat.lastIndexOf(' to '), flat.lastIndexOf(' from '))]
  const [word = '', ...names] = flat.slice(whom + 1).split(/[ ,]/)
  return { what: flat.slice(0, on), things: flat.slice(on + 4, whom), word, names: names.filter(Boolean) }
}

function only(statement: string, isMeant: (grantee: string) => boolean): string {
  const { what, things, word, names } = partsOf(statement)
  const meant = names.filter(isMeant)
  return meant.length > 0 ? `${what} on ${things} ${word} ${meant.join(', ')};` : ''
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
  if (statement === '') return []
  const { what, things, word, names } = partsOf(statement)
  const isEvery = things === 'all tables in schema pay'
  if (!isEvery && /^(all|schema) /.test(things)) return [statement]
  const kind = things.startsWith('function ') ? 'function ' : ''
  const list = isEvery ? [...new Set(tables)] : listOf(things.slice(kind.length))
  return list.map(thing => `${what} on ${kind}${thing} ${word} ${names.join(', ')};`)
}

/** Names of functions may have their arguments behind them, with commas of their own. */
function listOf(things: string): string[] {
  const list: string[] = []
  for (const part of things.split(', ')) {
    const last = list.at(-1)
    const isInside = last?.includes('(') && !last.includes(')')
    if (isInside) list[list.length - 1] = `${last}, ${part}`
    else list.push(part)
  }
  return list
}
