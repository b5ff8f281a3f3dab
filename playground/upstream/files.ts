import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mediaFacts } from './media-facts.ts'
import type { Known, OwnFile } from './models/input-check.ts'
import { extensionOf, mimeOf, type Recipe } from './results/recipe.ts'
import type { Studio } from './results/studio.ts'

/** How a result is spoilt on purpose: it answers 404, an error page under the right type, or half of itself. */
export type Spoilt = 'dead' | 'wrong' | 'truncated'
export type Stored = OwnFile & ({ path: string; recipe?: never } | { path: string; recipe: Recipe; spoilt?: Spoilt })

export type Files = ReturnType<typeof openFiles>

/**
 * Uploads and results by their path below `/files/`. A result is only a recipe until somebody fetches it.
 * `origin` answers this server's address, which is not known before it listens.
 */
export function openFiles({ studio, origin, dataDir }: { studio: Studio; origin: () => string; dataDir?: string }) {
  const stored = new Map<string, Stored>()
  const uploads = openUploads(dataDir)

  const urlOf = (path: string) => `${origin()}/files/${path.split('/').map(encodeURIComponent).join('/')}`

  function pathOf(url: string): string | undefined {
    if (!URL.canParse(url)) return undefined
    const { origin: host, pathname } = new URL(url)
    if (host !== new URL(origin()).origin || !pathname.startsWith('/files/')) return undefined
    return pathname.slice('/files/'.length).split('/').map(decode).join('/')
  }

  const file: Known['file'] = url => {
    if (URL.canParse(url) && new URL(url).origin !== new URL(origin()).origin) return 'foreign'
    const path = pathOf(url)
    return path === undefined ? undefined : stored.get(path)
  }

  /** The whole file, whatever is spoilt about its delivery. */
  async function bytesOf(entry: Stored): Promise<Uint8Array> {
    if (!entry.recipe) return uploads.read(entry.path)
    const { source } = entry.recipe
    return studio.make(entry.recipe, async () => {
      const path = source && pathOf(source.url)
      const picture = path === undefined ? undefined : stored.get(path)
      if (picture?.recipe?.kind !== 'image') return picture && bytesOf(picture)
      return bytesOf({ ...picture, recipe: { ...picture.recipe, bare: true } })
    })
  }

  return {
    stored,
    urlOf,
    pathOf,
    file,
    bytesOf,
    /** Stores an upload; the same path is overwritten: docs/providers/kie.md, "Files". */
    async put(path: string, bytes: Buffer, declaredMime: string): Promise<Stored> {
      const entry: Stored = { path, bytes: bytes.length, ...mediaFacts(bytes, declaredMime) }
      stored.set(path, entry)
      await uploads.write(path, bytes)
      return entry
    },
    /** Promises a result under a path without an extension and answers its address. */
    plan(path: string, recipe: Recipe, spoilt?: Spoilt): string {
      const full = `${path}.${extensionOf(recipe)}`
      const size = recipe.kind === 'audio' ? {} : { width: recipe.width, height: recipe.height }
      stored.set(full, { path: full, mime: mimeOf(recipe), bytes: 0, recipe, ...size, ...(spoilt && { spoilt }) })
      return urlOf(full)
    },
    /** The file is gone, as after its last day upstream. */
    expire(url: string): void {
      const path = pathOf(url)
      if (path !== undefined) stored.delete(path)
    },
  }
}

/** The bytes of uploads, in memory and, with a folder, on disk. */
function openUploads(dataDir: string | undefined) {
  const uploads = new Map<string, Buffer>()
  return {
    async read(path: string): Promise<Buffer> {
      const known = uploads.get(path)
      if (known || !dataDir) return known ?? Buffer.alloc(0)
      const bytes = await readFile(diskPath(dataDir, path))
      uploads.set(path, bytes)
      return bytes
    },
    async write(path: string, bytes: Buffer) {
      uploads.set(path, bytes)
      if (!dataDir) return
      await mkdir(join(dataDir, 'uploads'), { recursive: true })
      await writeFile(diskPath(dataDir, path), bytes)
    },
  }
}

// One flat folder: a path chosen by a caller never names a place on the disk.
const diskPath = (dataDir: string, path: string) =>
  join(dataDir, 'uploads', createHash('sha256').update(path).digest('hex'))

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // not an address that we made, so nothing lies there
  }
}
