/** The number of first bytes that show every format below. */
export const foreignBytes = 4_096

type Signature = [key: string, at: number, ...starts: string[]]

// The first match counts. Sources: the formats' own specifications, and the register of the Library of Congress
// (https://www.loc.gov/preservation/digital/formats/fdd/descriptions.shtml).
const signatures: Signature[] = [
  ['caf', 0, 'caff'],
  ['aiff', 8, 'AIFF', 'AIFC'],
  ['amr', 0, '#!AMR'],
  ['ape', 0, 'MAC '],
  ['wv', 0, 'wvpk'],
  ['mid', 0, 'MThd'],
  ['au', 0, '.snd'],
  ['dsf', 0, 'DSD '],
  ['ac3', 0, '\x0b\x77'],
  ['avi', 8, 'AVI '],
  ['flv', 0, 'FLV\x01'],
  ['mpg', 0, '\0\0\x01\xba', '\0\0\x01\xb3'],
  ['rm', 0, '.RMF'],
  ['cr3', 4, 'ftypcrx '],
  ['cr2', 8, 'CR\x02'],
  ['orf', 0, 'IIRO', 'IIRS', 'MMOR'],
  ['rw2', 0, 'IIU\0'],
  ['raf', 0, 'FUJIFILMCCD-RAW'],
  ['jxl', 0, '\xff\x0a', '\0\0\0\x0cJXL '],
  ['jp2', 0, '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'],
  ['psd', 0, '8BPS'],
  ['ico', 0, '\0\0\x01\0', '\0\0\x02\0'],
  ['exr', 0, '\x76\x2f\x31\x01'],
  ['bigtiff', 0, 'II+\0', 'MM\0+'],
  ['eps', 0, '%!PS', '\xc5\xd0\xd3\xc6'],
  ['wmf', 0, '\xd7\xcd\xc6\x9a'],
  ['wmf', 40, ' EMF'],
  ['pdf', 0, '%PDF-'],
  ['rtf', 0, '{\\rtf'],
  ['djvu', 0, 'AT&TFORM'],
  ['office', 0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['rar', 0, 'Rar!\x1a\x07'],
  ['7z', 0, "7z\xbc\xaf'\x1c"],
  ['gz', 0, '\x1f\x8b'],
  ['xz', 0, '\xfd7zXZ\0'],
  ['bz2', 0, 'BZh'],
  ['tar', 257, 'ustar'],
  ['exe', 0, 'MZ', '\x7fELF'],
]

const asf = '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c'
// Marks a video stream in ASF.
const asfVideo = '\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b'
// Formats recognised by the first entries of a ZIP archive.
const inZip: [key: string, ...parts: string[]][] = [
  ['epub', 'mimetypeapplication/epub+zip'],
  ['odt', 'mimetypeapplication/vnd.oasis.opendocument'],
  ['docx', 'word/'],
  ['xlsx', 'xl/'],
  ['pptx', 'ppt/'],
  ['apk', 'AndroidManifest.xml', 'classes.dex', 'META-INF/'],
  ['office', '[Content_Types].xml'],
]

/** Returns the key of the format, by a file's first bytes, if it is one that we do not accept (see formats.ts). */
export function foreignOf(head: Buffer): string | undefined {
  const text = head.toString('latin1')
  if (text.startsWith(asf)) return text.includes(asfVideo) ? 'wmv' : 'wma'
  if (text.startsWith('PK\x03\x04')) {
    return inZip.find(([, ...parts]) => parts.some(part => text.includes(part)))?.[0] ?? 'zip'
  }
  // Packets of 188 bytes: three in a row start with this byte.
  if ([0, 188, 376].every(at => head[at] === 0x47)) return 'ts'
  if (isDrawing(text)) return 'svg'
  return signatures.find(([, at, ...starts]) => starts.some(start => text.startsWith(start, at)))?.[0]
}

const isDrawing = (text: string) =>
  /^(\xef\xbb\xbf)?\s*<(\?xml|!--|!doctype svg|svg)/i.test(text) && /<svg[\s>]/i.test(text)
