import { convertedFormats, convertedTo, plainFormats } from '../media/formats.ts'
import { type FileValue, isFiles, type Problem } from './inputs.ts'
import type { Param } from './schema.ts'

/** Returns the first problem with the files of an answer. Properties that could not be read count as valid. */
export function filesProblem(param: Param, value: unknown): Problem | undefined {
  if (!isFiles(value)) return { param: param.name, code: 'wrong_type' }
  const least = param.type === 'file' ? 1 : (param.min_files ?? 0)
  const most = param.type === 'file' ? 1 : (param.max_files ?? 1)
  if (value.length < least) return { param: param.name, code: 'too_few_files', limit: least }
  if (value.length > most) return { param: param.name, code: 'too_many_files', limit: most }
  for (const file of value) {
    const problem = fileProblem(param, file)
    if (problem) return { param: param.name, ...problem }
  }
  return undefined
}

function fileProblem(param: Param, file: FileValue): Omit<Problem, 'param'> | undefined {
  const accepted = param.accept?.includes(file.kind) && param.formats?.some(mime => sameFormat(mime, file.mime))
  if (!accepted) return { code: 'file_kind', limit: formatNames(param) }
  if (param.max_mb !== undefined && file.bytes > param.max_mb * 1024 * 1024) {
    return { code: 'file_size', limit: param.max_mb }
  }
  // If length is limited, the price depends on it too, so it must be known.
  if (param.max_seconds !== undefined) {
    const seconds = file.seconds ?? Number.NaN
    if (!(seconds > 0 && seconds <= param.max_seconds)) return { code: 'file_duration', limit: param.max_seconds }
  }
  return sizeProblem(param, file)
}

function sizeProblem(param: Param, { widthPx, heightPx }: FileValue): Omit<Problem, 'param'> | undefined {
  if (!widthPx || !heightPx) return undefined
  const { min_side_px: least = 0, max_side_px: most = Infinity, max_megapixels: area = Infinity } = param
  const wrong = (limit: string) => ({ code: 'file_dimensions' as const, limit })
  if (Math.min(widthPx, heightPx) < least) return wrong(`≥ ${least} px`)
  if (Math.max(widthPx, heightPx) > most) return wrong(`≤ ${most} px`)
  if (widthPx * heightPx > area * 1e6) return wrong(`≤ ${area} MP`)
  return undefined
}

/**
 * Returns the formats that a person can send for a parameter, by their usual names, including formats that are
 * converted: `JPEG, PNG, WEBP, HEIC`.
 */
export function formatNames({ formats = [] }: Param): string {
  const accepted = new Set(formats.map(plain))
  const converted = convertedTo.every(mime => accepted.has(mime)) ? convertedFormats : []
  const names = [...plainFormats.filter(({ mime }) => accepted.has(mime)), ...converted].map(({ name }) => name)
  return names.join(', ')
}

/** Returns the formats of a parameter that our own code would refuse: listing them would promise too much. */
export const untaken = ({ formats = [] }: Param): string[] =>
  formats.filter(mime => plainFormats.every(known => known.mime !== plain(mime)))

// Browsers, Telegram and the detection libraries use several names for one format.
const aliases = new Map([
  ['image/jpg', 'image/jpeg'],
  ['audio/mp3', 'audio/mpeg'],
  ['audio/x-mpeg', 'audio/mpeg'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/wave', 'audio/wav'],
  ['audio/vnd.wave', 'audio/wav'],
  ['audio/m4a', 'audio/mp4'],
  ['audio/x-m4a', 'audio/mp4'],
  ['audio/opus', 'audio/ogg'],
  ['audio/x-flac', 'audio/flac'],
  ['audio/aacp', 'audio/aac'],
  ['audio/x-aac', 'audio/aac'],
  ['video/matroska', 'video/x-matroska'],
])

function plain(mime: string): string {
  const bare = mime.split(';')[0]!.trim().toLowerCase()
  return aliases.get(bare) ?? bare
}

const sameFormat = (a: string, b: string) => plain(a) === plain(b)
