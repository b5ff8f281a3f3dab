// The formats that people may send. All lists and advice for people are built from this file.

export type Kind = 'image' | 'video' | 'audio'
export type Format = { mime: string; name: string; kind: Kind }

const format = (mime: string, name: string): Format => ({ mime, name, kind: mime.split('/')[0] as Kind })

/** Recognised by content and sent on unchanged, if the model accepts them. */
export const plainFormats: readonly Format[] = [
  format('image/jpeg', 'JPEG'),
  format('image/png', 'PNG'),
  format('image/webp', 'WEBP'),
  format('image/gif', 'GIF'),
  format('video/mp4', 'MP4'),
  format('video/quicktime', 'MOV'),
  format('video/webm', 'WEBM'),
  format('video/x-matroska', 'MKV'),
  format('video/3gpp', '3GP'),
  format('video/3gpp2', '3G2'),
  format('audio/mpeg', 'MP3'),
  format('audio/mp4', 'M4A'),
  format('audio/wav', 'WAV'),
  format('audio/ogg', 'OGG'),
  format('audio/aac', 'AAC'),
  format('audio/flac', 'FLAC'),
]

/** Recognised by content and converted to JPEG, or to PNG if there is an alpha channel. */
export const convertedFormats: readonly Format[] = [
  format('image/heic', 'HEIC'),
  format('image/avif', 'AVIF'),
  format('image/tiff', 'TIFF'),
  format('image/bmp', 'BMP'),
]
/** The results of the conversion. A model that accepts both accepts the converted formats too. */
export const convertedTo: readonly string[] = ['image/jpeg', 'image/png']

/** The format to advise instead of one that is not accepted: every model with files of this kind accepts it. */
export const saveAs = { image: 'JPEG', drawing: 'PNG', video: 'MP4', audio: 'MP3' } as const

/** The kind of a file that is not accepted. It decides the advice for its sender. */
export type ForeignKind = Kind | 'raw' | 'drawing' | 'document' | 'archive' | 'program'
export type Foreign = { name: string; what: ForeignKind }

const foreign = (what: ForeignKind, names: Record<string, string>): [string, Foreign][] =>
  Object.entries(names).map(([key, name]) => [key, { name, what }])

const foreignFormats = new Map<string, Foreign>([
  ...foreign('audio', { wma: 'WMA', caf: 'CAF', aiff: 'AIFF', amr: 'AMR', ape: 'APE', wv: 'WavPack', mid: 'MIDI' }),
  ...foreign('audio', { au: 'AU', ac3: 'AC3', dsf: 'DSF' }),
  ...foreign('video', { wmv: 'WMV', avi: 'AVI', flv: 'FLV', mpg: 'MPEG', ts: 'MPEG-TS', rm: 'RealMedia' }),
  ...foreign('raw', { dng: 'DNG', cr2: 'CR2', cr3: 'CR3', nef: 'NEF', arw: 'ARW', orf: 'ORF', rw2: 'RW2', raf: 'RAF' }),
  ...foreign('raw', { raw: 'RAW' }),
  ...foreign('image', { jxl: 'JPEG XL', jp2: 'JPEG 2000', psd: 'PSD', ico: 'ICO', exr: 'EXR', bigtiff: 'BigTIFF' }),
  ...foreign('drawing', { svg: 'SVG', eps: 'EPS', wmf: 'WMF' }),
  ...foreign('document', {
    pdf: 'PDF',
    docx: 'DOCX',
    xlsx: 'XLSX',
    pptx: 'PPTX',
    odt: 'ODT',
    epub: 'EPUB',
    rtf: 'RTF',
  }),
  ...foreign('document', { office: 'Office', djvu: 'DjVu' }),
  ...foreign('archive', { zip: 'ZIP', rar: 'RAR', '7z': '7Z', gz: 'GZ', xz: 'XZ', bz2: 'BZ2', tar: 'TAR' }),
  ...foreign('program', { apk: 'APK', exe: 'EXE' }),
])

/** Returns the keys of all formats that are named to people in a refusal. */
export const foreignKeys = (): string[] => [...foreignFormats.keys()]

// A code of `Refused` is one word. It passes between processes and into rows.
const prefix = 'format_'
/** Returns the code of a refusal that names the format. */
export const codeOf = (key: string): string => `${prefix}${key}`
/** Returns the format that a code names. Undefined for every other code. */
export const foreignIn = (code: string): Foreign | undefined =>
  code.startsWith(prefix) ? foreignFormats.get(code.slice(prefix.length)) : undefined

const endings = new Map([
  ...[...foreignFormats.keys()].map((key): [string, string] => [key, key]),
  ['asf', 'wmv'],
  ['aif', 'aiff'],
  ['aifc', 'aiff'],
  ['awb', 'amr'],
  ['midi', 'mid'],
  ['mpeg', 'mpg'],
  ['vob', 'mpg'],
  ['mts', 'ts'],
  ['m2ts', 'ts'],
  ['rmvb', 'rm'],
  ['pef', 'raw'],
  ['srw', 'raw'],
  ['j2k', 'jp2'],
  ['ai', 'eps'],
  ['emf', 'wmf'],
  ['doc', 'office'],
  ['xls', 'office'],
  ['ppt', 'office'],
  ['ods', 'odt'],
  ['odp', 'odt'],
  ['tgz', 'gz'],
])

/**
 * Returns the code for a file by its name, for files that are too large to fetch. Undefined if the name has no known
 * extension, or one that may be accepted.
 */
export function codeByName(fileName: string | undefined): string | undefined {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(fileName?.trim() ?? '')?.[1]?.toLowerCase()
  const key = ending === undefined ? undefined : endings.get(ending)
  return key === undefined ? undefined : codeOf(key)
}
