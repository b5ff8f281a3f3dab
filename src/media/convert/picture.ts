import {
  ColorSpace,
  FilterType,
  type IMagickImage,
  ImageMagick,
  initializeImageMagick,
  MagickFormat,
  MagickReadSettings,
  Orientation,
  ResourceLimits,
} from '@imagemagick/magick-wasm'
import { Refused } from '../../errors.ts'
import type { Fit } from '../inspect.ts'
import type { ConvertiblePicture } from './convertible.ts'

export type Converted = { data: Uint8Array; mime: string; extension: string; widthPx: number; heightPx: number }

const formats = {
  heic: MagickFormat.Heic,
  avif: MagickFormat.Avif,
  tiff: MagickFormat.Tiff,
  bmp: MagickFormat.Bmp,
}
// What cameras use for their best.
const quality = 92
const lowerQuality = 82
// Each try is as dear as the first.
const maxTries = 5

let ready: Promise<void> | undefined

/**
 * A JPEG of the same look, or a PNG where something shows through: the orientation is applied, notes (a place, a
 * camera) are left out, colours keep their profile, and it is no larger than `fit`. Throws Refused (`unreadable`, `heavy`).
 */
export async function convert(
  wasm: () => Uint8Array,
  bytes: Uint8Array,
  extension: ConvertiblePicture['extension'],
  { fit, maxPixels }: { fit: Fit; maxPixels: number },
): Promise<Converted> {
  ready ??= initializeImageMagick(wasm())
  await ready
  // One picture and some room to turn and shrink it, in memory and nowhere else.
  ResourceLimits.disk = 0n
  ResourceLimits.area = BigInt(maxPixels)
  ResourceLimits.listLength = 4n
  ResourceLimits.width = ResourceLimits.height = 100_000n
  // The first picture of the file, by the decoder of its own kind: the library knows a hundred others.
  const settings = new MagickReadSettings({ format: formats[extension], frameIndex: 0, frameCount: 1 })
  try {
    return ImageMagick.read(bytes, settings, image => encoded(upright(image), fit))
  } catch (cause) {
    if (cause instanceof Refused) throw cause
    throw new Refused('unreadable', `the ${extension} cannot be decoded`, { cause })
  }
}

function upright(image: IMagickImage): IMagickImage {
  image.autoOrient()
  image.orientation = Orientation.TopLeft
  if (image.colorSpace === ColorSpace.CMYK) {
    image.colorSpace = ColorSpace.sRGB
    image.removeProfile('icc') // it speaks of inks
  }
  for (const name of image.profileNames) if (name !== 'icc') image.removeProfile(name)
  image.removeAttribute('exif:Orientation')
  return image
}

function encoded(image: IMagickImage, fit: Fit): Converted {
  const isOpaque = !image.hasAlpha || image.isOpaque
  if (isOpaque) image.hasAlpha = false
  shrink(image, scaleTo(image, fit))
  const most = fit.bytes ?? Number.POSITIVE_INFINITY
  image.quality = quality
  for (let tries = 1; ; tries += 1) {
    const format = isOpaque ? MagickFormat.Jpeg : MagickFormat.Png
    const data = image.write(format, data => new Uint8Array(data))
    const { width: widthPx, height: heightPx } = image
    const [mime, extension] = isOpaque ? ['image/jpeg', 'jpg'] : ['image/png', 'png']
    if (data.length <= most) return { data, mime, extension, widthPx, heightPx }
    if (tries === maxTries) throw new Refused('heavy', `${data.length} bytes after ${tries} tries`)
    image.quality = lowerQuality
    // Somewhat smaller than would do: small pictures have more bytes a pixel.
    if (!isOpaque || tries > 1 || data.length > 2 * most) shrink(image, Math.sqrt(most / data.length) * 0.95)
  }
}

/** By how much the sides have to shrink; 1 for a picture that fits. */
function scaleTo({ width, height }: IMagickImage, { sidePx = Infinity, pixels = Infinity }: Fit): number {
  return Math.min(1, sidePx / Math.max(width, height), Math.sqrt(pixels / (width * height)))
}

function shrink(image: IMagickImage, scale: number): void {
  if (scale >= 1) return
  const side = (px: number) => Math.max(1, Math.floor(px * scale))
  // The mean of what falls together: the library's own choice takes three times as long, and shows at enlarging alone.
  image.resize(side(image.width), side(image.height), FilterType.Triangle)
}
