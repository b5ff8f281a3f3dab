// Pictures that no model takes as they are become ones that every model takes: of the same look, of a bounded cost, and
// with an answer in words for every file that only pretends.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createConverter, roomFor } from '../../src/media/convert/convert.ts'
import { convertFile } from '../../src/media/convert/file.ts'
import { inspect } from '../../src/media/inspect.ts'
import { createInspector, type Fit, type Inspect } from '../../src/media/inspector.ts'
import { clearHeicFile, coded, gridOf, heicFile, heif, type Item, imir, irot, ispe } from '../support/media/heif.ts'
import { jpegOf } from '../support/media/media.ts'
import { bmpHead, bmpOf, canvasOf, type Quarters, quartersIn, tiffOf, upright } from '../support/media/pictures.ts'
import { silent, until } from '../support/world.ts'

const dir = await mkdtemp(join(tmpdir(), 'telegen-'))
t.teardown(() => rmSync(dir, { recursive: true, force: true }))
t.setTimeout(240_000)
// The clock of a machine that has much else to do; the processor's time is as it is.
const patient = { limits: { cpuMs: 8_000, wallMs: 60_000 }, patienceMs: 60_000 }

function converterOf(t: Test, options: Partial<Parameters<typeof createConverter>[0]> = {}) {
  const inspector = createInspector({ folders: [dir], log: silent, ...patient })
  const converter = createConverter({ inspect: inspector.inspect, folders: [dir], log: silent, ...patient, ...options })
  t.teardown(() => {
    inspector.close()
    converter.close()
  })
  return { ...converter, inspect: inspector.inspect }
}

let files = 0
/** A file of somebody's, and what became of it: measured, its bytes, and the look of it. */
async function taken(take: Inspect, bytes: Uint8Array, fit?: Fit) {
  const path = join(dir, String(files++))
  writeFileSync(path, bytes)
  try {
    const found = await take(path, { owner: '1', accept: ['image'], fit })
    const made = readFileSync(path)
    return { ...found, isMeasured: made.length === found.bytes, look: (await quartersIn(made)).join(' '), made }
  } catch (error) {
    const { name, code } = error as { name: string; code?: string }
    if (name !== 'Refused') throw error
    return { refused: code }
  } finally {
    rmSync(path, { force: true })
  }
}

/** As a process does it, without one: where the look is the question. */
const here: Inspect = async (path, { accept, fit = {} }) => {
  const { data, found } = await convertFile({ path, accept, fit, maxPixels: 50e6 })
  writeFileSync(path, data)
  return found
}

const [width, height] = [128, 64]
const looks = (...quarters: Quarters) => quarters.join(' ')
const shot: Item = { type: 'hvc1', data: coded.data, properties: [coded.coding, ispe(width, height)] }
const with_ = (...properties: Uint8Array[]): Item => ({ ...shot, properties: [...shot.properties, ...properties] })

t.test('a photo of an iPhone becomes a JPEG of the same look, in its place', async t => {
  const converter = converterOf(t)
  const jpeg = {
    kind: 'image',
    mime: 'image/jpeg',
    extension: 'jpg',
    widthPx: width,
    heightPx: height,
    isMeasured: true,
  }
  t.match(await taken(converter.take, heicFile), { ...jpeg, look: looks(...upright) })
  t.match(await taken(converter.take, heif([shot])), { ...jpeg, look: looks(...upright) }, 'in boxes of our own')
  t.strictSame(converter.pids(), [], 'its process ended with it')
  t.strictSame(await readdir(dir), [], 'and nothing else is left')
})

t.test('its turn is applied once, though two places tell of it', async t => {
  const lying = { widthPx: height, heightPx: width }
  t.match(await taken(here, heif([with_(irot(1))])), { ...lying, look: looks('green', 'yellow', 'red', 'blue') })
  t.match(await taken(here, heif([with_(irot(3))])), { ...lying, look: looks('blue', 'red', 'yellow', 'green') })
  t.match(await taken(here, heif([with_(imir(1))])), { look: looks('green', 'red', 'yellow', 'blue') })
  // A camera's notes repeat it: 6 is a quarter clockwise, which the box has done.
  const tiff = Buffer.from('4d4d002a000000080001011200030000000100060000 00000000'.replace(' ', ''), 'hex')
  const notes = Buffer.concat([Buffer.from([0, 0, 0, 6]), Buffer.from('Exif\0\0'), tiff])
  const exif: Item = { type: 'Exif', data: notes, properties: [], refs: { type: 'cdsc', to: [1] } }
  const both = await taken(here, heif([with_(irot(3)), exif]))
  t.match(both, { ...lying, look: looks('blue', 'red', 'yellow', 'green') })
  t.notOk('made' in both && both.made.includes('Exif'), 'and the notes do not go on')
})

t.test('what shows through stays so, in a PNG', async t => {
  const png = { mime: 'image/png', extension: 'png', widthPx: width, heightPx: height, isMeasured: true }
  const clear: Quarters = ['red', 'clear', 'blue', 'clear']
  t.match(await taken(here, clearHeicFile), { ...png, look: looks(...clear) })
  const avif = await canvasOf(width, height, clear).encode('avif')
  t.match(await taken(here, avif), { ...png, look: looks(...clear) })
  const tiff = tiffOf(width, height, { colours: 'rgba', quarters: clear })
  t.match(await taken(here, tiff), { ...png, look: looks(...clear) })
})

t.test('AVIF, TIFF and BMP keep their look, in every shape of them', async t => {
  const jpeg = { mime: 'image/jpeg', widthPx: width, heightPx: height, isMeasured: true, look: looks(...upright) }
  t.match(await taken(here, await canvasOf(width, height).encode('avif')), jpeg)
  t.match(await taken(here, tiffOf(width, height)), jpeg)
  t.match(await taken(here, tiffOf(width, height, { isLittle: false })), jpeg)
  t.match(await taken(here, bmpOf(width, height)), jpeg)
  t.match(await taken(here, bmpOf(width, height, { isTopDown: true })), jpeg)
  t.match(await taken(here, bmpOf(width, height, { bits: 32 })), jpeg)
  t.match(await taken(here, tiffOf(width, height, { orientation: 3 })), {
    ...jpeg,
    look: looks('yellow', 'blue', 'green', 'red'),
  })
  t.match(await taken(here, tiffOf(width, height, { orientation: 6 })), {
    ...jpeg,
    widthPx: height,
    heightPx: width,
    look: looks('blue', 'red', 'yellow', 'green'),
  })
  const inks = await taken(here, tiffOf(width, height, { colours: 'cmyk' }))
  t.match(inks, { mime: 'image/jpeg', widthPx: width, heightPx: height })
  // A device may print the other three a little differently; what must not happen is a picture of negatives.
  t.match('look' in inks && inks.look, looks(...upright))
})

t.test('a picture is made of its tiles', async t => {
  const grid: Item = {
    type: 'grid',
    data: gridOf(2, 2, 200, 120),
    properties: [ispe(200, 120)],
    refs: { type: 'dimg', to: [2, 3, 4, 5] },
  }
  t.match(await taken(here, heif([grid, shot, shot, shot, shot])), { widthPx: 200, heightPx: 120 })
})

t.test('one that is larger than the model takes is made smaller, and no other is', async t => {
  const picture = bmpOf(1_200, 800)
  t.match(await taken(here, picture, { sidePx: 600 }), { widthPx: 600, heightPx: 400, look: looks(...upright) })
  t.match(await taken(here, picture, { pixels: 240_000 }), { widthPx: 600, heightPx: 400 })
  t.match(await taken(here, picture, { sidePx: 1_200, pixels: 960_000 }), { widthPx: 1_200, heightPx: 800 })
  const noise = Buffer.concat([bmpHead(900, 900, { bytes: 900 * 900 * 3 }), Buffer.alloc(900 * 900 * 3)])
  for (let n = 54, state = 7; n < noise.length; n += 1) {
    state = (state * 48_271) % 2_147_483_647
    noise[n] = state
  }
  const small = await taken(here, noise, { bytes: 200_000 })
  t.ok('bytes' in small && small.bytes <= 200_000, `fits in bytes as well: ${JSON.stringify({ ...small, made: 0 })}`)
  const jpeg = jpegOf(300, 200)
  const { take } = converterOf(t)
  t.match(await taken(take, jpeg.bytes, { sidePx: 100 }), { widthPx: 300, made: Buffer.from(jpeg.bytes) })
})

t.test('many layers and a sequence cost no more than the picture', async t => {
  // Whoever decodes one of the others fails.
  const broken = { ...shot, data: Buffer.alloc(300, 0xa5) }
  const layers = heif([shot, ...Array.from({ length: 99 }, () => broken)])
  t.match(await taken(here, layers), { widthPx: width, heightPx: height, look: looks(...upright) })
  // The picture is the one that the file says it is.
  const turnedSecond = heif([shot, with_(irot(1))], { primary: 2 })
  t.match(await taken(here, turnedSecond), { widthPx: height, heightPx: width })
})

const large = (to: number[], width = 60_000, height = 60_000): Item => ({
  type: 'grid',
  data: gridOf(256, 256, width, height),
  properties: [ispe(width, height)],
  refs: { type: 'dimg', to },
})
const many = (n: number) => Array.from({ length: n }, (_, index) => index + 2)
const self = (bytes: Buffer) => {
  bytes.writeUInt32LE(bytes.readUInt32LE(4), bytes.length - 4)
  return bytes
}
const traps: [what: string, bytes: () => Buffer, is: string][] = [
  [
    '60,000 × 60,000 points of HEIC',
    () => heif([{ ...shot, properties: [coded.coding, ispe(60_000, 60_000)] }]),
    'dimensions',
  ],
  [
    '4,294,967,295 points in a row',
    () => heif([{ ...shot, properties: [coded.coding, ispe(4_294_967_295, 1)] }]),
    'dimensions',
  ],
  ['no points at all', () => heif([{ ...shot, properties: [coded.coding, ispe(0, 0)] }]), 'dimensions'],
  ['two sizes, of which one is small', () => heif([with_(ispe(60_000, 60_000))]), 'dimensions'],
  [
    'a small size around a picture that has another',
    () => heif([{ ...shot, properties: [coded.coding, ispe(8, 8)] }]),
    'unreadable',
  ],
  [
    '60,000 tiles that are one',
    () =>
      heif([
        large(
          many(1).flatMap(n => Array(60_000).fill(n)),
          4_000,
          4_000,
        ),
        shot,
      ]),
    'not_media',
  ],
  ['tiles that are grids', () => heif([large([1], 100, 100), shot]), 'not_media'],
  ['a grid of nothing', () => heif([large([], 100, 100)]), 'not_media'],
  [
    'tiles of 49 megapixels each',
    () =>
      heif([
        large(many(500), 1_000, 1_000),
        ...many(500).map(() => ({ ...shot, properties: [coded.coding, ispe(7_000, 7_000)] })),
      ]),
    'not_media',
  ],
  ['2,000 items', () => heif(Array.from({ length: 2_000 }, () => shot)), 'not_media'],
  [
    'bytes in a thousand places at once',
    () => heif([{ ...shot, extents: Array.from({ length: 1_000 }, () => [0, 1_000]) }]),
    'not_media',
  ],
  ['bytes behind the end of the file', () => heif([{ ...shot, extents: [[1_000_000, 500]] }]), 'unreadable'],
  ['no picture in the file', () => heif([{ ...shot, type: 'Exif' }]), 'not_media'],
  ['a picture that is not there', () => heif([shot], { primary: 9 }), 'not_media'],
  ['a HEIC cut in its picture', () => heicFile.subarray(0, heicFile.length - 60), 'unreadable'],
  ['a HEIC cut in its table', () => heicFile.subarray(0, 200), 'not_media'],
  [
    'a TIFF of 60,000 × 60,000',
    () =>
      tiffOf(4, 4, {
        tags: [
          [256, 4, 60_000],
          [257, 4, 60_000],
        ],
      }),
    'dimensions',
  ],
  ['a page that leads to itself', () => self(tiffOf(8, 8)), 'not_media'],
  ['a page far behind the end', () => tiffOf(8, 8, { next: 4_000_000_000 }), 'not_media'],
  ['4,096 samples a point', () => tiffOf(8, 8, { tags: [[277, 3, 4_096]] }), 'not_media'],
  [
    'tiles of 4 billion points',
    () =>
      tiffOf(8, 8, {
        tags: [
          [322, 4, 65_536],
          [323, 4, 65_536],
        ],
      }),
    'not_media',
  ],
  ['a TIFF cut in its tags', () => tiffOf(8, 8).subarray(0, -40), 'not_media'],
  ['a TIFF that begins and ends', () => Buffer.from('II*\0\x08\0\0\0', 'latin1'), 'not_media'],
  ['a BMP of 60,000 × 60,000', () => Buffer.concat([bmpHead(60_000, 60_000), Buffer.alloc(20_000)]), 'dimensions'],
  [
    'the same in runs',
    () => Buffer.concat([bmpHead(60_000, 60_000, { bits: 8, compression: 1 }), Buffer.alloc(20_000)]),
    'dimensions',
  ],
  ['a BMP without its last rows', () => bmpOf(64, 48).subarray(0, -3_000), 'not_media'],
  ['a BMP of 7 bits', () => Buffer.concat([bmpHead(8, 8, { bits: 7 }), Buffer.alloc(500)]), 'not_media'],
  [
    'a head and 20 MB of zeros',
    () => Buffer.concat([heicFile.subarray(0, 40), Buffer.alloc(19 * 1_048_576)]),
    'not_media',
  ],
  [
    'a TIFF head and 20 MB of zeros',
    () => Buffer.concat([Buffer.from('MM\0*\0\0\x10\0', 'latin1'), Buffer.alloc(19 * 1_048_576)]),
    'not_media',
  ],
  ['20 MB of zeros', () => Buffer.alloc(19 * 1_048_576), 'not_media'],
  ['an empty file', () => Buffer.alloc(0), 'empty'],
]

t.test('what only pretends to be a picture is answered in words', async t => {
  for (const [what, make, is] of traps) {
    const start = performance.now()
    const found = await taken(here, make())
    t.match(found, { refused: is }, `${what}: ${Math.round(performance.now() - start)} ms`)
  }
  t.match(await taken(here, heicFile), { mime: 'image/jpeg' }, 'and the next photo is taken')
})

t.test('a file with a few wrong bytes is measured or refused, and never breaks the count', async t => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000) || 1
  t.comment(`SEED=${seed}`)
  let state = seed
  const chance = (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  const whole = [heicFile, clearHeicFile, tiffOf(16, 16), tiffOf(16, 16, { isLittle: false }), bmpOf(16, 16)]
  const path = join(dir, 'wrong')
  for (let n = 0; n < 500; n += 1) {
    const bytes = Buffer.from(whole[n % whole.length]!)
    for (let k = chance(6); k >= 0; k -= 1) bytes[chance(bytes.length)] = [0, 255, chance(256)][chance(3)]!
    writeFileSync(path, chance(5) === 0 ? bytes.subarray(0, chance(bytes.length)) : bytes)
    await inspect(path, undefined, 50e6).catch(error => {
      if (error.name !== 'Refused') t.fail(`case ${n}`, error)
    })
  }
  rmSync(path)
})

t.test('the service itself waits for none of them, and grows by none', async t => {
  const { take } = converterOf(t)
  const names = [
    'a small size around a picture that has another',
    'tiles of 49 megapixels each',
    'a head and 20 MB of zeros',
  ]
  const path = join(dir, 'trap')
  for (const [what, make] of [
    ...traps.filter(([what]) => names.includes(what)),
    ['a photo', () => heicFile] as const,
  ]) {
    writeFileSync(path, make())
    const before = process.memoryUsage().rss
    const start = process.cpuUsage()
    await take(path, { owner: '1' }).catch(() => {})
    const { user, system } = process.cpuUsage(start)
    // By the processor's time and not by the clock: other processes may have had the machine. Decoding takes seconds of it.
    t.ok(user + system < 1_000_000, `${what}: ${(user + system) / 1_000} ms of the processor, in all`)
    t.ok(process.memoryUsage().rss - before < 50 * 1_048_576, 'and it holds what it held')
  }
  rmSync(path)
})

t.test('media-library: a picture that costs more than any real one is given up, with its process', async t => {
  const { take, pids } = converterOf(t, { limits: { cpuMs: 20, wallMs: 60_000 } })
  t.match(await taken(take, bmpOf(2_000, 1_500)), { refused: 'heavy' })
  await until('its process is gone', () => pids().length === 0)
  const narrow = converterOf(t, { limits: { ...patient.limits, rssMb: 60 } })
  t.match(await taken(narrow.take, heicFile), { refused: 'heavy' })
  t.strictSame(await readdir(dir), [], 'nothing half made stays')
})

t.test('a person who leaves takes the conversion along, and the end of the service all of them', async t => {
  const { take, pids, close } = converterOf(t)
  const path = join(dir, 'left')
  writeFileSync(path, bmpOf(2_000, 1_500))
  const left = new AbortController()
  const leaving = t.rejects(take(path, { owner: '1', signal: left.signal }), { message: 'left' })
  await until('it is at work', () => pids().length === 1)
  left.abort(new Error('left'))
  await leaving
  await until('and no more', () => pids().length === 0)
  const first = t.rejects(take(path, { owner: '1' }), { name: 'Unknown' })
  await until('the next is at work', () => pids().length === 1)
  const second = t.rejects(take(path, { owner: '2' }), { name: 'Unknown' })
  close()
  await Promise.all([first, second])
})

t.test('results of the provider stay as they are', async t => {
  const { inspect } = converterOf(t)
  const path = join(dir, 'result')
  writeFileSync(path, heicFile)
  await t.rejects(inspect(path, { owner: 'provider' }), { code: 'not_media' })
})

t.test('the room for a picture grows with the machine, and covers an ordinary photo on the smallest', async t => {
  const mb = 1_048_576
  t.ok(roomFor(256 * mb).maxPixels >= 4_032 * 3_024)
  t.ok(roomFor(1_024 * mb).maxPixels >= 5_712 * 4_284)
  t.ok(roomFor(2_048 * mb).maxPixels >= 8_064 * 6_048)
  t.equal(roomFor(64 * 1_024 * mb).maxPixels, 50e6)
})
