import { rm } from 'node:fs/promises'
import type { Telegram } from 'telegraf'
import type { FileValue } from '../catalogue/parameters.ts'
import { Refused } from '../errors.ts'
import { newId } from '../id.ts'
import { fetchUserFile } from '../telegram/files.ts'
import type { Upstream } from '../upstream/client.ts'
import type { createDownloader } from '../upstream/download.ts'
import { inspect } from '../upstream/inspect.ts'
import type { BotDeps } from './deps.ts'

type Options = {
  telegram: Telegram
  token: string
  apiRoot: string
  upstream: Upstream
  downloader: ReturnType<typeof createDownloader>
  /** Where files lie for the moment between the two networks. */
  dir: string
}

// Bots may fetch 20 MB (telegram.md §3.2).
const mostBytes = 20 * 1024 * 1024

/**
 * People's files on their way to the upstream. Always fetched and looked at by us first: Telegram's file address holds
 * the bot's token, and a link may change or lead inside.
 */
export function createUserFiles({ telegram, token, apiRoot, upstream, downloader, dir }: Options): BotDeps['files'] {
  async function stored(path: string, about: { fileId?: string; name?: string }): Promise<FileValue> {
    const { kind, mime, extension, bytes, widthPx, heightPx, seconds } = await inspect(path)
    const url = await upstream.upload({ path, mime, fileName: `${newId()}.${extension}` })
    return {
      url,
      kind,
      mime,
      bytes,
      ...about,
      ...(widthPx === undefined ? {} : { widthPx }),
      ...(heightPx === undefined ? {} : { heightPx }),
      ...(seconds === undefined ? {} : { seconds }),
    }
  }

  return {
    async fromTelegram(fileId, size) {
      if (size !== undefined && size > mostBytes) throw new Refused('too_big', `a file of ${size} bytes`)
      const { path } = await fetchUserFile({ telegram, token, apiRoot, fileId, dir })
      try {
        return await stored(path, { fileId })
      } finally {
        await rm(path, { force: true })
      }
    },
    async fromLink(url) {
      const file = await downloader.fetch(url)
      try {
        return await stored(file.path, {})
      } finally {
        await file.remove()
      }
    },
  }
}
