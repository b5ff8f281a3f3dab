import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Mp3Encoder } from '@breezystack/lamejs'
import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { Refused } from '../../src/errors.ts'
import { inspect } from '../../src/media/inspect.ts'
import { flac, m4a, ogg, opus, webm } from '../support/media/sounds.ts'

const dir = await mkdtemp(join(tmpdir(), 'telegen-test-'))
t.teardown(() => rm(dir, { recursive: true, force: true }))
let files = 0
async function look(bytes: Uint8Array) {
  const path = join(dir, String(files++))
  await writeFile(path, bytes)
  return inspect(path)
}
async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await look(bytes).catch(error => error)
  return error instanceof Refused ? error.code : `not refused: ${error?.stack ?? JSON.stringify(error)}`
}

const canvas = createCanvas(60, 40)
canvas.getContext('2d').fillRect(5, 5, 20, 20)
const png = canvas.toBuffer('image/png')
const jpeg = canvas.toBuffer('image/jpeg')
const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

const u16 = (n: number) => Buffer.from([n >> 8, n & 255])
const u32 = (n: number) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])
const le = (n: number) => Buffer.from(u32(n)).reverse()
const box = (name: string, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), Buffer.from(name), body])
}

function mp3(seconds: number): Buffer {
  const encoder = new Mp3Encoder(1, 44_100, 64)
  const silence = new Int16Array(44_100)
  const parts = Array.from({ length: seconds }, () => Buffer.from(encoder.encodeBuffer(silence)))
  return Buffer.concat([...parts, Buffer.from(encoder.flush())])
}

function wav(seconds: number, { claimed, fact = false }: { claimed?: number; fact?: boolean } = {}): Buffer {
  const bytes = seconds * 16_000
  const format = Buffer.concat([
    Buffer.from([1, 0, 1, 0]),
    le(8_000),
    le(fact ? 960_000 : 16_000),
    Buffer.from([2, 0, 16, 0]),
  ])
  const chunks = [
    Buffer.from('WAVEfmt '),
    le(16),
    format,
    ...(fact ? [Buffer.from('fact'), le(4), le(8_000)] : []),
    Buffer.from('data'),
    le(claimed ?? bytes),
    Buffer.alloc(bytes),
  ]
  const body = Buffer.concat(chunks)
  return Buffer.concat([Buffer.from('RIFF'), le(body.length), body])
}

/** AAC: empty ADTS frames of 1,024 samples at 44,100 a second. */
function aac(frames: number): Buffer {
  const frame = Buffer.alloc(32)
  Buffer.from([0xff, 0xf1, 0x50, 0x80, 32 >> 3, ((32 & 7) << 5) | 0x1f, 0xfc]).copy(frame)
  return Buffer.concat(Array.from({ length: frames }, () => frame))
}

/** A film with one track, without any sample. */
function mp4(brand = 'isom'): Buffer {
  const times = [u32(0), u32(0), u32(0), u32(1_000), u32(5_000)]
  const mvhd = box('mvhd', ...times, Buffer.alloc(80))
  const mdhd = box('mdhd', ...times, Buffer.alloc(4))
  const hdlr = box('hdlr', u32(0), u32(0), Buffer.from('vide'), Buffer.alloc(13))
  const video = box('avc1', Buffer.alloc(6), u16(1), Buffer.alloc(16), u16(640), u16(360), Buffer.alloc(50))
  const tables = ['stts', 'stsc', 'stco'].map(name => box(name, u32(0), u32(0)))
  const stbl = box('stbl', box('stsd', u32(0), u32(1), video), ...tables, box('stsz', u32(0), u32(0), u32(0)))
  const tkhd = box('tkhd', u32(7), u32(0), u32(0), u32(1), u32(0), u32(5_000), Buffer.alloc(60))
  const trak = box('trak', tkhd, box('mdia', mdhd, hdlr, box('minf', stbl)))
  const ftyp = box('ftyp', Buffer.from(brand), u32(512), Buffer.from('isom'))
  return Buffer.concat([ftyp, box('moov', mvhd, trak), box('mdat', Buffer.alloc(64))])
}

type Encoder = {
  width: number
  height: number
  frameRate: number
  initialize(): void
  addFrameRgba(pixels: Uint8Array): void
  finalize(): void
  outputFilename: string
  FS: { readFile(name: string): Uint8Array }
  delete(): void
}
async function film(): Promise<Uint8Array> {
  const h264: { createH264MP4Encoder(): Promise<Encoder> } = createRequire(import.meta.url)('h264-mp4-encoder')
  const encoder = await h264.createH264MP4Encoder()
  encoder.width = 64
  encoder.height = 48
  encoder.frameRate = 10
  encoder.initialize()
  for (let n = 0; n < 20; n += 1) encoder.addFrameRgba(new Uint8Array(64 * 48 * 4).fill(n * 10))
  encoder.finalize()
  const bytes = encoder.FS.readFile(encoder.outputFilename)
  encoder.delete()
  return bytes
}

/** Matroska's nested elements, with lengths of eight bytes. */
const ebml = (id: string, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(id, 'hex'), Buffer.from('01000000', 'hex'), u32(body.length), body])
}
function webmFilm(): Buffer {
  const float = Buffer.alloc(8)
  float.writeDoubleBE(3_000)
  const video = [
    ebml('83', Buffer.from([1])),
    ebml('86', Buffer.from('V_VP8')),
    ebml('e0', ebml('b0', u16(320)), ebml('ba', u16(180))),
  ]
  const track = ebml('ae', ebml('d7', Buffer.from([1])), ...video)
  const info = ebml('1549a966', ebml('2ad7b1', u32(1_000_000)), ebml('4489', float))
  const head = ebml('1a45dfa3', ebml('4286', Buffer.from([1])), ebml('4282', Buffer.from('webm')))
  return Buffer.concat([head, ebml('18538067', info, ebml('1654ae6b', track))])
}

t.test('images are known by content, with their size', async t => {
  t.strictSame(await look(png), {
    kind: 'image',
    mime: 'image/png',
    extension: 'png',
    widthPx: 60,
    heightPx: 40,
    bytes: png.length,
  })
  t.match(await look(jpeg), { kind: 'image', mime: 'image/jpeg', extension: 'jpg', widthPx: 60, heightPx: 40 })
  t.match(await look(canvas.toBuffer('image/webp')), {
    mime: 'image/webp',
    extension: 'webp',
    widthPx: 60,
    heightPx: 40,
  })
  t.match(await look(gif), { kind: 'image', mime: 'image/gif', extension: 'gif', widthPx: 1, heightPx: 1 })
})

t.test('a photo that lies on its side is measured as people see it', async t => {
  const tiff = Buffer.concat([
    Buffer.from('MM\0*'),
    u32(8),
    u16(1),
    Buffer.from([0x01, 0x12, 0, 3]),
    u32(1),
    u16(6),
    u16(0),
    u32(0),
  ])
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), tiff])
  const turned = Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xe1]),
    u16(exif.length + 2),
    exif,
    jpeg.subarray(2),
  ])
  t.match(await look(turned), { widthPx: 40, heightPx: 60 })
})

t.test('films are known with size and length', async t => {
  const real = await look(await film())
  t.match(real, { kind: 'video', mime: 'video/mp4', extension: 'mp4', widthPx: 64, heightPx: 48 })
  t.ok(Math.abs(real.seconds! - 2) < 0.3, `${real.seconds} s`)
  t.match(await look(mp4()), { kind: 'video', widthPx: 640, heightPx: 360, seconds: 5 })
  t.match(await look(mp4('qt  ')), { kind: 'video', mime: 'video/quicktime', extension: 'mov' })
  t.match(await look(webmFilm()), { kind: 'video', mime: 'video/webm', widthPx: 320, heightPx: 180, seconds: 3 })
})

t.test('sound is known with its length', async t => {
  const near = async (bytes: Uint8Array, seconds: number, about: object) => {
    const found = await look(bytes)
    t.match(found, { kind: 'audio', ...about })
    t.ok(Math.abs((found.seconds ?? 0) - seconds) < 0.1, `${JSON.stringify(about)}: ${found.seconds} s`)
  }
  await near(mp3(4), 4, { mime: 'audio/mpeg', extension: 'mp3' })
  await near(wav(3), 3, { mime: 'audio/wav', extension: 'wav' })
  await near(aac(431), 10, { mime: 'audio/aac', extension: 'aac' })
  await near(flac(75, 44_100), 6.97, { mime: 'audio/flac', extension: 'flac' })
  await near(ogg(opus(300)), 6, { mime: 'audio/ogg', extension: 'ogg' })
  await near(m4a({ samples: 215 }), 5, { mime: 'audio/mp4', extension: 'm4a' })
  await near(m4a({ samples: 215, brand: 'isom' }), 5, { mime: 'audio/mp4', extension: 'm4a' })
  await near(webm({ packets: 150 }), 3, { mime: 'audio/webm', extension: 'webm' })
})

t.test('a header that lies about the length is not believed', async t => {
  t.ok(Math.abs((await look(wav(60, { fact: true }))).seconds! - 60) < 0.1, 'a WAV that claims one second')
  t.ok(Math.abs((await look(wav(60, { claimed: 0xffffffff }))).seconds! - 60) < 0.1, 'a WAV of unknown length')

  // A first frame with a table that counts one frame: players show no time, but the sound goes on for a minute.
  const sound = mp3(60)
  const table = Buffer.from(sound.subarray(0, 208))
  table.fill(0, 4)
  Buffer.concat([Buffer.from('Xing'), u32(3), u32(1), u32(208)]).copy(table, 4 + 17)
  const { seconds } = await look(sound)
  t.ok(Math.abs(seconds! - 60) < 0.1)
  t.equal((await look(Buffer.concat([table, sound]))).seconds, seconds, 'an MP3 that claims one frame')

  const cover = Buffer.concat([Buffer.from('ID3\x03\0\0'), Buffer.from([0, 4, 0, 0]), Buffer.alloc(65_536, 0xff)])
  t.ok(Math.abs((await look(Buffer.concat([cover, mp3(4)]))).seconds! - 4) < 0.1, 'a cover in front is no sound')
})

t.test('S34: what is no media of ours is refused by its content', async t => {
  const zip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)])
  const table: [string, Uint8Array, string][] = [
    ['nothing', Buffer.alloc(0), 'empty'],
    ['one byte', Buffer.from('x'), 'not_media'],
    ['a page', Buffer.from('<!doctype html><html><body>Sorry, an error occurred.</body></html>'), 'not_media'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 'not_media'],
    ['SVG with a prologue', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), 'not_media'],
    ['PDF', Buffer.from('%PDF-1.7\n1 0 obj\n'), 'not_media'],
    ['ZIP', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60), zip]), 'not_media'],
    ['a program', Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(200)]), 'not_media'],
    ['TIFF', Buffer.from('49492a0008000000000000000000', 'hex'), 'not_media'],
    ['a page in a GIF', Buffer.concat([gif.subarray(0, 13), Buffer.from('<script>alert(1)</script>')]), 'not_media'],
    ['a page behind a picture', Buffer.concat([png, Buffer.from('<html><script>1</script></html>\n')]), 'not_media'],
    ['an archive behind a picture', Buffer.concat([jpeg, zip]), 'not_media'],
    ['half a PNG header', png.subarray(0, 20), 'not_media'],
    ['a film without a track', box('ftyp', Buffer.from('isom'), u32(512)), 'not_media'],
    ['a marker that looks like sound', Buffer.from('fffb90640000000000', 'hex'), 'not_media'],
    ['WAV without sound', wav(0), 'not_media'],
  ]
  for (const [name, bytes, code] of table) t.equal(await refusal(bytes), code, name)
})

t.test('S34: a bomb of 50,000 × 50,000 pixels is refused by its header', async t => {
  const bomb = Buffer.from(png)
  bomb.writeUInt32BE(50_000, 16)
  bomb.writeUInt32BE(50_000, 20)
  t.equal(await refusal(bomb), 'dimensions')
  bomb.writeUInt32BE(10_000, 16)
  bomb.writeUInt32BE(10_000, 20)
  t.match(await look(bomb), { widthPx: 10_000, heightPx: 10_000 }, '100 megapixels are allowed')
  bomb.writeUInt32BE(0, 16)
  t.match(await refusal(bomb), /dimensions|not_media/)
})

t.test('junk of any kind is refused or read, and never breaks', async t => {
  const starts = [png, jpeg, gif, mp3(1), wav(1), aac(5), flac(10, 44_100), mp4(), webmFilm()]
  let seed = 1
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed
  }
  let refused = 0
  for (let n = 0; n < 300; n += 1) {
    const bytes = Buffer.from(starts[n % starts.length]!)
    for (let flips = 0; flips < 1 + (n % 40); flips += 1) bytes[random() % bytes.length] = random() % 256
    const error = await look(n % 3 === 0 ? bytes.subarray(0, random() % bytes.length) : bytes).then(
      () => undefined,
      error => error,
    )
    if (error && !(error instanceof Refused)) t.fail(error.stack)
    if (error) refused += 1
  }
  t.ok(refused > 20, `${refused} of 300 refused`)
})
