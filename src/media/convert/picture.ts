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
// The quality that cameras use for their best setting.
const quality = 92
const lowerQuality = 82
// Each attempt is as expensive as the first.
const maxTries = 5

let ready: Promise<void> | undefined

/**
 * Returns a JPEG that looks the same, or a PNG if the picture has transparency. The orientation is applied, notes
 * (place, camera) are removed, colours keep their profile, and the result fits `fit`. Throws Refused (`unreadable`,
 * `heavy`).
 */
export async function convert(
  wasm: () => Uint8Array,
  bytes: Uint8Array,
  extension: ConvertiblePicture['extension'],
  { fit, maxPixels }: { fit: Fit; maxPixels: number },
): Promise<Converted> {
  ready ??= initializeImageMagick(wasm())
  await ready
  // Memory for one picture and some room to rotate and shrink it. Nothing on disk.
  ResourceLimits.disk = 0n
  ResourceLimits.area = BigInt(maxPixels)
  ResourceLimits.listLength = 4n
  ResourceLimits.width = ResourceLimits.height = 100_000n
  // Reads the first picture with the decoder of its own format. The library knows a hundred others.
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
    image.removeProfile('icc') // a CMYK profile
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
    // Shrinks slightly more than needed: small pictures have more bytes per pixel.
    if (!isOpaque || tries > 1 || data.length > 2 * most) shrink(image, Math.sqrt(most / data.length) * 0.95)
  }
}

/** Returns the factor by which to shrink the sides; 1 if the picture fits. */
function scaleTo({ width, height }: IMagickImage, { sidePx = Infinity, pixels = Infinity }: Fit): number {
  return Math.min(1, sidePx / Math.max(width, height), Math.sqrt(pixels / (width * height)))
}

function shrink(image: IMagickImage, scale: number): void {
  if (scale >= 1) return
  const side = (px: number) => Math.max(1, Math.floor(px * scale))
  // Averages the pixels. The library's default takes three times as long and looks better only when enlarging.
  image.resize(side(image.width), side(image.height), FilterType.Triangle)
}
