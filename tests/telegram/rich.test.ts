import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { createLog } from '../../src/log.ts'
import { createTelegram, TelegramRefused } from '../../src/telegram/client.ts'
import { html } from '../../src/telegram/html.ts'
import { lacks, noteLack } from '../../src/telegram/older.ts'
import { collage, heading, paragraph, type RichBlock, richText, table } from '../../src/telegram/rich.ts'
import { button, type Screen, show } from '../../src/telegram/screen.ts'

/** A chat of one person with the bot, and what is logged. */
async function chat(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const standIn = await startTelegram({ seed: 7, apiVersion: '10.3', ...options })
  t.teardown(() => standIn.close())
  standIn.faults.limits = false
  const { id: chatId } = standIn.player.addPerson({ firstName: 'Анна' })
  standIn.player.open(chatId)
  const { apiRoot, token, calls } = standIn
  const silent = createLog({ level: 'silent', secrets: [token] })
  const telegram = createTelegram({ token, apiRoot, rateLimiter: async () => 0, log: silent })
  const logged: string[] = []
  const log = { warn: (_: unknown, text: string) => void logged.push(text) }
  return {
    ...{ standIn, telegram, chatId, calls, logged, log },
    last: () => standIn.player.chat(chatId).at(-1)!,
    shows: (screen: Screen, messageId?: number) =>
      show(telegram, messageId === undefined ? { chatId } : { chatId, messageId }, screen, log as never),
  }
}

const prices = table({
  align: ['left', 'right'],
  head: [html`Размер`, html`Цена`],
  rows: [
    [html`1K`, html`<b>5</b> ₽`],
    [html`4K`, html`12 ₽`],
  ],
  caption: html`За картинку`,
})
const screen = (rich: RichBlock[], text = 'Цены: 5 ₽, 12 ₽'): Screen => ({
  text: html`${text}`,
  buttons: [[button('Меню', 'h')]],
  rich,
})
const odd = [{ type: 'hologram' } as unknown as RichBlock]

t.test('our texts become those of Telegram, with what is inside of what', t => {
  const cases: [ReturnType<typeof html>, unknown][] = [
    [html`кот`, 'кот'],
    [html``, ''],
    [html`${'<b> & "co"'}`, '<b> & "co"'],
    [html`<b>кот</b>`, { type: 'bold', text: 'кот' }],
    [
      html`до <i>и <b>в</b></i> после`,
      ['до ', { type: 'italic', text: ['и ', { type: 'bold', text: 'в' }] }, ' после'],
    ],
    [html`<a href="https://t.me/x?a=1&amp;b=2">тут</a>`, { type: 'url', url: 'https://t.me/x?a=1&b=2', text: 'тут' }],
    [html`<made-up>слова</made-up> и <code>id</code>`, ['слова', ' и ', { type: 'code', text: 'id' }]],
    [{ html: 'не закрыт <b>и' }, ['не закрыт ', 'и']],
    [{ html: 'лишний</b> конец' }, 'лишний конец'],
  ]
  for (const [text, wanted] of cases) t.same(richText(text), wanted, text.html)
  t.end()
})

t.test('a screen with blocks is sent rich, with its buttons', async t => {
  const { shows, last, logged } = await chat(t)
  const blocks = [heading(html`Цены`), paragraph(html`<b>кот</b>\nи пёс`), prices]
  const messageId = await shows(screen(blocks))
  const message = last()
  t.equal(message.messageId, messageId)
  t.same(
    message.rich?.blocks.map(({ type }) => type),
    ['heading', 'paragraph', 'table'],
  )
  t.same(message.rich?.blocks[2]?.cells?.[1]?.[1], {
    text: [{ type: 'bold', text: '5' }, ' ₽'],
    align: 'right',
    valign: 'top',
  })
  t.match(message.text, /кот\nи пёс\nРазмер Цена\n1K 5 ₽\n4K 12 ₽\nЗа картинку/)
  t.match(message.buttons, [[{ text: 'Меню' }]])
  t.same(logged, [])
})

t.test('a plain screen is edited into a rich one and back, in the same message', async t => {
  const { shows, last } = await chat(t)
  const messageId = await shows({ text: html`просто`, buttons: [] })
  t.equal(await shows(screen([prices]), messageId), messageId)
  t.ok(last().rich)
  t.equal(await shows(screen([prices]), messageId), messageId, 'a second press changes nothing')
  t.equal(await shows({ text: html`просто`, buttons: [] }, messageId), messageId)
  t.match(last(), { text: 'просто', rich: undefined })
})

t.test('a rich screen in place of what is gone is a new message', async t => {
  const { shows, last, telegram, chatId } = await chat(t)
  const messageId = await shows({ text: html`просто`, buttons: [] })
  await telegram.call('deleteMessage', { chat_id: chatId, message_id: messageId })
  t.not(await shows(screen([prices]), messageId), messageId)
  t.ok(last().rich)
})

t.test('a table longer than Telegram takes is cut, and is sent', async t => {
  const { shows, last } = await chat(t)
  const rows = Array.from({ length: 600 }, (_, n) => [html`${n}`])
  await shows(screen([table({ align: ['left'], rows })]))
  t.equal(last().rich?.blocks[0]?.cells?.length, 450)
})

t.test('an old server is asked once: its people get the plain texts', async t => {
  const { shows, last, calls, logged, telegram } = await chat(t, { apiVersion: '7.1' })
  const messageId = await shows(screen([prices]))
  t.match(last(), { messageId, text: 'Цены: 5 ₽, 12 ₽', rich: undefined, buttons: [[{ text: 'Меню' }]] })
  t.equal(await shows(screen([prices], 'другие цены'), messageId), messageId, 'edited in place')
  t.equal(last().text, 'другие цены')
  t.same(
    calls.map(({ method }) => method),
    ['sendRichMessage', 'sendMessage', 'editMessageText'],
  )
  t.match(logged, [/knows no rich messages/])
  t.equal(logged.length, 1)
  t.equal(lacks(telegram, 'rich', Date.now() + 599_000), true)
  t.equal(lacks(telegram, 'rich', Date.now() + 601_000), false, 'it is asked again, as it may have been updated')
})

t.test('an old server is found out by an edit too, which keeps its message', async t => {
  const { shows, last, logged } = await chat(t, { apiVersion: '7.1' })
  const messageId = await shows({ text: html`просто`, buttons: [] })
  t.equal(await shows(screen([prices]), messageId), messageId)
  t.match(last(), { messageId, text: 'Цены: 5 ₽, 12 ₽' })
  t.match(logged, [/knows no rich messages/])
})

t.test('one refused rich message goes plain, and the next ones are rich', async t => {
  const { shows, last, logged } = await chat(t)
  await shows(screen(odd))
  t.match(last(), { text: 'Цены: 5 ₽, 12 ₽', rich: undefined })
  await shows(screen([collage([{ kind: 'photo', fileId: 'no-such-file' }])], 'без картинки'))
  t.match(last(), { text: 'без картинки', rich: undefined })
  t.same(logged, Array(2).fill('a rich message was refused, its plain text is sent'))
  await shows(screen([prices]))
  t.ok(last().rich)
})

t.test('a refusal that is about the chat is no reason to send again', async t => {
  const { shows, standIn, chatId, calls } = await chat(t)
  standIn.player.block(chatId, true)
  await t.rejects(shows(screen([prices])), TelegramRefused)
  t.same(
    calls.map(({ method }) => method),
    ['sendRichMessage'],
  )
})

t.test('a lost answer is no reason to send again', async t => {
  const { shows, standIn, calls } = await chat(t)
  standIn.faults.answerLost = 1
  await t.rejects(shows(screen([prices])), { name: 'Unknown' })
  t.equal(calls.length, 1)
})

t.test('what one server lacks says nothing about another', async t => {
  const [old, today] = [await chat(t), await chat(t)]
  noteLack(old.telegram, 'rich')
  await Promise.all([old.shows(screen([prices])), today.shows(screen([prices]))])
  t.equal(old.last().rich, undefined)
  t.ok(today.last().rich)
})
