import { lookup, Resolver } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'
import { Refused, Unknown } from '../errors.ts'

/** Returns all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<string[]>

/**
 * Returns a link that may be fetched: https on port 443 with a plain host, or one of the trusted origins. Throws
 * Refused `bad_url`, or `private_address` for a host in an internal network.
 */
export function checkLink(link: string, trustedOrigins: ReadonlySet<string>): URL {
  const bad = (why: string) => new Refused('bad_url', `the link ${why}`)
  if (typeof link !== 'string' || link.length > 8_192) throw bad('is too long')
  if (/[\s\\\p{Cc}]/u.test(link)) throw bad('holds a blank or a backslash')
  const url = URL.parse(link)
  if (!url) throw bad('cannot be read')
  if (url.username || url.password || /^[^/?#]*\/\/[^/?#]*@/.test(link)) throw bad('holds a user name')
  if (trustedOrigins.has(url.origin)) return url
  if (!/^https?:$/.test(url.protocol)) throw bad('is not https')
  const host = url.hostname.replace(/\.$/, '')
  if (isInside(host)) throw new Refused('private_address', 'the link leads inside')
  if (url.protocol !== 'https:') throw bad('is not https')
  if (url.port !== '') throw bad('names a port')
  // Numeric tricks such as 0x08.010.1 only serve to hide an address.
  if (ipaddr.isValid(bare(host)) && !link.toLowerCase().includes(`//${host}`)) throw bad('hides an address')
  return url
}

/**
 * Returns the addresses to connect to. The name is resolved once: connect to these and do not resolve again. Throws
 * Refused `private_address` if any of them is not public, Unknown if the name has no address now.
 */
export async function addressesOf(url: URL, isTrusted: boolean, resolve?: Resolve): Promise<string[]> {
  const host = bare(url.hostname)
  const addresses = ipaddr.isValid(host) ? [host] : await resolved(host, resolve ?? (isTrusted ? local : distant))
  if (!isTrusted && !addresses.every(isPublic)) {
    throw new Refused('private_address', `${url.hostname} leads to an address that is not public`)
  }
  return addresses
}

/** Returns whether an address is on the public internet. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const ip = ipaddr.parse(address)
  if (ip.range() !== 'unicast') return false
  // Azure serves its internal metadata on this public address.
  if (ip.kind() === 'ipv4') return ip.toString() !== '168.63.129.16'
  // All IPv6 that has been allocated. Addresses that wrap IPv4 (mapped, NAT64, 6to4, Teredo) are not unicast above or
  // lie outside this range, and so does fdaa::/16.
  return ip.match(ipaddr.parseCIDR('2000::/3'))
}

// Names that resolve only in internal networks.
const insideNames = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|localdomain|home\.arpa|onion)$/

function isInside(host: string): boolean {
  const address = bare(host)
  if (ipaddr.isValid(address)) return !isPublic(address)
  return !host.includes('.') || insideNames.test(host)
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')

async function resolved(host: string, resolve: Resolve): Promise<string[]> {
  const addresses = await resolve(host).catch((cause: unknown) => {
    throw new Unknown(`the name ${host} was not resolved`, { cause })
  })
  if (addresses.length === 0) throw new Unknown(`the name ${host} has no address`)
  return addresses
}

const local: Resolve = async host => (await lookup(host, { all: true })).map(({ address }) => address)

// getaddrinfo has few threads for the whole process, and a slow name server would block them.
const distant: Resolve = async host => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length === 0 && answers[0].status === 'rejected') throw answers[0].reason
  return addresses
}
