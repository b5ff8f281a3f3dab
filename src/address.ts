import { readFileSync } from 'node:fs'
import { connect, isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'

// Two drivers connect by one text, and each reads such texts in a way of its own: what one takes for TLS, the other sends
// to the server as a setting, which is refused. So the text is read here, and the drivers get its parts.

/** What a text like `postgres://user:password@host:port/database?sslmode=require` says. */
export type Address = {
  /** A name, an IP address, or the folder of a Unix socket. */
  host: string
  port: number
  user: string | undefined
  password: string | undefined
  database: string | undefined
  /** Verified as the options say; `if offered`: without TLS where the server has none. */
  tls: 'none' | 'if offered' | ConnectionOptions
  /** Whether TLS begins at once, without asking the server. */
  isDirect: boolean
  /** Settings for the server, as libpq's `options`. */
  options: string | undefined
  /** False behind a pooler that keeps no prepared statements. */
  prepares: boolean
  /** Names of parameters that mean something to other clients and nothing here. */
  leftOut: string[]
  /** The same in one spelling, which `new URL` takes. */
  href: string
}

/** The text cannot be read; the message says why and how to write it, without any of the text. */
export class BadAddress extends Error {
  override name = 'BadAddress'
}

const form = 'postgres://user:password@host/database'
const escapes: Record<string, string> = { '%': '%25', '#': '%23', '@': '%40', '/': '%2F', '?': '%3F' }
const written = (sign: string) =>
  `holds a ${sign} that is not escaped: in the password ${sign} is written ${escapes[sign]}`

/**
 * Reads the text as libpq does (https://www.postgresql.org/docs/current/libpq-connect.html), with the parameters that
 * hosts and Prisma add. `sslmode` is for a text without one. Throws `BadAddress`.
 */
export function readAddress(text: string, sslmode?: string): Address {
  const { user, password, host, port, path, query } = partsOf(text)
  const given = new Map(parametersOf(query))
  const take = (...names: string[]) => {
    const values = names.map(name => given.get(name))
    for (const name of names) given.delete(name)
    return values.find(Boolean)
  }
  const folder = take('host') ?? host
  if (folder.includes(',')) throw new BadAddress('names several hosts: give the one that takes writes')
  if (folder === '') throw new BadAddress(`names no host: it is ${form}`)
  const number = Number(take('port') ?? port ?? 5432)
  if (!(number > 0 && number < 65_536)) throw new BadAddress('has a port that is none: it is a number, 5432 mostly')
  const sslFiles = [
    'sslmode',
    'ssl',
    'sslaccept',
    'requiressl',
    'sslrootcert',
    'sslcert',
    'sslkey',
    'sslpassword',
    'sslidentity',
  ]
  const ssl = Object.fromEntries(sslFiles.map(name => [name, take(name)]))
  const isDirect = take('sslnegotiation') === 'direct'
  const isPooled = [
    take('pgbouncer') === 'true',
    take('statement_cache_size', 'prepareThreshold') === '0',
    take('prepare', 'prepared_statements') === 'false',
  ].includes(true)
  const address = {
    host: folder,
    port: number,
    user: take('user') ?? user,
    password: take('password') ?? password,
    database: take('dbname', 'database') ?? path,
    options: settingsOf(take('options')),
    prepares: !isPooled,
    isDirect,
  }
  const mode = folder.startsWith('/') ? 'disable' : modeOf(ssl, isDirect, sslmode)
  return {
    ...address,
    tls: tlsOf(mode, ssl, address.host),
    leftOut: [...given.keys()].filter(name => /^[\w.-]{1,40}$/.test(name)),
    href: hrefOf(address, { ...ssl, ssl: undefined, sslaccept: undefined, requiressl: undefined, sslmode: mode }),
  }
}

function partsOf(text: string) {
  if (/^["'`«“]|["'`»”]$/.test(text)) throw new BadAddress('stands in quotes: write it without them')
  if (/\s/.test(text))
    throw new BadAddress(`holds a blank or a line end: it is ${form}, a blank in the password is written %20`)
  const [, rest = ''] = /^postgres(?:ql)?:\/\/(.*)$/i.exec(text) ?? []
  if (rest === '') throw new BadAddress(`is not of the form ${form}`)
  const cut = rest.search(/[/?#]/)
  const [authority, tail] = cut < 0 ? [rest, ''] : [rest.slice(0, cut), rest.slice(cut)]
  const [path = '', ...queries] = tail.split('?')
  const at = authority.lastIndexOf('@')
  // A sign that ends the authority stood in the password if the part with the host comes after it.
  if (path.includes('@')) throw new BadAddress(written(tail[0]!))
  const isHost = /^[^:]*(:\d+)?$/.test(authority)
  if (at < 0 && tail.includes('@') && !(isHost && /^[^?]*\?\w+=/.test(tail))) throw new BadAddress(written(tail[0]!))
  if (rest.includes('#')) throw new BadAddress(written('#'))
  if (authority.indexOf('@') !== at) throw new BadAddress(written('@'))
  if (/%(?![0-9a-f]{2})/i.test(rest)) throw new BadAddress(written('%'))
  const userinfo = at < 0 ? '' : authority.slice(0, at)
  const colon = userinfo.indexOf(':')
  const password = colon < 0 ? undefined : decoded(userinfo.slice(colon + 1))
  if (password && /^(\[.*\]|<.*>|\*+|\$\{?\w+\}?)$/.test(password))
    throw new BadAddress('has a placeholder for the password: put the password there')
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority.slice(at + 1)) ?? []
  if (host.includes(',') || port?.includes(','))
    throw new BadAddress('names several hosts: give the one that takes writes')
  const name = decoded(host).replace(/^\[(.*)\]$/, '$1')
  if (!/^[\w.:~-]*$|^\/[^?#@]*$/.test(name)) throw new BadAddress(`names a host that cannot be read: ${form}`)
  return {
    user: decoded(colon < 0 ? userinfo : userinfo.slice(0, colon)) || undefined,
    password: password || undefined,
    host: name,
    port: port || undefined,
    path: decoded(path.slice(1)) || undefined,
    query: queries.join('?'),
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new BadAddress('holds an escape that is no letter: escapes are those of UTF-8, and % is written %25')
  }
}

const parametersOf = (query: string): [string, string][] =>
  query
    .split('&')
    .filter(Boolean)
    .map(pair => {
      const [name = '', ...value] = pair.split('=')
      return [decoded(name), decoded(value.join('='))]
    })

/** Neon's endpoint is known by the name of the host, and no other server would take it for a setting. */
function settingsOf(options: string | undefined): string | undefined {
  const kept = options?.split(/(?<!\\)\s+/).filter(one => !/^(endpoint|project)=/.test(one))
  return kept?.join(' ') || undefined
}

type Ssl = Record<string, string | undefined>
export const sslModes = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full']

function modeOf(ssl: Ssl, isDirect: boolean, fallback: string | undefined): string {
  const short: Record<string, string> = { true: 'verify-full', '1': 'verify-full', false: 'disable', '0': 'disable' }
  const of = (value: string | undefined) => value && (short[value] ?? value)
  const mode = ssl.sslmode ?? of(ssl.ssl) ?? (ssl.requiressl === '1' ? 'require' : undefined) ?? (fallback || undefined)
  if (mode !== undefined && !sslModes.includes(mode))
    throw new BadAddress(`has an sslmode that is none of ${sslModes.join(', ')}`)
  if (mode === 'disable') return mode
  if (ssl.sslrootcert === 'system' || (ssl.sslaccept === 'strict' && mode !== 'no-verify')) return 'verify-full'
  if (ssl.sslaccept === 'accept_invalid_certs') return 'no-verify'
  // libpq: with a certificate to verify by, `require` means verify-ca.
  if (mode === 'require' && ssl.sslrootcert) return 'verify-ca'
  if (isDirect && (mode === undefined || mode === 'allow' || mode === 'prefer')) return 'require'
  return mode ?? 'prefer'
}

function tlsOf(mode: string, ssl: Ssl, host: string): Address['tls'] {
  if (mode === 'disable') return 'none'
  if (mode === 'allow' || mode === 'prefer') return 'if offered'
  const file = (name: string, path: string | undefined) => {
    if (!path) return undefined
    try {
      return readFileSync(path)
    } catch {
      throw new BadAddress(`names a file in ${name} that cannot be read here`)
    }
  }
  // With no key beside it, `sslcert` is Prisma's name for the certificate to verify by.
  const root = ssl.sslrootcert === 'system' ? undefined : (ssl.sslrootcert ?? (ssl.sslkey ? undefined : ssl.sslcert))
  const files = {
    ca: file('sslrootcert', root),
    cert: ssl.sslkey ? file('sslcert', ssl.sslcert) : undefined,
    key: file('sslkey', ssl.sslkey),
    pfx: file('sslidentity', ssl.sslidentity),
    passphrase: ssl.sslpassword,
  }
  return {
    ...Object.fromEntries(Object.entries(files).filter(([, value]) => value !== undefined)),
    host, // verified against, also where it is an IP address
    ...(isIP(host) ? {} : { servername: host }),
    rejectUnauthorized: mode.startsWith('verify'),
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  }
}

function hrefOf(address: Omit<Address, 'tls' | 'leftOut' | 'href'>, ssl: Ssl): string {
  const { host, port, user, password, database, options, prepares, isDirect } = address
  const isFolder = host.startsWith('/')
  const parameters: Ssl = {
    ...ssl,
    host: isFolder ? host : undefined,
    options,
    pgbouncer: prepares ? undefined : 'true',
    sslnegotiation: isDirect ? 'direct' : undefined,
  }
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    value ? [`${name}=${encodeURIComponent(value)}`] : [],
  )
  const login =
    user === undefined && password === undefined
      ? ''
      : `${encodeURIComponent(user ?? '')}:${encodeURIComponent(password ?? '')}@`
  const name = isFolder ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `postgres://${login}${name}:${port}/${encodeURIComponent(database ?? '')}?${query.join('&')}`
}

/** The parts as `postgres` takes them. `startup`: what goes to the server with the first message. */
export function forPostgres(url: string) {
  const { host, port, user, password, database, tls, isDirect, options, prepares } = readAddress(url)
  return {
    driver: {
      // A list is taken as it is, a text would be cut at its colons; the typings know neither list nor `sslnegotiation`.
      ...({ host: [host], port: [port], ...(isDirect ? { sslnegotiation: 'direct' } : {}) } as object),
      ...(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : {}),
      ...(user ? { user } : {}),
      ...(password ? { pass: password } : {}),
      ...(database ? { database } : {}),
      ssl: tls === 'none' ? (false as const) : tls === 'if offered' ? ('prefer' as const) : tls,
      prepare: prepares,
    },
    startup: options ? { options } : {},
  }
}

/** The parts as `pg` takes them. Asks the server where TLS is used if it is offered: that driver cannot. */
export async function forPg(url: string) {
  const { host, port, user, password, database, tls, isDirect, options } = readAddress(url)
  const ssl =
    tls === 'none' ? false : tls !== 'if offered' ? tls : (await offersTls(host, port)) && { rejectUnauthorized: false }
  return {
    host,
    port,
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    ...(database ? { database } : {}),
    ssl,
    ...(isDirect ? { sslnegotiation: 'direct' as const } : {}),
    ...(options ? { options } : {}),
  }
}

const patienceMs = 3_000

/** SSLRequest, as https://www.postgresql.org/docs/current/protocol-flow.html has it: one byte comes back. */
function offersTls(host: string, port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port })
  socket.setTimeout(patienceMs, () => reject(new Error(`the database did not answer in ${patienceMs} ms`)))
  socket.once('error', reject)
  socket.once('close', () => reject(new Error('the database closed the connection')))
  socket.once('data', ([byte]) => resolve(byte === 0x53))
  socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]))
  return promise.finally(() => socket.destroy())
}
