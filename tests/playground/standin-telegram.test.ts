import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import t, { type Test } from 'tap'
import { Telegram } from 'telegraf'
import { startTelegram } from '../../playground/telegram/server.ts'
import { caller } from '../support/standin.ts'

type Envelope = {
  ok: boolean
  // The tests look into results of many kinds; each names what it expects.
  result: Record<string, unknown> & { message_id: number }
  error_code?: number
  description?: string
  parameters?: { retry_after: number }
}

/** A stand-in with one person in an open chat; closed with the test. */
async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  t.teardown(() => telegram.close())
  const anna = telegram.player.addPerson({ firstName: 'Анна', username: 'anna' })
  telegram.player.open(anna.id)
  return { telegram, anna, call: caller<Envelope>(telegram) }
}

async function until<T>(look: () => T | undefined | false, what: string): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const seen = look()
    if (seen) return seen
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`waited in vain until ${what}`)
}

type Update = { update_id: number } & Record<string, Record<string, unknown>>
type Reply = { status: number; headers?: Record<string, string>; body?: string }

/** A bot's webhook: what arrives, and an answer that the test chooses. */
async function webhook(t: Test, answer: (update: Update, nth: number) => Reply | Promise<Reply>) {
  const got: { update: Update; at: number; secret: unknown }[] = []
  const server = createServer(async (request, response) => {
    const update = JSON.parse(await read(request)) as Update
    got.push({ update, at: Date.now(), secret: request.headers['x-telegram-bot-api-secret-token'] })
    const { status, headers, body } = await answer(update, got.length)
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`, got }
}

async function read(request: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const texts = (got: { update: Update }[]) => got.map(({ update }) => update.message?.text)
const png = (width: number, height: number) => createCanvas(width, height).encode('png')
const wav = () => {
  const bytes = Buffer.alloc(44 + 8000)
  bytes.write('RIFF')
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(8000, 24)
  bytes.writeUInt32LE(8000, 28)
  bytes.writeUInt16LE(1, 32)
  bytes.writeUInt16LE(8, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(8000, 40)
  return bytes
}

/** The smallest MP4 that says it is 64 × 48 pixels and two seconds long. */
function mp4() {
  const box = (type: string, ...body: Buffer[]) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(8 + Buffer.concat(body).length)
    head.write(type, 4)
    return Buffer.concat([head, ...body])
  }
  const movie = Buffer.alloc(100)
  movie.writeUInt32BE(1000, 12)
  movie.writeUInt32BE(2000, 16)
  const track = Buffer.alloc(84)
  track.writeUInt32BE(64 << 16, 76)
  track.writeUInt32BE(48 << 16, 80)
  const moov = box('moov', box('mvhd', movie), box('trak', box('tkhd', track)))
  return Buffer.concat([box('ftyp', Buffer.from('isom\0\0\0\0isom')), moov, box('mdat', Buffer.alloc(64))])
}

t.test('a wrong token is 401, an unknown method 404, and names do not mind the case', async t => {
  const { telegram, call } = await standIn(t)
  const wrong = await fetch(`${telegram.apiRoot}/bot123:wrong/getMe`)
  t.equal(wrong.status, 401)
  t.match(await wrong.json(), { ok: false, error_code: 401, description: 'Unauthorized' })
  t.match(await call('sendMesage', {}), { ok: false, error_code: 404 })
  t.match(await call('GETME'), { ok: true, result: { id: telegram.bot.id, is_bot: true } })
  t.match(telegram.token, new RegExp(`^${telegram.bot.id}:AA[\\w-]{33}$`))
})

t.test('parameters may come by query, form, JSON or multipart, and a wrong kind is refused', async t => {
  const { telegram, anna, call } = await standIn(t)
  const url = `${telegram.apiRoot}/bot${telegram.token}/sendMessage`
  const markup = JSON.stringify({ inline_keyboard: [[{ text: 'Да', callback_data: 'yes' }]] })
  const form = new FormData()
  const pairs = { chat_id: String(anna.id), text: 'привет', reply_markup: markup }
  for (const [key, value] of Object.entries(pairs)) form.set(key, value)
  const query = new URLSearchParams(pairs)
  for (const request of [
    fetch(`${url}?${query}`),
    fetch(url, { method: 'POST', body: query }),
    fetch(url, { method: 'POST', body: form }),
  ]) {
    t.match(await (await request).json(), { ok: true, result: { text: 'привет', chat: { id: anna.id } } })
    t.match(telegram.calls.at(-1), {
      fields: { chat_id: anna.id, reply_markup: { inline_keyboard: [[{ text: 'Да' }]] } },
    })
  }
  t.match(await call('sendMessage', { chat_id: anna.id, text: { a: 1 } }), { ok: false, error_code: 400 })
  t.match(await call('sendMessage', { chat_id: anna.id, text: 'a', reply_markup: 'x' }), { ok: false, error_code: 400 })
  t.match(await call('editMessageText', { chat_id: anna.id, message_id: 'x', text: 'a' }), {
    ok: false,
    error_code: 400,
  })
  t.match(await call('sendMessage', { chat_id: anna.id, text: 'a', txet: 'b' }), {
    error_code: 400,
    description: 'Bad Request: unknown parameter "txet" of sendMessage',
  })
  t.strictSame(telegram.calls.at(-1)?.unknown, ['txet'], 'a parameter that does not exist is seen in the journal')
})

t.test('texts, captions, buttons and albums have their limits', async t => {
  const { telegram, anna, call } = await standIn(t)
  telegram.faults.limits = false
  const send = (fields: object) => call('sendMessage', { chat_id: anna.id, text: 'x', ...fields })
  const button = (fields: object) => send({ reply_markup: { inline_keyboard: [[{ text: 'кнопка', ...fields }]] } })
  const photo = telegram.player.send(anna.id, {
    kind: 'photo',
    fileName: 'a.png',
    mime: 'image/png',
    bytes: await png(8, 8),
  })
  const file_id = (await photo).media!.fileId

  t.equal((await send({ text: 'я'.repeat(4096) })).ok, true)
  t.equal((await send({ text: `<b>${'я'.repeat(4096)}</b>`, parse_mode: 'HTML' })).ok, true, 'tags do not count')
  t.match(await send({ text: 'я'.repeat(4097) }), { error_code: 400, description: 'Bad Request: message is too long' })
  t.match(await send({ text: ' \n ' }), { error_code: 400, description: 'Bad Request: message text is empty' })
  t.match(await call('sendPhoto', { chat_id: anna.id, photo: file_id, caption: 'x'.repeat(1025) }), {
    description: 'Bad Request: message caption is too long',
  })

  t.equal((await button({ callback_data: 'я'.repeat(32) })).ok, true, '64 bytes')
  t.match(await button({ callback_data: 'x'.repeat(65) }), { description: 'Bad Request: BUTTON_DATA_INVALID' })
  t.match(await button({ callback_data: '' }), { description: 'Bad Request: BUTTON_DATA_INVALID' })
  t.match(await button({}), { description: /Text buttons are unallowed/ })
  t.match(await button({ callback_data: 'a', url: 'https://example.com' }), { description: /exactly one kind/ })
  t.match(await button({ url: 'javascript:alert(1)' }), { description: /Wrong HTTP URL/ })
  t.match(await button({ pay: true }), { description: 'Bad Request: BUTTON_TYPE_INVALID' })

  const album = (count: number, fields: object = {}) =>
    call('sendMediaGroup', { chat_id: anna.id, media: Array(count).fill({ type: 'photo', media: file_id }), ...fields })
  t.equal((await album(1)).error_code, 400)
  t.equal((await album(11)).error_code, 400)
  t.equal((await album(2, { reply_markup: { inline_keyboard: [] } })).error_code, 400)
  const { result } = await album(10)
  t.equal(new Set((result as unknown as { media_group_id: string }[]).map(m => m.media_group_id)).size, 1)
})

t.test('HTML with anything but closed tags of Telegram is refused', async t => {
  const { telegram, anna, call } = await standIn(t)
  const send = (text: string) => call('sendMessage', { chat_id: anna.id, text, parse_mode: 'HTML' })
  for (const text of [
    '<b>x',
    'x</b>',
    '<b><i>x</b></i>',
    '<div>x</div>',
    '1 < 2',
    '<span>x</span>',
    '<br/>',
    '<a href>x</a>',
  ]) {
    t.match(await send(text), { error_code: 400, description: /^Bad Request: can't parse entities: / }, text)
  }
  t.match((await send('<b><i>x</b></i>')).description, 'expected "</i>", found "</b>"')
  t.match(await call('sendMessage', { chat_id: anna.id, text: '*x*', parse_mode: 'MarkdownV2' }), { error_code: 400 })

  const { result } = await send(
    '  <b>Цена &lt; <i>15 ₽</i></b> <a href="https://a.b/?x=1&amp;y=2">тут</a>, /balance &amp; <tg-spoiler>*</tg-spoiler>',
  )
  t.equal(result.text, 'Цена < 15 ₽ тут, /balance & *')
  t.strictSame(result.entities, [
    { offset: 0, length: 11, type: 'bold' },
    { offset: 7, length: 4, type: 'italic' },
    { offset: 12, length: 3, type: 'text_link', url: 'https://a.b/?x=1&y=2' },
    { offset: 17, length: 8, type: 'bot_command' },
    { offset: 28, length: 1, type: 'spoiler' },
  ])
  t.equal(
    telegram.player.chat(anna.id).at(-1)?.html,
    '<b>Цена &lt; <i>15 ₽</i></b> <a href="https://a.b/?x=1&amp;y=2">тут</a>, /balance &amp; <tg-spoiler>*</tg-spoiler>',
  )
  telegram.player.say(anna.id, '<script>alert(1)</script> https://a.b/"x')
  const { html } = telegram.player.chat(anna.id).at(-1)!
  t.equal(html, '&lt;script&gt;alert(1)&lt;/script&gt; <a href="https://a.b/">https://a.b/</a>&quot;x')
})

t.test('an edit changes the message in place, and edits of nothing are refused', async t => {
  const { telegram, anna, call } = await standIn(t)
  const where = { chat_id: anna.id }
  const markup = { inline_keyboard: [[{ text: 'Да', callback_data: 'yes' }]] }
  const { result } = await call('sendMessage', { ...where, text: 'один', reply_markup: markup })
  const message = { ...where, message_id: result.message_id }
  t.match(await call('editMessageText', { ...message, text: 'один', reply_markup: markup }), {
    error_code: 400,
    description: /^Bad Request: message is not modified/,
  })
  const events: string[] = []
  t.teardown(telegram.on(event => events.push(event.type)))
  t.match(await call('editMessageText', { ...message, text: 'два' }), { ok: true, result: { text: 'два' } })
  const seen = telegram.player.chat(anna.id).at(-1)!
  t.match(seen, { messageId: result.message_id, text: 'два', buttons: [] }, 'buttons that are not sent again go')
  t.type(seen.editedAt, 'number')
  t.ok(events.includes('edit'))
  t.match(await call('editMessageText', { ...message, message_id: 999_999, text: 'x' }), {
    description: 'Bad Request: message to edit not found',
  })
  t.match(await call('editMessageCaption', { ...message, caption: 'x' }), { description: /there is no caption/ })
  const own = telegram.player.say(anna.id, 'моё')
  t.match(await call('editMessageText', { ...where, message_id: own.messageId, text: 'x' }), {
    description: "Bad Request: message can't be edited",
  })
  t.match(await call('deleteMessage', message), { ok: true, result: true })
  t.match(await call('deleteMessage', message), { description: 'Bad Request: message to delete not found' })
  t.notOk(telegram.player.chat(anna.id).some(m => m.messageId === result.message_id))
})

t.test('a message says that it was edited when its words changed, not when its buttons did', async t => {
  const { telegram, anna, call } = await standIn(t)
  const keyboard = (text: string) => ({ inline_keyboard: [[{ text, callback_data: 'a' }]] })
  const { result } = await call('sendMessage', { chat_id: anna.id, text: 'раз', reply_markup: keyboard('Да') })
  const message = { chat_id: anna.id, message_id: result.message_id }
  const seen = () => telegram.player.chat(anna.id).at(-1)!
  await call('editMessageReplyMarkup', { ...message, reply_markup: keyboard('Нет') })
  t.match(seen(), { buttons: [[{ text: 'Нет' }]], edited: undefined })
  await call('editMessageText', { ...message, text: 'раз', reply_markup: keyboard('Может') })
  t.equal(seen().edited, undefined, 'the same words with other buttons')
  await call('editMessageText', { ...message, text: 'два', reply_markup: keyboard('Может') })
  t.equal(seen().edited, true)
  await call('editMessageReplyMarkup', message)
  t.equal(seen().edited, true, 'the mark stays')
})

t.test('a reply carries the whole message it answers, but not what that one answered', async t => {
  const { telegram, anna, call } = await standIn(t)
  const { player } = telegram
  const bot = await webhook(t, () => ({ status: 200 }))
  await call('setWebhook', { url: bot.url })
  const bytes = await png(8, 8)
  const picture = { kind: 'photo', fileName: 'a.png', mime: 'image/png', bytes } as const
  const own = await player.send(anna.id, picture)
  const reply_markup = { inline_keyboard: [[{ text: 'Ещё', callback_data: 'more' }]] }
  const { result } = await call('sendPhoto', {
    chat_id: anna.id,
    photo: own.media!.fileId,
    caption: 'Готово',
    reply_markup,
    reply_parameters: { message_id: own.messageId },
  })
  t.match(player.say(anna.id, 'ярче', { replyTo: result.message_id }), { replyTo: result.message_id })
  const delivered = (look: (message: Record<string, unknown>) => unknown) =>
    until(() => bot.got.map(({ update }) => update.message ?? {}).find(look), 'the reply arrives')
  const { reply_to_message: answered } = (await delivered(m => m.text === 'ярче')) as {
    reply_to_message: Record<string, unknown>
  }
  t.match(answered, { message_id: result.message_id, from: { is_bot: true }, caption: 'Готово', reply_markup })
  t.match(answered, { photo: [{}], chat: { id: anna.id }, reply_to_message: undefined })
  await player.send(anna.id, { ...picture, caption: 'и это', replyTo: own.messageId })
  t.match(await delivered(m => m.caption === 'и это'), { reply_to_message: { message_id: own.messageId } })

  await call('deleteMessage', { chat_id: anna.id, message_id: result.message_id })
  const before = player.chat(anna.id).length
  t.throws(() => player.say(anna.id, 'ещё', { replyTo: result.message_id }), /cannot be replied to/)
  await t.rejects(player.send(anna.id, { ...picture, replyTo: result.message_id }), /cannot be replied to/)
  t.equal(player.chat(anna.id).length, before, 'nothing was sent')
  t.equal(player.chat(anna.id).find(m => m.text === 'ярче')?.replyTo, result.message_id, 'the reply stays')
})

t.test('people edit their own words and nothing else', async t => {
  const { telegram, anna, call } = await standIn(t)
  const { player } = telegram
  const bot = await webhook(t, () => ({ status: 200 }))
  await call('setWebhook', { url: bot.url })
  const edits = () => bot.got.flatMap(({ update }) => update.edited_message ?? [])
  const { result } = await call('sendMessage', { chat_id: anna.id, text: 'Что нарисовать?' })
  const own = player.say(anna.id, 'кот', { replyTo: result.message_id })
  t.match(player.rewrite(anna.id, own.messageId, ' кит https://example.com '), {
    text: 'кит https://example.com',
    edited: true,
    replyTo: result.message_id,
  })
  await until(() => edits().length === 1, 'the edit arrives')
  t.match(edits()[0], {
    message_id: own.messageId,
    text: 'кит https://example.com',
    entities: [{ type: 'url' }],
    date: own.date,
    edit_date: Number,
    reply_to_message: { text: 'Что нарисовать?' },
  })
  const photo = { kind: 'photo', fileName: 'a.png', mime: 'image/png', bytes: await png(8, 8) } as const
  const picture = await player.send(anna.id, { ...photo, albumId: 'a', caption: 'как тут' })
  await call('deleteMessage', { chat_id: anna.id, message_id: result.message_id })
  player.rewrite(anna.id, own.messageId, 'кит')
  t.match(player.rewrite(anna.id, picture.messageId, ''), { text: undefined, media: { kind: 'photo' }, albumId: 'a' })
  await until(() => edits().length === 3, 'the other edits arrive')
  t.match(edits()[1], { text: 'кит', entities: undefined, reply_to_message: undefined }, 'the answered one is gone')
  t.match(edits()[2], { photo: [{}], media_group_id: 'a', caption: undefined })

  const refused = (messageId: number, text: string, why: RegExp) =>
    t.throws(() => player.rewrite(anna.id, messageId, text), why)
  refused(own.messageId, ' кит ', /nothing was changed/)
  refused(own.messageId, '  ', /empty/)
  refused(own.messageId, 'я'.repeat(4097), /4096/)
  refused(picture.messageId, 'я'.repeat(1025), /1024/)
  refused(result.message_id, 'x', /not in the chat/)
  const { result: bots } = await call('sendMessage', { chat_id: anna.id, text: 'моё' })
  refused(bots.message_id, 'x', /only own/)
  const inTwoDays = Date.now() + 172_801_000
  const clock = t.intercept(Date, 'now', { value: () => inTwoDays })
  refused(own.messageId, 'x', /48 hours/)
  clock.restore()
  player.block(anna.id, true)
  refused(own.messageId, 'x', /has blocked/)
})

t.test('a long text is pasted as clients cut it: at a line break, else a space, else hard', async t => {
  const { telegram, anna } = await standIn(t)
  const paste = (text: string) => telegram.player.paste(anna.id, text).map(m => m.text!)
  t.strictSame(paste(' привет '), ['привет'])
  t.throws(() => paste(' \n '), /empty/)
  const [a, b] = ['а'.repeat(3000), 'б '.repeat(900).trim()]
  t.strictSame(paste(`${a}\n${b}`), [a, b])
  t.strictSame(paste(`${a} ${a} ${b}`), [a, `${a} ${b.slice(0, 1095)}`, b.slice(1096)])
  t.strictSame(
    paste(`в начале\n${'в'.repeat(5000)}`).map(part => part.length),
    [4096, 913],
  )
  t.strictSame(
    paste(`в${'😀'.repeat(2500)}`).map(part => part.length),
    [4095, 906],
  )
  const last = telegram.player.chat(anna.id).at(-1)!
  const [first, second] = telegram.player.paste(anna.id, `${a}\n${b}`, { replyTo: last.messageId })
  t.equal(first?.replyTo, last.messageId)
  t.equal(second?.replyTo, undefined, 'only the first part answers')
})

t.test('a bot deletes for 48 hours: its own messages everywhere, those of others in private chats only', async t => {
  const { telegram, anna, call } = await standIn(t)
  const sent = async (chat_id: number) => ({
    chat_id,
    message_id: (await call('sendMessage', { chat_id, text: 'x' })).result.message_id,
  })
  const remove = (message: object) => call('deleteMessage', message)
  t.match(await remove({ chat_id: anna.id }), { error_code: 400 }, 'of which message')
  t.match(await remove({ chat_id: 1, message_id: 1 }), { description: 'Bad Request: chat not found' })
  t.match(await remove({ chat_id: anna.id, message_id: 0 }), {
    description: 'Bad Request: message identifier is not specified',
  })
  const own = telegram.player.say(anna.id, 'моё')
  t.match(await remove({ chat_id: anna.id, message_id: own.messageId }), { ok: true, result: true })
  const group = telegram.player.addGroup('Студия')
  t.match(await remove(await sent(group)), { ok: true })
  const foreign = telegram.player.sayIn(group, anna.id, 'x')
  const refused = { error_code: 400, description: "Bad Request: message can't be deleted for everyone" }
  t.match(await remove({ chat_id: group, message_id: foreign.messageId }), refused)

  const old = await sent(anna.id)
  const { now } = Date
  t.teardown(() => (Date.now = now))
  Date.now = () => now() + 47.9 * 3_600_000
  const young = await sent(anna.id)
  t.match(await remove(young), { ok: true })
  Date.now = () => now() + 48.1 * 3_600_000
  t.match(await remove(old), refused)
  t.match(await call('deleteMessages', { chat_id: anna.id, message_ids: [old.message_id] }), { ok: true })
  t.ok(telegram.player.chat(anna.id).some(m => m.messageId === old.message_id))
})

t.test('only people who have opened the bot and have not blocked it can be written to', async t => {
  const { telegram, anna, call } = await standIn(t)
  const bot = await webhook(t, () => ({ status: 200 }))
  await call('setWebhook', { url: bot.url })
  const boris = telegram.player.addPerson({ firstName: 'Борис' })
  const send = (chat_id: number) => call('sendMessage', { chat_id, text: 'x' })
  t.match(await send(boris.id), { error_code: 400, description: 'Bad Request: chat not found' })
  t.match(await send(1), { error_code: 400, description: 'Bad Request: chat not found' })
  telegram.player.block(anna.id, true)
  t.match(await send(anna.id), { error_code: 403, description: 'Forbidden: bot was blocked by the user' })
  t.throws(() => telegram.player.say(anna.id, 'x'), /blocked/)
  telegram.player.open(anna.id, 'm_test')
  t.equal((await send(anna.id)).ok, true, 'a restart unblocks')
  await until(() => texts(bot.got).includes('/start m_test'), 'the start arrives')
  const members = await until(() => {
    const seen = bot.got.filter(({ update }) => update.my_chat_member)
    return seen.length === 2 && seen
  }, 'both changes of membership arrive')
  t.strictSame(
    members.map(({ update }) => (update.my_chat_member!.new_chat_member as { status: string }).status),
    ['kicked', 'member'],
  )
  t.throws(() => telegram.player.open(boris.id, 'пробел и кириллица'))
})

t.test('updates of one chat come in order, the next only after a 2xx; other queues pass by', async t => {
  const { telegram, anna, call } = await standIn(t)
  let isHeld = true
  const bot = await webhook(t, async update => {
    if (update.message?.text === 'первое') await until(() => !isHeld, 'the test lets go')
    return { status: 204 }
  })
  await call('setWebhook', { url: bot.url, secret_token: 'tajna_1' })
  await until(() => bot.got.length === 1, '/start arrives')
  const { result } = await call('sendMessage', {
    chat_id: anna.id,
    text: 'x',
    reply_markup: { inline_keyboard: [[{ text: 'Да', callback_data: 'yes' }]] },
  })
  telegram.player.say(anna.id, 'первое')
  telegram.player.say(anna.id, 'второе')
  await until(() => texts(bot.got).includes('первое'), 'the first arrives')
  const pressed = telegram.player.press(anna.id, result.message_id, { text: 'Да' })
  const press = await until(() => bot.got.find(({ update }) => update.callback_query), 'the press overtakes')
  t.notOk(texts(bot.got).includes('второе'), 'the second message still waits')
  t.match(press.update.callback_query, {
    from: { id: anna.id, language_code: 'ru' },
    data: 'yes',
    message: { message_id: result.message_id, reply_markup: { inline_keyboard: [[{ callback_data: 'yes' }]] } },
  })
  isHeld = false
  await until(() => texts(bot.got).includes('второе'), 'the second arrives')
  t.strictSame(texts(bot.got).filter(Boolean), ['/start', 'первое', 'второе'])
  t.ok(bot.got.every(({ secret }) => secret === 'tajna_1'))
  t.equal(await pressed, 'expired')
  await until(() => telegram.updates.every(u => u.deliveredAt), 'all are acknowledged')
  const ids = telegram.updates.map(u => u.updateId)
  t.strictSame(
    ids,
    [...ids].sort((a, b) => a - b),
  )
  t.ok(ids[0]! > 1_000_000 && ids.at(-1)! < 2 ** 31)
})

t.test('an error is repeated at once, then on the ladder; Retry-After sets the wait instead', async t => {
  const { telegram, anna, call } = await standIn(t, { timeScale: 0.1 })
  const answers: Reply[] = [
    { status: 200 },
    { status: 500 },
    { status: 302 },
    { status: 503, headers: { 'retry-after': '5' } },
    { status: 200 },
  ]
  const bot = await webhook(t, (_update, nth) => answers[nth - 1] ?? { status: 200 })
  await call('setWebhook', { url: bot.url })
  await until(() => bot.got.length === 1, '/start arrives')
  telegram.player.say(anna.id, 'ещё раз')
  await until(() => bot.got.length === 4, 'the update was tried three times')
  t.match(await call('getWebhookInfo'), {
    result: {
      url: bot.url,
      pending_update_count: 1,
      last_error_message: /^Wrong response from the webhook: (302|503)/,
    },
  })
  await until(() => bot.got.length === 5, 'the update was tried four times')
  const [, first, second, third, fourth] = bot.got.map(({ at }) => at) as [number, number, number, number, number]
  t.ok(second - first < third - second, 'the first repeat comes at once')
  t.ok(third - second >= 199, 'the second after 2 s, scaled')
  t.ok(fourth - third >= 499, 'then after the 5 s that were asked for, scaled')
  t.equal(new Set(bot.got.slice(1).map(({ update }) => update.update_id)).size, 1)
  await until(() => telegram.updates.at(-1)?.deliveredAt, 'it is acknowledged')
  t.equal(telegram.updates.at(-1)?.tries, 4)
  t.match(await call('getWebhookInfo'), { result: { pending_update_count: 0 } })
})

t.test('an update that asks for more time than it has is dropped', async t => {
  const { telegram, anna, call } = await standIn(t)
  const bot = await webhook(t, update =>
    update.callback_query ? { status: 503, headers: { 'retry-after': '200' } } : { status: 200 },
  )
  await call('setWebhook', { url: bot.url })
  const { result } = await call('sendMessage', { chat_id: anna.id, text: 'x' })
  t.equal(await telegram.player.press(anna.id, result.message_id, { data: 'old' }, true), 'expired')
  await until(() => bot.got.some(({ update }) => update.callback_query), 'the press arrives')
  const info = async () => (await call('getWebhookInfo')).result.pending_update_count
  t.equal(await info(), 0)
})

t.test('silence of a scaled minute is a failure, and so is nobody at home', async t => {
  const { telegram, anna, call } = await standIn(t, { timeScale: 0.002 })
  const bot = await webhook(t, async (_update, nth) => {
    if (nth === 1) await until(() => bot.got.length > 1, 'the second try comes while the first still runs')
    return { status: 200 }
  })
  await call('setWebhook', { url: 'http://127.0.0.1:9' })
  await until(() => telegram.updates[0]!.tries > 1, 'it is tried again')
  t.match(await call('getWebhookInfo'), { result: { last_error_message: 'Connection refused' } })
  telegram.faults.limits = false
  await call('setWebhook', { url: bot.url })
  await until(() => telegram.updates[0]!.deliveredAt, 'it arrives')
  t.equal(bot.got.length, 2)
  t.equal(bot.got[0]!.update.update_id, bot.got[1]!.update.update_id)
  t.ok(anna)
})

t.test('setWebhook with the same arguments changes nothing, with others brings what is in flight again', async t => {
  const { telegram, call } = await standIn(t)
  let isHeld = true
  const bot = await webhook(t, async (_update, nth) => {
    if (nth === 1) await until(() => !isHeld, 'the test lets go')
    return { status: 200 }
  })
  await call('setWebhook', { url: bot.url })
  await until(() => bot.got.length === 1, '/start arrives')
  t.match(await call('setWebhook', { url: bot.url }), { ok: true, description: 'Webhook is already set' })
  t.equal(bot.got.length, 1)
  telegram.faults.limits = false
  t.match(await call('setWebhook', { url: bot.url, max_connections: 5 }), { description: 'Webhook was set' })
  await until(() => bot.got.length === 2, 'it comes again')
  isHeld = false
  await until(() => telegram.updates[0]!.deliveredAt, 'it is acknowledged')
  t.match(await call('getUpdates'), { error_code: 409, description: /webhook is active/ })
  t.match(await call('setWebhook', { url: bot.url, secret_token: 'нет' }), { error_code: 400 })
  t.match(await call('setWebhook', { url: bot.url, max_connections: 101 }), { error_code: 400 })
})

t.test('only the kinds a bot allowed become updates; duplicates and odd ones can be made', async t => {
  const { telegram, anna, call } = await standIn(t)
  const bot = await webhook(t, () => ({ status: 200 }))
  await call('setWebhook', { url: bot.url, allowed_updates: ['message'], max_connections: 1 })
  telegram.player.block(anna.id, true)
  telegram.player.open(anna.id)
  const odd = telegram.player.raw({ poll: { id: '1' } })
  await until(() => bot.got.some(({ update }) => update.update_id === odd), 'the odd one arrives')
  telegram.player.redeliver(odd)
  await until(() => bot.got.filter(({ update }) => update.update_id === odd).length === 2, 'it arrives once more')
  t.notOk(bot.got.some(({ update }) => update.my_chat_member))
  telegram.faults.deliveryPaused = true
  telegram.player.say(anna.id, 'подождите')
  t.match(await call('getWebhookInfo'), { result: { pending_update_count: 1 } })
  telegram.faults.deliveryPaused = false
  await until(() => texts(bot.got).includes('подождите'), 'the held one arrives')
})

t.test('a call in the answer to an update is executed', async t => {
  const { telegram, anna, call } = await standIn(t)
  const body = JSON.stringify({ method: 'sendMessage', chat_id: anna.id, text: 'из ответа' })
  const bot = await webhook(t, () => ({ status: 200, headers: { 'content-type': 'application/json' }, body }))
  await call('setWebhook', { url: bot.url })
  await until(() => telegram.player.chat(anna.id).some(m => m.text === 'из ответа'), 'the message is there')
})

t.test('long polling waits for an update and forgets what is confirmed', async t => {
  const { telegram, anna, call } = await standIn(t)
  const poll = async (fields: object) => (await call('getUpdates', fields)).result as unknown as Update[]
  const [start] = await poll({})
  t.match(start, { message: { text: '/start', entities: [{ type: 'bot_command', offset: 0, length: 6 }] } })
  const waiting = poll({ offset: start!.update_id + 1, timeout: 50 })
  await until(() => telegram.updates[0]!.deliveredAt, 'the first is confirmed')
  telegram.player.say(anna.id, 'дальше')
  t.match(await waiting, [{ message: { text: 'дальше' } }])
  const older = call('getUpdates', { offset: start!.update_id + 2, timeout: 50 })
  t.strictSame(await poll({ offset: start!.update_id + 2 }), [])
  t.match(await older, { error_code: 409, description: /terminated by other getUpdates/ })
})

t.test('a press is answered once and in time', async t => {
  const { telegram, anna, call } = await standIn(t)
  const bot = await webhook(t, () => ({ status: 200 }))
  await call('setWebhook', { url: bot.url })
  const markup = { inline_keyboard: [[{ text: 'Да', callback_data: 'yes' }]] }
  const { result } = await call('sendMessage', { chat_id: anna.id, text: 'x', reply_markup: markup })
  const next = async (pressed: Promise<unknown>, nth: number) => {
    const press = () => bot.got.filter(({ update }) => update.callback_query)[nth]
    return { pressed, id: (await until(press, 'the press arrives')).update.callback_query!.id }
  }
  const first = await next(telegram.player.press(anna.id, result.message_id, { data: 'yes' }), 0)
  const answer = { callback_query_id: first.id, text: 'Готово', show_alert: true }
  t.match(await call('answerCallbackQuery', { ...answer, text: 'x'.repeat(201) }), { error_code: 400 })
  t.match(await call('answerCallbackQuery', answer), { ok: true, result: true })
  t.strictSame(await first.pressed, { text: 'Готово', showAlert: true })
  t.match(await call('answerCallbackQuery', answer), { error_code: 400, description: /query is too old/ })

  const late = await next(telegram.player.press(anna.id, result.message_id, { data: 'yes' }), 1)
  t.equal(await late.pressed, 'expired')
  t.match(await call('answerCallbackQuery', { callback_query_id: late.id }), { description: /query is too old/ })

  await t.rejects(telegram.player.press(anna.id, result.message_id, { text: 'Нет' }), /there are: "Да"/)
  const forced = await next(telegram.player.press(anna.id, 1, { data: 'h' }, true), 2)
  await call('answerCallbackQuery', { callback_query_id: forced.id })
  t.strictSame(await forced.pressed, { showAlert: false })
  t.match(bot.got.at(-1)?.update.callback_query, { data: 'h', message: { message_id: 1, date: 0 } })
})

t.test('a file goes to the bot and back, and keeps its kind', async t => {
  const { telegram, anna, call } = await standIn(t)
  const bytes = await png(1000, 500)
  await telegram.player.send(anna.id, { kind: 'photo', fileName: 'cat.png', mime: 'image/png', bytes, caption: 'кот' })
  const updates = (await call('getUpdates')).result as unknown as Update[]
  const sizes = updates.at(-1)!.message!.photo as {
    file_id: string
    width: number
    height: number
    file_size?: number
  }[]
  t.match(updates.at(-1), { message: { caption: 'кот' } })
  t.strictSame(
    sizes.map(({ width, height }) => [width, height]),
    [
      [90, 45],
      [320, 160],
      [800, 400],
      [1000, 500],
    ],
  )
  const fetched = async (file_id: string) => {
    const { result } = await call('getFile', { file_id })
    const answer = await fetch(`${telegram.apiRoot}/file/bot${telegram.token}/${String(result.file_path)}`)
    return Buffer.from(await answer.arrayBuffer())
  }
  const { file_id, file_size } = sizes.at(-1)!
  t.ok((await fetched(file_id)).equals(bytes))
  t.equal(file_size, bytes.length)
  t.ok((await fetched(sizes[0]!.file_id)).length < bytes.length, 'a smaller size is smaller')

  t.equal((await call('sendPhoto', { chat_id: anna.id, photo: file_id })).ok, true)
  t.match(await call('sendDocument', { chat_id: anna.id, document: file_id }), {
    error_code: 400,
    description: "Bad Request: can't use file of type Photo as Document",
  })
  t.match(await call('sendPhoto', { chat_id: anna.id, photo: 'AgACAgIAAxkBunknown' }), {
    description: 'Bad Request: wrong file identifier/HTTP URL specified',
  })
  t.match(await call('sendPhoto', { chat_id: anna.id, photo: 'https://example.com/a.png' }), { error_code: 400 })
  t.equal((await fetch(`${telegram.apiRoot}/file/bot${telegram.token}/photos/file_77.jpg`)).status, 404)
})

t.test('Telegraf can send what the bot makes, and false bytes are refused', async t => {
  const { telegram, anna } = await standIn(t)
  const bot = new Telegram(telegram.token, { apiRoot: telegram.apiRoot })
  const source = await png(64, 32)
  t.match(await bot.getMe(), { username: telegram.bot.username })
  const photo = await bot.sendPhoto(
    anna.id,
    { source, filename: 'a.png' },
    { caption: '<b>вот</b>', parse_mode: 'HTML' },
  )
  t.match(photo.photo.at(-1), { width: 64, height: 32, file_size: source.length })
  t.match(telegram.player.chat(anna.id).at(-1), {
    html: '<b>вот</b>',
    media: { kind: 'photo', width: 64, fileName: 'a.png' },
  })
  const shown = telegram.player.chat(anna.id).at(-1)!.media!
  t.ok(Buffer.from(telegram.player.file(shown.fileId)!.bytes).equals(source))
  t.match(telegram.calls.at(-1), { method: 'sendPhoto', status: 200, fields: { caption: '<b>вот</b>' } })
  const audio = await bot.sendAudio(anna.id, { source: wav(), filename: 'a.wav' })
  t.equal(audio.audio.duration, 1)
  const video = await bot.sendVideo(anna.id, { source: mp4(), filename: 'a.mp4' })
  t.match(video.video, { width: 64, height: 48, duration: 2, mime_type: 'video/mp4' })
  t.match(telegram.calls.at(-1)?.fields, { video: { fileName: 'a.mp4', bytes: mp4().length } })
  await t.rejects(bot.sendVideo(anna.id, { source: mp4().subarray(0, -9) }), /VIDEO_CONTENT_TYPE_INVALID/)
  const document = await bot.sendDocument(anna.id, { source: Buffer.from('просто текст'), filename: 'a.txt' })
  t.match(document.document, { file_name: 'a.txt', file_size: 23 })
  const album = await bot.sendMediaGroup(anna.id, [
    { type: 'photo', media: { source }, caption: 'пара' },
    { type: 'photo', media: photo.photo.at(-1)!.file_id },
  ])
  t.equal(album.length, 2)
  const edited = await bot.editMessageMedia(anna.id, photo.message_id, undefined, {
    type: 'photo',
    media: { source: await png(10, 10) },
  })
  t.match(edited, { photo: [{ width: 10, height: 10 }] })

  const text = Buffer.from('<html>not a picture</html>')
  await t.rejects(bot.sendPhoto(anna.id, { source: text }), /400: Bad Request: IMAGE_PROCESS_FAILED/)
  await t.rejects(bot.sendPhoto(anna.id, { source: source.subarray(0, source.length - 20) }), /IMAGE_PROCESS_FAILED/)
  await t.rejects(bot.sendPhoto(anna.id, { source: await png(420, 20) }), /PHOTO_INVALID_DIMENSIONS/)
  await t.rejects(bot.sendVideo(anna.id, { source }), /400: Bad Request: VIDEO_CONTENT_TYPE_INVALID/)
  await t.rejects(bot.sendAudio(anna.id, { source }), /400: Bad Request: MEDIA_INVALID/)
  await t.rejects(bot.sendDocument(anna.id, { source: Buffer.alloc(0), filename: 'a' }), /file must be non-empty/)
  await t.rejects(bot.sendDocument(anna.id, { source: Buffer.alloc(50 * 1024 * 1024 + 1), filename: 'a' }), /413/)
  telegram.faults.htmlAnswer = 1
  await t.rejects(bot.getMe())
})

t.test('Stars are paid only after the bot has agreed, and go back once', async t => {
  const { telegram, anna, call } = await standIn(t)
  const verdicts: object[] = [{ ok: true }, { ok: false, error_message: 'Заказ закрыт' }, { ok: true }]
  const bot = await webhook(t, async update => {
    const id = update.pre_checkout_query?.id
    const verdict = id === undefined ? undefined : verdicts.shift()
    if (verdict) await call('answerPreCheckoutQuery', { pre_checkout_query_id: id, ...verdict })
    return { status: 200 }
  })
  await call('setWebhook', { url: bot.url })
  const terms = {
    title: '500 ₽',
    description: 'Пополнение',
    payload: 'order1',
    currency: 'XTR',
    prices: [{ label: '500 ₽', amount: 417 }],
  }
  const invoice = (fields: object = {}) =>
    call('sendInvoice', { chat_id: anna.id, provider_token: '', ...terms, ...fields })
  t.equal((await invoice({ title: 'x'.repeat(33) })).error_code, 400)
  t.equal((await invoice({ payload: 'я'.repeat(65) })).error_code, 400)
  t.equal((await invoice({ prices: [...terms.prices, ...terms.prices] })).error_code, 400)
  t.equal((await invoice({ provider_token: '1:TEST' })).error_code, 400)
  t.equal((await invoice({ currency: 'RUB' })).error_code, 400, 'rubles need a provider')
  const byCard = (fields: object, amount = 500_00) =>
    invoice({ currency: 'RUB', provider_token: '123:TEST:1', prices: [{ label: '500 ₽', amount }], ...fields })
  t.equal((await byCard({ provider_token: 'yes' })).error_code, 400, 'and one of BotFather')
  t.equal((await byCard({}, 50_00)).error_code, 400, 'a provider takes no kopecks')
  t.equal((await byCard({ provider_data: '{receipt' })).error_code, 400, 'a receipt is JSON')
  t.equal((await byCard({ provider_data: '{"receipt":{}}', need_email: true })).ok, true)
  t.match(await invoice({ reply_markup: { inline_keyboard: [[{ text: 'x', callback_data: 'x' }]] } }), {
    description: 'Bad Request: BUTTON_POS_INVALID',
  })
  const { result } = await invoice()
  t.match(result, { invoice: { title: '500 ₽', currency: 'XTR', total_amount: 417 } })
  const shown = () => telegram.player.chat(anna.id).find(m => m.messageId === result.message_id)
  t.match(shown(), { invoice: { amount: 417, payload: 'order1', paid: false }, buttons: [[{ pay: true }]] })

  t.strictSame(await telegram.player.pay(anna.id, result.message_id), { ok: true })
  t.match(shown(), { invoice: { paid: true } })
  const paid = await until(
    () => bot.got.find(({ update }) => update.message?.successful_payment),
    'the payment arrives',
  )
  t.match(paid.update.message, {
    from: { id: anna.id },
    successful_payment: {
      currency: 'XTR',
      total_amount: 417,
      invoice_payload: 'order1',
      telegram_payment_charge_id: /^stx/,
    },
  })
  t.match(telegram.player.chat(anna.id).at(-1), { service: 'Оплата прошла: ⭐ 417' })

  t.strictSame(await telegram.player.pay(anna.id, result.message_id), { ok: false, error: 'Заказ закрыт' })
  telegram.faults.paymentLost = 1
  t.strictSame(await telegram.player.pay(anna.id, result.message_id), { ok: true }, 'payable twice')
  t.match(await telegram.player.pay(anna.id, result.message_id), { ok: false, error: 'BOT_PRECHECKOUT_TIMEOUT' })
  t.equal(bot.got.filter(({ update }) => update.message?.successful_payment).length, 1, 'one update was lost')
  t.match(await call('getMyStarBalance'), { result: { amount: 834 } })

  const charge = (paid.update.message!.successful_payment as { telegram_payment_charge_id: string })
    .telegram_payment_charge_id
  const refund = { user_id: anna.id, telegram_payment_charge_id: charge }
  t.match(await call('refundStarPayment', { ...refund, telegram_payment_charge_id: 'x' }), { error_code: 400 })
  t.match(await call('refundStarPayment', refund), { ok: true, result: true })
  t.match(await call('refundStarPayment', refund), { description: 'Bad Request: CHARGE_ALREADY_REFUNDED' })
  await until(() => bot.got.some(({ update }) => update.message?.refunded_payment), 'the refund arrives')
  const { result: account } = await call('getStarTransactions', { offset: 0, limit: 2 })
  t.match(account.transactions, [
    {
      id: charge,
      amount: 417,
      source: { type: 'user', transaction_type: 'invoice_payment', invoice_payload: 'order1' },
    },
    { amount: 417 },
  ])
  const { result: rest } = await call('getStarTransactions', { offset: 2 })
  t.match(rest.transactions, [{ id: charge, receiver: { user: { id: anna.id } } }])
  t.match(await call('getMyStarBalance'), { result: { amount: 417 } })
})

t.test('a link is an invoice for whoever has it', async t => {
  const { telegram, anna, call } = await standIn(t)
  const link = await call('createInvoiceLink', {
    title: 'Старт',
    description: 'x',
    payload: 'p',
    currency: 'XTR',
    prices: [{ label: 'x', amount: 1 }],
  })
  t.match(link.result, /^https:\/\/t\.me\/\$/)
  const paying = telegram.player.payLink(anna.id, String(link.result))
  const updates = (await call('getUpdates')).result as unknown as Update[]
  await call('answerPreCheckoutQuery', { pre_checkout_query_id: updates.at(-1)!.pre_checkout_query!.id, ok: true })
  t.strictSame(await paying, { ok: true })
})

t.test('who sends too fast waits; a few messages at once pass', async t => {
  const { telegram, anna, call } = await standIn(t)
  const send = () => call('sendMessage', { chat_id: anna.id, text: 'x' })
  const burst = await Promise.all(Array.from({ length: 15 }, send))
  t.ok(burst.every(({ ok }) => ok))
  const more = await Promise.all(Array.from({ length: 15 }, send))
  const refused = more.find(({ ok }) => !ok)!
  t.equal(refused.error_code, 429)
  t.equal(refused.description, `Too Many Requests: retry after ${refused.parameters?.retry_after}`)
  t.ok(Number.isInteger(refused.parameters?.retry_after))
  telegram.faults.limits = false
  t.equal((await send()).ok, true)
})

t.test('faults come when they are ordered, and only so often', async t => {
  const { telegram, anna, call } = await standIn(t)
  const send = () => call('sendMessage', { chat_id: anna.id, text: 'важное' })
  const seen = () => telegram.player.chat(anna.id).filter(m => m.text === 'важное').length
  Object.assign(telegram.faults, { status429: 1, retryAfterS: 3 })
  t.equal((await call('getMe')).ok, true, 'only sends meet the 429')
  t.match(await send(), { error_code: 429, parameters: { retry_after: 3 } })
  telegram.faults.serverError = 1
  t.match(await send(), { error_code: 500, description: 'Internal Server Error: restart' })
  t.equal(seen(), 0)
  telegram.faults.answerLost = 1
  await t.rejects(send(), 'the connection is cut')
  t.equal(seen(), 1, 'but the message is there')
  t.match(telegram.calls.at(-1), { method: 'sendMessage', status: 0 })
  telegram.faults.htmlAnswer = 1
  await t.rejects(send(), 'a page is no JSON')
  t.equal((await send()).ok, true)
})

t.test('commands are checked and shown by language', async t => {
  const { telegram, anna, call } = await standIn(t)
  t.match(await call('setMyCommands', { commands: [{ command: 'Start', description: 'x' }] }), { error_code: 400 })
  const set = (description: string, language_code: string) =>
    call('setMyCommands', { commands: [{ command: 'start', description }], language_code })
  await set('Start', '')
  await set('Начать', 'ru')
  t.strictSame(telegram.commands, [{ command: 'start', description: 'Start' }])
  t.strictSame(telegram.commandsFor(anna.id), [{ command: 'start', description: 'Начать' }])
})

t.test('groups have a chat of their own', async t => {
  const { telegram, anna, call } = await standIn(t)
  const group = telegram.player.addGroup('Команда')
  telegram.player.sayIn(group, anna.id, '/start@telegen_playground_bot', 5)
  const updates = (await call('getUpdates')).result as unknown as Update[]
  t.match(updates.at(-1), {
    message: { chat: { id: group, type: 'supergroup' }, from: { id: anna.id }, message_thread_id: 5 },
  })
  t.equal((await call('sendMessage', { chat_id: group, text: 'Работаю в личных сообщениях.' })).ok, true)
  t.equal(telegram.player.chat(group).length, 2)
})

t.test('with a folder, chats, files and waiting updates are there after a restart', async t => {
  const dataDir = await mkdtemp(join(tmpdir(), 'telegram-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const first = await startTelegram({ dataDir, timeScale: 0.02, apiVersion: '10.3' })
  const anna = first.player.addPerson({ firstName: 'Анна' })
  first.player.open(anna.id)
  const bytes = await png(20, 20)
  const photo = await first.player.send(anna.id, { kind: 'photo', fileName: 'a.png', mime: 'image/png', bytes })
  await caller(first)('sendMessage', { chat_id: anna.id, text: '<b>да</b>', parse_mode: 'HTML' })
  await first.close()

  const second = await startTelegram({ dataDir, timeScale: 0.02, apiVersion: '10.3' })
  t.teardown(() => second.close())
  t.equal(second.token, first.token)
  t.strictSame(second.player.people(), first.player.people())
  t.strictSame(second.player.chat(anna.id), first.player.chat(anna.id))
  t.ok(Buffer.from(second.player.file(photo.media!.fileId)!.bytes).equals(bytes))
  const updates = (await caller(second)('getUpdates')).result as unknown as Update[]
  t.strictSame(
    updates.map(({ update_id }) => update_id),
    first.updates.map(({ updateId }) => updateId),
  )
  second.player.say(anna.id, 'снова')
  t.ok(second.updates.at(-1)!.updateId > first.updates.at(-1)!.updateId)
})
