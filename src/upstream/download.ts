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
  /** The owner of the file and the kinds that are accepted. Without an owner it is a result. */
  owner?: string
  accept?: readonly Kind[] | undefined
  fit?: About['fit']
  /** Replaces the downloader's own inspection. It may replace the file. */
  inspect?: Inspect
}

type Options = {
  /** Origins of the configured upstream. Only these may use plain http and internal addresses. */
  trustedOrigins: string[]
  inspect: Inspect
  /** The folder for the files. By default a folder of our own, created with the first file. */
  dir?: string
  resolve?: Resolve
}

export type Downloader = {
  /**
   * Downloads a link from the upstream or from a person into a file that only we can read. The link is hostile input:
   * public addresses only, no redirects, a size limit and a total deadline. The content decides the type. Throws
   * Refused (bad_url, private_address, redirect, not_found, too_large, empty, truncated, not_media, wrong_kind,
   * dimensions; for a person's file also heavy, unreadable, and the codes of named formats) or Unknown (no answer now:
   * network, timeout, 5xx).
   */
  fetch(link: string, limits?: Limits): Promise<Downloaded>
  /** The same for bytes from another source. Throws as the source does. */
  place(source: AsyncIterable<Uint8Array>): Promise<Downloaded>
  close(): Promise<void>
}

/** Opens no connection before the first link. */
export function createDownloader({ trustedOrigins, inspect, dir, resolve }: Options): Downloader {
  const trusted = new Set(trustedOrigins.map(origin => new URL(origin).origin))
  const live = new Set<string>()
  let folder: Promise<string> | undefined
  // If the folder could not be created, the next file tries again.
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
    // Connects to the addresses that were checked: a second lookup could return others.
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
    // The body of a refusal is not read. Its connection closes with the agent.
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
  const message = `${hostname} answers HTTP ${status}`
  if (status === 200) return
  if (status === 204) throw new Refused('empty', message)
  if (status >= 300 && status < 400) throw new Refused('redirect', message)
  // Rate limits, timeouts and server errors are temporary.
  if (status < 400 || status >= 500 || [408, 425, 429].includes(status)) throw new Unknown(message)
  throw new Refused('not_found', message)
}

// The server ended the body early in good order. A reset is a network error, so Unknown.
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

/** Returns the promise, or rejects with the signal's reason if that comes first. */
function orStop<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
