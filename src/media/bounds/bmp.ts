import { Refused } from '../../errors.ts'
import type { Size } from '../image-size.ts'
import type { Source } from '../source.ts'

const broken = (what: string) => new Refused('not_media', `a BMP picture ${what}`)
const depths = [1, 2, 4, 8, 16, 24, 32]
// No compression: plain rows, or rows with colour masks.
const plain = [0, 3, 6]

/**
 * Checks a BMP: two headers and rows of pixels. Throws Refused: `not_media`, also if rows are missing, and
 * `dimensions`.
 */
export function bmpPicture(source: Source, maxPixels: number): Size {
  const head = source.at(0, 34)
  if (head.length < 34) throw broken('that is cut short')
  const isOld = head.readUInt32LE(14) === 12
  const widthPx = isOld ? head.readUInt16LE(18) : head.readInt32LE(18)
  // A negative height means that the rows go from top to bottom.
  const heightPx = Math.abs(isOld ? head.readUInt16LE(20) : head.readInt32LE(22))
  const bits = isOld ? head.readUInt16LE(24) : head.readUInt16LE(28)
  const compression = isOld ? 0 : head.readUInt32LE(30)
  if (!(widthPx > 0 && heightPx > 0) || widthPx * heightPx > maxPixels) {
    throw new Refused('dimensions', `an image of ${widthPx} × ${heightPx} pixels`)
  }
  if (!depths.includes(bits) || compression > 6) throw broken(`of ${bits} bits, compression ${compression}`)
  const rowBytes = Math.ceil((widthPx * bits) / 32) * 4
  if (plain.includes(compression) && head.readUInt32LE(10) + rowBytes * heightPx > source.size) {
    throw broken('without some of its rows')
  }
  return { widthPx, heightPx }
}
