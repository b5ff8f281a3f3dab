import { type Access, rolesAdvice, togetherWarning } from './database/access.ts'
import { connect } from './database/db.ts'
import { grantAccess, mayMakeRoles, migrate } from './database/migrate.ts'
import { sqlState } from './errors.ts'
import { migrateJobs } from './jobs/queue.ts'
import type { Log } from './log.ts'

/**
 * As the owner, brings the whole database to this build: our schema, the job queue's, and the logins of the service.
 * Returns how the service reaches the database: with the owner's address if there are no such logins and the owner may
 * not create them. Throws if a login exists but is refused; the message says what to do.
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
    // If the operator named a login, never use another one.
    if (kind === 'app' && access.isOwn)
      throw new Error(`the login of DATABASE_URL is no member of pay_app: ${rolesAdvice}`)
    reached[kind] = ownerUrl
  }
  if (reached.app === ownerUrl || reached.admin === ownerUrl) log.warn(`${togetherWarning} ${rolesAdvice}`)
  return reached
}

/** Migrates our schema and the job queue's. Creates no logins. */
export async function migrateSchema(ownerUrl: string, log: Log): Promise<void> {
  const applied = await migrate(ownerUrl, { log })
  if (applied.length > 0) log.info({ applied }, 'migrated')
  await migrateJobs(ownerUrl, log)
}

/**
 * Returns whether the login works. If it does not and the owner may change that, throws an error that says what to do.
 */
async function letsIn(url: string, ownerUrl: string): Promise<boolean> {
  const db = connect(url, { max: 1 })
  try {
    await db.sql`select 1 as one`
    return true
  } catch (cause) {
    // 28: its password was refused. An administrator created it for the previous token.
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
