// A small copy of a picture that nobody has paid for yet: to be recognised by, and of no use for anything else.
import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import t from 'tap'
import { createConverter } from '../../src/media/convert/convert.ts'
import { inspectHere } from '../support/media/inspector.ts'
import { silent } from '../support/world.ts'

const dir = await mkdtemp(join(tmpdir(), 'telegen-'))
const limits = { cpuMs: 8_000, wallMs: 60_000 }
const converter = createConverter({ inspect: inspectHere, folders: [dir], log: silent, limits, patienceMs: 60_000 })
t.teardown(() => {
  converter.close()
  rmSync(dir, { recursive: true, force: true })
})

/** A picture of one colour as the upstream makes it. */
function pictureOf(widthPx: number, heightPx: number, colour: string, extension: 'png' | 'jpg' | 'webp') {
  const canvas = createCanvas(widthPx, heightPx)
  const ctx = canvas.getContext('2d')
  ctx.fillStyle = colour
  ctx.fillRect(0, 0, widthPx, heightPx)
  const path = join(dir, `${widthPx}x${heightPx}.${extension}`)
  const bytes =
    extension === 'png'
      ? canvas.toBuffer('image/png')
      : canvas.toBuffer(extension === 'jpg' ? 'image/jpeg' : 'image/webp')
  writeFileSync(path, bytes)
  return { path, extension, pixels: widthPx * heightPx }
}

/** The size of a picture, and the share of its pixels that are not of its own colour. */
async function seen(bytes: Uint8Array, [r, g, b]: [number, number, number]) {
  const image = await loadImage(Buffer.from(bytes))
  const canvas = createCanvas(image.width, image.height)
  const ctx = canvas.getContext('2d')
  ctx.drawImage(image, 0, 0)
  const { data } = ctx.getImageData(0, 0, image.width, image.height)
  let marked = 0
  for (let at = 0; at < data.length; at += 4) {
    const far = Math.abs(data[at]! - r) + Math.abs(data[at + 1]! - g) + Math.abs(data[at + 2]! - b)
    if (far > 60) marked += 1
  }
  return { width: image.width, height: image.height, marked: marked / (image.width * image.height) }
}

for (const [width, height, extension, size] of [
  [1600, 900, 'png', [320, 180]],
  [900, 1600, 'jpg', [180, 320]],
  [2000, 2000, 'webp', [320, 320]],
  [100, 80, 'png', [100, 80]],
] as const) {
  t.test(`a ${extension} of ${width} × ${height} px becomes a marked JPEG of ${size.join(' × ')}`, async t => {
    const made = await converter.preview(pictureOf(width, height, '#204080', extension), 'ПРЕВЬЮ')
    t.strictSame([...made.subarray(0, 2)], [0xff, 0xd8])
    const { marked, ...found } = await seen(made, [0x20, 0x40, 0x80])
    t.match(found, { width: size[0], height: size[1] })
    t.ok(marked > 0.04 && marked < 0.6, `${Math.round(marked * 100)} % of it is the mark`)
    t.ok(made.length < 40_000, `${made.length} bytes`)
  })
}

t.test('what is no picture, or too large a one, has no preview', async t => {
  const path = join(dir, 'words.png')
  writeFileSync(path, 'no picture')
  await t.rejects(converter.preview({ path, extension: 'png', pixels: 1 }, 'PREVIEW'), { code: 'unreadable' })
  await t.rejects(converter.preview({ path, extension: 'gif', pixels: 1 }, 'PREVIEW'), { code: 'unreadable' })
  await t.rejects(converter.preview({ path, extension: 'png', pixels: 1e9 }, 'PREVIEW'), { code: 'heavy' })
  t.strictSame(converter.pids(), [], 'no process is left')
})
