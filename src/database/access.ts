import { createHmac } from 'node:crypto'

/**
 * How the processes of one deployment reach the database. All of them derive the same access from the same settings.
 */
export type Access = {
  /** The service's own login: a member of `pay_app`, owner of nothing. */
  app: string
  /** The login for admin actions: a member of `pay_admin`. */
  admin: string
  /** The key that seals values from outside (sql/functions/guards.sql). The database cannot derive it. */
  sealKey: Buffer
  /** `app` is the operator's own login. Never replace it. */
  isOwn: boolean
}

/** The risk of one login for everything, and how to separate them. */
export const togetherWarning =
  'the service works as the owner of its tables: whoever takes over its connection may change books and prices, which a login of its own could not.'
export const rolesAdvice =
  'npm run migrate -- sql prints what an administrator of the server runs once, then start again.'

/**
 * Returns the two logins and the key of a database. `secret` is known to all processes but not to the database: the
 * bot's token. The logins are named after the database, since roles belong to the whole server. `migrate` creates them.
 * `own`: the operator's own login for the service, used unchanged.
 */
export function accessTo(url: string, secret: string, own?: string): Access {
  const login = (kind: 'app' | 'admin') => {
    const to = new URL(own ?? url)
    to.username = loginName(url, kind)
    to.password = derived(secret, `login ${to.username}`).toString('base64url')
    to.username += projectOf(url)
    return to.href
  }
  const sealKey = derived(secret, 'seal')
  return { app: own ?? login('app'), admin: login('admin'), sealKey, isOwn: own !== undefined }
}

/** Returns `NAME_app` or `NAME_admin`, cut to the length that Postgres allows. */
export function loginName(url: string, kind: 'app' | 'admin'): string {
  const { pathname, username } = new URL(url)
  const database = decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username) || 'postgres'
  return `${database.slice(0, 50)}_${kind}`
}

/** Returns the role with which an address logs in. */
export const roleName = (url: string): string =>
  decodeURIComponent(new URL(url).username).slice(0, -projectOf(url).length || undefined)

/** Supabase's pooler finds a project by the part after the dot in the user name. It is not part of the role. */
function projectOf(url: string): string {
  const { hostname, username } = new URL(url)
  const dot = decodeURIComponent(username).lastIndexOf('.')
  return /\.pooler\.supabase\.(com|co)$/.test(hostname) && dot > 0 ? decodeURIComponent(username).slice(dot) : ''
}

const derived = (secret: string, purpose: string): Buffer =>
  createHmac('sha256', secret).update(`telegen ${purpose}`).digest()
