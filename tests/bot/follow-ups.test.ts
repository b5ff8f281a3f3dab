import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { to } from '../../src/bot/routes.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { Unknown } from '../../src/errors.ts'
import { overrideHealth } from '../../src/health/model-health.ts'
import { shortId } from '../../src/id.ts'
import { outputsOf, readGeneration } from '../../src/payments/generations.ts'
import { genAccepted, genFinish, genSubmit } from '../../src/payments/order-statements.ts'
import { toPlain } from '../../src/telegram/html.ts'
import { show } from '../../src/telegram/screen.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttonLinks, captions, isOldServer } from '../support/messages.ts'
import { picture } from '../support/world.ts'

const stage = await chats(t)
const { deps, draftOf, owner, person, running, links, sql, story, telegram } = stage
const messages = createMessages(stage.deps)
const pixel = createCanvas(1, 1).toBuffer('image/png')

type Made = Partial<Omit<typeof picture, 'kind'>> & { kind?: 'image' | 'video' | 'audio' }

/** A run that made these, with its result in the chat. */
async function made(anna: Person, modelId: string, all: Made[], params: Record<string, unknown> = {}) {
  const id = await running(anna.id, { modelId, params })
  const ref = { userId: anna.id, id }
  const [taken] = await genSubmit(sql, ref, 'token')
  await genAccepted(sql, ref, taken!.attempt, `task-${id}`)
  const files = all.map((one, index) => ({
    ...picture,
    url: `https://files.example.com/${id}/${index + 1}`,
    ...one,
    n: index + 1,
  }))
  await genFinish(sql, ref, 'success', null, null, files as (typeof picture)[])
  const [run, outputs] = [(await readGeneration(sql, ref))!, await outputsOf(sql, ref)]
  const screen = messages.result(
    run,
    outputs,
    { balanceKop: 0, atWorkKop: 0, atWorkCount: 0, debtKop: 0 },
    { day: 10, of: 10 },
    'ru',
  )
  await show(telegram, { chatId: anna.id }, screen)
  return { id, screen, urls: outputs.map(({ url }) => url) }
}
const video = { kind: 'video', mime: 'video/mp4', extension: 'mp4' } as const
const photo = { width_px: 800, height_px: 600 }

await story('a picture can be made larger: its original is in the order, and only the rest is asked', async t => {
  const anna = await person({ kop: 500_00 })
  const { id, urls } = await made(anna, 'z-image', [photo])
  links.set(urls[0]!, { widthPx: 800, heightPx: 600 })
  const result = anna.last()
  await anna.presses('ещё…')
  await anna.presses('⬆️ Увеличить')
  t.match(
    anna.last().text,
    new RegExp(`^Результат №\u00a0${shortId(id)} уже подставлен\\.\n\nШаг 2 из 2 · Кратность\n`),
  )
  t.match(await draftOf(anna.id), {
    model_id: 'topaz/image-upscale',
    inputs: { answers: { image_url: [{ widthPx: 800 }] } },
  })
  t.not(anna.last().messageId, result.messageId, 'the result stays')
  t.equal(anna.chat().find(({ messageId }) => messageId === result.messageId)!.text, result.text)
})

await story('a picture can be made to move with any model that takes it, at the price of each', async t => {
  const anna = await person({ kop: 500_00 })
  const { id, urls } = await made(anna, 'z-image', [photo])
  links.set(urls[0]!, { widthPx: 800, heightPx: 600 })
  await anna.presses('✨ Оживить')
  t.equal(anna.last().text, `Выберите модель: результат №\u00a0${shortId(id)} подставится сам.`)
  t.equal(captions(anna.last()).filter(text => /₽|🎁/.test(text)).length, 8, 'all that make a photo move')
  await anna.presses('⏳ Kling 2.6')
  t.match(anna.last().text, /уже подставлен\.\n\nШаг 2 из 4 · Описание/)
  t.match(await draftOf(anna.id), { model_id: 'kling-2.6/image-to-video' })
  await anna.presses({ data: `fl:${id}:an:0` })
  await anna.presses('⏳ Kling 2.5')
  t.match(anna.last().text, /^У вас есть незаконченный заказ: Kling 2\.6/, 'and an order that was begun is not lost')
  await anna.presses('Начать новый')
  t.match((await draftOf(anna.id))?.inputs.answers, { image_url: [{}] })
})

await story('of several pictures one is chosen', async t => {
  const anna = await person({ kop: 500_00 })
  const { urls } = await made(anna, 'grok-imagine/text-to-image', [photo, photo, photo])
  links.set(urls[1]!, { widthPx: 333 })
  await anna.presses('ещё…')
  await anna.presses('⬆️ Увеличить')
  t.match(anna.last().text, /^Какую картинку взять\?/)
  t.strictSame(captions(anna.last()), ['1', '2', '3', '🏠 Меню'])
  await anna.presses('2')
  t.match((await draftOf(anna.id))?.inputs.answers, { image_url: [{ widthPx: 333 }] })
})

await story('a video is made larger by the model that takes its run, unless it is as large as can be', async t => {
  const anna = await person({ kop: 500_00 })
  const { id } = await made(anna, 'grok-imagine/text-to-video', [video], { resolution: '480p' })
  t.notOk(captions(anna.last()).includes('✨ Оживить'), 'it moves already')
  await anna.presses('ещё…')
  await anna.presses('⬆️ Увеличить')
  t.match(await draftOf(anna.id), {
    model_id: 'grok-imagine/upscale',
    inputs: { answers: { task_id: { generationId: id } } },
  })
  const { screen } = await made(anna, 'grok-imagine/text-to-video', [video], { resolution: '1080p' })
  const other = await made(anna, 'sora-2-text-to-video', [video])
  const sound = await made(anna, 'elevenlabs/sound-effect-v2', [{ kind: 'audio', mime: 'audio/mpeg' }])
  for (const one of [screen, other.screen, sound.screen]) {
    await show(telegram, { chatId: anna.id }, one)
    await anna.presses('ещё…')
    t.notOk(captions(anna.last()).some(text => /Увеличить|Оживить/.test(text)))
  }
})

await story('what is gone upstream is taken from Telegram, and what is gone there too is said to be gone', async t => {
  const anna = await person({ kop: 500_00 })
  const { id, urls } = await made(anna, 'z-image', [photo])
  const sent = await telegram.call('sendDocument', { chat_id: anna.id, document: { source: pixel, filename: '1.png' } })
  await anna.presses({ data: `fl:${id}:up:0` })
  t.equal(anna.last().text, 'Файл уже удалён.')
  t.strictSame(captions(anna.last()), ['🏠 Меню'])
  t.equal(await draftOf(anna.id), undefined)

  await owner`update pay.results set file_id = ${sent.document.file_id}, sent_as = 'document' where generation_id = ${id}`
  await anna.presses({ data: `fl:${id}:up:0` })
  t.match((await draftOf(anna.id))?.inputs.answers, { image_url: [{ fileId: sent.document.file_id }] })
  await anna.presses('✖️ Отмена')
  links.set(urls[0]!, { widthPx: 800 })
  await anna.presses({ data: `fl:${id}:up:0` })
  t.match((await draftOf(anna.id))?.inputs.answers, { image_url: [{ widthPx: 800 }] }, 'the original comes first')
})

await story('a network that is down says nothing about the file', async t => {
  const anna = await person({ kop: 500_00 })
  const { id, urls } = await made(anna, 'z-image', [photo])
  links.set(urls[0]!, new Unknown('no answer'))
  await t.rejects(anna.presses({ data: `fl:${id}:up:0` }), Unknown, 'it is pressed once more later')
})

await story('a result of another person, a failed run and a model that does not take it are nobody’s', async t => {
  const anna = await person({ kop: 500_00 })
  const boris = await person()
  const { id } = await made(anna, 'z-image', [photo])
  const failed = await running(anna.id)
  await stage.end(anna.id, failed, 'moderation')
  const refused = async (who: Person, data: string) =>
    t.match((await who.presses({ data })).answer, { text: 'Этот экран устарел' }, data)
  await refused(boris, `fl:${id}:up:0`)
  await refused(boris, `fu:${id}:1:topaz-image-upscale`)
  await refused(anna, `fl:${failed}:up:0`)
  await refused(anna, `fl:${id}:up:7`)
  await refused(anna, `fu:${id}:1:sora-2-text-to-video`)
  t.equal(await draftOf(boris.id), undefined)
})

await story('a model that is off is not offered, and an old button to it leads to others', async t => {
  const anna = await person({ kop: 500_00 })
  const { id } = await made(anna, 'z-image', [photo])
  await anna.presses('ещё…')
  const result = anna.last()
  const off = { modelId: 'topaz/image-upscale', adminId: 1, reason: 'проверяем' }
  await overrideHealth(deps.adminSql, { ...off, to: 'off' })
  await deps.modelHealth.refresh()
  await anna.presses('⬆️ Увеличить', result)
  t.match(anna.last().text, /^Модель временно недоступна\. Похожие:/)
  await anna.presses({ data: `fu:${id}:1:topaz-image-upscale` })
  t.match(anna.last().text, /^Модель временно недоступна\. Похожие:/)
  t.equal(await draftOf(anna.id), undefined)
  await overrideHealth(deps.adminSql, { ...off, to: 'auto' })
  await deps.modelHealth.refresh()
})

const all = (kop: string) => [
  `🔁 Повторить за ${kop}`,
  '✏️ Изменить параметры',
  '📎 Оригинал без сжатия',
  '⬆️ Увеличить',
  '✨ Оживить',
  ...(isOldServer ? [] : ['📋 Скопировать запрос']),
  '🧾 Почему списано',
  '🏠 Меню',
  '‹ Свернуть',
]

await story('a result offers the two likeliest steps in one row, and the others on the same message', async t => {
  const anna = await person({ kop: 500_00 })
  const { id } = await made(anna, 'z-image', [photo])
  const few = ['🔁 45\u00a0₽', '✨ Оживить', 'ещё…']
  t.equal(anna.last().buttons.length, 1)
  t.strictSame(captions(anna.last()), few)
  const { messageId, html } = anna.last()
  const before = anna.chat().length
  await anna.presses('ещё…')
  t.strictSame(captions(anna.last()), all('45\u00a0₽'))
  t.match(anna.last(), { messageId, html }, 'its words stay')
  const from = stage.api.calls.length
  await anna.presses({ data: to.generation(id, 'more') })
  t.ok(stage.api.calls.slice(from).some(({ description = '' }) => description.includes('message is not modified')))
  t.strictSame(captions(anna.last()), all('45\u00a0₽'), 'a second press changes nothing')
  await anna.presses('‹ Свернуть')
  t.strictSame(captions(anna.last()), few)
  t.equal(anna.chat().length, before)
})

await story('the buttons of a photo change under it, and those of an old message work as they did', async t => {
  const anna = await person({ kop: 500_00 })
  const { id, screen } = await made(anna, 'z-image', [photo])
  const reply_markup = { inline_keyboard: [[{ text: 'ещё…', callback_data: to.generation(id, 'more') }]] }
  await telegram.call('sendPhoto', {
    chat_id: anna.id,
    photo: { source: pixel },
    caption: toPlain(screen.text),
    reply_markup,
  })
  const sent = anna.last()
  await anna.presses('ещё…')
  t.strictSame(captions(anna.last()), all('45\u00a0₽'))
  t.match(anna.last(), { messageId: sent.messageId, text: sent.text, media: sent.media })
  await anna.presses('🧾')
  t.match(anna.last().text, /^🧾 Запуск/)
  await anna.presses(
    '‹ Свернуть',
    anna.chat().find(({ messageId }) => messageId === sent.messageId),
  )
  t.equal(captions(anna.chat().find(({ messageId }) => messageId === sent.messageId)!).length, 3)

  const old = {
    inline_keyboard: [[{ text: '📎', callback_data: `g:${id}:or` }], [{ text: '🔁', callback_data: `g:${id}:rp` }]],
  }
  await telegram.call('sendPhoto', {
    chat_id: anna.id,
    photo: { source: pixel },
    caption: 'как раньше',
    reply_markup: old,
  })
  await anna.presses('📎')
  t.ok(stage.sentAgain.includes(`original ${id}`))
})

await story('links to files and what else is on a result stay when its buttons change', async t => {
  const anna = await person({ kop: 500_00 })
  const { id, screen } = await made(anna, 'z-image', [photo, photo])
  const until = new Date()
  const link = { n: 1, until, link: { url: 'https://bot.example/1', until } }
  const run = (await readGeneration(sql, { userId: anna.id, id }))!
  const withLinks = messages.withoutFiles(run, screen, [link, { n: 2, until, link: undefined }], 'later', 'ru')
  await show(telegram, { chatId: anna.id }, withLinks)
  t.match(captions(anna.last()), [/^Скачать/, '📤 Прислать ещё раз', '🔁 45\u00a0₽', '✨ Оживить', 'ещё…'])
  await anna.presses('ещё…')
  t.match(captions(anna.last()), [/^Скачать/, '📤 Прислать ещё раз', ...all('45\u00a0₽')])
  t.strictSame(buttonLinks(anna.last()), ['https://bot.example/1'])
  await anna.presses('‹ Свернуть')
  t.match(captions(anna.last()), [/^Скачать/, '📤 Прислать ещё раз', /^🔁/, '✨ Оживить', 'ещё…'])
})

await story('more buttons of a message that is gone come anew, and of another person’s run never', async t => {
  const anna = await person({ kop: 500_00 })
  const boris = await person()
  const { id } = await made(anna, 'z-image', [photo])
  const data = to.generation(id, 'more')
  t.match((await boris.presses({ data })).answer, { text: 'Этот экран устарел' })
  const failed = await running(anna.id)
  await stage.end(anna.id, failed, 'moderation')
  t.match((await anna.presses({ data: to.generation(failed, 'more') })).answer, { text: 'Этот экран устарел' })

  const result = anna.last()
  const chat = { id: anna.id, type: 'private', first_name: 'Анна' }
  const from = { id: anna.id, is_bot: false, first_name: 'Анна', language_code: 'ru' }
  const press = (message: object, data: string) =>
    stage.bot.handle({ update_id: 1, callback_query: { id: '1', chat_instance: '1', from, message, data } })
  // https://core.telegram.org/bots/api#inaccessiblemessage: its date is always 0.
  await press({ message_id: result.messageId, chat, date: 0 }, data)
  t.not(anna.last().messageId, result.messageId)
  t.strictSame(captions(anna.last()), all('45\u00a0₽'))
  t.match(anna.last().text, new RegExp(`№\u00a0${shortId(id)}$`))
  const before = anna.chat().length
  await press({ message_id: result.messageId, chat, date: 0 }, to.generation(id, 'fold'))
  t.equal(anna.chat().length, before)
  await telegram.call('deleteMessage', { chat_id: anna.id, message_id: result.messageId })
  const markup = { inline_keyboard: [[{ text: 'ещё…', callback_data: data }]] }
  await press({ message_id: result.messageId, chat, date: 1_800_000_000, text: 'x', reply_markup: markup }, data)
  t.strictSame(captions(anna.last()), all('45\u00a0₽'), 'deleted in between')
})

await story('below a film and a sound are repeat and change', async t => {
  const anna = await person({ kop: 500_00 })
  await made(anna, 'grok-imagine/text-to-video', [video])
  t.strictSame(captions(anna.last()), ['🔁 45\u00a0₽', '✏️ Изменить', 'ещё…'])
  await made(anna, 'elevenlabs/sound-effect-v2', [{ kind: 'audio', mime: 'audio/mpeg' }])
  t.strictSame(captions(anna.last()), ['🔁 45\u00a0₽', '✏️ Изменить', 'ещё…'])
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(stage.api.calls)), [])
})
