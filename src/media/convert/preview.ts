import {
  DrawableFillColor,
  DrawableFont,
  DrawableFontPointSize,
  DrawableGravity,
  DrawableStrokeColor,
  DrawableStrokeWidth,
  DrawableText,
  FilterType,
  Gravity,
  type IMagickImage,
  ImageMagick,
  initializeImageMagick,
  Magick,
  MagickColor,
  MagickFormat,
  MagickReadSettings,
  ResourceLimits,
} from '@imagemagick/magick-wasm'
import { Refused } from '../../errors.ts'

/** The longer side of a preview, in pixels. */
export const previewPx = 320
const formats: Record<string, MagickFormat> = {
  png: MagickFormat.Png,
  jpg: MagickFormat.Jpeg,
  jpeg: MagickFormat.Jpeg,
  webp: MagickFormat.WebP,
}
const quality = 80

/**
 * Returns a JPEG of at most `previewPx` with the word across it, three times: at any place that somebody cuts out there is
 * a part of it. Throws Refused (`unreadable`, `heavy`).
 */
export async function preview(
  { wasm, font }: { wasm: Uint8Array; font: Uint8Array },
  bytes: Uint8Array,
  { extension, word, maxPixels }: { extension: string; word: string; maxPixels: number },
): Promise<{ data: Uint8Array; widthPx: number; heightPx: number }> {
  const format = formats[extension]
  if (!format) throw new Refused('unreadable', `no preview of a ${extension}`)
  await initializeImageMagick(wasm)
  Magick.addFont('mark', font)
  ResourceLimits.disk = 0n
  ResourceLimits.area = BigInt(maxPixels)
  ResourceLimits.listLength = 4n
  ResourceLimits.width = ResourceLimits.height = 100_000n
  const settings = new MagickReadSettings({ format, frameIndex: 0, frameCount: 1 })
  try {
    return ImageMagick.read(bytes, settings, image => marked(image, word))
  } catch (cause) {
    throw new Refused('unreadable', `the ${extension} cannot be decoded`, { cause })
  }
}

function marked(image: IMagickImage, word: string) {
  image.autoOrient()
  for (const name of image.profileNames) if (name !== 'icc') image.removeProfile(name)
  const scale = Math.min(1, previewPx / Math.max(image.width, image.height))
  const side = (px: number) => Math.max(1, Math.floor(px * scale))
  image.resize(side(image.width), side(image.height), FilterType.Triangle)
  image.backgroundColor = new MagickColor('white')
  image.hasAlpha = false
  const { width, height } = image
  const size = Math.max(6, Math.min(width / (word.length * 1.05), height / 5))
  image.draw([
    new DrawableFont('mark'),
    new DrawableFontPointSize(size),
    new DrawableFillColor(new MagickColor('#ffffff80')),
    new DrawableStrokeColor(new MagickColor('#00000070')),
    new DrawableStrokeWidth(Math.max(0.3, size / 40)),
    new DrawableGravity(Gravity.Center),
    ...[-height / 3, 0, height / 3].map(y => new DrawableText(0, y, word)),
  ])
  image.quality = quality
  const data = image.write(MagickFormat.Jpeg, data => new Uint8Array(data))
  return { data, widthPx: width, heightPx: height }
}
