import { pngOf } from '../tests/support/media/media.ts'
import { answer, type Chats, forgetPresses, openChats } from './chats.ts'
import type { Measurement } from './measurement.ts'
import { spread } from './rounds.ts'

const photos = 3

/** From the last part of a request to its price: an album with words, and words alone, beside a screen that needs no price. */
export const measure: Measurement = async bench => {
  const chats = await openChats(bench)
  const { player } = chats
  const people = Array.from({ length: bench.isShort ? 10 : 40 }, (_, n) => n)
  const rounds = bench.isShort ? 3 : 10
  const p95s = { screen: [] as number[], words: [] as number[], album: [] as number[] }
  const bytes = pngOf(640, 480).bytes
  for (let round = 0; round < rounds; round++) {
    const times = { screen: [] as number[], words: [] as number[], album: [] as number[] }
    for (const n of people) {
      // A person each: Telegram lets a bot write to a chat once in a second.
      const [asking, writing, sending] = [await newcomer(chats), await newcomer(chats), await newcomer(chats)]
      times.screen.push((await answer(chats, asking, () => player.say(asking, '/balance'))).ms)
      times.words.push((await answer(chats, writing, () => player.say(writing, `кот ${n}`), /Картинка по вашим/)).ms)
      times.album.push(await albumMs(chats, sending, bytes))
      if (n % 5 === 0) await forgetPresses(chats)
    }
    for (const name of ['screen', 'words', 'album'] as const) p95s[name].push(p95(times[name]))
  }
  const screen = spread(p95s.screen)
  return (['words', 'album'] as const).map(name => ({
    what: name === 'words' ? 'words to their price, p95' : `the last of ${photos} photos with words to the price, p95`,
    unit: 'ms',
    by: 'the balance, asked for by other newcomers',
    value: spread(p95s[name]),
    ratio: spread(p95s[name].map((ms, round) => ms / p95s.screen[round]!)),
    yardstick: screen,
    goal: { of: 'value' as const, atMost: 1_000 },
  }))
}

async function newcomer(chats: Chats): Promise<number> {
  const { id } = chats.player.addPerson({ firstName: 'Анна', languageCode: 'ru' })
  await answer(chats, id, () => chats.player.open(id))
  return id
}

/** From the last photo of an album to the price that counts all of them. */
async function albumMs(chats: Chats, id: number, bytes: Uint8Array): Promise<number> {
  const { player } = chats
  const photo = { kind: 'photo', fileName: 'a.png', mime: 'image/png', bytes, albumId: `a${id}` } as const
  const before = Array.from({ length: photos - 1 }, (_, n) => n)
  for (const n of before) await player.send(id, { ...photo, ...(n === 0 && { caption: 'коллаж' }) })
  const start = performance.now()
  await player.send(id, photo)
  const whole = new RegExp(`Фото: ${photos} `)
  for (;;) {
    const last = player.chat(id).findLast(({ from }) => from === 'bot')
    if (whole.test(last?.text ?? '')) return performance.now() - start
    if (performance.now() - start > 60_000) return 60_000
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

const p95 = (values: number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]!
