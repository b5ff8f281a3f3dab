import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { Unknown } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { createTelegram, TelegramRefused } from '../../src/telegram/client.ts'
import { type Item, type Sent, sendOriginal, sendResult } from '../../src/telegram/delivery.ts'
import { fetchUserFile } from '../../src/telegram/files.ts'
import { html } from '../../src/telegram/html.ts'
import { button, type Screen, show } from '../../src/telegram/screen.ts'
import { inTopic } from '../../src/telegram/topics.ts'
import { mp3Of, mp4Of, pngOf } from '../support/media/media.ts'

/** A chat of one person with the bot, on a server as strict as the real one. */
async function chat(t: Test) {
  const standIn = await startTelegram({ seed: 7 })
  t.teardown(() => standIn.close())
  standIn.faults.limits = false
  const { id: chatId } = standIn.player.addPerson({ id: 500, firstName: 'Анна' })
  standIn.player.open(chatId)
  const { apiRoot, token, calls } = standIn
  const log = createLog({ level: 'silent', secrets: [token] })
  const telegram = createTelegram({ token, apiRoot, rateLimiter: async () => 0, log })
  const dir = t.testdir()
  let files = 0

  function item(kind: Item['kind'], extension: string, bytes: Uint8Array, about: Partial<Item> = {}): Item {
    const fileName = `telegen-ab12-${++files}.${extension}`
    const path = join(dir, fileName)
    writeFileSync(path, bytes)
    return { kind, mime: types[extension]!, extension, bytes: bytes.length, fileName, source: { path }, ...about }
  }
  return {
    ...{ standIn, telegram, chatId, apiRoot, token, dir, item },
    /** What the person sees of the bot. */
    seen: () => standIn.player.chat(chatId).filter(message => message.from === 'bot'),
    methods: () => calls.map(call => call.method),
  }
}

const types: Record<string, string> = {
  png: 'image/png',
  mp4: 'video/mp4',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  gif: 'image/gif',
}
const screen = (text: string, data = 'h'): Screen => ({ text: html`<b>${text}</b>`, buttons: [[button('Меню', data)]] })

function wav(): Buffer {
  const bytes = Buffer.alloc(44 + 8_000)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(36 + 8_000, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 8_000],
    [40, 8_000],
  ] as const)
    bytes.writeUInt32LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    bytes.writeUInt16LE(value, at)
  bytes.write('data', 36, 'latin1')
  return bytes
}

async function refusal(promise: Promise<unknown>): Promise<TelegramRefused> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  )
  if (error instanceof TelegramRefused) return error
  throw new Error('this should have been refused', { cause: error })
}

t.test('a screen is edited in place; shown twice it is the same', async t => {
  const { telegram, chatId, seen } = await chat(t)
  const messageId = await show(telegram, { chatId }, screen('Меню <один>'))
  t.equal(await show(telegram, { chatId, messageId }, screen('Меню два')), messageId)
  t.equal(await show(telegram, { chatId, messageId }, screen('Меню два')), messageId)
  t.match(seen(), [{ messageId, html: '<b>Меню два</b>', buttons: [[{ text: 'Меню', data: 'h' }]] }])
  t.equal(seen().length, 1)
  await show(telegram, { chatId, messageId }, { text: html`всё`, buttons: [] })
  t.strictSame(seen()[0]!.buttons, [], 'buttons that are not on the screen go away')
})

t.test('a screen that cannot be edited is shown anew', async t => {
  const { telegram, chatId, item, seen } = await chat(t)
  const gone = await show(telegram, { chatId }, screen('раз'))
  await telegram.call('deleteMessage', { chat_id: chatId, message_id: gone })
  const second = await show(telegram, { chatId, messageId: gone }, screen('два'))
  t.not(second, gone)

  const { captionMessageId } = await sendResult(
    telegram,
    chatId,
    [item('image', 'png', pngOf(90, 60).bytes)],
    screen('фото'),
  )
  const third = await show(telegram, { chatId, messageId: captionMessageId }, screen('три'))
  t.strictSame(
    seen().map(message => message.messageId),
    [second, captionMessageId, third],
    'a result is never overwritten by a menu',
  )
})

t.test('a link that somebody wrote gets no preview', async t => {
  const { standIn, telegram, chatId } = await chat(t)
  const messageId = await show(telegram, { chatId }, screen('https://example.org'))
  await show(telegram, { chatId, messageId }, screen('https://example.com'))
  const calls = standIn.calls.slice(-2)
  for (const call of calls) t.strictSame(call.fields.link_preview_options, { is_disabled: true }, call.method)
})

t.test('a screen over 4096 characters is several messages with the buttons under the last', async t => {
  const { telegram, chatId, seen } = await chat(t)
  const messageId = await show(telegram, { chatId }, screen('Меню'))
  const last = await show(telegram, { chatId, messageId }, screen('слово '.repeat(1_000)))
  t.equal(seen().length, 3)
  t.equal(seen().at(-1)!.messageId, last)
  t.strictSame(
    seen().map(message => message.buttons.length),
    [1, 0, 1],
  )
})

t.test('markup that Telegram does not accept arrives as plain text', async t => {
  const { telegram, chatId, seen } = await chat(t)
  await show(telegram, { chatId }, { text: { html: '<b>5 &lt; 6<i>!</b>' }, buttons: [[button('Меню', 'h')]] })
  t.match(seen(), [{ text: '5 < 6!', buttons: [[{ data: 'h' }]] }])
})

t.test('a screen in a topic stays in the topic', async t => {
  const { standIn, telegram } = await chat(t)
  const chatId = standIn.player.addGroup('Студия')
  standIn.player.sayIn(chatId, 500, 'сюда', 12)
  await show(inTopic(telegram, { chatId, threadId: 12 }), { chatId }, screen('Меню'))
  t.equal(standIn.calls.at(-1)!.fields.message_thread_id, 12)
})

t.test('one result of each kind comes as what it is, with caption and buttons', async t => {
  const { standIn, telegram, chatId, item, seen } = await chat(t)
  const results: [Item, string][] = [
    [item('image', 'png', pngOf(320, 200).bytes, { widthPx: 320, heightPx: 200 }), 'photo'],
    [item('video', 'mp4', (await mp4Of()).bytes, { widthPx: 64, heightPx: 48, seconds: 1 }), 'video'],
    [item('audio', 'mp3', mp3Of(1).bytes, { seconds: 1.2 }), 'audio'],
    [item('audio', 'wav', wav(), { seconds: 1 }), 'audio'],
    [item('image', 'png', pngOf(50, 1_100).bytes, { widthPx: 50, heightPx: 1_100 }), 'document'],
    [item('image', 'png', pngOf(6_000, 4_001).bytes, { widthPx: 6_000, heightPx: 4_001 }), 'document'],
    [item('video', 'webm', Buffer.from('not a film'), { mime: 'video/webm' }), 'document'],
    [item('image', 'png', pngOf(51, 1_101).bytes), 'document'],
    [item('image', 'png', Buffer.concat([pngOf(10, 10).bytes, Buffer.alloc(10 * 1024 * 1024)])), 'document'],
    [item('video', 'mp4', Buffer.from('a broken film')), 'document'],
  ]
  for (const [one, kind] of results) {
    const { captionMessageId, sent } = await sendResult(telegram, chatId, [one], screen(`Готово & ${one.fileName}`))
    t.match(sent, [{ messageId: captionMessageId, sentAs: kind, fileId: String, fileUniqueId: String }], kind)
    const message = seen().at(-1)!
    t.match(message, {
      messageId: captionMessageId,
      media: { kind, fileId: sent[0]!.fileId },
      html: `<b>Готово &amp; ${one.fileName}</b>`,
      buttons: [[{ data: 'h' }]],
    })
    const kept = standIn.player.file(sent[0]!.fileId)!
    t.equal(hash(kept.bytes), hash(readFileSync((one.source as { path: string }).path)), 'the bytes arrive whole')
  }
  t.equal(seen().length, results.length, 'each result is there once')
  const video = standIn.calls.find(call => call.method === 'sendVideo')!
  t.match(video.fields, { width: 64, height: 48, duration: 1, supports_streaming: true })
})

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

t.test('several results come as albums, then the caption with the buttons', async t => {
  const { telegram, chatId, item, seen, methods } = await chat(t)
  const items = [
    item('image', 'png', pngOf(100, 80).bytes),
    item('video', 'mp4', (await mp4Of()).bytes),
    item('image', 'png', pngOf(101, 80).bytes),
    item('audio', 'mp3', mp3Of(1).bytes),
    item('image', 'png', pngOf(50, 1_100).bytes, { widthPx: 50, heightPx: 1_100 }),
    item('image', 'png', pngOf(51, 1_100).bytes, { widthPx: 51, heightPx: 1_100 }),
  ]
  const before = methods().length
  const { captionMessageId, sent } = await sendResult(telegram, chatId, items, screen('Готово'))
  t.strictSame(methods().slice(before), ['sendMediaGroup', 'sendAudio', 'sendMediaGroup', 'sendMessage'])
  t.strictSame(
    sent.map(one => one.sentAs),
    ['photo', 'video', 'photo', 'audio', 'document', 'document'],
    'in the order of the items',
  )
  const messages = seen()
  t.strictSame(
    messages.map(message => message.media?.fileId),
    [...sent.map(one => one.fileId), undefined],
  )
  t.match(messages.at(-1), { messageId: captionMessageId, html: '<b>Готово</b>', buttons: [[{ data: 'h' }]] })
})

t.test('what has arrived is told part by part, before the next one goes', async t => {
  const { telegram, chatId, item, seen } = await chat(t)
  const items = [
    item('image', 'png', pngOf(100, 80).bytes),
    item('image', 'png', pngOf(50, 1_100).bytes), // refused in an album, so both go one by one
    item('audio', 'mp3', mp3Of(1).bytes),
  ]
  const parts: string[][] = []
  const remember = async (part: Sent[]) => {
    parts.push(part.map(one => one.sentAs))
    t.equal(seen().length, parts.flat().length, 'nothing else has been sent')
    if (parts.length === 3) throw new Unknown('nobody remembers')
  }
  await t.rejects(sendResult(telegram, chatId, items, screen('Готово'), remember), Unknown)
  t.strictSame(parts, [['photo'], ['document'], ['audio']])
  t.equal(seen().length, 3, 'and the caption waits')
})

t.test('an album has ten items at most, and none is left alone if it can have company', async t => {
  const { telegram, chatId, item, methods, seen } = await chat(t)
  const items = Array.from({ length: 11 }, (_, n) => item('image', 'png', pngOf(40 + n, 40).bytes))
  const before = methods().length
  const { sent } = await sendResult(telegram, chatId, items, screen('Готово'))
  t.strictSame(methods().slice(before), ['sendMediaGroup', 'sendMediaGroup', 'sendMessage'])
  t.equal(sent.length, 11)
  t.equal(seen().length, 12)
})

t.test('in an album only the item at fault becomes a document', async t => {
  const { telegram, chatId, item } = await chat(t)
  const items = [item('image', 'png', pngOf(60, 60).bytes), item('image', 'png', pngOf(50, 1_100).bytes)]
  const { sent } = await sendResult(telegram, chatId, items, screen('Готово'))
  t.strictSame(
    sent.map(one => one.sentAs),
    ['photo', 'document'],
  )
})

t.test('a result goes again by its file id, and the original as it was made', async t => {
  const { standIn, telegram, chatId, item, seen } = await chat(t)
  const first = item('image', 'png', pngOf(64, 64).bytes)
  const { sent } = await sendResult(telegram, chatId, [first], screen('Готово'))
  const again: Item = { ...first, bytes: 60 * 1024 * 1024, source: { fileId: sent[0]!.fileId, sentAs: 'photo' } }
  await sendResult(telegram, chatId, [again], screen('Ещё раз'))
  t.equal(standIn.calls.at(-1)!.fields.photo, sent[0]!.fileId, 'nothing is uploaded, and its size does not matter')

  const original = await sendOriginal(telegram, chatId, first, screen('Оригинал'))
  t.match(original, { sentAs: 'document' })
  t.match(seen().at(-1), { media: { kind: 'document', fileName: first.fileName }, html: '<b>Оригинал</b>' })
  await sendOriginal(telegram, chatId, { ...again, source: { ...original, sentAs: 'document' } }, screen('Оригинал'))
  await t.rejects(sendOriginal(telegram, chatId, again, screen('Оригинал')), TypeError)
})

t.test('a caption over 1024 characters becomes a message of its own', async t => {
  const { telegram, chatId, item, seen } = await chat(t)
  const long = screen('я'.repeat(1_025))
  const { captionMessageId, sent } = await sendResult(
    telegram,
    chatId,
    [item('image', 'png', pngOf(70, 70).bytes)],
    long,
  )
  t.match(seen(), [
    { messageId: sent[0]!.messageId, media: { kind: 'photo' }, buttons: [] },
    { messageId: captionMessageId, text: 'я'.repeat(1_025), buttons: [[{ data: 'h' }]] },
  ])
  await sendOriginal(telegram, chatId, item('image', 'png', pngOf(70, 70).bytes), screen('я'.repeat(1_024)))
  t.equal(seen().length, 3, 'with 1024 it is one')
})

t.test('over 50 MB nothing is sent', async t => {
  const { telegram, chatId, item, seen } = await chat(t)
  const small = item('image', 'png', pngOf(30, 30).bytes)
  const large = item('video', 'mp4', Buffer.from('x'), { bytes: 50 * 1024 * 1024 + 1 })
  t.equal((await refusal(sendResult(telegram, chatId, [small, large], screen('Готово')))).code, 'too_big')
  t.equal((await refusal(sendOriginal(telegram, chatId, large, screen('Готово')))).code, 'too_big')
  t.equal(seen().length, 0)
})

t.test('a blocked bot, a lost answer and 429 are told apart', async t => {
  const { standIn, telegram, chatId, item, seen } = await chat(t)
  const one = item('image', 'png', pngOf(30, 30).bytes)
  standIn.faults.status429 = 1
  standIn.faults.retryAfterS = 1
  await sendResult(telegram, chatId, [one], screen('после ожидания'))
  t.equal(seen().length, 1)
  standIn.faults.answerLost = 1
  await t.rejects(sendResult(telegram, chatId, [one], screen('ответ потерян')), Unknown)
  t.equal(seen().length, 2, 'not repeated by itself: it had arrived')
  standIn.player.block(chatId, true)
  t.equal((await refusal(sendResult(telegram, chatId, [one], screen('Готово')))).code, 'blocked')
  t.equal((await refusal(show(telegram, { chatId: 999 }, screen('Меню')))).code, 'chat_not_found')
})

t.test("a person's file is fetched into a file of ours alone", async t => {
  const { standIn, telegram, chatId, apiRoot, token, dir } = await chat(t)
  const bytes = pngOf(200, 100).bytes
  const sent = await standIn.player.send(chatId, { kind: 'document', fileName: 'ж.png', mime: 'image/png', bytes })
  const fileId = sent.media!.fileId
  const found = await fetchUserFile({ telegram, token, apiRoot, fileId, dir: join(dir, 'in') })
  t.equal(found.bytes, bytes.length)
  t.ok(readFileSync(found.path).equals(bytes))
  t.equal(statSync(found.path).mode & 0o777, 0o600)

  const wrong = await refusal(fetchUserFile({ telegram, token, apiRoot, fileId: 'AgACwrong', dir }))
  t.equal(wrong.code, 'file_rejected')
  const big = new Uint8Array(20 * 1024 * 1024 + 1).fill(1)
  const large = await standIn.player.send(chatId, { kind: 'document', fileName: 'b', mime: 'text/plain', bytes: big })
  const tooBig = await refusal(fetchUserFile({ telegram, token, apiRoot, fileId: large.media!.fileId, dir }))
  t.equal(tooBig.code, 'too_big')
})

t.test('a file is counted while it is read, and what is left of a failure is nothing', async t => {
  const token = '1234567890:AAcanary-canary-canary-canary-cana'
  let answer = 'too long'
  const server = createServer((request, response) => {
    if (request.url!.endsWith('/getFile')) {
      return void response.end(JSON.stringify({ ok: true, result: { file_id: 'a', file_path: 'photos/ж 1.jpg' } }))
    }
    t.equal(request.url, `/file/bot${token}/photos/${encodeURIComponent('ж 1.jpg')}`)
    if (answer === 'gone') return void response.writeHead(404).end()
    if (answer === 'restart') return void response.writeHead(500).end()
    if (answer === 'elsewhere') return void response.writeHead(302, { location: 'http://127.0.0.1:9' }).end()
    response.writeHead(200, answer === 'cut' ? { 'content-length': 2_000_000 } : {})
    const chunk = Buffer.alloc(1024 * 1024)
    let left = 21
    const more = () => void (left-- > 0 ? response.write(chunk, more) : response.end())
    if (answer === 'cut') response.write(chunk, () => response.destroy())
    else more()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const apiRoot = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const log = createLog({ level: 'silent', secrets: [] })
  const telegram = createTelegram({ token, apiRoot, rateLimiter: async () => 0, log })
  const dir = t.testdir()
  const outcomes: Record<string, object> = {
    'too long': { name: 'TelegramRefused', code: 'too_big' },
    cut: { name: 'Unknown' },
    gone: { name: 'TelegramRefused', code: 'file_rejected' },
    restart: { name: 'Unknown' },
    elsewhere: { name: 'Unknown' },
  }
  for (const [name, outcome] of Object.entries(outcomes)) {
    answer = name
    const error = await fetchUserFile({ telegram, token, apiRoot, fileId: 'a', dir }).catch((e: unknown) => e)
    t.match(error, outcome, name)
    t.notMatch(inspect(error, { depth: 10, showHidden: true }), 'canary', 'the token is nowhere in the error')
    t.strictSame(readdirSync(dir), [], 'no part of a file stays')
  }
})
