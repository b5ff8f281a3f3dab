// One person sends files that would fell a parser, to the real service with a small heap; what a person sees is all that
// is looked at: each file is answered in words, the service lives, and somebody else is answered meanwhile.
import t from 'tap'
import { traps } from '../support/media/hostile.ts'
import { jpegOf } from '../support/media/media.ts'
import { person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

t.setTimeout(300_000)
const { telegram, service: start, broken } = await stage(t, { timeScale: 0.02 })
const service = await start({ NODE_OPTIONS: '--max-old-space-size=400', LOG_LEVEL: 'warn' })
await service.ready()
let ended: number | string | undefined
void service.ended.then(how => {
  ended = how
})

// Those of the review, and of every other way of building a file the dearest.
const names = [
  ['moov in moov, without end', 'udta beside udta', 'free beside free', 'Void elements'],
  [
    'moov in moov, within the tables allowed',
    'boxes in boxes that reach to the end',
    'four milliards of samples without a byte',
  ],
  ['a comment that says four milliards', 'three million empty comments', 'Ogg of pages of a byte', 'tags before tags'],
].flat()
const hostile = traps(19 * 1_048_576).filter(({ name }) => names.includes(name))
t.equal(hostile.length, names.length)

type Person = ReturnType<typeof person>
/** What the bot says next, after `act`. */
async function answer(who: Person, act: () => unknown): Promise<string> {
  const seen = who.fromBot().at(-1)?.messageId ?? 0
  await act()
  const message = await until('an answer', () => who.fromBot().find(({ messageId }) => messageId > seen), 60_000)
  return message.text ?? ''
}
const send = (who: Person, bytes: Uint8Array, mime: string) =>
  telegram.player.send(who.id, { kind: 'document', fileName: 'file', mime, bytes })

t.test('each hostile file is answered in words, and somebody else is answered meanwhile', async t => {
  const boris = person(telegram, 'Борис')
  await answer(boris, () => boris.open())
  /** Somebody new at the first question of a model. */
  async function at(model: string) {
    const anna = person(telegram)
    anna.open(`m_${model}`)
    await anna.press(/Начать/)
    await anna.sees(/Понадобится|Пришлите/) // a file is as good an answer to the list as to its first question
    return anna
  }
  const filming = await at('wan-2-6-video-to-video')
  const singing = await at('infinitalk-from-audio')
  await send(singing, jpegOf(640, 480).bytes, 'image/jpeg')
  await singing.sees(/Пришлите звук/)
  for (const { name, make, mime } of hostile) {
    const anna = mime.startsWith('video') ? filming : singing
    const bytes = make()
    const [said, other] = await Promise.all([
      answer(anna, () => send(anna, bytes, mime)),
      answer(boris, () => boris.say('/balance')),
    ])
    t.match(said, /^Это не похоже на фото, видео или звук\. Пришлите другой файл\./, name)
    t.match(other, /₽/, 'the other one')
  }
  // A question for a photo takes no film, whatever it holds; and a real file is taken after all of them.
  const anna = await at('recraft-remove-background')
  const film = hostile[0]!.make()
  t.match(await answer(anna, () => send(anna, film, 'video/mp4')), /^Здесь подойдёт только фото/)
  t.notMatch(
    await answer(anna, () => send(anna, jpegOf(640, 480).bytes, 'image/jpeg')),
    /не похоже|не подойдёт|подойдёт только/,
  )
  t.equal(ended, undefined, 'the service lives')
  t.equal((await service.fetch('/healthz')).status, 200)
  t.strictSame(await broken(), [])
})
