import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Upload } from './fields.ts'
import { DOWNLOAD_BYTES, inspect, type Kind, UPLOAD_BYTES } from './media.ts'
import type { Random } from './random.ts'
import { bad, Refusal } from './refusal.ts'

export type StoredFile = {
  fileId: string
  /** Equal for the same content and kind; useless for a download. */
  uniqueId: string
  kind: Kind
  /** SHA-256, hex: the name of the content. */
  sha256: string
  fileName: string
  mime: string
  bytes: number
  /** The download path that getFile gives. */
  path: string
  width?: number
  height?: number
  /** Whole seconds. */
  duration?: number
  /** Smaller pictures of a photo; made when somebody downloads them. */
  sizes?: { fileId: string; uniqueId: string; width: number; height: number }[]
  /** Set on such a smaller picture. */
  smallerThan?: string
}

export type Files = ReturnType<typeof openFiles>

const FOLDERS = {
  photo: 'photos',
  video: 'videos',
  audio: 'music',
  voice: 'voice',
  document: 'documents',
  animation: 'animations',
}
// File ids of one kind share a beginning, as the real ones do.
const PREFIXES = {
  photo: 'AgACAgIAAxkB',
  video: 'BAACAgIAAxkB',
  audio: 'CQACAgIAAxkB',
  voice: 'AwACAgIAAxkB',
  document: 'BQACAgIAAxkB',
  animation: 'CgACAgIAAxkB',
}
// The longest sides that Telegram makes of a photo.
const SIDES = [90, 320, 800, 1280]
// A path from getFile works for at least an hour.
const PATH_LIFE_MS = 3_600_000

/** Contents and file ids. With `dataDir` the contents lie there as files named by their hash. */
export function openFiles(options: {
  random: Random
  scale: number
  dataDir?: string | undefined
  saved: StoredFile[]
}) {
  const { random, scale } = options
  const folder = options.dataDir === undefined ? undefined : join(options.dataDir, 'files')
  if (folder) mkdirSync(folder, { recursive: true })
  const contents = new Map<string, Uint8Array>()
  const files = new Map(options.saved.map(file => [file.fileId, file]))
  const paths = new Map<string, { fileId: string; until: number }>()
  let number = options.saved.length

  /** Stores a file after looking into it; throws 400 when the bytes are not of that kind. */
  async function add(kind: Kind, upload: Upload): Promise<StoredFile> {
    const seen = await inspect(kind, upload.bytes, upload.mime)
    const sha256 = createHash('sha256').update(upload.bytes).digest('hex')
    if (folder) writeFileSync(join(folder, sha256), upload.bytes)
    else contents.set(sha256, upload.bytes)
    const { extension, mime, ...shape } = seen
    const file = register({
      kind,
      sha256,
      mime: kind === 'document' && upload.mime && !extension ? upload.mime : mime,
      fileName: upload.fileName || `file${extension}`,
      bytes: upload.bytes.length,
      ...shape,
    })
    if (kind === 'photo') file.sizes = smaller(file)
    return file
  }

  function register(file: Omit<StoredFile, 'fileId' | 'uniqueId' | 'path'>): StoredFile {
    const mark = createHash('sha256')
      .update(`${file.kind}${file.sha256}${file.width ?? 0}`)
      .digest('base64url')
    const ending = /\.[A-Za-z0-9]{1,8}$/.exec(file.fileName)?.[0] ?? ''
    const stored: StoredFile = {
      ...file,
      fileId: PREFIXES[file.kind] + random.letters(file.kind === 'photo' ? 70 : 58),
      uniqueId: `AQAD${mark.slice(0, 12)}`,
      path: `${FOLDERS[file.kind]}/file_${number++}${file.kind === 'photo' ? '.jpg' : ending}`,
    }
    files.set(stored.fileId, stored)
    return stored
  }

  function smaller(file: StoredFile) {
    const { width = 1, height = 1 } = file
    const longest = Math.max(width, height)
    return SIDES.filter(side => side < longest).map(side => {
      const shape = {
        width: Math.max(1, Math.round((width * side) / longest)),
        height: Math.max(1, Math.round((height * side) / longest)),
      }
      const { fileId, uniqueId } = register({ ...file, mime: 'image/jpeg', ...shape, smallerThan: file.fileId })
      return { fileId, uniqueId, ...shape }
    })
  }

  function read(file: StoredFile): Uint8Array {
    const bytes = folder ? readFileSync(join(folder, file.sha256)) : contents.get(file.sha256)
    if (!bytes) throw new Error(`the content of file ${file.fileId} is gone`)
    return bytes
  }

  /** A file the bot names by id; its kind cannot change. Throws 400. */
  function known(kind: Kind, fileId: string): StoredFile {
    const file = files.get(fileId)
    if (!file) throw bad('wrong file identifier/HTTP URL specified')
    if (file.kind !== kind) throw bad(`can't use file of type ${title(file.kind)} as ${title(kind)}`)
    return file.smallerThan ? files.get(file.smallerThan)! : file
  }

  /** What a parameter of kind "file" means: an upload, a file id, or an address that Telegram fetches itself. */
  async function resolve(kind: Kind, value: string, uploads: Map<string, Upload>): Promise<StoredFile> {
    if (value.startsWith('attach://')) {
      const upload = uploads.get(value.slice('attach://'.length))
      if (!upload) throw bad('wrong file identifier/HTTP URL specified')
      if (upload.bytes.length > UPLOAD_BYTES) throw new Refusal(413, 'Request Entity Too Large')
      return add(kind, upload)
    }
    if (/^https?:\/\//i.test(value)) return add(kind, await fetchForBot(kind, value))
    return known(kind, value)
  }

  /** For getFile: the path works for an hour from now. Throws 400 for an unknown or too big file. */
  function grant(fileId: string): StoredFile {
    const file = files.get(fileId)
    if (!file) throw bad('invalid file_id')
    if (file.bytes > DOWNLOAD_BYTES) throw bad('file is too big')
    paths.set(file.path, { fileId, until: Date.now() + PATH_LIFE_MS * scale })
    return file
  }

  async function download(path: string): Promise<Uint8Array | undefined> {
    const granted = paths.get(path)
    const file = granted && granted.until > Date.now() ? files.get(granted.fileId) : undefined
    if (!file) return
    return file.smallerThan ? shrink(read(file), file) : read(file)
  }

  return {
    add,
    resolve,
    grant,
    download,
    read,
    find: (fileId: string) => files.get(fileId),
    all: () => [...files.values()],
  }
}

const title = (kind: string) => kind[0]!.toUpperCase() + kind.slice(1)

async function shrink(bytes: Uint8Array, { width = 1, height = 1 }: StoredFile): Promise<Uint8Array> {
  const { createCanvas, loadImage } = await import('@napi-rs/canvas')
  const canvas = createCanvas(width, height)
  canvas.getContext('2d').drawImage(await loadImage(Buffer.from(bytes)), 0, 0, width, height)
  return canvas.encode('jpeg', 85)
}

/** Telegram fetches addresses itself; here only loopback is within reach, so that no test leaves the machine. */
async function fetchForBot(kind: Kind, address: string): Promise<Upload> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
    throw bad('failed to get HTTP URL content')
  }
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(20_000) }).catch(() => undefined)
  if (!answer?.ok) throw bad('failed to get HTTP URL content')
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (bytes.length > (kind === 'photo' ? 5 : 20) * 1024 * 1024) throw bad('file is too big')
  const mime = (answer.headers.get('content-type') ?? '').split(';')[0]!.trim()
  if (kind === 'document' && !['image/gif', 'application/pdf', 'application/zip'].includes(mime)) {
    throw bad('wrong type of the web page content')
  }
  return { fileName: decodeURIComponent(url.pathname.split('/').at(-1) ?? ''), mime, bytes }
}
