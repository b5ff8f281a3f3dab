import { sqlState } from '../errors.ts'
import type { Run } from './transaction.ts'

// Groups belong to the whole server, and many managed servers let no login create roles. Without the groups, functions
// are created without their grants. Once the groups exist, the grants are applied.

export type Group = 'pay_app' | 'pay_admin'
const groups: Group[] = ['pay_app', 'pay_admin']

/**
 * Runs a statement that may be refused with one of these SQLSTATEs and then changes nothing. Returns whether it
 * succeeded.
 */
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

/** Creates missing groups. Returns false if this login may not. */
export async function makeGroups(run: Run): Promise<boolean> {
  for (const group of groups) {
    const isThere = `select to_regrole('${group}') is not null as yes`
    const [found] = await run<{ yes: boolean }>(isThere)
    // 42710, 23505: another database's migration created it at the same moment.
    if (!found?.yes) await attempt(run, `create role ${group} nologin`, /^(42501|42710|23505)$/)
    const [now] = await run<{ yes: boolean }>(isThere)
    if (!now?.yes) return false
    await attempt(run, `grant ${group} to current_user`, /^(42501|0LP01)$/)
  }
  return true
}

/** Returns a file of sql/functions/ without its grants, for a server without the groups. */
export const withoutGrants = (text: string) => text.replace(/^grant\b[^;]*;/gim, '')
