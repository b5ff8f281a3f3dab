import { readFileSync } from 'node:fs'
import { connect, isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'

// Two drivers use one address, and each parses it differently: a TLS parameter of one is sent to the server by the
// other as a setting, which is refused. So the address is parsed here, and the drivers get its parts.

/** The parts of an address such as `postgres://user:password@host:port/database?sslmode=require`. */
export type Address = {
  /** A name, an IP address, or the folder of a Unix socket. */
  host: string
  port: number
  user: string | undefined
  password: string | undefined
  database: string | undefined
  /** Verified as the options say. `if offered`: without TLS if the server has none. */
  tls: 'none' | 'if offered' | ConnectionOptions
  /** Whether TLS begins at once, without asking the server. */
  isDirect: boolean
  /** Settings for the server, as in libpq's `options`. */
  options: string | undefined
  /** False behind a pooler that keeps no prepared statements. */
  prepares: boolean
  /** Names of parameters that only other clients use. */
  leftOut: string[]
  /** The same address in one spelling that `new URL` accepts. */
  href: string
}

/** The address cannot be read. The message says why and how to write it, and quotes no part of it. */
export class BadAddress extends Error {
  override name = 'BadAddress'
}

const form = 'postgres://user:password@host/database'
const escapes: Record<string, string> = { '%': '%25', '#': '%23', '@': '%40', '/': '%2F', '?': '%3F' }
const written = (sign: string) =>
  `holds a ${sign} that is not escaped: in the password ${sign} is written ${escapes[sign]}`

/**
 * Reads the address as libpq does (https://www.postgresql.org/docs/current/libpq-connect.html), with the parameters
 * that hosts and Prisma add. `sslmode` applies to an address without one. Throws `BadAddress`.
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
  // If an @ follows, a character that ends the authority was part of the password.
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

/** Neon's endpoint is recognised by the host name. Other servers would read it as a setting. */
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
  // libpq: with a root certificate, `require` means verify-ca.
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
  // Without a key, `sslcert` is Prisma's name for the root certificate.
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
    host, // the certificate is verified against it, even if it is an IP address
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

/** Returns the parts for `postgres`. `startup` goes to the server in the first message. */
export function forPostgres(url: string) {
  const { host, port, user, password, database, tls, isDirect, options, prepares } = readAddress(url)
  return {
    driver: {
      // As a list: the driver would cut a text at its colons. The types know neither the list nor `sslnegotiation`.
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

/** Returns the parts for `pg`. If TLS is used only when offered, asks the server, since that driver cannot. */
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

/** Sends an SSLRequest (https://www.postgresql.org/docs/current/protocol-flow.html). The answer is one byte. */
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
