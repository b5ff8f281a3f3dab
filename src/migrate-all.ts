import { type Access, rolesAdvice, togetherWarning } from './database/access.ts'
import { connect } from './database/db.ts'
import { grantAccess, mayMakeRoles, migrate } from './database/migrate.ts'
import { sqlState } from './errors.ts'
import { migrateJobs } from './jobs/queue.ts'
import type { Log } from './log.ts'

/**
 * Brings the whole database up to this build as its owner: our schema, the job queue's, and the logins that the service
 * works by. Returns how the service reaches it: by the owner's address where there are no such logins and the owner may
 * not make them. Throws when a login exists and is not let in; the message says what to do.
 */
export async function migrateAll(ownerUrl: string, access: Access, log: Log): Promise<Access> {
  await migrateSchema(ownerUrl, log)
  const missing = await grantAccess(ownerUrl, access)
  const reached = { ...access }
  for (const [kind, group] of [
    ['app', 'pay_app'],
    ['admin', 'pay_admin'],
  ] as const) {
    const isIn = !missing.includes(group) && (await letsIn(access[kind], ownerUrl))
    if (isIn) continue
    // Whoever names a login of his own does not want another to be used.
    if (kind === 'app' && access.isOwn)
      throw new Error(`the login of DATABASE_URL is no member of pay_app: ${rolesAdvice}`)
    reached[kind] = ownerUrl
  }
  if (reached.app === ownerUrl || reached.admin === ownerUrl) log.warn(`${togetherWarning} ${rolesAdvice}`)
  return reached
}

/** Migrates our schema and the job queue's, and makes no logins. */
export async function migrateSchema(ownerUrl: string, log: Log): Promise<void> {
  const applied = await migrate(ownerUrl, { log })
  if (applied.length > 0) log.info({ applied }, 'migrated')
  await migrateJobs(ownerUrl, log)
}

/** Whether the login is let in. Throws what to do where it is not and the owner may change that. */
async function letsIn(url: string, ownerUrl: string): Promise<boolean> {
  const db = connect(url, { max: 1 })
  try {
    await db.sql`select 1 as one`
    return true
  } catch (cause) {
    // 28: refused for its password. Made by an administrator, for the token of before.
    if (sqlState(cause)?.startsWith('28') && !(await mayMakeRoles(ownerUrl))) return false
    const { username } = new URL(url)
    throw new Error(
      `the login ${username} is not let in: allow it in pg_hba.conf or in the pooler, or give the service a login of its own by DATABASE_URL and the owner's by DATABASE_OWNER_URL`,
      { cause },
    )
  } finally {
    await db.close()
  }
}
