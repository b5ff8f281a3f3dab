import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { exampleAdd } from '../../src/bot/admin/examples.ts'
import { noteLack } from '../../src/telegram/older.ts'
import { forgetUser } from '../../src/users/users.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { mp3Of } from '../support/media/media.ts'
import { captions, isOldServer, withFiles } from '../support/messages.ts'

const { api, deps, telegram, sql, owner, story, person, running, end, adminIds } = await chats(t)

const png = createCanvas(60, 40).toBuffer('image/png')
const sound = Buffer.from(mp3Of(2).bytes)
type Kind = 'photo' | 'audio'
/** A result of the person's that Telegram has, with its buttons. Returns the id of its run. */
async function result(who: Person, { modelId = 'z-image', words = 'кот', kind = 'photo' as Kind } = {}) {
  const id = await running(who.id, { modelId, inputs: { prompt: words, text: words } as never })
  await end(who.id, id)
  const sent =
    kind === 'photo'
      ? await telegram.call('sendPhoto', { chat_id: who.id, photo: { source: png } })
      : await telegram.call('sendAudio', { chat_id: who.id, audio: { source: sound } })
  const fileId = 'photo' in sent ? sent.photo.at(-1)!.file_id : sent.audio.file_id
  await owner`update pay.results set file_id = ${fileId}, sent_as = ${kind} where generation_id = ${id}`
  return id
}
async function admin(): Promise<Person> {
  const who = await person({ kop: 500_00 })
  adminIds.push(who.id)
  return who
}
const chosen = async (modelId = 'z-image') =>
  (await owner<{ slot: number }[]>`select slot from pay.examples where model_id = ${modelId} order by slot`).map(
    ({ slot }) => slot,
  )
/** What came with a press: the files with their words, and what stands below them. */
async function page(who: Person, what: Parameters<Person['presses']>[0]) {
  const before = new Set(who.chat().map(({ messageId }) => messageId))
  await who.presses(what)
  const came = who.chat().filter(({ messageId }) => !before.has(messageId))
  return { album: withFiles(came).map(({ text }) => text ?? ''), below: who.last(), first: before.size }
}
// Albums, as an old server sends them; the collage has a story of its own.
noteLack(telegram, 'rich')
t.afterEach(async () => void (await owner`delete from pay.examples`))

story('an admin makes a result of their own an example, with one press, and takes it back with another', async t => {
  const anna = await admin()
  const id = await result(anna)
  const { answer } = await anna.presses({ data: `g:${id}:ex` })
  t.match(answer, { text: 'Теперь это пример 1 из 4, его видят все.' })
  t.strictSame(await chosen(), [1])
  t.match(await owner`select words, content = ${png} as same from pay.examples`, [{ words: 'кот' }])
  t.match((await anna.presses({ data: `g:${id}:ex` })).answer, { text: 'Это уже пример.' })
  t.strictSame(await chosen(), [1])
  t.match((await anna.presses({ data: `g:${id}:ux` })).answer, { text: 'Убрано из примеров.' })
  t.strictSame(await chosen(), [])
  const kinds = await owner`select kind from pay.audit_log where admin_id = ${anna.id} order by id`
  t.strictSame(
    [...kinds].map(({ kind }) => kind),
    ['example_add', 'example_drop'],
  )
})

story('the fifth example waits for a free place, and says where to make one', async t => {
  const anna = await admin()
  for (let n = 0; n < 4; n++) await anna.presses({ data: `g:${await result(anna, { words: `кот ${n}` })}:ex` })
  const fifth = await result(anna)
  t.match((await anna.presses({ data: `g:${fifth}:ex` })).answer, { text: /уже четыре/ })
  await anna.presses({ data: 'm:z-image' })
  const shown = await page(anna, '👀')
  t.strictSame(shown.album, ['1. кот 0\n2. кот 1\n3. кот 2\n4. кот 3', '', '', ''])
  await anna.presses('✖️ 2')
  t.strictSame(await chosen(), [1, 3, 4])
  t.match((await anna.presses({ data: `g:${fifth}:ex` })).answer, { text: /пример 2 из 4/ })
})

story('of several results the admin chooses one by its number', async t => {
  const anna = await admin()
  const id = await running(anna.id, { inputs: { prompt: 'три кота' } })
  await end(anna.id, id, undefined, 3)
  const fileIds: string[] = []
  for (let n = 0; n < 3; n++)
    fileIds.push((await telegram.call('sendPhoto', { chat_id: anna.id, photo: { source: png } })).photo.at(-1)!.file_id)
  for (const [n, fileId] of fileIds.entries())
    await owner`update pay.results set file_id = ${fileId}, sent_as = 'photo' where generation_id = ${id} and n = ${n + 1}`
  await anna.presses({ data: `g:${id}:ex` })
  t.match(anna.last().text, /Какой из результатов/)
  t.match((await anna.presses('3')).answer, { text: /пример 1 из 4/ })
  t.match(await owner`select n, file_id from pay.examples`, [{ n: 3, file_id: fileIds[2] }])
  t.match((await anna.presses({ data: `ao:${id}:4` })).answer, { text: /только ваш результат/ })
  await anna.presses({ data: `g:${id}:ux` })
  t.strictSame(await chosen(), [])
})

story('somebody else’s result, a failed run and a press by anybody else change nothing', async t => {
  const [boris, anna] = [await person({ kop: 500_00 }), await admin()]
  const foreign = await result(boris)
  await anna.presses({ data: `g:${foreign}:ex` })
  const failed = await running(anna.id, {})
  await end(anna.id, failed, 'generation_failed')
  await anna.presses({ data: `g:${failed}:ex` })
  const unsent = await running(anna.id, {})
  await end(anna.id, unsent)
  t.match((await anna.presses({ data: `g:${unsent}:ex` })).answer, { text: /только ваш результат/ })
  await boris.presses({ data: `g:${foreign}:ex` })
  await boris.presses({ data: `ao:${foreign}:1` })
  t.match(
    await exampleAdd(deps.adminSql, anna.id, foreign, 1, 'кот', null),
    [{ outcome: 'none' }],
    'nor past the handler',
  )
  await anna.presses({ data: `ao:${foreign}:1` })
  t.strictSame(await chosen(), [])
  await anna.presses({ data: `g:${await result(anna)}:ex` })
  await boris.presses({ data: 'ax:z-image:1' })
  t.strictSame(await chosen(), [1])
  await t.rejects(sql`select pay.example_drop(1, 'z-image', 1)`, /permission denied/)
})

story('examples stand as an album above the card; a model without any has no button', async t => {
  const anna = await admin()
  for (const words of ['рыжий кот', 'лодка <в> море'])
    await anna.presses({ data: `g:${await result(anna, { words })}:ex` })
  const boris = await person({ firstName: 'Борис' })
  await boris.says('/menu')
  const { screen: card } = await boris.presses({ data: 'm:z-image' })
  const shown = await page(boris, '👀 Что получается: 2')
  t.strictSame(shown.album, ['1. рыжий кот\n2. лодка <в> море', ''])
  t.match(captions(shown.below)[0], '▶️ Начать')
  t.notOk(
    captions(shown.below).some(text => text.startsWith('✖️')),
    'only an admin takes one away',
  )
  t.notOk(
    boris.chat().some(({ messageId }) => messageId === card.messageId),
    'the card above the album is gone',
  )
  const { screen: other } = await boris.presses({ data: 'm:google-nano-banana' })
  t.notOk(captions(other).some(text => text.startsWith('👀')))
  await boris.presses({ data: 'mx:google-nano-banana' })
  t.match(boris.last().text, /Примеры сейчас не показать/, 'an old button')
})

story('a list shows one example of each of its models, pictures and sounds apart', async t => {
  const anna = await admin()
  await anna.presses({ data: `g:${await result(anna)}:ex` })
  await anna.presses({ data: `g:${await result(anna, { words: 'второй' })}:ex` })
  await anna.presses({ data: `g:${await result(anna, { modelId: 'google/imagen4' })}:ex` })
  const speech = await result(anna, {
    modelId: 'elevenlabs/text-to-speech-turbo-2-5',
    kind: 'audio',
    words: 'Добрый вечер',
  })
  await anna.presses({ data: `g:${speech}:ex` })
  const boris = await person({ firstName: 'Борис' })
  await boris.says('/menu')
  await boris.presses({ data: 'f:ti:0' })
  const shown = await page(boris, '👀 Что получается')
  t.equal(shown.album.length, 2)
  t.match(shown.album.join(), /^Z-Image · .*\nImagen 4 · |^Imagen 4 · .*\nZ-Image · /)
  t.match(shown.below.text, /^Нарисовать/)
  await boris.presses({ data: 'f:au:0' })
  const heard = await page(boris, '👀 Что получается')
  t.equal(heard.album.length, 1)
  await boris.presses({ data: 'f:iv:0' })
  t.notOk(
    captions(boris.last()).some(text => text.startsWith('👀')),
    'no model of this list has any',
  )
})

story('an id that Telegram refuses is replaced by our copy, once; without a copy the others are shown', async t => {
  const anna = await admin()
  for (const words of ['один', 'два', 'три']) await anna.presses({ data: `g:${await result(anna, { words })}:ex` })
  await owner`update pay.examples set file_id = 'AgACAgQAAxkgone' where slot = 2`
  await owner`update pay.examples set file_id = 'AgACAgQAAxkgone', content = null where slot = 3`
  await anna.says('/menu')
  const uploads = () =>
    api.calls.filter(call => call.status === 200 && JSON.stringify(call).includes('example-')).length
  const before = uploads()
  const shown = await page(anna, { data: 'mx:z-image' })
  t.strictSame(shown.album, ['1. один', '2. два'], 'one by one: an album is refused for one of its files')
  t.equal(uploads(), before + 1)
  await page(anna, { data: 'mx:z-image' })
  t.equal(uploads(), before + 1, 'Telegram has it now')
})

story('in English, and gone with the data of their admin', async t => {
  const anna = await admin()
  await anna.presses({ data: `g:${await result(anna)}:ex` })
  const john = await person({ firstName: 'John', languageCode: 'en' })
  await john.says('/menu')
  await john.presses({ data: 'm:z-image' })
  t.ok(captions(john.last()).includes('👀 What it makes: 1'))
  t.strictSame((await page(john, '👀')).album, ['1. кот'])
  adminIds.length = 0
  await forgetUser(sql, anna.id)
  t.strictSame(await chosen(), [])
})

story(
  'several pictures stand above the card in the same message, and go in an album where that is refused',
  async t => {
    const anna = await admin()
    const boris = await person()
    for (const words of ['кот', 'пёс', 'рыба']) await anna.presses({ data: `g:${await result(anna, { words })}:ex` })
    if (!isOldServer) noteLack(telegram, 'rich', 0)
    await boris.says('/menu')
    await boris.presses({ data: 'm:z-image' })
    const card = boris.last()
    const count = boris.chat().length
    await boris.presses('👀')
    const shown = boris.last()
    if (!isOldServer) {
      t.equal(boris.chat().length, count, 'nothing else was sent')
      t.equal(shown.messageId, card.messageId)
      t.equal(shown.rich?.blocks[0]?.blocks?.length, 3)
      t.match(shown.text, `1. кот\n2. пёс\n3. рыба\n${card.text?.split('\n')[0]}`)
      t.strictSame(captions(shown), captions(card))
      await boris.presses('📄 Параметры')
      t.match(boris.last(), { messageId: card.messageId, rich: undefined })
    }
    await owner`update pay.examples set file_id = 'gone' where slot = 2`
    await boris.presses({ data: 'm:z-image' })
    const again = await page(boris, '👀')
    t.equal(again.album.length, 3, 'by our copy, in an album')
    t.match(again.below.text, card.text)
    await owner`update pay.examples set file_id = null where slot = 2`
    await boris.presses({ data: 'm:z-image' })
    t.equal((await page(boris, '👀')).album.length, 3, 'one that Telegram does not have is not left out')
    noteLack(telegram, 'rich')
  },
)

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(api.calls)), [])
})
