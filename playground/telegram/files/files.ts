import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Upload } from '../api/fields.ts'
import { bad, Refusal } from '../api/refusal.ts'
import type { Random } from '../random.ts'
import { fetchForBot } from './fetching.ts'
import { DOWNLOAD_BYTES, inspect, type Kind, UPLOAD_BYTES } from './media.ts'
import { openRegister, type Register, type StoredFile } from './register.ts'

export type Files = ReturnType<typeof openFiles>

// A path from getFile works for at least an hour.
const PATH_LIFE_MS = 3_600_000

/** Contents and file ids. With `dataDir` the contents lie there as files named by their hash. */
export function openFiles(options: {
  random: Random
  scale: number
  dataDir?: string | undefined
  saved: StoredFile[]
}) {
  const { scale } = options
  const contents = openContents(options.dataDir)
  const register = openRegister(options)

  /** Stores a file after looking into it; throws 400 when the bytes are not of that kind. */
  async function add(kind: Kind, upload: Upload): Promise<StoredFile> {
    const seen = await inspect(kind, upload.bytes, upload.mime)
    const sha256 = contents.write(upload.bytes)
    const { extension, mime, ...shape } = seen
    return register.add({
      kind,
      sha256,
      mime: kind === 'document' && upload.mime && !extension ? upload.mime : mime,
      fileName: upload.fileName || `file${extension}`,
      bytes: upload.bytes.length,
      ...shape,
    })
  }

  const read = (file: StoredFile) => contents.read(file.sha256)

  /** What a parameter of kind "file" means: an upload, a file id, or an address that Telegram fetches itself. */
  async function resolve(kind: Kind, value: string, uploads: Map<string, Upload>): Promise<StoredFile> {
    if (value.startsWith('attach://')) {
      const upload = uploads.get(value.slice('attach://'.length))
      if (!upload) throw bad('wrong file identifier/HTTP URL specified')
      if (upload.bytes.length > UPLOAD_BYTES) throw new Refusal(413, 'Request Entity Too Large')
      return add(kind, upload)
    }
    if (/^https?:\/\//i.test(value)) return add(kind, await fetchForBot(kind, value))
    return originalOf(register, kind, value)
  }

  return {
    add,
    resolve,
    ...openPaths(register, read, scale),
    read,
    find: register.find,
    all: register.all,
  }
}

/** The paths that getFile returns. */
function openPaths(register: Register, read: (file: StoredFile) => Uint8Array, scale: number) {
  const paths = new Map<string, { fileId: string; until: number }>()
  return {
    /** The file with its path, which works for an hour from now. Throws 400 for an unknown or too large file. */
    grant(fileId: string): StoredFile {
      const file = register.find(fileId)
      if (!file) throw bad('invalid file_id')
      if (file.bytes > DOWNLOAD_BYTES) throw bad('file is too big')
      paths.set(file.path, { fileId, until: Date.now() + PATH_LIFE_MS * scale })
      return file
    },
    async download(path: string): Promise<Uint8Array | undefined> {
      const granted = paths.get(path)
      const file = granted && granted.until > Date.now() ? register.find(granted.fileId) : undefined
      if (!file) return
      return file.smallerThan ? shrink(read(file), file) : read(file)
    },
  }
}

/** The file of an id; its kind cannot change. Throws 400. */
function originalOf(register: Register, kind: Kind, fileId: string): StoredFile {
  const file = register.find(fileId)
  if (!file) throw bad('wrong file identifier/HTTP URL specified')
  if (file.kind !== kind) throw bad(`can't use file of type ${title(file.kind)} as ${title(kind)}`)
  return file.smallerThan ? register.find(file.smallerThan)! : file
}

/** Contents by their SHA-256, in files of that name if there is a folder. */
function openContents(dataDir: string | undefined) {
  const folder = dataDir === undefined ? undefined : join(dataDir, 'files')
  if (folder) mkdirSync(folder, { recursive: true })
  const contents = new Map<string, Uint8Array>()
  return {
    write(bytes: Uint8Array): string {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      if (folder) writeFileSync(join(folder, sha256), bytes)
      else contents.set(sha256, bytes)
      return sha256
    },
    read(sha256: string): Uint8Array {
      const bytes = folder ? readFileSync(join(folder, sha256)) : contents.get(sha256)
      if (!bytes) throw new Error(`the content ${sha256} is gone`)
      return bytes
    },
  }
}

const title = (kind: string) => kind[0]!.toUpperCase() + kind.slice(1)

async function shrink(bytes: Uint8Array, { width = 1, height = 1 }: StoredFile): Promise<Uint8Array> {
  const { createCanvas, loadImage } = await import('@napi-rs/canvas')
  const canvas = createCanvas(width, height)
  canvas.getContext('2d').drawImage(await loadImage(Buffer.from(bytes)), 0, 0, width, height)
  return canvas.encode('jpeg', 85)
}
