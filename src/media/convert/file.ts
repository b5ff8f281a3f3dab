import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Refused } from '../../errors.ts'
import { acceptedFamily, familyBytes, isConvertible, type Kind } from '../family.ts'
import type { Fit, Inspected } from '../inspect.ts'
import { openSource } from '../source.ts'
import { convertibleIn } from './convertible.ts'

/** Asks for a small copy of a picture with a word drawn over it. */
export type PreviewQuestion = { path: string; preview: { extension: string; word: string }; maxPixels: number }
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

/** Draws a small JPEG with the word over it. Throws Refused (`unreadable`, `heavy`). */
export async function previewFile(question: PreviewQuestion): Promise<{ data: Uint8Array; found: Inspected }> {
  const { path, preview: about, maxPixels } = question
  const { preview } = await import('./preview.ts')
  const [wasm, font] = ['@imagemagick/magick-wasm/magick.wasm', 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'].map(name =>
    readFileSync(fileURLToPath(import.meta.resolve(name))),
  )
  const { data, ...size } = await preview({ wasm: wasm!, font: font! }, readFileSync(path), { ...about, maxPixels })
  return { data, found: { kind: 'image', bytes: data.length, mime: 'image/jpeg', extension: 'jpg', ...size } }
}
