import { createHmac } from 'node:crypto'

/** How the processes of one deployment reach one database. All of them derive the same from what they are given. */
export type Access = {
  /** The service's own login: a member of `pay_app`, owner of nothing. */
  app: string
  /** What admins do goes by this one: a member of `pay_admin`. */
  admin: string
  /** Seals what the service says on somebody else's word (sql/functions/guards.sql); the database cannot derive it. */
  sealKey: Buffer
  /** `app` is the operator's own and no other may take its place. */
  isOwn: boolean
}

/** What is weaker where one login does it all, and how to part them. */
export const togetherWarning =
  'the service works as the owner of its tables: whoever takes over its connection may change books and prices, which a login of its own could not.'
export const rolesAdvice =
  'npm run migrate -- sql prints what an administrator of the server runs once, then start again.'

/**
 * The two logins and the key of a database. `secret` is one that all processes have and the database has not: the bot's
 * token. The logins are named after the database, since roles belong to the whole server. `migrate` makes them.
 * `own`: the operator's own login for the service, used as it is.
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

/** `NAME_app` and `NAME_admin`, cut to what Postgres takes. */
export function loginName(url: string, kind: 'app' | 'admin'): string {
  const { pathname, username } = new URL(url)
  const database = decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username) || 'postgres'
  return `${database.slice(0, 50)}_${kind}`
}

/** The role by which an address logs in. */
export const roleName = (url: string): string =>
  decodeURIComponent(new URL(url).username).slice(0, -projectOf(url).length || undefined)

/** Supabase's pooler knows a project by what stands behind the dot of a user; the role has no part in it. */
function projectOf(url: string): string {
  const { hostname, username } = new URL(url)
  const dot = decodeURIComponent(username).lastIndexOf('.')
  return /\.pooler\.supabase\.(com|co)$/.test(hostname) && dot > 0 ? decodeURIComponent(username).slice(dot) : ''
}

const derived = (secret: string, purpose: string): Buffer =>
  createHmac('sha256', secret).update(`telegen ${purpose}`).digest()
