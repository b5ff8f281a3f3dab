// Runs that are billed by the length of a sound, bought through the real service with a file of every container that is
// taken. Some say of themselves that they are shorter; the price is that of twelve seconds.
import t from 'tap'
import { openCatalogue } from '../../src/catalogue/models.ts'
import { price } from '../../src/catalogue/pricing.ts'
import { jpegOf } from '../support/media/media.ts'
import * as sounds from '../support/media/sounds.ts'
import { person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

const { join, mp3, xing, adts, waveHead, data, ogg, opus, vorbis, m4a } = sounds
const rates = { usdRubRate: '95', markup: '2.0' }
const catalogue = openCatalogue({ rates, contentFilter: true })
const world = await stage(t, { timeScale: 0.02 })
const { telegram, owner } = world
const service = await world.service({ START_BONUS_RUB: '100000', MAX_ACTIVE_PER_USER: '20', LOG_LEVEL: 'warn' })
await service.ready()
t.setTimeout(240_000)

const song = mp3(11.9)
const pcm = { rate: 8_000, block: 2, bits: 16 }
const amr = { samples: 600, coding: sounds.amrCoding, scale: 8_000, delta: 160, size: 32, brand: '3gp5' }
const files: [fileName: string, mime: string, bytes: Uint8Array][] = [
  ['rough.mp3', 'audio/mpeg', join(Buffer.alloc(900), xing(song))],
  ['voice.wav', 'audio/wav', join(waveHead(pcm), data(16_000), data(176_000))],
  ['voice.aac', 'audio/aac', adts(516)],
  ['voice.m4a', 'audio/mp4', m4a({ samples: 516, scale: 441_000 })],
  ['android.m4a', 'audio/mp4', m4a({ samples: 516, brand: '3gp4' })],
  ['voice.3gp', 'video/3gpp', m4a(amr)],
  ['whatsapp.oga', 'audio/ogg', ogg(opus(600), { granule: 'none' })],
  ['voice.ogg', 'audio/ogg', join(ogg(opus(50)), ogg(vorbis(470), { serial: 8 }))],
]

type Ordered = { inputs: { audio_url: { seconds: number }[] }; price_kop: string; exec_state: string }
const runsOf = (id: number) => owner<Ordered[]>`
  select q.inputs, g.price_kop, g.exec_state from pay.generations g join pay.quotes q on q.id = g.quote_id
  where g.user_id = ${id} and g.finished_at is not null`

t.jobs = 3
for (const model of ['kling/v1-avatar-standard', 'infinitalk/from-audio', 'elevenlabs/audio-isolation']) {
  t.test(`${model}: twelve seconds of sound cost twelve, in every container`, { buffered: true }, async t => {
    const known = catalogue.byId(model)!
    const key = model.replace(/[/.]/g, '-')
    const anna = person(telegram)
    const send = (fileName: string, mime: string, bytes: Uint8Array) =>
      telegram.player.send(anna.id, { kind: 'document', fileName, mime, bytes })
    /** Does it, and waits for a screen that is newer. */
    const shows = async (what: RegExp, act: () => unknown) => {
      await owner`delete from pay.rates`
      const before = anna.fromBot().at(-1)?.messageId ?? 0
      await act()
      return until(
        `${model}: ${what}; ${anna.fromBot().at(-1)?.text}`,
        () => anna.fromBot().find(({ messageId, text = '' }) => messageId > before && what.test(text)),
        60_000,
      )
    }
    for (const [n, [fileName, mime, bytes]] of files.entries()) {
      const isLip = model !== 'elevenlabs/audio-isolation'
      await shows(/Понадобится|Пришлите/, async () => {
        anna.open(`m_${key}`)
        await anna.press(/Начать/)
      })
      if (isLip) await shows(/звук/i, () => send('photo.jpg', 'image/jpeg', jpegOf(640, 480).bytes))
      await shows(isLip ? /текст/ : /Цена/, () => send(fileName, mime, bytes))
      if (isLip) await shows(/Цена|По умолчанию|Разрешение/, () => anna.say('поёт'))
      if (model.startsWith('infinitalk')) await anna.press(/По умолчанию/)
      await anna.press(/Запустить за/)
      const runs = await until(
        `${model}, ${fileName}: the end`,
        async () => {
          const all = await runsOf(anna.id)
          return all.length > n && all
        },
        60_000,
      )
      t.ok(
        runs.every(({ exec_state }) => exec_state === 'success'),
        fileName,
      )
    }
    const charged = await runsOf(anna.id)
    t.equal(charged.length, files.length)
    for (const { inputs, price_kop } of charged) {
      const { seconds } = inputs.audio_url[0]!
      t.ok(seconds > 11.88 && seconds <= 12, `${seconds} s`)
      const twelve = { ...inputs, audio_url: [{ ...inputs.audio_url[0]!, seconds: 12 }] }
      t.equal(Number(price_kop), price(known, twelve as never, rates).kop)
    }
  })
}
