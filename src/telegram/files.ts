import { randomUUID } from 'node:crypto'
import { mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { fetch } from 'undici'
import { Refused, Unknown } from '../errors.ts'
import { scrubber } from '../log.ts'
import type { Telegram } from './api.ts'
import { callChecked, rootOf, TelegramRefused } from './client.ts'
import { codeOf } from './refused.ts'
import { cleaned } from './wire.ts'

// The largest file that getFile serves.
const maxBytes = 20 * 1024 * 1024
// Enough for 20 MB over a slow line.
const timeoutMs = 120_000

const Found = Type.Object({ file_path: Type.Optional(Type.String()), file_size: Type.Optional(Type.Integer()) })

/**
 * Downloads a person's file into a new file in `dir` that only this user may read. The caller deletes it. The address
 * holds the bot's token and never leaves this function (docs/providers/telegram.md, "Files"): pass on the bytes, never
 * the link. Throws Unknown or TelegramRefused: `too_big` above 20 MB, counted while reading because `file_size` may be
 * missing.
 */
export async function fetchUserFile(options: {
  telegram: Telegram
  token: string
  apiRoot?: string
  fileId: string
  dir: string
  signal?: AbortSignal
}): Promise<{ path: string; bytes: number }> {
  const { telegram, token, fileId, dir } = options
  const found = await callChecked(telegram, 'getFile', { file_id: fileId }, Found, options.signal)
  if (found.file_size !== undefined && found.file_size > maxBytes) throw tooBig()
  const url = addressOf(rootOf(options.apiRoot), token, found.file_path)

  const scrub = scrubber([token])
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
  try {
    return await download(url, dir, signal)
  } catch (error) {
    if (error instanceof Refused || error instanceof Unknown) throw error
    throw new Unknown('the file did not arrive from Telegram', { cause: cleaned(error, scrub) })
  }
}

const tooBig = () => new TelegramRefused('too_big', `the file is over ${maxBytes} bytes`)

function addressOf(root: string, token: string, path: string | undefined): string {
  // A Bot API server with local files returns absolute paths.
  if (!path || path.startsWith('/') || path.split('/').includes('..')) {
    throw new Unknown('getFile: no path to download from')
  }
  return `${root}file/bot${token}/${path.split('/').map(encodeURIComponent).join('/')}`
}

async function download(url: string, dir: string, signal: AbortSignal): Promise<{ path: string; bytes: number }> {
  const response = await fetch(url, { redirect: 'manual', signal })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw refusal(response.status)
  }
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, randomUUID())
  const file = await open(path, 'wx', 0o600)
  let bytes = 0
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooBig()
      await file.writeFile(chunk)
    }
    await file.close()
    return { path, bytes }
  } catch (error) {
    await file.close()
    await unlink(path)
    throw error
  }
}

function refusal(status: number): Error {
  // A path is valid for an hour and this one is new, so 404 means the file no longer exists.
  if (status === 404) return new TelegramRefused('file_rejected', 'the file is no longer there')
  if (status === 401 || status === 413) return new TelegramRefused(codeOf(status, ''), `file refused with ${status}`)
  return new Unknown(`the file was answered with status ${status}`)
}
