import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { forgetUser } from '../../src/users/users.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions, dataOf, withFiles } from '../support/messages.ts'

const { api, telegram, sql, owner, story, person, running, end } = await chats(t)

const png = createCanvas(60, 40).toBuffer('image/png')
/** A run of the person with so many pictures, which Telegram has. */
async function pictures(anna: Person, inputs: Record<string, unknown>, files = 1) {
  const id = await running(anna.id, { inputs: inputs as never })
  await end(anna.id, id, undefined, files)
  const sent = await telegram.call('sendPhoto', { chat_id: anna.id, photo: { source: png } })
  const fileId = sent.photo.at(-1)!.file_id
  await owner`update pay.results set file_id = ${fileId}, sent_as = 'photo' where generation_id = ${id}`
  return id
}
const calls = (method: string) => api.calls.filter(call => call.method === method && call.status === 200).length
/** The pictures that came with the last page, and the message below them. */
async function page(anna: Person, what: Parameters<Person['presses']>[0]) {
  const before = anna.chat().length
  await anna.presses(what)
  const came = anna.chat().slice(before)
  return { album: withFiles(came).map(({ text }) => text ?? ''), below: anna.last() }
}

story('pictures come in albums of ten, numbered, by what Telegram has, older ones after', async t => {
  const anna = await person()
  const first = await pictures(anna, { prompt: 'кот' }, 3)
  for (let n = 0; n < 3; n++) await pictures(anna, { prompt: `лодка ${n}` }, 3)
  await anna.says('/history')
  const uploads = api.calls.filter(call => JSON.stringify(call).includes('attach://')).length
  const one = await page(anna, '🖼 Галерея')
  t.equal(one.album.length, 10)
  t.match(one.album[0], /^1\. Z-Image.* · \d\d\.\d\d \d\d:\d\d$/)
  t.match(one.album[9], /^10\. /)
  t.strictSame(captions(one.below).slice(0, 11), ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', 'Раньше ›'])
  const two = await page(anna, 'Раньше')
  t.equal(two.album.length, 2, 'the last run in part')
  t.strictSame(dataOf(two.below, '2'), `gp:${first}:3`)
  t.match(captions(two.below), ['1', '2', '‹ К новым', '⭐ Избранное', '🔎 Найти'])
  t.equal(api.calls.filter(call => JSON.stringify(call).includes('attach://')).length, uploads, 'nothing is uploaded')
  t.equal((await page(anna, '‹ К новым')).album.length, 10)
})

story('words of the request find its pictures, taken literally, in any case and order', async t => {
  const anna = await person()
  await pictures(anna, { prompt: 'Рыжий кот в лодке' })
  await pictures(anna, { prompt: 'A red cat, 100% real' })
  const image_urls = [{ url: 'https://files.example.com/1.png', kind: 'image' }]
  await pictures(anna, { prompt: 'собака_на "траве"', image_urls })
  const seek = async (words: string) => {
    await anna.presses({ data: 'gf' })
    const before = anna.chat().length
    await anna.says(words)
    return withFiles(anna.chat().slice(before)).length
  }
  for (const [words, count] of [
    ['лодк', 1],
    ['КОТ рыжий', 1],
    ['cat', 1],
    ['100%', 1],
    ['1%0', 0],
    ['собака_на', 1],
    ['собака?на', 0],
    ['"траве"', 1],
    ['\\', 0],
    ["'; drop table", 0],
    ['кот собака', 0],
    ['prompt', 0],
    ['example.com', 0],
  ] as const) {
    t.equal(await seek(words), count, words)
  }
  t.match(anna.last().text, /С такими словами картинок нет/)
  t.equal((await page(anna, { data: 'gl:f:0:0' })).album.length, 0, 'the words are remembered')
  const boris = await person({ firstName: 'Борис' })
  await boris.presses({ data: 'gf' })
  t.match((await boris.says('кот')).text, /С такими словами картинок нет/, 'nobody finds what another has made')
})

story('a picture has a star, and the favourites have a list', async t => {
  const anna = await person()
  const [one, two] = [await pictures(anna, { prompt: 'a' }, 2), await pictures(anna, { prompt: 'b' })]
  t.match((await page(anna, { data: 'gl:s:0:0' })).below.text, /В избранном пусто/)
  await anna.presses({ data: `gp:${one}:2` })
  const shown = anna.last()
  t.equal(shown.media?.kind, 'photo')
  const { answer, screen } = await anna.presses('⭐ В избранное', shown)
  t.match(answer, { text: 'Добавлено в избранное' })
  t.match(captions(screen)[0], '✖️ Убрать из избранного')
  await anna.presses({ data: `gs:${one}:2:1` }, shown) // pressed twice
  await anna.presses({ data: `gp:${two}:1` })
  await anna.presses('⭐ В избранное')
  const list = await page(anna, { data: 'gl:s:0:0' })
  t.equal(list.album.length, 2)
  t.equal(dataOf(list.below, '1'), `gp:${two}:1`, 'the last one first')
  await anna.presses({ data: `gp:${two}:1` }, list.below)
  await anna.presses('✖️ Убрать')
  t.equal((await page(anna, { data: 'gl:s:0:0' })).album.length, 1)

  const boris = await person({ firstName: 'Борис' })
  t.match((await boris.presses({ data: `gs:${one}:1:1` })).answer, { text: /устарел/i }, 'not of another')
  t.match((await boris.presses({ data: `gp:${one}:1` })).answer, { text: /устарел/i })
  await forgetUser(sql, anna.id)
  t.match((await page(anna, { data: 'gl:s:0:0' })).below.text, /В избранном пусто/)
  t.equal((await owner`select from pay.results where user_id = ${anna.id} and starred_at is not null`).length, 0)
})

story('a picture tells what it was made of and what was made of it', async t => {
  const anna = await person()
  const parent = await pictures(anna, { prompt: 'кот' })
  const from = { generationId: parent, n: 1 }
  const child = await pictures(anna, { prompt: 'ярче', image_urls: [{ url: 'https://files.example.com/1.png', from }] })
  const taken = await pictures(anna, { task: { generationId: parent, taskId: 'x', modelId: 'z-image', params: {} } })
  await anna.presses({ data: `gp:${parent}:1` })
  const names = captions(anna.last())
  t.equal(names.filter(name => name.startsWith('⬇️ Что вышло')).length, 2)
  t.equal(names.filter(name => name.startsWith('⬆️')).length, 0)
  for (const id of [child, taken]) {
    await anna.presses({ data: `gp:${id}:1` })
    t.equal(dataOf(anna.last(), '⬆️ Из чего'), `g:${parent}`)
  }
})

story('pictures that Telegram no longer has are left out, and it is said', async t => {
  const anna = await person()
  await pictures(anna, { prompt: 'a' })
  const lost = await pictures(anna, { prompt: 'b' })
  await owner`update pay.results set file_id = 'no-such-file' where generation_id = ${lost}`
  const before = calls('sendPhoto')
  const { album, below } = await page(anna, { data: 'gl:a:0:0' })
  t.equal(album.length, 1)
  t.ok(calls('sendPhoto') > before, 'one by one where the album is refused')
  t.match(below.text, /больше не показывает/)
})
