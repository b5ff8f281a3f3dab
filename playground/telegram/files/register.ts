import { createHash } from 'node:crypto'
import type { Random } from '../random.ts'
import type { Kind } from './media.ts'

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
  /** The download path that getFile returns. */
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

export type Register = ReturnType<typeof openRegister>

/** The file ids of this bot. */
export function openRegister({ random, saved }: { random: Random; saved: StoredFile[] }) {
  const files = new Map(saved.map(file => [file.fileId, file]))
  let number = saved.length

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

  return {
    find: (fileId: string) => files.get(fileId),
    all: () => [...files.values()],
    /** Gives a file its id; a photo gets its smaller sizes too. */
    add(file: Omit<StoredFile, 'fileId' | 'uniqueId' | 'path'>): StoredFile {
      const stored = register(file)
      if (file.kind === 'photo') stored.sizes = smallerSizes(stored).map(shape => smaller(stored, shape))
      return stored
    },
  }

  function smaller(file: StoredFile, shape: Shape) {
    const { fileId, uniqueId } = register({ ...file, mime: 'image/jpeg', ...shape, smallerThan: file.fileId })
    return { fileId, uniqueId, ...shape }
  }
}

type Shape = { width: number; height: number }

function smallerSizes({ width = 1, height = 1 }: StoredFile): Shape[] {
  const longest = Math.max(width, height)
  return SIDES.filter(side => side < longest).map(side => ({
    width: Math.max(1, Math.round((width * side) / longest)),
    height: Math.max(1, Math.round((height * side) / longest)),
  }))
}
