import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Refused } from '../../errors.ts'
import { acceptedFamily, familyBytes, isConvertible, type Kind } from '../family.ts'
import type { Fit, Inspected } from '../inspect.ts'
import { openSource } from '../source.ts'
import { convertibleIn } from './convertible.ts'

export type ConvertQuestion = { path: string; accept: readonly Kind[] | undefined; fit: Fit; maxPixels: number }

/**
 * Converts a picture that no model accepts. Returns the new bytes and their type. The library is loaded only here,
 * after our own count of the picture's parts. Throws Refused (see convertible.ts and picture.ts).
 */
export async function convertFile(question: ConvertQuestion): Promise<{ data: Uint8Array; found: Inspected }> {
  const { extension, bytes } = counted(question)
  const { convert } = await import('./picture.ts')
  const wasm = fileURLToPath(import.meta.resolve('@imagemagick/magick-wasm/magick.wasm'))
  const { data, ...found } = await convert(() => readFileSync(wasm), bytes, extension, question)
  return { data, found: { kind: 'image', bytes: data.length, ...found } }
}

/** Returns the picture's bytes after the checks. */
function counted({ path, accept, maxPixels }: ConvertQuestion) {
  using source = openSource(path)
  const family = acceptedFamily(source.at(0, familyBytes), accept)
  if (!isConvertible(family)) throw new Refused('not_media', 'a picture that needs no conversion')
  const { extension } = convertibleIn(source, family, maxPixels)
  return { extension, bytes: readFileSync(path) }
}
