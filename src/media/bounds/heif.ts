import { Refused } from '../../errors.ts'
import type { Size } from '../image-size.ts'
import { counter, most, tooMuch } from '../limits.ts'
import type { Source } from '../source.ts'
import { type Box, boxAt } from './boxes.ts'

type Item = { type: string; sizes: Size[]; tiles: number[]; describes: number[] }

const coded = new Set(['hvc1', 'av01'])
const notPlain = (what: string) => new Refused('not_media', `a HEIF picture ${what}`)

/**
 * Checks HEIC and AVIF (ISO 23008-12): a file of items, one of which is the picture. Before anything is decoded, it
 * checks the stated size of the picture, its tiles and its auxiliary images (alpha channel). Everything else is only
 * counted. Throws Refused: `not_media`, and `dimensions` above `maxPixels`.
 */
export function heifPicture(source: Source, maxPixels: number): Size & { isAvif: boolean } {
  const box = counter(most.heifBoxes, 'boxes')
  const top = childrenOf(source, 0, source.size, box)
  const meta = only(top, 'meta')
  if (!meta || meta.end - meta.body > most.heifMetaBytes) throw notPlain('without a table of its items')
  const boxes = childrenOf(source, meta.body + 4, meta.end, box)
  const items = itemsOf(source, boxes, box)
  const id = primaryOf(source, only(boxes, 'pitm'))
  const main = items.get(id)
  if (!main) throw notPlain('without its first item')

  const shown = new Set([id])
  for (const [other, { describes }] of items) if (describes.includes(id)) shown.add(other)
  let pixels = 0
  for (const one of shown) pixels += decodedPixels(items, one, maxPixels)
  // Tiles may extend beyond the edge. A depth map or an alpha channel is at most as large as the picture.
  if (pixels > maxPixels * 4) throw tooMuch('pixels in tiles')
  return {
    ...largest(main.sizes),
    isAvif: main.type === 'av01' || main.tiles.some(tile => items.get(tile)?.type === 'av01'),
  }
}

/** Returns the pixels that a decoder must produce for one item: its own or those of its tiles. */
function decodedPixels(items: Map<number, Item>, id: number, maxPixels: number): number {
  const item = items.get(id)!
  if (item.type !== 'grid') return coded.has(item.type) ? areaOf(item, maxPixels) : refuseType(item, id)
  const whole = areaOf(item, maxPixels)
  if (item.tiles.length === 0 || item.tiles.length > most.heifTiles) throw tooMuch(`${item.tiles.length} tiles`)
  const tiles = item.tiles.map(tile => items.get(tile))
  return tiles.reduce((sum, tile) => {
    if (!tile || !coded.has(tile.type)) throw notPlain('with a tile that is none')
    return sum + areaOf(tile, maxPixels)
  }, whole)
}

// Auxiliary items may have any type (notes, masks). A picture may not.
function refuseType({ describes, type }: Item, id: number): number {
  if (describes.length > 0) return 0
  throw notPlain(`of type ${JSON.stringify(type)} as item ${id}`)
}

function areaOf({ sizes }: Item, maxPixels: number): number {
  if (sizes.length === 0) throw notPlain('without a size')
  const { widthPx, heightPx } = largest(sizes)
  const area = widthPx * heightPx
  if (area > 0 && area <= maxPixels) return area
  throw new Refused('dimensions', `an image of ${widthPx} × ${heightPx} pixels`)
}

// If several sizes are stated, the largest counts.
const largest = (sizes: Size[]): Size =>
  sizes.reduce((a, b) => (b.widthPx * b.heightPx > a.widthPx * a.heightPx ? b : a), { widthPx: 0, heightPx: 0 })

type Count = (n?: number) => void

function childrenOf(source: Source, from: number, to: number, count: Count): Box[] {
  const found: Box[] = []
  for (let at = from, box = boxAt(source, at, to); box; at = box.end, box = boxAt(source, at, to)) {
    count()
    found.push(box)
  }
  return found
}

/** Returns the box with this name. Throws if there are two. */
function only(boxes: Box[], name: string): Box | undefined {
  const found = boxes.filter(box => box.name === name)
  if (found.length > 1) throw notPlain(`with two boxes ${name}`)
  return found[0]
}

/** Reads consecutive numbers up to the end of the box. */
function reader(source: Source, { body, end }: Box) {
  let at = body + 4
  const [version = 0, , , flags = 0] = source.at(body, 4)
  return {
    version,
    flags,
    at: () => at,
    isOver: () => at >= end,
    u(bytes: number): number {
      const piece = source.at(at, bytes)
      if (at + bytes > end || piece.length < bytes) throw notPlain('that is cut short')
      at += bytes
      return bytes === 0 ? 0 : bytes <= 6 ? piece.readUIntBE(0, bytes) : Number(piece.readBigUInt64BE(0))
    },
  }
}

function primaryOf(source: Source, pitm: Box | undefined): number {
  if (!pitm) throw notPlain('without a first item')
  const read = reader(source, pitm)
  return read.u(read.version === 0 ? 2 : 4)
}

function itemsOf(source: Source, boxes: Box[], count: Count): Map<number, Item> {
  const iinf = only(boxes, 'iinf')
  const iprp = only(boxes, 'iprp')
  if (!iinf || !iprp) throw notPlain('without items')
  const items = new Map<number, Item>()
  const head = reader(source, iinf)
  head.u(head.version === 0 ? 2 : 4)
  for (const entry of childrenOf(source, head.at(), iinf.end, count)) {
    if (entry.name !== 'infe') continue
    const read = reader(source, entry)
    if (read.version < 2) continue
    const id = read.u(read.version === 2 ? 2 : 4)
    read.u(2)
    const type = source.at(read.at(), 4).toString('latin1')
    if (items.has(id)) throw notPlain('with two items of one number')
    items.set(id, { type, sizes: [], tiles: [], describes: [] })
    if (items.size > most.heifItems) throw tooMuch(`more than ${most.heifItems} items`)
  }
  takeSizes(source, childrenOf(source, iprp.body, iprp.end, count), items, count)
  takeReferences(source, only(boxes, 'iref'), items, count)
  checkPlaces(source, only(boxes, 'iloc'))
  return items
}

function takeSizes(source: Source, boxes: Box[], items: Map<number, Item>, count: Count): void {
  const ipco = only(boxes, 'ipco')
  if (!ipco) throw notPlain('without properties')
  const sizes = childrenOf(source, ipco.body, ipco.end, count).map(box => {
    if (box.name !== 'ispe') return undefined
    const read = reader(source, box)
    return { widthPx: read.u(4), heightPx: read.u(4) }
  })
  for (const box of boxes.filter(({ name }) => name === 'ipma')) {
    const read = reader(source, box)
    for (let entries = read.u(4); entries > 0; entries -= 1) {
      count()
      const item = items.get(read.u(read.version === 0 ? 2 : 4))
      for (let properties = read.u(1); properties > 0; properties -= 1) {
        const index = read.flags & 1 ? read.u(2) & 0x7fff : read.u(1) & 0x7f
        const size = sizes[index - 1]
        if (item && size) item.sizes.push(size)
      }
    }
  }
}

function takeReferences(source: Source, iref: Box | undefined, items: Map<number, Item>, count: Count): void {
  if (!iref) return
  const bytes = reader(source, iref).version === 0 ? 2 : 4
  for (const box of childrenOf(source, iref.body + 4, iref.end, count)) {
    const read = reader(source, { ...box, body: box.body - 4 }) // this box has no version
    const item = items.get(read.u(bytes))
    for (let left = read.u(2); left > 0; left -= 1) {
      count()
      const to = read.u(bytes)
      if (box.name === 'dimg') item?.tiles.push(to)
      if (box.name === 'auxl') item?.describes.push(to)
    }
  }
}

/** Checks where the items' bytes are. Together they must not be many times the size of the file. */
function checkPlaces(source: Source, iloc: Box | undefined): void {
  if (!iloc) throw notPlain('without places')
  const piece = counter(most.heifExtents, 'places')
  const bytes = counter(source.size * 2, 'bytes in items')
  const read = reader(source, iloc)
  const [sizes, more] = [read.u(1), read.u(1)]
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 4, sizes & 15, more >> 4]
  const indexBytes = read.version === 0 ? 0 : more & 15
  if ([offsetBytes, lengthBytes, baseBytes, indexBytes].some(n => ![0, 4, 8].includes(n)))
    throw notPlain('of odd places')
  for (let left = read.u(read.version < 2 ? 2 : 4); left > 0; left -= 1) {
    read.u(read.version < 2 ? 2 : 4)
    if (read.version > 0) read.u(2)
    read.u(2)
    read.u(baseBytes)
    for (let extents = read.u(2); extents > 0; extents -= 1) {
      piece()
      read.u(indexBytes)
      read.u(offsetBytes)
      // Length 0 means the whole file.
      bytes(read.u(lengthBytes) || source.size)
    }
  }
}
