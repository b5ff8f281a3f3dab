import { readFile, rm } from 'node:fs/promises'
import type { FileValue } from '../../catalogue/parameters.ts'
import { Refused } from '../../errors.ts'
import { newId } from '../../id.ts'
import type { Converter } from '../../media/convert/convert.ts'
import type { Inspected } from '../../media/inspector.ts'
import type { Telegram } from '../../telegram/api.ts'
import { fetchUserFile } from '../../telegram/files.ts'
import type { Upstream } from '../../upstream/client.ts'
import type { createDownloader } from '../../upstream/download.ts'
import type { BotDeps } from '../deps.ts'

/** The way to files that Telegram has. */
type Source = {
  telegram: Telegram
  token: string
  apiRoot: string
  /** The directory of temporary files. */
  dir: string
}
type Options = Source & {
  upstream: Upstream
  downloader: ReturnType<typeof createDownloader>
  converter: Pick<Converter, 'take'>
}

/** Fetches the bytes of a file that Telegram has. */
export const fileReader =
  (source: Source): BotDeps['fileBytes'] =>
  async (fileId, signal) => {
    const { path } = await fetchUserFile({ ...source, fileId, signal })
    try {
      return await readFile(path)
    } finally {
      await rm(path, { force: true })
    }
  }

// Bots may fetch 20 MB (core.telegram.org/bots/api#getfile).
const maxBytes = 20 * 1024 * 1024
// Whoever has a slow server may send the file itself.
const maxLinkMs = 20_000

/**
 * Moves people's files to the upstream. Each is fetched and inspected here first: the file address of Telegram has the
 * bot's token, and a link may change or lead to a private network.
 */
export function createUserFiles(options: Options): BotDeps['files'] {
  const { telegram, token, apiRoot, upstream, downloader, converter, dir } = options
  async function stored(
    path: string,
    found: Inspected,
    about: { fileId?: string },
    signal: AbortSignal | undefined,
  ): Promise<FileValue> {
    const { kind, mime, extension, bytes, widthPx, heightPx, seconds } = found
    const url = await upstream.upload({ path, mime, fileName: `${newId()}.${extension}`, signal })
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

  async function fetched<Result>(
    fileId: string,
    size: number | undefined,
    signal: AbortSignal | undefined,
    use: (path: string) => Promise<Result>,
  ): Promise<Result> {
    if (size !== undefined && size > maxBytes) throw new Refused('too_big', `a file of ${size} bytes`)
    const { path } = await fetchUserFile({ telegram, token, apiRoot, fileId, dir, ...(signal && { signal }) })
    try {
      return await use(path)
    } finally {
      await rm(path, { force: true })
    }
  }

  return {
    fromTelegram: (fileId, size, whose) =>
      fetched(fileId, size, whose.signal, async path =>
        stored(path, await converter.take(path, whose), { fileId }, whose.signal),
      ),
    async fromLink(url, whose) {
      const file = await downloader.fetch(url, { ...whose, inspect: converter.take, deadlineMs: maxLinkMs })
      try {
        return await stored(file.path, file, {}, whose.signal)
      } finally {
        await file.remove()
      }
    },
  }
}
