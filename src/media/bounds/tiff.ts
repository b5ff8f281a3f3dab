import { Refused } from '../../errors.ts'
import type { Size } from '../image-size.ts'
import { counter, most, tooMuch } from '../limits.ts'
import type { Source } from '../source.ts'

export type TiffPicture = Size & {
  /** The key (formats.ts) of a camera maker's raw format. */
  raw?: string
}

const broken = (what: string) => new Refused('not_media', `a TIFF picture ${what}`)
// Bytes per value by type (TIFF 6.0 §2), for types shorter than four.
const bytesOf = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
])
const tag = {
  subfile: 254,
  width: 256,
  height: 257,
  bits: 258,
  photometric: 262,
  maker: 271,
  samples: 277,
  tileWidth: 322,
  tileHeight: 323,
  children: 330,
  dngVersion: 50_706,
}
const [colourFilter, linearRaw] = [32_803, 34_892]
// Four colours and some extra channels.
const maxSamples = 8

/**
 * Checks TIFF 6.0: directories of tags, each with the position of the next. The first one is the picture. Throws
 * Refused: `not_media` (also if directories form a loop), and `dimensions` above `maxPixels`.
 */
export function tiffPicture(source: Source, maxPixels: number): TiffPicture {
  const head = source.at(0, 8)
  if (head.length < 8) throw broken('that is cut short')
  const isLittle = head.toString('latin1', 0, 2) === 'II'
  const first = isLittle ? head.readUInt32LE(4) : head.readUInt32BE(4)
  checkChain(source, isLittle, first)
  const tags = tagsAt(source, isLittle, first)
  const widthPx = tags.get(tag.width)?.value ?? 0
  const heightPx = tags.get(tag.height)?.value ?? 0
  const value = (of: number) => tags.get(of)?.value ?? 0
  // A raw file starts with a small preview or names its format.
  const isRaw =
    tags.has(tag.dngVersion) ||
    [colourFilter, linearRaw].includes(value(tag.photometric)) ||
    ((value(tag.subfile) & 1) === 1 && tags.has(tag.children))
  if (isRaw) return { widthPx, heightPx, raw: tags.has(tag.dngVersion) ? 'dng' : makerOf(source, tags) }
  if (!(widthPx > 0 && heightPx > 0) || widthPx * heightPx > maxPixels) {
    throw new Refused('dimensions', `an image of ${widthPx} × ${heightPx} pixels`)
  }
  if (value(tag.tileWidth) * value(tag.tileHeight) > maxPixels) throw tooMuch('pixels in a tile')
  if (value(tag.samples) > maxSamples || (tags.get(tag.bits)?.count ?? 0) > maxSamples) throw tooMuch('samples')
  return { widthPx, heightPx }
}

type Tags = Map<number, { value: number; count: number }>

function makerOf(source: Source, tags: Tags): string {
  const name = source
    .at(tags.get(tag.maker)?.value ?? source.size, 8)
    .toString('latin1')
    .toUpperCase()
  return name.startsWith('NIKON') ? 'nef' : name.startsWith('SONY') ? 'arw' : 'raw'
}

function checkChain(source: Source, isLittle: boolean, first: number): void {
  const page = counter(most.tiffPages, 'pages')
  const seen = new Set<number>()
  for (let at = first; at !== 0; at = nextOf(source, isLittle, at)) {
    page()
    if (seen.has(at)) throw broken('whose pages lead to each other')
    seen.add(at)
  }
}

const u16 = (bytes: Buffer, at: number, isLittle: boolean) =>
  isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
const u32 = (bytes: Buffer, at: number, isLittle: boolean) =>
  isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)

function entriesAt(source: Source, isLittle: boolean, at: number): number {
  const count = source.at(at, 2)
  if (count.length < 2) throw broken('that is cut short')
  const entries = u16(count, 0, isLittle)
  if (entries === 0) throw broken('with nothing in it')
  if (entries > most.tiffTags) throw tooMuch(`more than ${most.tiffTags} tags`)
  return entries
}

function nextOf(source: Source, isLittle: boolean, at: number): number {
  const next = source.at(at + 2 + 12 * entriesAt(source, isLittle, at), 4)
  // Careless programs end the file after the last tag.
  return next.length < 4 ? 0 : u32(next, 0, isLittle)
}

/** Returns each tag's first value and its number of values. For values stored elsewhere it returns their position. */
function tagsAt(source: Source, isLittle: boolean, at: number): Tags {
  const tags: Tags = new Map()
  const entries = entriesAt(source, isLittle, at)
  for (let n = 0; n < entries; n += 1) {
    const entry = source.at(at + 2 + 12 * n, 12)
    if (entry.length < 12) throw broken('that is cut short')
    const count = u32(entry, 4, isLittle)
    const bytes = (bytesOf.get(u16(entry, 2, isLittle)) ?? 4) * count > 4 ? 4 : bytesOf.get(u16(entry, 2, isLittle))
    const value = bytes === 1 ? entry[8]! : bytes === 2 ? u16(entry, 8, isLittle) : u32(entry, 8, isLittle)
    const id = u16(entry, 0, isLittle)
    // If a tag occurs twice, the larger value counts, whichever one a reader uses.
    if ((tags.get(id)?.value ?? -1) < value) tags.set(id, { value, count })
  }
  return tags
}
