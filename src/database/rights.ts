import { sqlState } from '../errors.ts'
import type { Run } from './transaction.ts'

// The groups belong to the whole server, and many a managed one lets no login make roles. Where nobody made them, the
// functions are made without the rights of theirs; once somebody has, these are given.

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

/** A file of sql/functions/ without its rights, for where there is nobody to give them to. */
export const withoutGrants = (text: string) => text.replace(/^grant\b[^;]*;/gim, '')
