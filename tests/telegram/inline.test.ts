import t from 'tap'
import { createInline } from '../../src/bot/home/inline.ts'
import { sharedIn, shareQuery } from '../../src/bot/runs/shared-results.ts'
import { inlineQueryIn } from '../../src/telegram/inline.ts'
import { allowedUpdates } from '../../src/telegram/webhook.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons } from '../support/messages.ts'

const { api, deps, telegram, owner, story, person, running, end, serve, catalogue } = await chats(t)
const { player } = api
const inline = createInline({ telegram, deps })

// What the service does with updates: inline queries go beside the lanes.
let offset = 0
async function pump(): Promise<void> {
  const updates = await telegram.call('getUpdates', { offset, timeout: 0, allowed_updates: allowedUpdates })
  for (const update of updates) {
    offset = update.update_id + 1
    inline(update)
  }
}

/** What the person sees who types this after the bot's name. */
async function asks(userId: number, query: string, from = '') {
  const asked = player.inline(userId, query, from === '' ? {} : { offset: from })
  await pump()
  const answer = await asked
  if (answer === 'expired') throw new Error('the query was not answered')
  return answer
}

/** A run of the person with a picture that Telegram has. */
async function withPicture(anna: Person, prompt: string) {
  const { media } = await anna.sends('image/png', { kind: 'photo' }).then(() => anna.chat().findLast(one => one.media)!)
  const id = await running(anna.id, { inputs: { prompt } })
  await end(anna.id, id)
  await owner`update pay.results set file_id = ${media!.fileId}, sent_as = 'photo', message_id = 700 where generation_id = ${id}`
  return id
}

await story('a person finds own results by words, and models below them', async t => {
  const anna = await person()
  const cat = await withPicture(anna, 'рыжий кот')
  const dog = await withPicture(anna, 'чёрный пёс')
  const all = await asks(anna.id, '')
  t.strictSame(
    all.results.slice(0, 2).map(({ id }) => id),
    [`r-${dog}-1`, `r-${cat}-1`],
    'newest first',
  )
  t.ok(all.results.some(({ id }) => id.startsWith('m-')))
  t.strictSame(
    (await asks(anna.id, 'кот')).results.filter(({ id }) => id.startsWith('r-')).map(({ id }) => id),
    [`r-${cat}-1`],
  )
  t.ok((await asks(anna.id, 'видео')).results.every(({ id }) => id.startsWith('m-')))
  t.strictSame((await asks(anna.id, 'такого нет нигде')).results, [])
})

await story('a shared result comes by its file, with the sharer’s invitation and without the words', async t => {
  const anna = await person()
  const id = await withPicture(anna, 'тайные слова')
  const answer = await asks(anna.id, shareQuery(id, 1))
  t.equal(answer.results.length, 1)
  const posted = player.chooseInline(anna.id, answer.queryId, `r-${id}-1`)
  await serve()
  const [row] = await owner`select ref_code, shares from pay.users where user_id = ${anna.id}`
  t.match(posted, { media: { kind: 'photo' }, text: /Сделано моделью Z-Image/ })
  t.notMatch(posted.text, /тайные/)
  t.match(buttons(posted), [{ url: `https://t.me/${api.bot.username}?start=s_${row!.ref_code}_z-image` }])
  t.equal(row!.shares, 1)
})

await story('foreign-ids: nobody finds what is another’s, deleted or forgotten, whatever the query names', async t => {
  const anna = await person()
  const boris = await person()
  const id = await withPicture(anna, 'мой кот')
  t.strictSame((await asks(boris.id, shareQuery(id, 1))).results, [])
  t.notOk((await asks(boris.id, 'мой кот')).results.some(one => one.id.startsWith('r-')))
  t.strictSame((await asks(anna.id, shareQuery(id, 2))).results, [])
  t.strictSame((await asks(anna.id, shareQuery('aaaaaaaaaaaa', 1))).results, [])
  await owner`update pay.results set file_id = null, sent_as = null where generation_id = ${id}`
  t.strictSame((await asks(anna.id, shareQuery(id, 1))).results, [])
})

await story('who does not know the bot sees models, and a way in', async t => {
  const { id } = player.addPerson({ firstName: 'Гость', languageCode: 'ru' })
  const answer = await asks(id, '')
  t.ok(answer.results.length > 3)
  t.match(answer.button, { text: 'Открыть бота', start: 'inline' })
  t.strictSame([...(await owner`select from pay.users where user_id = ${id}`)], [], 'looking is no beginning')
  const banned = await person()
  const kept = await withPicture(banned, 'кот')
  await owner`update pay.users set banned_at = now() where user_id = ${banned.id}`
  t.notOk((await asks(banned.id, '')).results.some(one => one.id.startsWith('r-')))
  t.strictSame((await asks(banned.id, shareQuery(kept, 1))).results, [], 'nor by the button of an old message')
})

await story('who asked to be forgotten finds nothing at once, and gets no new invitation', async t => {
  const anna = await person()
  const id = await withPicture(anna, 'кот')
  await owner`select pay.user_forget(${anna.id})`
  t.strictSame((await asks(anna.id, shareQuery(id, 1))).results, [])
  const { results, button } = await asks(anna.id, '')
  t.ok(results.every(one => one.id.startsWith('m-')))
  t.match(button, { start: 'inline' })
  t.match([...(await owner`select ref_code from pay.users where user_id = ${anna.id}`)], [{ ref_code: null }])
})

await story('results come in pages, each once', async t => {
  const anna = await person()
  const picture = await withPicture(anna, 'кот')
  const [file] = await owner`select file_id from pay.results where generation_id = ${picture}`
  for (let n = 0; n < 24; n++) {
    const id = await running(anna.id, { inputs: { prompt: `кот ${n}` } })
    await end(anna.id, id)
    await owner`update pay.results set file_id = ${file!.file_id}, sent_as = 'photo' where generation_id = ${id}`
  }
  const first = await asks(anna.id, 'кот')
  t.equal(first.results.length, 20)
  const second = await asks(anna.id, 'кот', first.nextOffset)
  const seen = [...first.results, ...second.results].map(({ id }) => id)
  t.equal(new Set(seen).size, seen.length)
  t.equal(seen.filter(id => id.startsWith('r-')).length, 25)
  t.equal(second.nextOffset, '')
})

t.test('odd queries are read as far as they go, or not at all', async t => {
  const from = { id: 5, is_bot: false, first_name: 'x' }
  const read = (query: object) => inlineQueryIn({ inline_query: query })
  t.match(read({ id: '1', from, query: 'кот', offset: '20' }), { query: 'кот', offset: 20 })
  t.match(read({ id: '1', from }), { query: '', offset: 0 })
  t.match(read({ id: '1', from, query: 'x'.repeat(4_096), offset: '-1' }), { query: 'x'.repeat(256), offset: 0 })
  t.match(read({ id: '1', from, query: '\0\ud800', offset: 5 }), { query: '\ufffd', offset: 0 })
  for (const odd of [
    {},
    { id: 1, from },
    { id: '', from },
    { id: '1' },
    { id: '1', from: null },
    { id: '1', from: {} },
  ])
    t.equal(read(odd), undefined, JSON.stringify(odd))
  t.equal(read({ id: '1', from: { ...from, is_bot: true } }), undefined)
  t.equal(inlineQueryIn({ inline_query: 'x' }), undefined)
  t.equal(inlineQueryIn({ message: {} }), undefined)
  t.equal(sharedIn('r:abcdefghjk23:1')?.n, 1)
  for (const text of ['r:ABC:1', 'r:abcdefghjk23:', 'r:abcdefghjk23:1; drop', 'x']) t.equal(sharedIn(text), undefined)
})

await story('of queries that come quickly only the newest of a person counts, and others are answered', async t => {
  const [anna, boris] = [await person(), await person()]
  const hasty = Array.from({ length: 30 }, (_, n) => player.inline(anna.id, 'кот'.slice(0, 1 + (n % 3))))
  const other = player.inline(boris.id, 'видео')
  await pump()
  t.not(await other, 'expired')
  const answers = await Promise.all(hasty)
  const answered = answers.filter(answer => answer !== 'expired')
  t.ok(answered.length < 12, `${answered.length} of 30 were answered`)
  t.not(answers.at(-1), 'expired', 'the newest is')
  t.ok(catalogue.models.length === 42)
})
