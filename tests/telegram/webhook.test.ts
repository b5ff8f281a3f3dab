import { once } from 'node:events'
import { connect as dial } from 'node:net'
import t from 'tap'
import { connect } from '../../src/database/db.ts'
import { Unknown } from '../../src/errors.ts'
import { buildServer } from '../../src/http/build-server.ts'
import { createStore, readUpdate } from '../../src/telegram/inbox.ts'
import { callbackPath } from '../../src/upstream/callbacks.ts'
import { strangers } from '../support/http.ts'
import { silent, until, world } from '../support/world.ts'

const { sql, owner } = await world(t)
const secret = 'S'.repeat(40)
const former = 'F'.repeat(40)
const headers = { 'x-telegram-bot-api-secret-token': secret, 'content-type': 'application/json' }

const calledBack: string[] = []

async function serve(receive: (body: string) => Promise<void>) {
  const server = buildServer({
    ...{ log: silent, strangers },
    webhook: { secrets: [secret, former], receive },
    callbacks: { secret, webhookKey: undefined, receive: async id => void calledBack.push(id) },
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  const { port } = server.server.address() as { port: number }
  return { server, port, url: `http://127.0.0.1:${port}/webhook` }
}
const received: string[] = []
const store = createStore(sql)
const { url, port, server } = await serve(async body => {
  received.push(body)
  await store(readUpdate(body))
})
const post = (body: string, more: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { ...headers, ...more }, body })
const stored = (id: number) => owner`select payload, dead_reason, lane from pay.inbox where update_id = ${id}`
const press = (id: number, from = 7) =>
  JSON.stringify({
    update_id: id,
    callback_query: { id: '1', from: { id: from }, message: { chat: { id: from } }, data: 'h' },
  })

t.test('forged-update, secret-compare: without the right secret an update is refused before it is read', async t => {
  const wrong = [undefined, '', 'x', `${secret}x`, secret.slice(1), `T${secret.slice(1)}`, secret.toLowerCase(), 'ы']
  for (const value of wrong) {
    const sent =
      value === undefined
        ? { 'content-type': 'application/json' }
        : { ...headers, 'x-telegram-bot-api-secret-token': encodeURIComponent(value) }
    const answer = await fetch(url, { method: 'POST', headers: sent as Record<string, string>, body: press(1) })
    t.equal(answer.status, 401)
  }
  const name = 'X-Telegram-Bot-Api-Secret-Token'
  const whole = `${press(1)}\r\n0\r\n`
  for (const [odd, end] of [
    [`${name}: ${secret}\r\n${name}: ${secret}\r\n`, '\r\n'],
    [`${name}: x\r\n${name}: ${secret}\r\n`, '\r\n'],
    [`${name}: ${secret},\r\n`, '\r\n'],
    [`${name}: "${secret}"\r\n`, '\r\n'],
    [`${name}\t: ${secret}\r\n`, '\r\n'],
    [`Trailer: ${name}\r\n`, `${name}: ${secret}\r\n\r\n`],
    [`X-Telegram-Bot-Api-Secret-Tokem: ${secret}\r\nAuthorization: ${secret}\r\n`, '\r\n'],
  ] as const) {
    const start = `POST /webhook?secret=${secret} HTTP/1.1\r\nHost: x\r\n${odd}Transfer-Encoding: chunked\r\n\r\n`
    const answer = await raw(`${start}${press(1).length.toString(16)}\r\n${whole}${end}`)
    t.match(answer, /^HTTP\/1.1 40[01]/, odd)
  }
  // A body that is announced and never sent: the answer comes all the same.
  const socket = dial(port, '127.0.0.1')
  socket.write('POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n')
  const [first] = await once(socket, 'data')
  t.match(String(first), /^HTTP\/1.1 401/)
  socket.destroy()
  t.strictSame(received, [])
  t.equal((await stored(1)).length, 0)
})

t.test('secret-change: while a secret is replaced the old one opens as well as the new, and nothing else', async t => {
  const statusOf = async (id: number, value: string) =>
    (await post(press(id), { 'x-telegram-bot-api-secret-token': value })).status
  t.equal(await statusOf(2, secret), 200)
  t.equal(await statusOf(3, former), 200)
  for (const wrong of [`${secret},${former}`, 'x'.repeat(40)]) t.equal(await statusOf(4, wrong), 401)
})

t.test(
  'replayed-update: an update is stored, then acknowledged with an empty body; a thousand copies are one row',
  async t => {
    const replay = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => post(press(10))))
      return Promise.all(answers.map(async answer => `${answer.status} ${await answer.text()}`))
    }
    const said = new Set<string>()
    for (let round = 0; round < 20; round++) for (const one of await replay(50)) said.add(one)
    t.strictSame([...said], ['200 '])
    t.equal((await post(press(10, 99))).status, 200, 'a copy that says something else is acknowledged')
    t.match(await stored(10), [{ lane: 'u:7', dead_reason: null }], 'and changes nothing')
  },
)

t.test(
  'odd-json, prototype-names, odd-characters: whatever is authentic is stored and acknowledged, however odd',
  async t => {
    const odd = [
      '',
      'not json',
      '{',
      '[]',
      'null',
      '0',
      '"text"',
      '{}',
      '{"update_id":"7"}',
      '{"update_id":-7}',
      '{"update_id":1e99}',
      '{"update_id":1.5}',
      '{"__proto__":{"polluted":1}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      `{"update_id":9,"a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
      `{${Array.from({ length: 90_000 }, (_, n) => `"${n}":1`).join()}}`,
      `{"update_id":${'9'.repeat(400)}}`,
      `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      '\u0000',
      '{"x":"\\u0000"}',
      '\ud800',
    ]
    for (const body of odd) t.equal((await post(body)).status, 200, body.slice(0, 30))
    const [{ n }] = (await owner`select count(*)::int as n from pay.inbox where dead_reason is not null`) as [
      { n: number },
    ]
    t.equal(n, new Set(odd.map(body => (body === '\ud800' ? '\ufffd' : body))).size, 'each kept once, with its reason')
    t.equal((Object.prototype as { polluted?: number }).polluted, undefined)

    const usual = [
      '{"update_id":20}',
      '{"update_id":21,"poll":{}}',
      '{"update_id":22,"message":null}',
      '{"update_id":23,"message":{"from":{"id":"x"}}}',
      '{"update_id":24,"message":{"text":"\\u0000","from":{"id":5},"chat":{"id":5}}}',
      '{"update_id":26,"message":{"from":{"id":"\\u0000"},"chat":{"id":{"toString":1}}}}',
      '{"update_id":2147483999,"edited_message":{}}',
      '{"update_id":1,"update_id":27,"message":{"from":{"id":6},"from":{"id":5},"chat":{"id":5}}}',
      '{"update_id":28,"message":{"text":"\\ud800\\u202e","date":1e400,"from":{"id":5},"chat":{"id":5}}}',
      `{"update_id":29,${Array.from({ length: 50_000 }, (_, n) => `"${n}":1`).join()}}`,
    ]
    for (const body of usual) t.equal((await post(body)).status, 200, body)
    t.equal((await stored(24)).length, 1, 'a NUL character does no harm')
    t.match(
      await stored(27),
      [{ lane: 'u:5', payload: { update_id: 27 } }],
      'of a name that stands twice the last counts',
    )
    t.match([...(await stored(28)), ...(await stored(29))], [{ dead_reason: null }, { dead_reason: null }])
    t.equal((await post(press(25), { 'content-type': 'text/plain' })).status, 200, 'whatever it calls itself')
    t.equal((await stored(25)).length, 1)
  },
)

t.test('users have lanes of their own, in a group and alone', async t => {
  const message = (id: number, from: number, chat: number) =>
    JSON.stringify({ update_id: id, message: { from: { id: from }, chat: { id: chat } } })
  await post(message(30, 5, 5))
  await post(message(31, 5, -100))
  await post(JSON.stringify({ update_id: 32, pre_checkout_query: { from: { id: 5 } } }))
  t.match(
    [...(await stored(30)), ...(await stored(31)), ...(await stored(32))],
    [{ lane: 'u:5' }, { lane: 'c:-100:5' }, { lane: 'u:5' }],
  )
})

/** What a server says to bytes that no client library would send; undefined: it closed without a word. */
async function raw(bytes: string): Promise<string | undefined> {
  const socket = dial(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  const said: Buffer[] = []
  socket.on('data', data => said.push(data))
  const isOver = await Promise.race([once(socket, 'close').then(() => true), until('an answer', () => said.length > 0)])
  socket.destroy()
  return isOver && said.length > 0 ? Buffer.concat(said).toString() : undefined
}
const head = (more: string) =>
  `POST /webhook HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: ${secret}\r\n${more}\r\n`

t.test('slow-body: five hundred callers who never finish keep nobody else out, and each is cut in the end', async t => {
  const slow = Array.from({ length: 500 }, () => dial(port, '127.0.0.1').on('error', () => {}))
  t.teardown(() => slow.forEach(socket => void socket.destroy()))
  // Those who have the secret are fewer than may send at once.
  for (const [n, socket] of slow.entries()) socket.write(n % 5 ? 'POST /webhook HT' : head('Content-Length: 100\r\n'))
  for (let n = 0; n < 20; n++) t.equal((await post(press(60 + n))).status, 200)
  const { server: http } = server
  t.ok(http.requestTimeout > 0 && http.requestTimeout <= 15_000, 'a request has a time')
  t.ok(http.headersTimeout > 0 && http.headersTimeout <= 60_000, 'and its headers')
  t.ok(http.timeout > 0, 'and a silent connection')
})

t.test('many-headers: more headers than 16 KiB are 431', async t => {
  t.match(await raw(head(`X: ${'x'.repeat(20_000)}\r\n`)), /^HTTP\/1.1 431/)
  t.match(await raw(head('X: y\r\n'.repeat(10_000))), /^HTTP\/1.1 431/)
  const behind = `${head('Transfer-Encoding: chunked\r\n')}2\r\n{}\r\n0\r\n${'X: y\r\n'.repeat(10_000)}`
  t.match(await raw(behind), /^HTTP\/1.1 431/, 'behind the body too')
})

t.test('request-smuggling: a request that can be read in two ways is read in none', async t => {
  // What stands behind would be stored if either reading were taken.
  const body = press(8_070)
  const behind = `${head(`Content-Length: ${body.length}\r\n`)}${body}`
  const smuggled = `0\r\n\r\n${behind}`
  const both = `Content-Length: ${smuggled.length}\r\nTransfer-Encoding: chunked\r\n`
  for (const odd of [
    head(both) + smuggled,
    `${head('Content-Length: 2\r\nContent-Length: 3\r\n')}{}${behind}`,
    `${head('Transfer-Encoding: xchunked\r\n')}2\r\n{}\r\n0\r\n\r\n${behind}`,
    `${head('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n')}0\r\n\r\n${behind}`,
    `${head('Content-Length: -1\r\n')}{}${behind}`,
    `TRACE /webhook HTTP/1.1\r\nHost: x\r\n\r\n`,
  ]) {
    const answer = await raw(odd)
    // Closed without a word, or refused; and one answer at the most.
    t.match(answer ?? 'HTTP/1.1 400', /^HTTP\/1.1 4\d\d/, odd.split('\r\n').slice(3, 5).join())
    t.notMatch(answer ?? '', /HTTP\/1.1 200/)
  }
  t.equal((await post(press(8_071))).status, 200)
  t.strictSame([(await stored(8_070)).length, (await stored(8_071)).length], [0, 1], 'nothing behind was taken')
})

t.test(
  'large-body, compressed-request, request-smuggling: a body over 1 MiB is 413, compressed bodies are 415, other methods and paths are 404',
  async t => {
    const endless = `${head('Transfer-Encoding: chunked\r\n')}100001\r\n${'x'.repeat(0x100001)}\r\n`
    t.match(await raw(endless), /^HTTP\/1.1 413/, 'also where no length was announced')
    t.equal((await post('x'.repeat(1_048_577))).status, 413)
    t.equal((await post('x'.repeat(1_048_576))).status, 200, 'as long as it may be')
    t.equal(server.initialConfig.bodyLimit, 65_536, 'of every route that says nothing else')
    const callback = callbackPath('abcdefghijkl', secret)
    const called = (more: string) => raw(`POST ${callback} HTTP/1.1\r\nHost: x\r\n${more}`)
    t.match(await called('Content-Length: 65537\r\n\r\n'), /^HTTP\/1.1 413/, 'of a callback, before it has come')
    const chunks = `Transfer-Encoding: chunked\r\n\r\n${`8000\r\n${'x'.repeat(0x8000)}\r\n`.repeat(2)}`
    t.match(await called(`${chunks}1\r\nx\r\n0\r\n\r\n`), /^HTTP\/1.1 413/, 'and without a length')
    t.strictSame(calledBack, [])
    t.match(await called(`${chunks}0\r\n\r\n`), /^HTTP\/1.1 200/)
    t.strictSame(calledBack, ['abcdefghijkl'])
    for (const coding of ['gzip', 'GZIP', 'br', 'identity, gzip', 'x']) {
      t.equal((await post('x', { 'content-encoding': coding })).status, 415, coding)
    }
    const packed = `${head('Transfer-Encoding: gzip, chunked\r\n')}2\r\n{}\r\n0\r\n\r\n`
    t.match(await raw(packed), /^HTTP\/1.1 415/, 'compressed on its way')
    t.equal((await fetch(url)).status, 404)
    for (const path of ['/webhook/', '//webhook', '/webhook/x', '/WEBHOOK', '/%77ebhook?', '/']) {
      const answer = await fetch(url.replace('/webhook', path), { method: 'PUT', headers, body: '{}' })
      t.equal(answer.status, 404, path)
    }
  },
)

t.test('with the database away the answer is 503 with Retry-After: 2, and 200 again when it is back', async t => {
  const away = connect('postgres://nobody@127.0.0.1:1/none', { deadlineMs: 500 })
  t.teardown(() => away.close())
  let isBack = false
  const { url } = await serve(async body => void (await createStore(isBack ? sql : away.sql)(readUpdate(body))))
  const send = () => fetch(url, { method: 'POST', headers, body: press(40) })
  const refused = await send()
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '2')
  isBack = true
  t.equal((await send()).status, 200)
  t.equal((await stored(40)).length, 1)
})

t.test('error-details: what goes wrong inside is answered without a word of it', async t => {
  for (const odd of [
    new TypeError('secret detail'),
    Object.assign(new Error('secret detail'), { statusCode: 599 }),
    new Error('x', { cause: new Error('secret detail') }),
    new Unknown('secret detail'),
    'secret detail',
  ]) {
    const { url } = await serve(() => Promise.reject(odd))
    const answer = await fetch(url, { method: 'POST', headers, body: press(41) })
    const said = JSON.stringify([[...answer.headers], await answer.text()])
    t.ok(answer.status >= 500)
    t.notMatch(said, /secret detail|\.ts|stack/)
  }
})

const incoming = (updateId: number, payload: unknown = { update_id: updateId }) => ({
  updateId,
  lane: 'other',
  payload,
  dead: null,
})

t.test('updates that come while one is being stored are stored together, each once, in order of their ids', async t => {
  let statements = 0
  const store = createStore((text, ...values) => {
    statements += 1
    return sql(text, ...values)
  })
  const ids = Array.from({ length: 20 }, (_, n) => 900_000 + n)
  const isNew = await Promise.all([...ids, ...ids].map(id => store(incoming(id))))
  t.equal(isNew.filter(Boolean).length, 20, 'a repeat is known, in the same statement too')
  t.equal(statements, 3, 'the first two alone and at once, the rest together')
  const rows = await owner`
    select update_id::int as id from pay.inbox where update_id between 900002 and 900019 order by seq`
  t.strictSame(
    [...rows].map(({ id }) => id),
    ids.slice(2),
  )
})

t.test('an update that Postgres will not have is nobody else’s trouble', async t => {
  const store = createStore(sql)
  const odd = { ...incoming(910_002), lane: 'a\u0000b' }
  const all = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(n => store(n === 2 ? odd : incoming(910_000 + n))))
  t.same(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  )
})

t.test('no answer of the database is no answer to any of those that were stored together', async t => {
  const store = createStore(async () => {
    throw new Unknown('no answer')
  })
  const all = await Promise.allSettled([1, 2, 3, 4, 5].map(n => store(incoming(920_000 + n))))
  for (const one of all) t.ok(one.status === 'rejected' && one.reason instanceof Unknown)
})
