// What is billed by length is measured from the content. Files of a known length in every container that is taken, honest
// and lying, and what hostile people may make of them.
import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { inspect } from '../../src/media/inspect.ts'
import { inspectorOf } from '../support/media/inspector.ts'
import { mp4Of } from '../support/media/media.ts'
import * as sounds from '../support/media/sounds.ts'

const {
  join,
  mp3,
  xing,
  id3,
  ape,
  cover,
  adts,
  waveHead,
  data,
  ogg,
  opus,
  vorbis,
  flacInOgg,
  flac,
  m4a,
  webm,
  oggPages,
} = sounds
const dir = await mkdtemp(path(tmpdir(), 'telegen-test-'))
t.teardown(() => rmSync(dir, { recursive: true, force: true }))
const file = path(dir, 'file')
t.setTimeout(120_000)
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000)
t.comment(`SEED=${seed}`)

const zeros = (bytes: number) => Buffer.alloc(bytes)
const song = mp3(12)
const aac = { samples: 517 } // of 1,024 at 44,100 a second: 12.005 s
const pcm = { rate: 8_000, block: 2, bits: 16 }
const amr = { coding: sounds.amrCoding, scale: 8_000, delta: 160, size: 32 }

/** Name, how it is made, how long it truly is; 0.1 s of difference is accepted. */
const made: [name: string, how: string, seconds: number, make: () => Uint8Array][] = [
  ['a.mp3', 'MPEG-1 layer III, 44,100 hertz', 12, () => song],
  ['b.mp3', 'MPEG-1 layer III, 48,000 hertz', 7, () => mp3(7, 48_000, 128)],
  ['c.mp3', 'MPEG-2 layer III, 24,000 hertz', 7, () => mp3(7, 24_000, 32)],
  ['xing.mp3', 'a table that counts one frame', 12, () => xing(song)],
  ['id3.mp3', 'two tags, the second with a cover', 12, () => join(id3(zeros(99)), id3(cover), song)],
  ['small.mp3', 'a tag that says less than it is', 12, () => join(id3(cover, 1_024), song)],
  ['large.mp3', 'a tag that says that it is longer than the file', 12, () => join(id3(zeros(99), 0x0fff_fff), song)],
  [
    'covers.mp3',
    'a tag that says that it covers all but a second',
    12,
    () => join(id3(song.subarray(0, 88_000)), song.subarray(88_000)),
  ],
  ['ape.mp3', 'a tag of the other kind in front', 12, () => join(ape(cover), song)],
  ['zeros.mp3', 'zeros in front', 12, () => join(zeros(700), song)],
  ['zeros2.mp3', 'a megabyte of zeros in front', 12, () => join(zeros(1_048_576), song)],
  ['half.mp3', 'half a frame in front', 12, () => song.subarray(100)],
  ['padded.mp3', 'zeros behind', 12, () => join(song, zeros(300_000))],
  ['joined.mp3', 'two with a cover between', 24, () => join(song, id3(cover), song)],
  ['rates.mp3', 'two of different rates', 19, () => join(song, mp3(7, 24_000, 32))],
  ['a.aac', 'ADTS', 12.005, () => adts(517)],
  ['blocks.aac', 'ADTS with four blocks a frame', 12.074, () => adts(130, 4)],
  ['full.aac', 'ADTS with four blocks in each frame of one', 12.074, () => adts(130, 1, 6_151)],
  ['zeros.aac', 'ADTS with zeros in front', 12.005, () => join(zeros(5_000), adts(517))],
  ['a.wav', 'PCM', 12, () => join(waveHead(pcm), data(192_000))],
  ['open.wav', 'PCM of unknown length', 12, () => join(waveHead(pcm), data(192_000, 0xffff_ffff))],
  [
    'pieces.wav',
    'PCM in two pieces, the first of a second',
    12,
    () => join(waveHead(pcm), data(16_000), data(176_000)),
  ],
  ['mulaw.wav', 'µ-law', 12, () => join(waveHead({ coding: 7, rate: 8_000, block: 1, bits: 8 }), data(96_000))],
  ['ima.wav', 'IMA ADPCM', 12, () => join(waveHead({ coding: 17, rate: 8_080, block: 256, bits: 4 }), data(256 * 192))],
  [
    'ima2.wav',
    'the same, which says so further on',
    12,
    () => join(waveHead({ further: 17, rate: 8_080, block: 256, bits: 4 }), data(256 * 192)),
  ],
  ['mp3.wav', 'MP3 in WAV', 12, () => join(waveHead({ coding: 0x55, rate: 44_100, block: 1, bits: 0 }), data(song))],
  ['a.opus', 'Opus', 12, () => ogg(opus(600))],
  ['whatsapp.oga', 'Opus, −1 in every page', 12, () => ogg(opus(600), { granule: 'none' })],
  ['late.oga', 'Opus that begins in the middle of a broadcast', 12, () => ogg(opus(600), { granule: 'late' })],
  ['sums.oga', 'Opus with wrong checksums', 12, () => ogg(opus(600), { sum: 'false' })],
  ['60.opus', 'Opus of 60 ms a packet, three frames each', 12, () => ogg(opus(200, 3))],
  ['chain.oga', 'Opus behind Opus', 24, () => join(ogg(opus(600)), ogg(opus(600), { serial: 8 }))],
  ['again.oga', 'Opus behind Opus under the same number', 24, () => join(ogg(opus(600)), ogg(opus(600)))],
  ['gap.oga', 'Opus, zeros, Vorbis', 24, () => join(ogg(opus(600)), zeros(9_000), ogg(vorbis(517), { serial: 8 }))],
  ['a.ogg', 'Vorbis', 12.005, () => ogg(vorbis(517))],
  ['none.ogg', 'Vorbis, −1 in every page', 12.005, () => ogg(vorbis(517), { granule: 'none' })],
  ['flac.oga', 'FLAC in Ogg', 12.074, () => ogg(flacInOgg(130))],
  ['a.m4a', 'AAC', 12.005, () => m4a(aac)],
  ['scale.m4a', 'AAC, ten times as many parts in a second', 12.005, () => m4a({ ...aac, scale: 441_000 })],
  ['times.m4a', 'AAC, one time for all samples', 12.005, () => m4a({ ...aac, timed: 1 })],
  ['delta.m4a', 'AAC, samples that say they take a tenth', 12.005, () => m4a({ ...aac, delta: 102 })],
  ['full.m4a', 'AAC, eight frames in each sample', 12.074, () => m4a({ samples: 65, size: 6_144 })],
  ['shown.m4a', 'AAC, of which one second is shown', 12.005, () => m4a({ ...aac, shown: [1_000] })],
  ['loop.m4a', 'AAC of a second, shown twelve times', 12, () => m4a({ samples: 43, shown: Array(12).fill(1_000) })],
  ['own.m4a', 'AAC in fragments, a time for each sample', 12.005, () => m4a({ ...aac, fragments: 'own' })],
  ['head.m4a', 'AAC in fragments, a time in the head of each', 12.005, () => m4a({ ...aac, fragments: 'head' })],
  ['usual.m4a', 'AAC in fragments, one time for all', 12.005, () => m4a({ ...aac, fragments: 'usual' })],
  [
    'false.m4a',
    'AAC in fragments, ten times as many parts',
    12.005,
    () => m4a({ ...aac, scale: 441_000, fragments: 'usual' }),
  ],
  ['android.m4a', 'AAC, as Android records it', 12.005, () => m4a({ ...aac, brand: '3gp4' })],
  ['alac.m4a', 'ALAC', 12.074, () => m4a({ samples: 130, delta: 4_096, coding: sounds.alacCoding })],
  [
    'alac2.m4a',
    'ALAC, ten times as many parts in a second',
    12.074,
    () => m4a({ samples: 130, delta: 4_096, scale: 441_000, coding: sounds.alacCoding }),
  ],
  [
    'mp3.m4a',
    'MP3, a tenth of its time',
    12,
    () => m4a({ samples: 460, delta: 115, coding: sounds.mp3Coding, body: song }),
  ],
  ['amr.3gp', 'AMR', 12, () => m4a({ ...amr, samples: 600, brand: '3gp5' })],
  ['amr2.3gp', 'AMR, 60 frames in each sample', 12, () => m4a({ ...amr, samples: 10, size: 1_920, brand: '3gp5' })],
  ['a.flac', 'FLAC', 12.074, () => flac(130, 44_100)],
  ['said.flac', 'FLAC that says it is one second', 12.074, () => flac(130, 44_100, 44_100)],
  ['open.flac', 'FLAC of unknown length behind a tag', 12.074, () => join(id3(cover), flac(130, 44_100, 0))],
  ['a.webm', 'Opus in WebM that says it is one second', 12, () => webm({ packets: 600 })],
  [
    'joined.webm',
    'Opus in WebM, two of them',
    24,
    () => join(webm({ packets: 600 }), zeros(99), webm({ packets: 600 })),
  ],
  ['scale.webm', 'Opus in WebM with a false clock', 12, () => webm({ packets: 600, scale: 1_000 })],
]

t.test(`${made.length} files of a known length are measured within a tenth of a second`, async t => {
  for (const [name, how, seconds, make] of made) {
    writeFileSync(file, make())
    const found = await inspect(file, ['audio'])
    const line = `${name.padEnd(13)} ${how.padEnd(55)} ${seconds.toFixed(3)} s, measured ${found.seconds?.toFixed(3)}`
    t.comment(line)
    t.equal(found.kind, 'audio', name)
    t.ok(Math.abs((found.seconds ?? 0) - seconds) <= 0.1, line)
  }
})

t.test('3gp is what is in it: sound alone is a recording, with pictures it is a film', async t => {
  const film = Buffer.from((await mp4Of()).bytes)
  film.write('3gp5', 8, 'latin1')
  writeFileSync(file, film)
  t.match(await inspect(file), { kind: 'video', mime: 'video/3gpp', extension: '3gp', widthPx: 160, heightPx: 90 })
  t.ok(Math.abs((await inspect(file)).seconds! - 2) < 0.1)
  writeFileSync(file, m4a({ ...amr, samples: 600, brand: '3gp5' }))
  t.match(await inspect(file), { kind: 'audio', mime: 'audio/mp4', extension: 'm4a' })
})

t.test('sound whose length its content does not say is refused', async t => {
  const unknown: [string, Uint8Array][] = [
    ['a coding that nobody knows', m4a({ ...aac, coding: sounds.aacCoding.subarray(0, 36) })],
    ['AAC without settings', m4a({ ...aac, coding: sounds.mp3Coding })],
    ['no samples', m4a({ samples: 0 })],
    ['headers alone', flac(0, 44_100, 441_000)],
    ['a WAV file of another coding', join(waveHead({ coding: 0x161, rate: 8_000, block: 1, bits: 16 }), data(9_000))],
    ['Vorbis without its modes', ogg({ ...vorbis(9), head: vorbis(9).head.map(head => head.subarray(0, 40)) })],
    ['WebM without a block', webm({ packets: 0, said: 9_000 })],
    ['an Ogg file of heads', ogg(opus(0))],
  ]
  for (const [what, bytes] of unknown) {
    writeFileSync(file, bytes)
    await t.rejects(inspect(file), { name: 'Refused', code: 'not_media' }, what)
  }
})

// ── Cut, joined and padded. A piece: its units (frames, pages), how long a player plays each, and what stands in front. ──

type Piece = { head: Uint8Array; units: Uint8Array[]; seconds: number[] }
const same = (count: number, seconds: number) => Array<number>(count).fill(seconds)

/** By their size: a frame of 64 kbit/s at 44,100 hertz has 208 bytes, or 209 where its header says so. */
function framesOf(sound: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at + 4 < sound.length; at += frames.at(-1)!.length)
    frames.push(sound.subarray(at, at + 208 + ((sound[at + 2]! >> 1) & 1)))
  return frames
}
const head = zeros(0)
const frames = framesOf(song)
const opusPages = oggPages(opus(600))
const vorbisPages = oggPages(vorbis(500))
const flacFrames = Array.from({ length: 130 }, (_, n) => flac(n + 1, 44_100).subarray(flac(n, 44_100).length))
const wave = join(waveHead(pcm), data(192_000))
const fragmented = m4a({ samples: 520, fragments: 'own' })
const firstFragment = fragmented.indexOf('moof') - 4
const fragments = fragmented.subarray(firstFragment)
const blocks = webm({ packets: 600 })
const firstCluster = blocks.indexOf(Buffer.from('1f43b675', 'hex'))
const cutInto = (bytes: Buffer, count: number) =>
  Array.from({ length: count }, (_, n) => bytes.subarray((n * bytes.length) / count, ((n + 1) * bytes.length) / count))

const pieces: Record<string, Piece> = {
  mp3: { head, units: frames, seconds: same(frames.length, 1_152 / 44_100) },
  aac: { head, units: cutInto(adts(517), 517), seconds: same(517, 1_024 / 44_100) },
  opus: { head: join(...opusPages.slice(0, 2)), units: opusPages.slice(2), seconds: same(12, 1) },
  vorbis: {
    head: join(...vorbisPages.slice(0, 3)),
    units: vorbisPages.slice(3),
    seconds: same(10, (50 * 1_024) / 44_100),
  },
  flac: { head: flac(0, 44_100), units: flacFrames, seconds: same(130, 4_096 / 44_100) },
  wav: { head: wave.subarray(0, -192_000), units: cutInto(wave.subarray(-192_000), 1_200), seconds: same(1_200, 0.01) },
  m4a: {
    head: fragmented.subarray(0, firstFragment),
    units: cutInto(fragments, 13),
    seconds: same(13, (40 * 1_024) / 44_100),
  },
  webm: {
    head: blocks.subarray(0, firstCluster),
    units: cutInto(blocks.subarray(firstCluster), 12),
    seconds: same(12, 1),
  },
}
// A player goes on with what is joined to them.
const joinable = new Set(['mp3', 'aac', 'opus', 'vorbis', 'flac'])

const part = fc.record({
  padding: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5_000 })),
  kept: fc.double({ min: 0.1, max: 1, noNaN: true }),
  front: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.5, noNaN: true })),
})

t.test('cut, joined and padded, sound is never measured half a second shorter than it is played', async t => {
  const kinds = fc.constantFrom(...Object.keys(pieces))
  let [taken, refused] = [0, 0]
  await fc.assert(
    fc.asyncProperty(kinds, fc.array(part, { minLength: 1, maxLength: 4 }), async (kind, parts) => {
      const { head, units, seconds } = pieces[kind]!
      const whole = join(...units)
      let played = 0
      const bytes = parts.map(({ padding, kept, front }, n) => {
        // Without its head only frames that say what they are can be played.
        const from = head.length === 0 ? Math.floor(front * whole.length) : 0
        const to = Math.max(from, Math.floor(kept * whole.length))
        let at = 0
        for (const [k, unit] of units.entries()) {
          const isThere = at >= from && at + unit.length <= to
          if (isThere && (n === 0 || joinable.has(kind))) played += seconds[k] ?? 0
          at += unit.length
        }
        const isPadded = n > 0 || head.length === 0
        return join(zeros(isPadded ? padding : 0), head, whole.subarray(from, to))
      })
      writeFileSync(file, join(...bytes, zeros(parts[0]!.padding)))
      const found = await inspect(file).catch(error => {
        if (error.name !== 'Refused') throw error
        refused += 1
        return undefined
      })
      if (!found) return
      taken += 1
      if (!(found.seconds! >= played - 0.5)) throw new Error(`${kind}: ${found.seconds} of ${played}`)
    }),
    { numRuns: 250, seed },
  )
  t.comment(`${taken} taken, ${refused} refused`)
  t.ok(taken > 200, 'nearly all of them are taken')
})

t.test('a cut, an empty, a false or a hollow file is answered in good time, by a process that lives on', async t => {
  const given: string[] = []
  const log = { warn: (about: { why: string }) => void given.push(about.why) }
  const { inspect } = inspectorOf(t, { log: log as never, limits: { wallMs: 60_000 } })
  const most = 20 * 1_048_576
  const kinds = new Map(made.map(one => [one[0].split('.')[1]!, one[3]()]))
  for (const [kind, bytes] of kinds) {
    const hollow = join(bytes.subarray(0, 2_000), zeros(most))
    const filled = Buffer.alloc(most, bytes)
    const files = {
      empty: zeros(0),
      cut: bytes.subarray(0, bytes.length / 3),
      headless: bytes.subarray(99),
      hollow,
      filled,
    }
    for (const [how, content] of Object.entries(files)) {
      writeFileSync(file, content)
      const found = await inspect(file, { owner: '1', accept: ['audio'] }).catch(error => error)
      const said = found.name === 'Refused' ? found.code : found.kind
      t.match(
        said,
        /^(audio|empty|not_media|wrong_kind)$/,
        `${kind}, ${how}: ${said} ${found.seconds ?? found.message}`,
      )
    }
  }
  // The clock is the machine's; the process is ended at 4 s of the processor, or at 192 MB.
  t.strictSame(given, [], 'no process was ended for any of them')
})

t.test('what lies in two places at once is as long as the longer says, or refused', async t => {
  const lies: [string, number, Uint8Array][] = [
    ['times and pieces', 12, m4a({ ...aac, timed: 1, scale: 441_000, shown: [100] })],
    ['times, sizes and the clock of fragments', 12, m4a({ ...aac, scale: 441_000, delta: 1, fragments: 'head' })],
    ['a tag and a table', 12, join(id3(song.subarray(0, 50_000)), xing(song.subarray(50_000)))],
    ['a clock and a length', 12, webm({ packets: 600, said: 1, scale: 1 })],
    ['bytes a second and pieces', 12, join(waveHead(pcm), data(2), data(2), data(191_996))],
    ['ends and sums', 12, ogg(opus(600), { granule: 'none', sum: 'false' })],
    ['a length behind false pictures', 12, join(id3(cover, 10), flac(130, 44_100, 1))],
  ]
  for (const [what, seconds, bytes] of lies) {
    writeFileSync(file, bytes)
    const found = await inspect(file).catch(error => error)
    t.ok(found.code === 'not_media' || found.seconds > seconds - 0.5, `${what}: ${found.seconds ?? found.message}`)
  }
})
