import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { isIPv6, type LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Agent, request } from 'undici'
import { Refused, Unknown } from '../errors.ts'
import { type About, type Inspect, type Kind, provider } from '../media/inspector.ts'
import { addressesOf, checkLink, type Resolve } from './addresses.ts'
import { userAgent } from './wire.ts'

export type Downloaded = {
  path: string
  bytes: number
  kind: Kind
  mime: string
  extension: string
  widthPx?: number
  heightPx?: number
  seconds?: number
  /** Deletes the file. */
  remove(): Promise<void>
}

type Limits = {
  maxBytes?: number
  deadlineMs?: number
  signal?: AbortSignal | undefined
  /** Whose file it is, and of which kinds it may be; without an owner it is a result. */
  owner?: string
  accept?: readonly Kind[] | undefined
  fit?: About['fit']
  /** Who looks at it, where that is not the downloader's own; the file may be another one afterwards. */
  inspect?: Inspect
}

type Options = {
  /** Origins of the configured upstream: plain http and inner addresses are allowed for exactly these. */
  trustedOrigins: string[]
  inspect: Inspect
  /** Where files lie; without it a folder of our own, made with the first file. */
  dir?: string
  resolve?: Resolve
}

export type Downloader = {
  /**
   * Fetches what a link of the upstream or of a person leads to, into a file that only we can read. The link is hostile
   * input: public addresses only, no redirects, a cap and a total deadline, and the content decides what it is. Throws
   * Refused (bad_url, private_address, redirect, not_found, too_large, empty, truncated, not_media, wrong_kind,
   * dimensions; of a person's also heavy, unreadable, and formats that are named) or Unknown (no answer now: network, timeout, 5xx).
   */
  fetch(link: string, limits?: Limits): Promise<Downloaded>
  /** The same for bytes that we have elsewhere. Throws as their source does. */
  place(source: AsyncIterable<Uint8Array>): Promise<Downloaded>
  close(): Promise<void>
}

/** Opens nothing before the first link. */
export function createDownloader({ trustedOrigins, inspect, dir, resolve }: Options): Downloader {
  const trusted = new Set(trustedOrigins.map(origin => new URL(origin).origin))
  const live = new Set<string>()
  let folder: Promise<string> | undefined
  // A folder that could not be made is tried again with the next file.
  const home = () => {
    folder ??= makeFolder(dir).catch(error => {
      folder = undefined
      throw error
    })
    return folder
  }
  const remove = async (path: string) => {
    live.delete(path)
    await rm(path, { force: true })
  }

  return {
    async fetch(link, limits = {}) {
      const { maxBytes = 100 * 1_048_576, deadlineMs = 60_000, signal, owner = provider, accept, fit } = limits
      const url = checkLink(link, trusted)
      const path = join(await home(), randomUUID())
      const deadline = new AbortController()
      const timer = setTimeout(() => deadline.abort(), deadlineMs)
      const stop = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal
      live.add(path)
      try {
        const addresses = await orStop(addressesOf(url, trusted.has(url.origin), resolve), stop)
        await save({ url, addresses, path, maxBytes, signal: stop })
        const about = await (limits.inspect ?? inspect)(path, { owner, accept, fit, signal: stop })
        return { path, ...about, remove: () => remove(path) }
      } catch (error) {
        await remove(path)
        if (error instanceof Refused || error instanceof Unknown) throw error
        const why = deadline.signal.aborted ? `not fetched within ${deadlineMs} ms` : 'not fetched'
        throw new Unknown(`${url.hostname}: ${why}`, { cause: error })
      } finally {
        clearTimeout(timer)
      }
    },

    async place(source) {
      const path = join(await home(), randomUUID())
      live.add(path)
      try {
        await pipeline(source, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
        return { path, ...(await inspect(path, { owner: provider })), remove: () => remove(path) }
      } catch (error) {
        await remove(path)
        throw error
      }
    },

    async close() {
      await Promise.all([...live].map(remove))
      if (dir === undefined && folder !== undefined) await rm(await folder, { recursive: true, force: true })
      folder = undefined
    },
  }
}

async function makeFolder(dir: string | undefined): Promise<string> {
  if (dir === undefined) return mkdtemp(join(tmpdir(), 'telegen-files-'))
  await mkdir(dir, { recursive: true, mode: 0o700 })
  return dir
}

type Save = { url: URL; addresses: string[]; path: string; maxBytes: number; signal: AbortSignal }

async function save({ url, addresses, path, maxBytes, signal }: Save): Promise<void> {
  const agent = new Agent({
    // The very addresses that were checked: a name server that changes its answer is not asked again.
    connect: { lookup: pinned(addresses), timeout: 10_000, rejectUnauthorized: true },
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
  })
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher: agent,
      signal,
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': userAgent },
    })
    // The body of a refusal is left alone; its connection goes with the agent.
    body.on('error', () => {})
    refuseStatus(statusCode, url)
    const promised = /^\d+$/.test(String(headers['content-length'])) ? Number(headers['content-length']) : undefined
    if (promised !== undefined && promised > maxBytes) throw tooLarge(maxBytes)

    let bytes = 0
    async function* capped(source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        bytes += chunk.length
        if (bytes > maxBytes) throw tooLarge(maxBytes)
        yield chunk
      }
    }
    await pipeline(body, capped, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal }).catch(error => {
      if (!isCutShort(error)) throw error
      throw new Refused('truncated', `${bytes} bytes of ${promised ?? 'an unknown number'}`, { cause: error })
    })
    if (promised !== undefined && bytes !== promised) throw new Refused('truncated', `${bytes} bytes of ${promised}`)
  } finally {
    await agent.destroy()
  }
}

const tooLarge = (maxBytes: number) => new Refused('too_large', `more than ${maxBytes} bytes`)

function refuseStatus(status: number, { hostname }: URL) {
  const said = `${hostname} answers HTTP ${status}`
  if (status === 200) return
  if (status === 204) throw new Refused('empty', said)
  if (status >= 300 && status < 400) throw new Refused('redirect', said)
  // Too early, too often, too slow: another time it may be there.
  if (status < 400 || status >= 500 || [408, 425, 429].includes(status)) throw new Unknown(said)
  throw new Refused('not_found', said)
}

// The other side ended in good order before the end of what it promised. A reset is the network's, and unknown.
const isCutShort = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'UND_ERR_SOCKET' || error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')

function pinned(addresses: string[]): LookupFunction {
  const all = addresses.map(address => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_hostname, options, callback) => {
    if (options.all) callback(null, all)
    else callback(null, all[0]!.address, all[0]!.family)
  }
}

/** The promise, or the signal's reason if that is earlier. */
function orStop<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
