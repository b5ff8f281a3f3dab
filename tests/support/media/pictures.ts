// Pictures of four quarters, in formats that phones and scanners make, written by hand.
import { createCanvas, loadImage } from '@napi-rs/canvas'

export const quarterColours = { red: [224, 32, 32], green: [32, 192, 32], blue: [32, 64, 224], yellow: [240, 224, 32] }
export type Quarter = keyof typeof quarterColours | 'clear'
/** From the upper left on, in the order of reading. */
export type Quarters = [Quarter, Quarter, Quarter, Quarter]
export const upright: Quarters = ['red', 'green', 'blue', 'yellow']

/** The pixel of a picture of these sides, as red, green, blue and alpha. */
function pixelAt(quarters: Quarters, x: number, y: number, width: number, height: number): number[] {
  const quarter = quarters[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!
  return quarter === 'clear' ? [0, 0, 0, 0] : [...quarterColours[quarter], 255]
}

export function canvasOf(width: number, height: number, quarters: Quarters = upright) {
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  quarters.forEach((quarter, n) => {
    if (quarter === 'clear') return
    context.fillStyle = `rgb(${quarterColours[quarter].join()})`
    context.fillRect((n % 2) * (width / 2), n > 1 ? height / 2 : 0, width / 2, height / 2)
  })
  return canvas
}

/** What stands in the middle of each quarter of a picture that a browser can show. */
export async function quartersIn(bytes: Uint8Array): Promise<Quarter[]> {
  const image = await loadImage(Buffer.from(bytes))
  const canvas = createCanvas(image.width, image.height)
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0)
  const places = [0.25, 0.75].flatMap(y => [0.25, 0.75].map(x => [x * image.width, y * image.height] as const))
  return places.map(([x, y]) => {
    const [r = 0, g = 0, b = 0, alpha = 0] = context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data
    if (alpha < 128) return 'clear'
    const off = (of: number[]) => Math.abs(of[0]! - r) + Math.abs(of[1]! - g) + Math.abs(of[2]! - b)
    const [nearest] = Object.entries(quarterColours).sort(([, one], [, other]) => off(one) - off(other))
    return off(nearest![1]) < 40 ? (nearest![0] as Quarter) : (`${r},${g},${b}` as Quarter)
  })
}

type TiffOptions = {
  quarters?: Quarters
  orientation?: number
  isLittle?: boolean
  /** Red, green and blue; with alpha; or cyan, magenta, yellow and black. */
  colours?: 'rgb' | 'rgba' | 'cmyk'
  /** Tags instead of those, or more of them: number, type, value. */
  tags?: [tag: number, type: number, value: number][]
  /** Where the next page stands. */
  next?: number
  /** Rows left out at the end. */
  missing?: number
}

/** TIFF 6.0 without compression, in one strip. */
export function tiffOf(width: number, height: number, options: TiffOptions = {}): Buffer {
  const { quarters = upright, orientation = 1, isLittle = true, colours = 'rgb', next = 0, missing = 0 } = options
  const samples = colours === 'rgb' ? 3 : 4
  const rows = Array.from({ length: height - missing }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const [r = 0, g = 0, b = 0, alpha = 0] = pixelAt(quarters, x, y, width, height)
      if (colours === 'cmyk') return [255 - r, 255 - g, 255 - b, 0]
      return colours === 'rgba' ? [r, g, b, alpha] : [r, g, b]
    }).flat(),
  )
  const pixels = Buffer.from(rows.flat())
  const tags = new Map<number, [type: number, value: number]>([
    [256, [4, width]],
    [257, [4, height]],
    [258, [3, 8]],
    [259, [3, 1]],
    [262, [3, colours === 'cmyk' ? 5 : 2]],
    [273, [4, 8]],
    [274, [3, orientation]],
    [277, [3, samples]],
    [278, [4, height]],
    [279, [4, pixels.length]],
    ...(colours === 'rgba' ? [[338, [3, 2]] as [number, [number, number]]] : []),
  ])
  for (const [tag, type, value] of options.tags ?? []) tags.set(tag, [type, value])
  const u16 = (n: number) => (isLittle ? Buffer.from([n & 255, n >> 8]) : Buffer.from([n >> 8, n & 255]))
  const u32 = (n: number) => {
    const bytes = Buffer.alloc(4)
    if (isLittle) bytes.writeUInt32LE(n)
    else bytes.writeUInt32BE(n)
    return bytes
  }
  const entries = [...tags].sort(([a], [b]) => a - b)
  const written = entries.map(([tag, [type, value]]) => {
    const shown = type === 3 ? Buffer.concat([u16(value), Buffer.alloc(2)]) : u32(value)
    return Buffer.concat([u16(tag), u16(type), u32(1), shown])
  })
  const head = Buffer.concat([Buffer.from(isLittle ? 'II' : 'MM'), u16(42), u32(8 + pixels.length)])
  return Buffer.concat([head, pixels, u16(entries.length), ...written, u32(next)])
}

/** BMP of Windows 3, 24 or 32 bits; its rows go from the bottom up, or the other way round. */
export function bmpOf(
  width: number,
  height: number,
  { isTopDown = false, bits = 24, quarters = upright } = {},
): Buffer {
  const rowBytes = Math.ceil((width * bits) / 32) * 4
  const pixels = Buffer.alloc(rowBytes * height)
  for (let y = 0; y < height; y += 1) {
    const row = (isTopDown ? y : height - 1 - y) * rowBytes
    for (let x = 0; x < width; x += 1) {
      const [r = 0, g = 0, b = 0] = pixelAt(quarters, x, y, width, height)
      pixels.set([b, g, r], row + (x * bits) / 8)
    }
  }
  return Buffer.concat([bmpHead(width, isTopDown ? -height : height, { bits, bytes: pixels.length }), pixels])
}

/** The headers alone, which may say anything. */
export function bmpHead(width: number, height: number, { bits = 24, bytes = 0, compression = 0 } = {}): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54 + bytes, 2)
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(bits, 28)
  head.writeUInt32LE(compression, 30)
  head.writeUInt32LE(bytes, 34)
  return head
}
