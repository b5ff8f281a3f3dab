import { Refused } from '../../errors.ts'
import { bmpPicture } from '../bounds/bmp.ts'
import { heifPicture } from '../bounds/heif.ts'
import { tiffPicture } from '../bounds/tiff.ts'
import type { Convertible } from '../family.ts'
import { codeOf } from '../formats.ts'
import type { Size } from '../image-size.ts'
import type { Source } from '../source.ts'

export type ConvertiblePicture = Size & { extension: 'heic' | 'avif' | 'tiff' | 'bmp' }

/**
 * Reads the headers of a picture that needs conversion and counts its pixels and parts before anything decodes it.
 * Throws Refused: `not_media`, `dimensions`, and the code of a format that only resembles one of these.
 */
export function convertibleIn(source: Source, family: Convertible, maxPixels: number): ConvertiblePicture {
  switch (family) {
    case 'heif': {
      const { isAvif, ...picture } = heifPicture(source, maxPixels)
      return { ...picture, extension: isAvif ? 'avif' : 'heic' }
    }
    case 'tiff': {
      const { raw, widthPx, heightPx } = tiffPicture(source, maxPixels)
      if (raw !== undefined) throw new Refused(codeOf(raw), 'the content is what a camera saw')
      return { widthPx, heightPx, extension: 'tiff' }
    }
    case 'bmp':
      return { ...bmpPicture(source, maxPixels), extension: 'bmp' }
  }
}
