// Files that are small to send and dear to look at: a few lines of structure, repeated until the file is full. And whole
// films and recordings of the same shapes, which must pass.
import { gzipSync } from 'node:zlib'
import { createCanvas } from '@napi-rs/canvas'
import { mp3Of } from './media.ts'
import { flac } from './sounds.ts'

export type Trap = {
  name: string
  make(): Buffer
  /** What the code of the refusal must be, or the kind of what is accepted all the same. */
  is: string
  /** The kind of a question that wants something else. */
  mime: string
}

const u16 = (n: number) => Buffer.from([n >> 8, n & 255])
const u32 = (n: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n >>> 0)
  return bytes
}
const le = (n: number) => Buffer.from(u32(n)).reverse()
const latin = (text: string) => Buffer.from(text, 'latin1')
const hex = (text: string) => Buffer.from(text, 'hex')

const box = (name: string, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), latin(name), body])
}
const ftyp = box('ftyp', latin('isom'), u32(0), latin('isom'))

/** `unit` again and again in so many bytes. */
const filled = (unit: Buffer, bytes: number) => Buffer.alloc(Math.floor(bytes / unit.length) * unit.length, unit)

/** Boxes in boxes, as deep as there is room. Sizes of 0 reach to the end of what is around them. */
function nested(name: string, bytes: number, isOpen = false): Buffer {
  const depth = Math.floor(bytes / 8)
  const whole = Buffer.alloc(depth * 8)
  for (let n = 0; n < depth; n += 1) {
    whole.writeUInt32BE(isOpen ? 0 : 8 * (depth - n), n * 8)
    whole.write(name, n * 8 + 4, 'latin1')
  }
  return whole
}

/** An element of Matroska, its size in eight bytes. */
const element = (id: string, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([hex(id), hex('01000000'), u32(body.length), body])
}
const open = (id: string) => Buffer.concat([hex(id), hex('01ffffffffffffff')])
const webmHead = element('1a45dfa3', element('4282', latin('webm')))

/** One page of Ogg; flags: 1 goes on, 2 first, 4 last. */
function page(serial: number, n: number, flags: number, body: Buffer, granule = 0, isOpen = false): Buffer {
  const pieces = Math.floor(body.length / 255) + (isOpen || body.length === 0 ? 0 : 1)
  const head = Buffer.alloc(27 + pieces, 255)
  head.write('OggS\0', 0, 'latin1')
  head[5] = flags
  head.writeBigUInt64LE(BigInt(granule), 6)
  head.writeUInt32LE(serial, 14)
  head.writeUInt32LE(n, 18)
  head.writeUInt32LE(0, 22)
  head[26] = pieces
  if (pieces > 0 && !isOpen) head[26 + pieces] = body.length % 255
  return Buffer.concat([head, body])
}
const opusHead = Buffer.concat([latin('OpusHead\x01\x01\0\0'), le(48_000), Buffer.alloc(3)])
const opusTags = Buffer.concat([latin('OpusTags'), le(0), le(0)])
const opus = (...rest: Buffer[]) => Buffer.concat([page(7, 0, 2, opusHead), page(7, 1, 0, opusTags), ...rest])

const streamInfo = Buffer.concat([hex('00000022'), hex('10001000'), Buffer.alloc(6), hex('0ac442f0'), u32(441_000)])
const flacHead = Buffer.concat([latin('fLaC'), streamInfo, Buffer.alloc(16)])
const u24 = (n: number) => u32(n).subarray(1)
const flacBlock = (type: number, body: Buffer) => Buffer.concat([Buffer.from([type]), u24(body.length), body])

const png = createCanvas(60, 40).toBuffer('image/png')
const jpeg = createCanvas(60, 40).toBuffer('image/jpeg')
const pngChunk = (name: string, body = Buffer.alloc(0)) => Buffer.concat([u32(body.length), latin(name), body, u32(0)])
const gifHead = Buffer.concat([latin('GIF89a'), hex('01000100000000')])
const id3 = (bytes: number, body = Buffer.alloc(0)) => {
  const size = [21, 14, 7, 0].map(shift => (bytes >> shift) & 127)
  return Buffer.concat([latin('ID3\x03\0\0'), Buffer.from(size), body])
}
const riff = (kind: string, body: Buffer) => Buffer.concat([latin('RIFF'), le(body.length + 4), latin(kind), body])
const sample = (n: number) => box('trun', u32(0), u32(n))
const moof = (...runs: Buffer[]) => box('moof', box('traf', box('tfhd', u32(0), u32(1)), ...runs))
const picture = (width: number, height: number) => {
  const bytes = Buffer.from(png)
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes
}

/** Traps of about so many bytes each. */
export function traps(bytes: number): Trap[] {
  const most = Math.min(bytes, 11 * 1_048_576)
  const film = (name: string, make: () => Buffer, is = 'not_media'): Trap => ({ name, make, is, mime: 'video/mp4' })
  const sound = (name: string, make: () => Buffer, is = 'not_media'): Trap => ({ name, make, is, mime: 'audio/mpeg' })
  const image = (name: string, make: () => Buffer, is = 'not_media'): Trap => ({ name, make, is, mime: 'image/png' })
  return [
    film('moov in moov, without end', () => Buffer.concat([ftyp, nested('moov', bytes)])),
    film('moov in moov, within the tables allowed', () => Buffer.concat([ftyp, nested('moov', most)])),
    film('boxes in boxes that reach to the end', () => Buffer.concat([ftyp, nested('trak', most, true)])),
    film('udta beside udta', () => Buffer.concat([ftyp, box('moov', filled(box('udta'), bytes))])),
    film('udta beside udta, within the tables allowed', () =>
      Buffer.concat([ftyp, box('moov', filled(box('udta'), most))]),
    ),
    film('free beside free', () => Buffer.concat([ftyp, filled(box('free'), bytes)])),
    film('boxes nobody knows', () => Buffer.concat([ftyp, filled(box('abcd'), bytes)])),
    film('a million tracks', () => Buffer.concat([ftyp, box('moov', filled(box('trak', box('mdia')), most))])),
    film('a million brands', () => box('ftyp', filled(latin('isom'), bytes))),
    film('a million codings', () =>
      Buffer.concat([ftyp, box('moov', box('trak', box('stsd', u32(0), u32(1_000_000), Buffer.alloc(most - 100))))]),
    ),
    film('four milliards of samples without a byte', () =>
      Buffer.concat([ftyp, box('moov', mvhd(1), track('vide', 1)), moof(sample(0xffffffff))]),
    ),
    film('notes in notes', () =>
      Buffer.concat([ftyp, box('moov', box('udta', box('meta', u32(0), nested('ilst', most))))]),
    ),
    film('a million notes', () =>
      Buffer.concat([ftyp, box('moov', box('udta', box('meta', u32(0), box('ilst', filled(box('data'), most)))))]),
    ),
    film('sizes that overflow', () =>
      Buffer.concat([ftyp, filled(Buffer.concat([u32(1), latin('moov'), hex('ffffffffffffffff')]), bytes)]),
    ),
    film(
      'sizes that point back',
      () => Buffer.concat([ftyp, filled(Buffer.concat([u32(4), latin('moov')]), bytes)]),
      'video',
    ),
    film('Void elements', () => Buffer.concat([webmHead, open('18538067'), filled(hex('ec80'), bytes)])),
    film('tags in tags', () =>
      Buffer.concat([webmHead, open('18538067'), open('1254c367'), filled(open('67c8'), bytes)]),
    ),
    film('a million short tags', () =>
      Buffer.concat([webmHead, open('18538067'), open('1254c367'), filled(hex('737380'), bytes)]),
    ),
    film('a million empty clusters', () =>
      Buffer.concat([webmHead, open('18538067'), filled(hex('1f43b67580'), bytes)]),
    ),
    film('segments in segments', () => Buffer.concat([webmHead, filled(open('18538067'), bytes)])),
    sound('a comment that says four milliards', () =>
      Buffer.concat([flacHead, Buffer.from([4, 0xff, 0xff, 0xff]), le(0), le(0xffffffff), Buffer.alloc(bytes)]),
    ),
    sound('three million empty comments', () =>
      Buffer.concat([
        flacHead,
        flacBlock(4, Buffer.concat([le(0), le(most / 4 - 2), Buffer.alloc(most - 8)])),
        Buffer.alloc(99),
      ]),
    ),
    sound('a million blocks', () => Buffer.concat([flacHead, filled(flacBlock(1, Buffer.alloc(0)), bytes)])),
    sound('comments behind a tag', () =>
      Buffer.concat([
        id3(20, Buffer.alloc(20)),
        flacHead,
        flacBlock(4, Buffer.concat([le(0), le(500_000), Buffer.alloc(2_000_000)])),
      ]),
    ),
    sound('Ogg of empty pages', () => opus(filled(page(7, 2, 0, Buffer.alloc(0)), bytes))),
    sound('Ogg of pages of a byte', () => opus(filled(page(7, 2, 0, Buffer.alloc(1)), bytes))),
    sound('Ogg of pages that go on', () => opus(filled(page(7, 2, 1, Buffer.alloc(8)), bytes))),
    sound('Ogg of a hundred thousand streams', () => {
      const pages = Array.from({ length: Math.min(100_000, bytes / 50) }, (_, n) => page(n, 0, 2, opusHead))
      return Buffer.concat(pages)
    }),
    sound('Ogg that says four milliards of comments', () =>
      Buffer.concat([
        page(7, 0, 2, opusHead),
        page(7, 1, 0, Buffer.concat([latin('OpusTags'), le(0), le(0xffffffff)])),
      ]),
    ),
    sound('Ogg with one comment of the whole file', () => {
      const long = filled(page(7, 2, 1, Buffer.alloc(255 * 255), 0, true), bytes)
      const tags = Buffer.concat([latin('OpusTags'), le(0), le(1), le(bytes), Buffer.alloc(255 * 254 - 20)])
      return Buffer.concat([page(7, 0, 2, opusHead), page(7, 1, 0, tags, 0, true), long])
    }),
    sound('a stream of another kind', () =>
      opus(page(8, 0, 2, latin('Speex   ')), filled(page(8, 1, 1, Buffer.alloc(90)), bytes)),
    ),
    sound('tags before tags', () => filled(id3(0), bytes)),
    sound('a tag longer than the file', () => id3(200_000_000, Buffer.alloc(bytes))),
    sound('a tag before an archive', () => Buffer.concat([id3(0), filled(hex('504b0304140000000000'), bytes)])),
    sound('sync bytes everywhere', () => Buffer.alloc(bytes, 0xff)),
    sound('beginnings of frames everywhere', () => filled(hex('fffb'), bytes)),
    sound('the shortest frames', () => filled(hex('fff1508000fffc'), bytes), 'audio'),
    sound('WAV of a million chunks', () => riff('WAVE', filled(Buffer.concat([latin('junk'), le(0)]), bytes))),
    image('WebP of a million chunks', () =>
      riff(
        'WEBP',
        Buffer.concat([latin('VP8X'), le(10), Buffer.alloc(10), filled(Buffer.concat([latin('EXIF'), le(0)]), bytes)]),
      ),
    ),
    image('PNG of a million chunks', () =>
      Buffer.concat([png.subarray(0, 33), filled(pngChunk('teXt'), bytes), png.subarray(33)]),
    ),
    image('PNG of a million chunks of picture', () =>
      Buffer.concat([png.subarray(0, 33), filled(pngChunk('IDAT'), bytes), png.subarray(33)]),
    ),
    image('60,000 × 60,000 pixels', () => picture(60_000, 60_000), 'dimensions'),
    image('0 × 0 pixels', () => picture(0, 0), 'dimensions'),
    image('JPEG of a million segments', () =>
      Buffer.concat([hex('ffd8'), filled(hex('ffe10004abcd'), bytes), jpeg.subarray(2)]),
    ),
    image('JPEG of fill', () => Buffer.concat([hex('ffd8'), Buffer.alloc(bytes, 0xff), jpeg.subarray(2)])),
    image('JPEG of segments without a length', () => Buffer.concat([hex('ffd8ffe1'), filled(hex('0000'), bytes)])),
    image('GIF of a million notes', () => Buffer.concat([gifHead, filled(hex('21fe00'), bytes)])),
    image('GIF of pieces of a byte', () => Buffer.concat([gifHead, hex('21fe'), filled(hex('0141'), bytes)])),
    image('a picture that is an archive too', () =>
      Buffer.concat([jpeg, filled(latin('PK\x01\x02'), bytes), latin('PK\x05\x06'), Buffer.alloc(18)]),
    ),
    film(
      'an archive of a million names',
      () => filled(Buffer.concat([latin('PK\x03\x04'), Buffer.alloc(26)]), bytes),
      'format_zip',
    ),
    film('byte order marks', () => filled(hex('efbbbf'), bytes)),
    film('zeros squeezed a thousandfold', () => gzipSync(Buffer.alloc(bytes)), 'format_gz'),
    film('XML without end', () => Buffer.concat([latin('<?xml version="1.0"?>'), filled(latin('<a>'), bytes)])),
    film('a picture of boxes', () => Buffer.concat([box('ftyp', latin('heic'), u32(0)), nested('meta', bytes)])),
    film('nothing but zeros', () => Buffer.alloc(bytes)),
  ]
}

const track = (handler: 'vide' | 'soun', samples: number) => {
  const mdhd = box('mdhd', u32(0), u32(0), u32(0), u32(30), u32(samples), u32(0))
  const hdlr = box('hdlr', u32(0), u32(0), latin(handler), Buffer.alloc(13))
  const video = box('avc1', Buffer.alloc(6), u16(1), Buffer.alloc(16), u16(640), u16(360), Buffer.alloc(50))
  const audio = box('mp4a', Buffer.alloc(6), u16(1), Buffer.alloc(8), u16(2), u16(16), u32(0), u32(44_100 << 16))
  const stsd = box('stsd', u32(0), u32(1), handler === 'vide' ? video : audio)
  // A camera whose pictures come at uneven times writes a line for each.
  const stts = box('stts', u32(0), u32(samples), filled(Buffer.concat([u32(1), u32(1)]), samples * 8))
  const stsz = box('stsz', u32(0), u32(0), u32(samples), Buffer.alloc(samples * 4, 1))
  const stco = box('stco', u32(0), u32(samples), Buffer.alloc(samples * 4, 2))
  const stsc = box('stsc', u32(0), u32(1), u32(1), u32(1), u32(1))
  const tkhd = box(
    'tkhd',
    u32(7),
    u32(0),
    u32(0),
    u32(handler === 'vide' ? 1 : 2),
    u32(0),
    u32(samples),
    Buffer.alloc(60),
  )
  return box('trak', tkhd, box('mdia', mdhd, hdlr, box('minf', box('stbl', stsd, stts, stsz, stco, stsc))))
}
const mvhd = (samples: number) => box('mvhd', u32(0), u32(0), u32(0), u32(30), u32(samples), Buffer.alloc(80))

/** Large files of honest people, with what must be found out about them. */
export function whole(): { name: string; make(): Buffer; kind: string; seconds?: number }[] {
  const samples = 3 * 3_600 * 30
  const tracks = [track('vide', samples), track('soun', samples)]
  const clusters = Array.from({ length: 7_200 }, () =>
    element('1f43b675', element('e7', hex('00')), ...Array(30).fill(element('a3', Buffer.alloc(60)))),
  )
  const info = element('1549a966', element('2ad7b1', u32(1_000_000)), element('4489', hex('414b774000000000')))
  const video = element(
    'ae',
    element('d7', hex('01')),
    element('83', hex('01')),
    element('86', latin('V_VP8')),
    element('e0', element('b0', u16(320)), element('ba', u16(180))),
  )
  const segment = [info, element('1654ae6b', video)]
  const fragments = Array.from({ length: 10_800 }, (_, n) =>
    Buffer.concat([
      box(
        'moof',
        box('mfhd', u32(0), u32(n)),
        box(
          'traf',
          box('tfhd', u32(0), u32(1)),
          box('tfdt', u32(0), u32(n)),
          box('trun', u32(0x300), u32(30), Buffer.alloc(240, 1)),
        ),
      ),
      box('mdat', Buffer.alloc(600)),
    ]),
  )
  const sounds = Array.from({ length: 3_600 }, (_, n) =>
    page(7, n + 2, n === 3_599 ? 4 : 0, Buffer.alloc(900, 3), (n + 1) * 48_000),
  )
  return [
    {
      name: 'three hours of film, its tables behind the pictures',
      kind: 'video',
      seconds: 10_800,
      make: () => Buffer.concat([ftyp, box('mdat', Buffer.alloc(8_000_000)), box('moov', mvhd(samples), ...tracks)]),
    },
    {
      name: 'a film in ten thousand fragments',
      kind: 'video',
      make: () =>
        Buffer.concat([
          ftyp,
          box('moov', mvhd(0), track('vide', 0), box('mvex', box('trex', Buffer.alloc(24)))),
          ...fragments,
        ]),
    },
    {
      name: 'two hours of WebM',
      kind: 'video',
      seconds: 3_600,
      make: () =>
        Buffer.concat([webmHead, element('18538067', ...segment, element('ec', Buffer.alloc(4_000)), ...clusters)]),
    },
    {
      name: 'WebM that was sent as it was made',
      kind: 'video',

      make: () => Buffer.concat([webmHead, open('18538067'), ...segment, open('1f43b675'), Buffer.alloc(500_000, 5)]),
    },
    { name: 'an hour of speech', kind: 'audio', seconds: 3_599.02, make: () => opus(...sounds) },
    {
      name: 'FLAC with a cover of 5 MB',
      kind: 'audio',
      seconds: 12.074,
      make: () =>
        Buffer.concat([
          flacHead,
          flacBlock(4, Buffer.concat([le(3), latin('abc'), le(1), le(7), latin('TITLE=a')])),
          flacBlock(6, Buffer.alloc(5_000_000)),
          flacBlock(0x81, Buffer.alloc(8_192)),
          flac(130, 44_100).subarray(42),
        ]),
    },
    {
      name: 'a song behind two tags with a cover',
      kind: 'audio',
      seconds: 2,
      make: () => Buffer.concat([id3(900_000, Buffer.alloc(900_000, 255)), id3(10, Buffer.alloc(10)), mp3Of(2).bytes]),
    },
    {
      name: 'a photo with the notes of a camera',
      kind: 'image',
      make: () =>
        Buffer.concat([
          jpeg.subarray(0, 2),
          ...Array(30).fill(Buffer.concat([hex('ffe2'), u16(60_000), Buffer.alloc(59_998, 9)])),
          jpeg.subarray(2),
        ]),
    },
    {
      name: 'a picture of a thousand pieces',
      kind: 'image',
      make: () =>
        Buffer.concat([
          png.subarray(0, 33),
          filled(pngChunk('IDAT', Buffer.alloc(8_192, 1)), 18_000_000),
          png.subarray(-12),
        ]),
    },
    {
      name: 'a long animation',
      kind: 'image',
      make: () =>
        Buffer.concat([
          gifHead,
          filled(
            Buffer.concat([
              hex('21f904000a000000'),
              hex('2c00000000010001000002'),
              ...Array(40).fill(Buffer.concat([hex('ff'), Buffer.alloc(255, 4)])),
              hex('00'),
            ]),
            15_000_000,
          ),
          hex('3b'),
        ]),
    },
  ]
}

/** As much structure as the limits allow, of the kinds that are dearest to a parser. */
export function nearly(): { name: string; make(): Buffer }[] {
  const samples = 600_000
  return [
    { name: 'boxes', make: () => Buffer.concat([ftyp, filled(box('free'), 99_900 * 8)]) },
    { name: 'notes', make: () => Buffer.concat([ftyp, box('moov', filled(box('udta'), 99_900 * 8))]) },
    { name: 'tables', make: () => Buffer.concat([ftyp, box('moov', mvhd(samples), track('vide', samples))]) },
    {
      name: 'samples in fragments',
      make: () => Buffer.concat([ftyp, box('moov', track('vide', 1)), ...Array(99).fill(moof(sample(10_000)))]),
    },
    { name: 'elements', make: () => Buffer.concat([webmHead, open('18538067'), filled(hex('ec80'), 119_900 * 2)]) },
    {
      name: 'tags',
      make: () => Buffer.concat([webmHead, open('18538067'), open('1254c367'), filled(hex('737380'), 19_900 * 3)]),
    },
    {
      name: 'bytes beside the film',
      make: () =>
        Buffer.concat([
          webmHead,
          open('18538067'),
          element('1941a469', element('61a7', element('465c', Buffer.alloc(15 * 1_048_576)))),
        ]),
    },
    {
      name: 'comments',
      make: () =>
        Buffer.concat([
          flacHead,
          flacBlock(
            4,
            Buffer.concat([
              le(0),
              le(9_990),
              filled(Buffer.concat([le(1_000), Buffer.alloc(1_000, 65)]), 9_990 * 1_004),
            ]),
          ),
          Buffer.alloc(99),
        ]),
    },
    { name: 'pages', make: () => opus(filled(page(7, 2, 0, Buffer.alloc(1)), 249_000 * 29)) },
    {
      name: 'pages that go on',
      make: () =>
        Buffer.concat([
          page(7, 0, 2, Buffer.concat([latin('\x01vorbis'), Buffer.alloc(23, 1)])),
          filled(page(7, 2, 1, Buffer.alloc(8)), 19_900 * 36),
        ]),
    },
    { name: 'frames', make: () => filled(hex('fff1508000fffc'), 100 * 1_048_576) },
    {
      name: 'junk behind a frame',
      make: () => Buffer.concat([Buffer.from(mp3Of(1).bytes), filled(hex('fffb00'), 100 * 1_048_576)]),
    },
    {
      name: 'pieces',
      make: () => Buffer.concat([gifHead, hex('21fe'), filled(hex('0141'), 1_999_000 * 2), hex('003b')]),
    },
  ]
}
