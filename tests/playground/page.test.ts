import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { startUpstream } from '../../playground/upstream/server.ts'
import { startWeb } from '../../playground/web.ts'
import { until, world } from '../support/world.ts'

// Nothing listens there: the page has to live without its database.
const nowhere = 'postgres://nobody@127.0.0.1:1/none'

t.test('the page and its modules come from here alone, and say so to the browser', async t => {
  const { web } = await playground(t)
  const page = await fetch(web.url)
  const text = await page.text()
  t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  t.notMatch(text, /https?:\/\//, 'it names no other host')
  const policy = page.headers.get('content-security-policy') ?? ''
  t.match(policy, /default-src 'none'; script-src 'self' 'sha256-/)
  t.notMatch(policy, /unsafe|https?:|\*/)

  const map = /<script type="importmap">(.*?)<\/script>/s.exec(text)?.[1] ?? '{}'
  const { imports } = JSON.parse(map) as { imports: Record<string, string> }
  for (const path of ['/app.js', '/style.css', '/icon.svg', ...Object.values(imports)]) {
    const answer = await fetch(web.url + path)
    t.equal(answer.status, 200, path)
    t.equal(answer.headers.get('x-content-type-options'), 'nosniff', path)
    const source = await answer.text()
    for (const [, bare] of source.matchAll(/\bfrom\s*["']([^."'/][^"']*)["']/g))
      t.ok(imports[bare!], `${path}: ${bare}`)
  }
})

t.test('the page says everything in both languages', async t => {
  const read = async (file: string) =>
    Object.values((await import(new URL(`../../playground/page/words/${file}.js`, import.meta.url).href)) as object)[0]
  /** The paths of all texts, with the number of arguments of those that take some. */
  const shape = (value: unknown, path = ''): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => shape(inner, `${path}.${key}`))
      : [`${path} ${typeof value === 'function' ? value.length : typeof value}`]
  for (const file of ['', '-orders']) {
    const [ru, en] = [shape(await read(`ru${file}`)), shape(await read(`en${file}`))]
    t.ok(ru.length > 50)
    t.strictSame(en.toSorted(), ru.toSorted())
  }
})

t.test('another name of this machine and another site are sent away', async t => {
  const { web } = await playground(t)
  t.equal(await statusWith(web.url, '/', { host: 'rebound.example' }), 421)
  t.equal(await statusWith(web.url, '/api/people', { host: '127.0.0.1:1' }), 421)
  t.equal(await statusWith(web.url, '/api/people', { origin: 'http://localhost:3000' }), 403)
  t.equal(await statusWith(web.url, '/api/people', { 'sec-fetch-site': 'same-site' }), 403)
  t.equal(await statusWith(web.url, '/api/people', { 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await statusWith(web.url, '/api/people', { origin: web.url, 'sec-fetch-site': 'same-origin' }), 200)
  t.equal(await statusWith(web.url, '/', { 'sec-fetch-site': 'cross-site' }), 200, 'a link may lead to the page')
})

t.test('what does not fit is refused in words, and changes nothing', async t => {
  const { web, telegram, upstream, anna } = await playground(t)
  const chat = `/api/people/${anna.id}`
  const before = telegram.player.chat(anna.id)
  const refusals: [number, string, string, unknown][] = [
    [400, 'POST', '/api/people', { firstName: '  ' }],
    [400, 'POST', '/api/people', { firstName: 'Анна', admin: true }],
    [400, 'PATCH', chat, {}],
    [400, 'PATCH', chat, { blocked: 'yes' }],
    [400, 'POST', `${chat}/say`, { text: '' }],
    [400, 'POST', `${chat}/say`, { text: 'привет', replyTo: 0 }],
    [409, 'POST', `${chat}/say`, { text: 'привет', replyTo: 999_999 }],
    [409, 'POST', `${chat}/say`, { text: 'привет', threadId: 999_999 }],
    [400, 'PATCH', chat, { topics: 'yes' }],
    [400, 'POST', `${chat}/topics`, { name: ' ' }],
    [400, 'POST', `${chat}/topics`, { name: 'я'.repeat(129) }],
    [409, 'PATCH', `${chat}/topics/5`, { name: 'Коты' }],
    [409, 'DELETE', `${chat}/topics/5`, undefined],
    [400, 'DELETE', `${chat}/topics/коты`, undefined],
    [409, 'POST', `${chat}/rewrite`, { messageId: 999_999, text: 'привет' }],
    [400, 'POST', `${chat}/rewrite`, { text: 'привет' }],
    [400, 'GET', '/api/calls?userId=anna', undefined],
    [400, 'POST', `${chat}/open`, { payload: 'кот' }],
    [400, 'POST', `${chat}/open`, { payload: 'x'.repeat(65) }],
    [400, 'POST', `${chat}/press`, { messageId: 1 }],
    [409, 'POST', `${chat}/press`, { messageId: 1, data: 'h' }],
    [400, 'POST', `${chat}/pay`, { messageId: '1' }],
    [415, 'POST', `${chat}/files`, { kind: 'photo' }],
    [409, 'POST', `${chat}/react`, { messageId: 999_999, emoji: ['👍'] }],
    [400, 'POST', `${chat}/react`, { messageId: 1 }],
    [400, 'POST', `${chat}/inline`, { query: 'x'.repeat(257) }],
    [409, 'POST', `${chat}/inline`, { query: 'кот', chatId: -5 }],
    [409, 'POST', `${chat}/inline/choose`, { queryId: '1', resultId: '1' }],
    [400, 'POST', '/api/groups', { title: ' ', creator: anna.id }],
    [400, 'POST', '/api/groups', { title: 'Студия' }],
    [404, 'POST', '/api/groups', { title: 'Студия', creator: 404 }],
    [404, 'POST', '/api/groups', { title: 'Студия', creator: anna.id, members: [404] }],
    [404, 'GET', `/api/groups/-5/as/${anna.id}/chat`, undefined],
    [400, 'GET', `/api/groups/5/as/${anna.id}/chat`, undefined],
    [404, 'POST', '/api/people/404/say', { text: 'привет' }],
    [400, 'POST', '/api/people/anna/say', { text: 'привет' }],
    [400, 'PATCH', '/api/upstream', { behaviour: 'kind' }],
    [400, 'PATCH', '/api/upstream', { credit: -1 }],
    [400, 'POST', '/api/upstream/next', { behaviour: 'fail', times: 0 }],
    [400, 'PATCH', '/api/faults', { status429: -1 }],
    [400, 'PATCH', '/api/faults', { explode: 1 }],
    [404, 'GET', '/api/files/nothing', undefined],
    [404, 'GET', '/api/nothing', undefined],
  ]
  for (const [status, method, path, body] of refusals) {
    const answer = await call(web.url, method, path, body)
    const said = answer.body as { error?: { message?: string } }
    t.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}`)
    t.match(said.error?.message, /\S/)
    t.notMatch(said.error?.message, /\.ts|node_modules/)
  }
  t.equal(telegram.player.people().length, 1)
  t.strictSame(telegram.player.chat(anna.id), before)
  t.equal(upstream.behaviour, 'normal')
  t.equal(telegram.faults.status429, 0)
})

t.test('each person sees the profile of the bot in their own language', async t => {
  const { web, anna, bot } = await playground(t)
  const profile = async () => {
    const { body } = await call(web.url, 'GET', '/api/people')
    return (body as { people: { profile: object }[] }).people[0]?.profile
  }
  t.match(await profile(), { name: 'Telegen', description: '', photo: null })
  await bot('setMyDescription', { description: 'Рисует', language_code: anna.languageCode })
  await bot('setMyDescription', { description: 'Draws' })
  t.match(await profile(), { description: 'Рисует' })
  await call(web.url, 'PATCH', `/api/people/${anna.id}`, { languageCode: 'de' })
  t.match(await profile(), { description: 'Draws' })
})

t.test('a person is added, speaks, blocks the bot and changes the language', async t => {
  const { web, telegram } = await playground(t)
  const added = await call(web.url, 'POST', '/api/people', { firstName: ' Вера ', languageCode: 'en' })
  t.equal(added.status, 201)
  const { id } = added.body as { id: number }
  await call(web.url, 'POST', `/api/people/${id}/say`, { text: '<b>кот</b>' })
  const { body } = await call(web.url, 'GET', `/api/people/${id}/chat`)
  t.match(body, { messages: [{ from: 'person', text: '<b>кот</b>', html: '&lt;b&gt;кот&lt;/b&gt;' }] })
  await call(web.url, 'PATCH', `/api/people/${id}`, { blocked: true, languageCode: 'ru' })
  t.match(
    telegram.player.people().find(person => person.id === id),
    { firstName: 'Вера', blocked: true, languageCode: 'ru' },
  )
})

t.test('a person replies, edits their words and pastes a long text', async t => {
  const { web, telegram, anna, bot } = await playground(t)
  const chat = `/api/people/${anna.id}`
  const { message_id: replyTo } = await bot('sendMessage', { chat_id: anna.id, text: 'Что нарисовать?' })
  const said = await call(web.url, 'POST', `${chat}/say`, { text: 'кот', replyTo })
  t.match(said.body, { messages: [{ text: 'кот', replyTo }] })
  const [{ messageId }] = (said.body as { messages: [{ messageId: number }] }).messages
  const edited = await call(web.url, 'POST', `${chat}/rewrite`, { messageId, text: 'кит' })
  t.match(edited.body, { messageId, text: 'кит', edited: true })
  const pasted = await call(web.url, 'POST', `${chat}/say`, { text: 'слово '.repeat(1_000) })
  t.match(pasted.body, { messages: [{ text: /^слово/ }, { text: /слово$/ }] })

  const picture = async (answered: string) => {
    const form = new FormData()
    form.append('kind', 'document')
    form.append('replyTo', answered)
    form.append('file', new Blob(['0123456789']), 'a.txt')
    return await fetch(`${web.url}${chat}/files`, { method: 'POST', body: form })
  }
  t.match(await (await picture(String(replyTo))).json(), { messages: [{ replyTo }] })
  t.equal((await picture('кот')).status, 400)
  t.equal((await picture('999999')).status, 409)
  const english = await fetch(`${web.url}/api/files/nothing`, { headers: { 'accept-language': 'en' } })
  t.match(
    await english.json(),
    { error: { message: 'There is no such file' } },
    'refusals come in the language asked for',
  )
  t.equal(telegram.player.chat(anna.id).at(-1)?.replyTo, replyTo)
})

t.test('a group is made, and each of its members sees, writes and presses for themselves', async t => {
  const { web, telegram, anna, bot } = await playground(t)
  const boris = telegram.player.addPerson({ firstName: 'Борис' })
  const vera = telegram.player.addPerson({ firstName: 'Вера' })
  const members = [anna.id, boris.id]
  const made = await call(web.url, 'POST', '/api/groups', { title: ' Студия ', creator: anna.id, members })
  t.match(made, { status: 201, body: { title: 'Студия', bot: 'member', members: [{}, {}] } })
  const { id: group } = made.body as { id: number }
  t.match((await call(web.url, 'GET', '/api/people')).body, { groups: [{ id: group, last: {}, commands: [] }] })
  const as = (id: number, move: string) => `/api/groups/${group}/as/${id}/${move}`
  t.match(await call(web.url, 'POST', as(boris.id, 'say'), { text: 'кот' }), { status: 200 })
  t.equal((await call(web.url, 'POST', as(vera.id, 'say'), { text: 'x' })).status, 409, 'she is no member')
  t.equal((await call(web.url, 'PUT', `/api/groups/${group}/members/${vera.id}`)).status, 200)
  const reply_markup = { inline_keyboard: [[{ text: 'Да', callback_data: 'a' }]] }
  const ephemeral_message_parameters = { receiver_user_id: boris.id }
  await bot('sendMessage', { chat_id: group, text: '29 ₽', reply_markup, ephemeral_message_parameters })
  const chat = async (id: number) =>
    (await call(web.url, 'GET', as(id, 'chat'))).body as { messages: { messageId: number; text?: string }[] }
  const own = (await chat(boris.id)).messages.at(-1)!
  t.match(own, { text: '29 ₽', onlyYou: true })
  t.notOk((await chat(anna.id)).messages.some(({ text }) => text === '29 ₽'))
  const push = { messageId: own.messageId, data: 'a' }
  t.equal((await call(web.url, 'POST', as(anna.id, 'press'), push)).status, 409)
  bot.onPress = id => bot('answerCallbackQuery', { callback_query_id: id, text: 'да' })
  t.match(await call(web.url, 'POST', as(boris.id, 'press'), push), { body: { expired: false, text: 'да' } })
  const { message_id: messageId } = await bot('sendMessage', { chat_id: group, text: 'готово' })
  await call(web.url, 'POST', as(vera.id, 'react'), { messageId, emoji: ['🔥'] })
  t.match((await chat(anna.id)).messages.at(-1), { reactions: [{ emoji: '🔥', count: 1 }] })
  const form = new FormData()
  for (const [key, value] of Object.entries({ kind: 'document', replyTo: messageId })) form.append(key, String(value))
  for (const name of ['a.txt', 'b.txt']) form.append('file', new Blob(['x']), name)
  const sent = await fetch(`${web.url}${as(vera.id, 'files')}`, { method: 'POST', body: form })
  t.match(await sent.json(), { messages: [{ replyTo: messageId, author: { firstName: 'Вера' } }, {}] })
  const change = { bot: 'restricted', by: anna.id }
  t.match(await call(web.url, 'PATCH', `/api/groups/${group}`, change), { body: { bot: 'restricted' } })
  t.equal((await call(web.url, 'PATCH', `/api/groups/${group}`, { bot: 'creator', by: anna.id })).status, 400)
  t.match(await call(web.url, 'DELETE', `/api/groups/${group}/members/${vera.id}`), { body: { members: [{}, {}] } })
})

t.test('what the bot offers in a chat is shown and sent', async t => {
  const { web, telegram, anna, bot } = await playground(t)
  const asked = call(web.url, 'POST', `/api/people/${anna.id}/inline`, { query: 'кот' })
  const id = await until('the query', () => {
    const last = telegram.updates.at(-1)?.update as { inline_query?: { id: string } } | undefined
    return last?.inline_query?.id
  })
  const result = { type: 'article', id: 'a', title: 'Кот', input_message_content: { message_text: 'мяу' } }
  await bot('answerInlineQuery', { inline_query_id: id, results: [result] })
  const { body } = await asked
  t.match(body, { expired: false, results: [{ id: 'a', title: 'Кот' }], nextOffset: '' })
  const { queryId } = body as { queryId: string }
  const choose = { queryId, resultId: 'a' }
  t.match(await call(web.url, 'POST', `/api/people/${anna.id}/inline/choose`, choose), { body: { viaBot: true } })
  t.match(telegram.player.chat(anna.id).at(-1), { text: 'мяу', from: 'person' })
})

t.test('a chat is shown by topics, which are added, renamed, written into and deleted', async t => {
  const { web, telegram, anna } = await playground(t)
  const chat = `/api/people/${anna.id}`
  await call(web.url, 'PATCH', chat, { topics: true })
  t.equal(telegram.player.people()[0]?.topics, true)
  const added = await call(web.url, 'POST', `${chat}/topics`, { name: ' Коты ' })
  const { threadId } = added.body as { threadId: number }
  t.strictSame(added, { status: 201, body: { threadId, name: 'Коты' } })
  t.match(await call(web.url, 'POST', `${chat}/say`, { text: 'кот', threadId }), { body: { messages: [{ threadId }] } })
  const form = new FormData()
  for (const [key, value] of Object.entries({ kind: 'document', threadId })) form.append(key, String(value))
  for (const name of ['a.txt', 'b.txt']) form.append('file', new Blob(['x']), name)
  const sent = await fetch(`${web.url}${chat}/files`, { method: 'POST', body: form })
  t.match(await sent.json(), { messages: [{ threadId }, { threadId }] }, 'all parts of an album are in it')
  const renamed = await call(web.url, 'PATCH', `${chat}/topics/${threadId}`, { name: 'Псы' })
  t.strictSame(renamed.body, { topics: [{ threadId, name: 'Псы' }] })
  t.match((await call(web.url, 'GET', `${chat}/chat`)).body, { topics: [{ threadId, name: 'Псы' }] })
  t.strictSame((await call(web.url, 'DELETE', `${chat}/topics/${threadId}`)).body, { topics: [] })
  await call(web.url, 'PATCH', chat, { topics: false })
  t.notOk(telegram.player.people()[0]?.topics)
})

t.test('a page is told what the bot is doing and which messages it has not received', async t => {
  const { web, telegram, anna, bot } = await playground(t)
  const { news, leave } = await listen(web.url)
  await bot('sendChatAction', { chat_id: anna.id, action: 'upload_photo' })
  await until('news of the action', () => news.some(({ type }) => type === 'action'))
  t.match(
    news.find(({ type }) => type === 'action'),
    { userId: anna.id, action: 'upload_photo' },
  )
  await leave()
  telegram.faults.deliveryPaused = true
  const { messageId } = telegram.player.say(anna.id, 'привет')
  const unread = async () => (await call(web.url, 'GET', `/api/people/${anna.id}/chat`)).body as { unread: number[] }
  t.match(await unread(), { unread: [messageId] })
  telegram.faults.deliveryPaused = false
  await until('the bot has it', async () => (await unread()).unread.length === 0)
  telegram.player.open(anna.id, 'm_test')
  t.match(telegram.player.chat(anna.id).at(-1), { text: '/start m_test', byLink: true })
  t.notOk(telegram.player.say(anna.id, '/start m_test').byLink, 'typed, not opened')
})

t.test('calls are found by person and by method', async t => {
  const { web, telegram, anna, bot } = await playground(t)
  const vera = telegram.player.addPerson({ firstName: 'Вера' })
  telegram.player.open(vera.id)
  const { message_id: messageId } = await bot('sendMessage', {
    chat_id: anna.id,
    text: 'Меню',
    reply_markup: { inline_keyboard: [[{ text: 'Баланс', callback_data: 'b' }]] },
  })
  await bot('sendMessage', { chat_id: vera.id, text: 'Вам' })
  bot.onPress = id => bot('answerCallbackQuery', { callback_query_id: id })
  await telegram.player.press(anna.id, messageId, { data: 'b' })
  const found = async (query: string) => {
    const { body } = await call(web.url, 'GET', `/api/calls${query}`)
    return body as { rows: { method: string; userId?: number }[]; methods: string[] }
  }
  const hers = await found(`?userId=${anna.id}`)
  t.strictSame(
    hers.rows.map(({ method }) => method),
    ['answerCallbackQuery', 'sendMessage'],
    'the answer to her press is about her',
  )
  t.match(await found(`?method=sendMessage`), { rows: [{ userId: vera.id }, { userId: anna.id }] })
  t.match(await found(`?method=sendMessage&userId=${vera.id}`), { rows: [{ fields: { text: 'Вам' } }] })
  t.strictSame(hers.methods, ['answerCallbackQuery', 'sendMessage', 'setWebhook'])
})

t.test('files go up with their kind and name, and come back in parts', async t => {
  const { web, anna } = await playground(t)
  const form = new FormData()
  form.append('kind', 'document')
  form.append('caption', 'подпись')
  form.append('file', new Blob(['0123456789'], { type: 'text/html' }), 'отчёт за день.html')
  const sent = await fetch(`${web.url}/api/people/${anna.id}/files`, { method: 'POST', body: form })
  t.equal(sent.status, 201)
  const { messages } = (await sent.json()) as {
    messages: { text: string; media: { fileId: string; fileName: string } }[]
  }
  t.match(messages, [{ text: 'подпись', media: { kind: 'document', fileName: 'отчёт за день.html', bytes: 10 } }])

  const file = `${web.url}/api/files/${messages[0]!.media.fileId}`
  const whole = await fetch(file)
  t.equal(await whole.text(), '0123456789')
  t.equal(whole.headers.get('content-type'), 'application/octet-stream', 'a page of HTML does not become ours')
  t.match(whole.headers.get('content-disposition'), /^attachment; filename\*=UTF-8''%D0%BE/)
  t.match(whole.headers.get('content-security-policy'), /sandbox/)
  const ranges: [string, number, string, string | null][] = [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=abc', 200, '0123456789', null],
  ]
  for (const [range, status, text, place] of ranges) {
    const part = await fetch(file, { headers: { range } })
    t.equal(part.status, status, range)
    t.equal(await part.text(), text, range)
    t.equal(part.headers.get('content-range'), place, range)
  }

  const nothing = new FormData()
  nothing.append('kind', 'photo')
  t.equal((await fetch(`${web.url}/api/people/${anna.id}/files`, { method: 'POST', body: nothing })).status, 400)
  const odd = new FormData()
  odd.append('kind', 'sticker')
  odd.append('file', new Blob(['x']), 'x')
  t.equal((await fetch(`${web.url}/api/people/${anna.id}/files`, { method: 'POST', body: odd })).status, 400)
})

t.test('a press waits for the answer of the bot and brings it', async t => {
  const { web, anna, bot } = await playground(t)
  const { message_id: messageId } = await bot('sendMessage', {
    chat_id: anna.id,
    text: 'Меню',
    reply_markup: { inline_keyboard: [[{ text: 'Баланс', callback_data: 'b' }]] },
  })
  bot.onPress = id => bot('answerCallbackQuery', { callback_query_id: id, text: '500 ₽', show_alert: true })
  const answer = await call(web.url, 'POST', `/api/people/${anna.id}/press`, { messageId, data: 'b' })
  t.strictSame(answer.body, { expired: false, text: '500 ₽', showAlert: true })
  const gone = await call(web.url, 'POST', `/api/people/${anna.id}/press`, { messageId, data: 'x' })
  t.equal(gone.status, 409, 'a button that is not there now')
})

t.test('switches turn what the stand-ins do', async t => {
  const { web, telegram, upstream } = await playground(t)
  await call(web.url, 'PATCH', '/api/upstream', { behaviour: 'slow', credit: 12.5, speed: { runMs: 10 } })
  await call(web.url, 'PATCH', '/api/faults', { status429: 2, retryAfterS: 3, deliveryPaused: true })
  t.equal(upstream.behaviour, 'slow')
  t.equal(upstream.credit, 12.5)
  t.match(upstream.speed, { runMs: 10, slowMs: 20_000 })
  t.match(telegram.faults, { status429: 2, retryAfterS: 3, deliveryPaused: true })
  const { body } = await call(web.url, 'GET', '/api/switches')
  t.match(body, { upstream: { behaviour: 'slow', credit: 12.5 }, faults: { status429: 2, deliveryPaused: true } })

  await call(web.url, 'PATCH', '/api/upstream', { behaviour: 'normal' })
  t.equal((await call(web.url, 'POST', '/api/upstream/next', { behaviour: 'no_credit', times: 1 })).status, 200)
  const create = () =>
    fetch(`${upstream.baseUrl}/api/v1/jobs/createTask`, {
      method: 'POST',
      headers: { authorization: `Bearer ${upstream.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'z-image', input: { prompt: 'кот', aspect_ratio: '1:1' } }),
    })
  await create()
  await create()
  const tasks = await call(web.url, 'GET', '/api/tasks')
  t.match(tasks.body, { rows: [{ model: 'z-image', behaviour: 'normal' }], refusals: [{ model: 'z-image' }] })
})

t.test('news of a chat and of a switch reach a page that listens, and a page that closes does not hold us', async t => {
  const { web, telegram, anna } = await playground(t)
  const { news, leave } = await listen(web.url)
  telegram.player.say(anna.id, 'привет')
  await until('news of her message', () => news.some(({ type, userId }) => type === 'message' && userId === anna.id))
  await call(web.url, 'PATCH', '/api/faults', { slowMs: 1 })
  await until('news of the switch', () => news.some(({ type }) => type === 'switches'))
  await leave()
  telegram.player.say(anna.id, 'ещё')
  t.equal((await call(web.url, 'GET', '/api/people')).status, 200)
})

t.test('without a database the back office says so, and the chat goes on', async t => {
  const { web, anna } = await playground(t)
  for (const path of ['/api/ledger', '/api/generation-events', '/api/orders', '/api/broken']) {
    const { status, body } = await call(web.url, 'GET', path)
    t.equal(status, 200, path)
    const { available, rows, reason } = body as { available: boolean; rows: unknown[]; reason: string }
    t.strictSame({ available, rows, reason }, { available: false, rows: [], reason: 'no_database' }, path)
  }
  t.match((await call(web.url, 'GET', `/api/orders/${anna.id}/7`)).body, { available: false })
  t.equal((await call(web.url, 'POST', `/api/people/${anna.id}/say`, { text: 'привет' })).status, 200)
})

t.test('the back office shows what the service has written, and hears of it', async t => {
  const { url, user, order, start, finish } = await world(t)
  await user(7, 500_00)
  const { web } = await playground(t, url)
  const { news, leave } = await listen(web.url)
  await until('the first look at the books', () => news.some(({ type }) => type === 'books'))
  const before = news.length

  const placed = await order(7, 104_00)
  await start(placed)
  await finish({ userId: 7, id: placed.id }, { outcome: 'failed', code: 'upstream_refused', message: 'нет' })
  await until('news of the ledger', () => news.slice(before).some(({ changed }) => changed?.includes('ledger')))
  await leave()

  t.match((await call(web.url, 'GET', '/api/ledger')).body, {
    available: true,
    rows: [
      { entry: { kind: 'refund', amount_kop: 104_00, balance_after: 500_00, user_id: 7 }, model_id: 'z-image' },
      { entry: { kind: 'debit', amount_kop: -104_00, balance_after: 396_00 }, model_id: 'z-image' },
      { entry: { balance_after: 500_00 }, model_id: null },
    ],
  })
  t.match((await call(web.url, 'GET', '/api/generation-events')).body, {
    rows: [{ status: 'failed', error_code: 'upstream_refused', price_rub: 104 }, { status: 'started' }],
  })
  t.match((await call(web.url, 'GET', '/api/orders')).body, {
    rows: [{ id: placed.id, exec_state: 'failed', money_state: 'refunded', price_kop: 104_00 }],
  })
  t.match((await call(web.url, 'GET', `/api/orders/7/${placed.id}`)).body, {
    order: { id: placed.id },
    ledger: [{ kind: 'debit' }, { kind: 'refund' }],
    events: [{ status: 'started' }, { status: 'failed' }],
    outbox: [{ attempts: 0 }],
    task: null,
  })
  t.equal((await call(web.url, 'GET', '/api/orders/7/nothing')).status, 404)
  t.strictSame((await call(web.url, 'GET', '/api/broken')).body, {
    available: true,
    rows: [],
    sums: { wallets: 1, balance_kop: 500_00, entries: 3 },
  })
})

/** Hears the news of a page that is open. */
async function listen(url: string) {
  const page = new AbortController()
  const stream = await fetch(`${url}/api/events`, { signal: page.signal })
  if (!stream.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error('no stream of events')
  const news: { type: string; userId?: number; action?: string; changed?: string[] }[] = []
  const reading = (async () => {
    let text = ''
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const parts = text.split('\n\n')
      text = parts.pop()!
      for (const part of parts) if (part.startsWith('data: ')) news.push(JSON.parse(part.slice(6)))
    }
  })().catch(() => {})
  const leave = async () => {
    page.abort()
    await reading
  }
  return { news, leave }
}

/** The stand-ins, their page, one person, and a bot that only does what a test tells it. */
async function playground(t: Test, databaseUrl = nowhere) {
  const telegram = await startTelegram({ seed: 1, apiVersion: '10.3' })
  const upstream = await startUpstream({ seed: 1 })
  const web = await startWeb({ telegram, upstream, databaseUrl })
  const anna = telegram.player.addPerson({ firstName: 'Анна', languageCode: 'ru' })

  const bot = Object.assign(
    async (method: string, fields: object) => {
      const answer = await fetch(`${telegram.apiRoot}/bot${telegram.token}/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fields),
      })
      const { result } = (await answer.json()) as { result: { message_id: number } }
      return result
    },
    { onPress: async (_id: string): Promise<unknown> => undefined },
  )
  const hook = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', part => {
      text += part
    })
    request.on('end', () => {
      response.end()
      const { callback_query: press } = JSON.parse(text) as { callback_query?: { id: string } }
      if (press) void bot.onPress(press.id)
    })
  })
  await new Promise<void>(resolve => hook.listen(0, '127.0.0.1', resolve))
  await bot('setWebhook', {
    url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/webhook`,
    allowed_updates: ['message', 'callback_query', 'inline_query'],
  })
  telegram.player.open(anna.id)
  await until('/start is delivered', () => telegram.updates.every(({ deliveredAt }) => deliveredAt))
  t.teardown(async () => {
    await web.close()
    await Promise.all([telegram.close(), upstream.close()])
    hook.closeAllConnections()
    hook.close()
  })
  return { web, telegram, upstream, anna, bot }
}

async function call(url: string, method: string, path: string, body?: unknown) {
  const answer = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as unknown }
}

/** `fetch` does not let a caller choose these headers. */
function statusWith(url: string, path: string, headers: Record<string, string>) {
  return new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(url + path, { headers }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject).end()
  })
}
