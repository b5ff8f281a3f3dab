import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { inspect } from '../../src/media/inspect.ts'
import { framedSeconds } from '../../src/media/length/audio-length.ts'
import { tableSeconds } from '../../src/media/length/table.ts'
import { waveSeconds } from '../../src/media/length/wave.ts'
import { mp3Of, mp4Of } from '../support/media/media.ts'

// What is paid by the second is measured by the content: whatever stands around the sound, its length stays the same.
const folder = t.testdir({})
let files = 0
async function written(...parts: Uint8Array[]): Promise<string> {
  const path = join(folder, `${files++}`)
  await writeFile(path, Buffer.concat(parts))
  return path
}
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000)
t.comment(`SEED=${seed}`)

const seconds = 3
const sound = Buffer.from(mp3Of(seconds).bytes)
const about = 0.1
const id3 = (body: Uint8Array, said = body.length) =>
  Buffer.concat([
    Buffer.from([73, 68, 51, 4, 0, 0, said >> 21, (said >> 14) & 127, (said >> 7) & 127, said & 127]),
    body,
  ])
const ape = (body: Uint8Array) => {
  const head = Buffer.alloc(32)
  head.write('APETAGEX')
  head.writeUInt32LE(2_000, 8)
  head.writeUInt32LE(body.length, 12)
  return Buffer.concat([head, body])
}
// A cover in which now and then something begins as a frame of another rate and kind does.
const cover = Buffer.concat(
  Array.from({ length: 15 }, (_, n) =>
    Buffer.concat([Buffer.from([0xff, 0xe3, 0x10 + ((n % 14) << 4), 0]), Buffer.alloc(900, n)]),
  ),
)
const own = await framedSeconds(await written(sound))

t.test('sound is as long as it is, whatever stands around it', async t => {
  t.ok(Math.abs(own! - seconds) < about, `${own}`)
  for (const [what, parts] of Object.entries({
    'two tags, the second with a cover': [id3(Buffer.alloc(100)), id3(cover), sound],
    'a tag of another kind': [ape(cover), sound],
    'one kind behind the other': [id3(cover), ape(cover), id3(Buffer.alloc(10)), sound],
    'a tag that says less than it is': [id3(cover, 100), sound],
    'a cover without a tag': [cover, sound],
    zeros: [Buffer.alloc(50_000), sound],
    'half a frame': [sound.subarray(200, 400), sound],
    'a tag behind it': [sound, Buffer.from(`TAG${'x'.repeat(125)}`)],
    'a cover behind it': [sound, ape(cover)],
  })) {
    const found = await framedSeconds(await written(...parts))
    t.ok(found !== undefined && Math.abs(found - own!) < about, `${what}: ${found}`)
  }
})

t.test('a file in pieces is never shorter than what a player finds in it', async t => {
  const longer = await framedSeconds(await written(sound, cover, sound))
  t.ok(Math.abs(longer! - 2 * own!) < about, `two with a cover between: ${longer}`)
  // A byte behind each of the later frames: none of them stands where the one before says, and players play them.
  const frames: Buffer[] = []
  for (let at = 0; at + 4 < sound.length; ) {
    const bytes = Math.floor((144 * 128_000) / 44_100) + ((sound[at + 2]! >> 1) & 1)
    frames.push(sound.subarray(at, at + bytes))
    at += bytes
  }
  const split = await framedSeconds(
    await written(...frames.flatMap((frame, n) => (n < 20 ? [frame] : [frame, Buffer.from([0])]))),
  )
  t.ok(split! > own! - about, `split: ${split}`)
})

t.test('what follows in frames of another rate and layer is played, and counts, in a chain or not', async t => {
  // MPEG-1 layer II, 48,000 hertz, 128 kbit/s: 384 bytes and 24 ms a frame.
  const frame = Buffer.alloc(384)
  frame.writeUInt32BE(0xfffd8400)
  for (const gap of [0, 1, 300]) {
    const found = await framedSeconds(
      await written(
        sound,
        ...Array(200)
          .fill([frame, Buffer.alloc(gap)])
          .flat(),
      ),
    )
    t.ok(Math.abs(found! - own! - 200 * 0.024) < about, `${gap} bytes between: ${found}`)
  }
  // Four blocks of sound in each frame of AAC.
  const aac = Buffer.from('fff15080041ffffc', 'hex')
  const four = await framedSeconds(
    await written(
      Buffer.concat(Array(100).fill(Buffer.concat([aac.subarray(0, 6), Buffer.from([0xff]), Buffer.alloc(25)]))),
    ),
  )
  t.ok(Math.abs(four! - (400 * 1_024) / 44_100) < about, `${four}`)
})

t.test('a frame that says it is longer than the file hides nothing', async t => {
  const frames = Buffer.alloc(32 * 50, Buffer.from('fff15080041ffcfc'.padEnd(64, '0'), 'hex'))
  const found = await framedSeconds(await written(frames, frames.subarray(0, 4), frames))
  t.ok(Math.abs(found! - (100 * 1_024) / 44_100) < about, `${found}`)
})

t.test('a later frame that calls itself a table is sound', async t => {
  const marked = Buffer.from(sound)
  for (let at = 0; at + 60 < marked.length; ) {
    const bytes = Math.floor((144 * 128_000) / 44_100) + ((marked[at + 2]! >> 1) & 1)
    marked.write('Xing', at + 40)
    at += bytes
  }
  const found = await framedSeconds(await written(marked))
  t.ok(found! > own! - about, `${found}`)
})

t.test('cut, joined and padded, it is as long as its parts', async () => {
  const part = fc.record({ pad: fc.integer({ min: 0, max: 3_000 }), cut: fc.double({ min: 0.2, max: 1, noNaN: true }) })
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), async parts => {
      const path = await written(
        ...parts.flatMap(({ pad, cut }) => [Buffer.alloc(pad), sound.subarray(0, Math.floor(sound.length * cut))]),
      )
      const wanted = parts.reduce((sum, { cut }) => sum + own! * cut, 0)
      const found = (await framedSeconds(path)) ?? 0
      if (Math.abs(found - wanted) > about * parts.length) throw new Error(`${found} of ${wanted}`)
    }),
    { numRuns: 60, seed },
  )
})

t.test('what holds no sound has no length', async t => {
  for (const [what, bytes] of Object.entries({
    nothing: Buffer.alloc(0),
    zeros: Buffer.alloc(100_000),
    'a cover': cover,
    'a tag alone': id3(cover),
    'a tag that never ends': id3(Buffer.alloc(20), 0x0fff_ffff),
  }))
    t.equal(await framedSeconds(await written(bytes)), undefined, what)
})

/** A WAV file whose header says one thing or another of its data. */
function wave(format: number, channels: number, rate: number, block: number, bits: number, bytes: number): Buffer {
  const head = Buffer.alloc(46)
  head.write('RIFF')
  head.writeUInt32LE(38 + bytes, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(18, 16)
  head.writeUInt16LE(format, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(1, 28) // bytes a second, which is nobody's truth
  head.writeUInt16LE(block, 32)
  head.writeUInt16LE(bits, 34)
  head.write('data', 38)
  head.writeUInt32LE(bytes, 42)
  return Buffer.concat([head, Buffer.alloc(bytes)])
}

t.test('a WAV file is as long as its samples, packed or not', async t => {
  for (const [what, bytes] of Object.entries({
    PCM: wave(1, 2, 8_000, 4, 16, 8_000 * 4 * 3),
    'PCM of 24 bits': wave(1, 1, 8_000, 3, 24, 8_000 * 3 * 3),
    'PCM with a block that makes it short': wave(1, 1, 8_000, 400, 16, 8_000 * 2 * 3),
    'µ-law': wave(7, 1, 8_000, 1, 8, 8_000 * 3),
    'A-law': wave(6, 2, 8_000, 2, 8, 8_000 * 2 * 3),
    'IMA ADPCM': wave(0x11, 1, 8_080, 256, 4, 256 * 48), // 505 samples a block
    'IMA ADPCM in stereo': wave(0x11, 2, 8_080, 512, 4, 512 * 48),
    'Microsoft ADPCM': wave(2, 1, 8_000, 256, 4, 256 * 48), // 500 samples a block
  })) {
    const found = await waveSeconds(await written(bytes))
    t.ok(found !== undefined && Math.abs(found - 3) < about, `${what}: ${found}`)
  }
  t.equal(await waveSeconds(await written(wave(1, 0, 8_000, 0, 16, 100))), undefined, 'no channels')
  t.equal(await waveSeconds(await written(wave(0x11, 0, 8_000, 256, 4, 256))), undefined, 'packed, and no channels')
})

const box = (name: string, ...body: Uint8Array[]) => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.reduce((sum, part) => sum + part.length, 0))
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, ...body])
}
const numbers = (...list: number[]) => {
  const bytes = Buffer.alloc(4 * list.length)
  for (const [n, number] of list.entries()) bytes.writeUInt32BE(number, 4 * n)
  return bytes
}
/** A track of so many samples, each of `delta` parts of `scale`, whose header says that it is one second. */
const track = (scale: number, ...samples: ([count: number, delta: number] | 'time last' | 'two times')[]) => {
  const pairs = samples.filter(sample => typeof sample !== 'string')
  const time = (of: number) => box('mdhd', numbers(0, 0, 0, of, of, 0))
  const table = box('minf', box('stbl', box('stts', numbers(0, pairs.length, ...pairs.flat()))))
  const order = samples.includes('time last') ? [table, time(scale)] : [time(scale), table]
  if (samples.includes('two times')) order.splice(1, 0, time(scale * 12))
  return box('trak', box('tkhd', Buffer.alloc(84)), box('mdia', ...order))
}
const film = (...tracks: Uint8Array[]) => [
  box('ftyp', Buffer.from('M4A mp42')),
  box('mdat', Buffer.alloc(5_000)),
  box('moov', box('mvhd', Buffer.alloc(100)), ...tracks),
]

t.test('an MP4 file is as long as its samples, whatever its headers say', async t => {
  for (const [what, parts, seconds] of [
    ['one kind of sample', film(track(44_100, [517, 1_024])), 12.005],
    ['several kinds', film(track(1_000, [10, 100], [1, 11_000], [0, 5])), 12],
    ['the longest track', film(track(1_000, [10, 100]), track(600, [120, 60])), 12],
    ['the table in front of its time', film(track(1_000, [120, 100], 'time last')), 12],
    ['two times that contradict each other', film(track(1_000, [120, 100], 'two times')), 12],
    ['tables behind strange boxes', [...film(box('udta', Buffer.alloc(300_000)), track(8, [96, 1]))], 12],
  ] as const)
    t.equal(Math.round(tableSeconds(await written(...parts))! * 1_000), seconds * 1_000, what)
  const cut = Buffer.concat(film(track(1_000, [10, 100], [110, 100])))
  for (const [what, parts] of Object.entries({
    nothing: [],
    zeros: [Buffer.alloc(10_000)],
    'no track': film(),
    'a time that is no time': film(track(0, [10, 100])),
    'a count without a table': film(track(1_000)),
    'sound of another kind': [sound],
  }))
    t.equal(tableSeconds(await written(...parts)), undefined, what)
  t.equal(tableSeconds(await written(cut.subarray(0, -8))), 1, 'a table that is cut counts as far as it goes')
})

t.test('a film and a recording have their true length, whatever stands in front and in their headers', async t => {
  const bytes = Buffer.from((await mp4Of()).bytes)
  const honest = await inspect(await written(bytes))
  // Version 0: mvhd and mdhd have their length 16 bytes into the box, tkhd has it 20 bytes in.
  for (const [name, to] of [
    ['mvhd', 20],
    ['mdhd', 20],
    ['tkhd', 24],
  ] as const)
    for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 4)) bytes.writeUInt32BE(1, at + to)
  const lying = await inspect(await written(bytes))
  t.ok(
    honest.seconds! > 1 && Math.abs(lying.seconds! - honest.seconds!) < about,
    `${lying.seconds} of ${honest.seconds}`,
  )
  const tagged = await inspect(await written(id3(Buffer.alloc(100)), id3(cover), sound))
  t.match(tagged, { kind: 'audio', extension: 'mp3' })
  t.ok(Math.abs(tagged.seconds! - seconds) < about, `${tagged.seconds}`)
})
