// The size of a picture stands where its maker put it: behind megabytes of depth, notes and chunks that nobody knows.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { Refused } from '../../src/errors.ts'
import { inspect } from '../../src/media/inspect.ts'

const dir = await mkdtemp(join(tmpdir(), 'telegen-test-'))
t.teardown(() => rm(dir, { recursive: true, force: true }))
let files = 0
async function look(bytes: Uint8Array) {
  const path = join(dir, String(files++))
  await writeFile(path, bytes)
  return inspect(path)
}
const refusal = (bytes: Uint8Array): Promise<string> =>
  look(bytes).then(
    found => `not refused: ${JSON.stringify(found)}`,
    error => (error instanceof Refused ? error.code : `not refused: ${error.stack}`),
  )

const canvas = createCanvas(300, 200)
canvas.getContext('2d').fillRect(20, 20, 100, 50)
const jpeg = canvas.toBuffer('image/jpeg')
const png = canvas.toBuffer('image/png')
const webp = canvas.toBuffer('image/webp')
const u16 = (n: number) => Buffer.from([n >> 8, n & 255])
const u32 = (n: number) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])
const le = (n: number) => Buffer.from(u32(n)).reverse()

const segment = (marker: number, body: Uint8Array) =>
  Buffer.concat([Buffer.from([0xff, marker]), u16(body.length + 2), body])
/** A part of a map of depths, as phones hide it in notes (extended XMP). */
const depth = (n: number, of: number) => {
  const head = Buffer.from(`http://ns.adobe.com/xmp/extension/\0${'A'.repeat(32)}`)
  return segment(0xe1, Buffer.concat([head, u32(of * 60_000), u32(n * 60_000), Buffer.alloc(60_000, 'Q')]))
}
const behind = (parts: Uint8Array[]) => Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)])
const depths = (count: number) => Array.from({ length: count }, (_, n) => depth(n, count))
/** A camera's notes with one tag: how it was held. */
function exif(orientation: number, isLittle = false): Buffer {
  const [short, long] = isLittle ? [(n: number) => u16(n).reverse(), le] : [u16, u32]
  const entry = [short(0x0112), short(3), long(1), short(orientation), Buffer.alloc(2)]
  const tiff = [Buffer.from(isLittle ? 'II' : 'MM'), short(42), long(8), short(1), ...entry, long(0)]
  return segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), ...tiff]))
}
const chunk = (name: string, body: Uint8Array) =>
  Buffer.concat([u32(body.length), Buffer.from(name), body, Buffer.alloc(4)])
const riff = (name: string, body: Uint8Array) =>
  Buffer.concat([Buffer.from(name), le(body.length), body, Buffer.alloc(body.length % 2)])

t.test('a JPEG is measured behind any amount of depth and notes', async t => {
  t.match(await look(behind(depths(50))), { mime: 'image/jpeg', widthPx: 300, heightPx: 200 }, '3 MB of depth')
  t.match(await look(behind(depths(320))), { widthPx: 300, heightPx: 200 }, '19 MB of it')
  const mpf = Array.from({ length: 1_500 }, () => segment(0xe2, Buffer.alloc(500)))
  t.match(await look(behind(mpf)), { widthPx: 300, heightPx: 200 }, 'many small parts')
  t.match(await look(behind([Buffer.alloc(9, 0xff), ...depths(2)])), { widthPx: 300, heightPx: 200 }, 'fill')
})

t.test('its orientation counts wherever it stands', async t => {
  for (const isLittle of [true, false]) {
    t.match(await look(behind([...depths(50), exif(6, isLittle)])), { widthPx: 200, heightPx: 300 }, 'behind the depth')
    t.match(await look(behind([exif(8, isLittle), ...depths(50)])), { widthPx: 200, heightPx: 300 }, 'before it')
  }
  t.match(await look(behind([exif(3)])), { widthPx: 300, heightPx: 200 }, 'upside down is as wide')
  t.match(await look(behind([exif(6), exif(1)])), { widthPx: 200, heightPx: 300 }, 'the first notes count')
  for (const wrong of [0, 9, 65_535]) t.match(await look(behind([exif(wrong)])), { widthPx: 300, heightPx: 200 })
  const cut = exif(6).subarray(4, 20)
  t.match(await look(behind([segment(0xe1, cut)])), { widthPx: 300, heightPx: 200 }, 'notes that are cut short')
})

t.test('PNG, WebP and GIF are measured behind chunks that nobody knows', async t => {
  const apple = Buffer.concat([png.subarray(0, 8), chunk('CgBI', Buffer.alloc(4)), png.subarray(8)])
  t.match(await look(apple), { mime: 'image/png', widthPx: 300, heightPx: 200 })
  const large = Buffer.concat([png.subarray(0, 8), chunk('noTe', Buffer.alloc(3_000_000)), png.subarray(8)])
  t.match(await look(large), { mime: 'image/png', widthPx: 300, heightPx: 200 })
  const body = Buffer.concat([Buffer.from('WEBP'), riff('NOTE', Buffer.alloc(3_000_001)), webp.subarray(12)])
  const far = Buffer.concat([Buffer.from('RIFF'), le(body.length), body])
  t.match(await look(far), { mime: 'image/webp', widthPx: 300, heightPx: 200 })
  t.match(await look(webp), { mime: 'image/webp', widthPx: 300, heightPx: 200 })
  const canvasSize = Buffer.concat([Buffer.alloc(4), le(2_999).subarray(0, 3), le(1_999).subarray(0, 3)])
  const extended = Buffer.concat([Buffer.from('WEBP'), riff('VP8X', canvasSize), webp.subarray(12)])
  const whole = Buffer.concat([Buffer.from('RIFF'), le(extended.length), extended])
  t.match(await look(whole), { widthPx: 3_000, heightPx: 2_000 }, 'the canvas counts')
  const lossless = riff('VP8L', Buffer.concat([Buffer.from([0x2f]), le(799 | (599 << 14)), Buffer.alloc(20)]))
  const plain = Buffer.concat([Buffer.from('RIFF'), le(lossless.length + 4), Buffer.from('WEBP'), lossless])
  t.match(await look(plain), { widthPx: 800, heightPx: 600 })
  const gif = Buffer.from('R0lGODlhLAHIAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
  t.match(await look(gif), { mime: 'image/gif', widthPx: 300, heightPx: 200 })
})

t.test('what states no size, or none that can be, is refused in every shape of it', async t => {
  t.equal(await refusal(behind(depths(3)).subarray(0, 150_000)), 'not_media', 'cut within the depth')
  t.equal(await refusal(Buffer.concat([jpeg.subarray(0, 2), ...depths(3), Buffer.from([0xff, 0xd9])])), 'not_media')
  t.equal(await refusal(Buffer.concat([jpeg.subarray(0, 2), segment(0xc0, Buffer.alloc(3))])), 'not_media')
  const frame = (height: number, width: number) =>
    segment(0xc0, Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.from([1, 1, 17, 0])]))
  const bomb = Buffer.concat([jpeg.subarray(0, 2), ...depths(40), frame(60_000, 60_000), Buffer.from([0xff, 0xda])])
  t.equal(await refusal(bomb), 'dimensions')
  t.equal(await refusal(Buffer.concat([jpeg.subarray(0, 2), frame(0, 300), Buffer.from([0xff, 0xda])])), 'dimensions')
  t.equal(await refusal(Buffer.concat([png.subarray(0, 8), chunk('noTe', Buffer.alloc(50))])), 'not_media')
  t.equal(await refusal(webp.subarray(0, 16)), 'not_media')
})
