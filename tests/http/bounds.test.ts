import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { Refused } from '../../src/errors.ts'
import { buildServer } from '../../src/http/build-server.ts'
import type { Readiness } from '../../src/http/health.ts'
import { addressBy, createPlaces, createStrangers, type Strangers } from '../../src/http/strangers.ts'
import { silent, until } from '../support/world.ts'

const secret = 'S'.repeat(40)
const authentic = { 'x-telegram-bot-api-secret-token': secret, 'content-type': 'application/json' }
const well: Readiness = {
  database: { ok: true },
  schema: { ok: true },
  jobs: { ok: true },
  bot: { ok: true },
  webhook: { ok: true },
}

async function serve(
  t: Test,
  { header, bounds }: { header?: string; bounds?: Parameters<typeof createStrangers>[1] } = {},
) {
  const state = { looks: 0, isDraining: false, found: well }
  const strangers = createStrangers(addressBy(header), bounds)
  const checkReadiness = async () => {
    state.looks += 1
    return state.found
  }
  const received: string[] = []
  const server = buildServer({
    ...{ log: silent, clientAddressHeader: header, strangers },
    health: { version: '1', commit: 'c', checkReadiness, isDraining: () => state.isDraining },
    webhook: { secrets: [secret], receive: async body => void received.push(body) },
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  const { port } = server.server.address() as { port: number }
  return { server, state, received, port, url: `http://127.0.0.1:${port}` }
}
const few = { perAddress: { everyMs: 60_000, burst: 5 }, ofAll: { everyMs: 60_000, burst: 8 } }

t.test('readiness is looked up once for all who ask within a second, and draining shows at once', async t => {
  const { state, server } = await serve(t)
  const answers = await Promise.all(Array.from({ length: 60 }, () => server.inject('/readyz')))
  t.ok(answers.every(({ statusCode }) => statusCode === 200))
  t.ok(state.looks <= 2, `${state.looks} looks`)
  state.isDraining = true
  const draining = await server.inject('/readyz')
  t.equal(draining.statusCode, 503)
  t.match(draining.json(), { status: 'not ready', checks: { database: { ok: true }, draining: { ok: false } } })
  state.isDraining = false
  state.found = { ...well, database: { ok: false, detail: 'no answer within 1 s' } }
  await until('what has changed is seen', async () => (await server.inject('/readyz')).statusCode === 503)
})

t.test('whoever proves nothing waits over its bound; who has the secret does not', async t => {
  const { url, received } = await serve(t, { bounds: few })
  let answered = 0
  const wrong = Array.from({ length: 12 }, () =>
    fetch(`${url}/webhook`, { method: 'POST', body: '{}' }).then(answer => {
      answered += 1
      return answer.status
    }),
  )
  await until('those within the bound are answered', () => answered === 5)
  const right = await fetch(`${url}/webhook`, { method: 'POST', headers: authentic, body: '{"update_id":1}' })
  t.equal(right.status, 200)
  t.equal(answered, 5, 'the others still wait')
  t.strictSame(await Promise.all(wrong), new Array(12).fill(401), 'they are answered late, and in the same way')
  t.strictSame(received, ['{"update_id":1}'])
})

t.test('slow-body: no answer to somebody who proves nothing goes around the bound', async t => {
  let held = 0
  const counting: Strangers = { hold: async () => void held++, isFlooding: () => false }
  const server = buildServer({
    ...{ log: silent, strangers: counting },
    webhook: { secrets: [secret], receive: async () => {} },
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  const { port } = server.server.address() as { port: number }
  const json = 'Content-Type: application/json\r\n'
  for (const [line, more, status] of [
    ['POST /webhook', 'Content-Length: 0\r\n', 401],
    ['POST /webhook', 'Content-Encoding: gzip\r\nContent-Length: 0\r\n', 415],
    ['GET /webhook', 'Transfer-Encoding: gzip, chunked\r\n', 415],
    ['GET /%zz', '', 404],
    [`GET /${'x/'.repeat(1_000)}`, '', 404],
    ['PROPFIND /webhook', '', 404],
    ['OPTIONS *', '', 404],
    ['POST /nowhere', `${json}Content-Length: 70000\r\n`, 413],
    ['POST /nowhere', `${json}Content-Length: 0\r\n`, 400],
    ['POST /nowhere', 'Content-Type: text/xml\r\nContent-Length: 9\r\n', 404],
  ] as const) {
    held = 0
    const socket = dial(port, '127.0.0.1').on('error', () => {})
    socket.write(`${line} HTTP/1.1\r\nHost: x\r\n${more}\r\n`)
    const [said] = await once(socket, 'data')
    socket.destroy()
    t.match(String(said), new RegExp(`^HTTP/1.1 ${status} `), `${line} ${more}`)
    t.equal(held, 1, `${line} ${more}`)
  }
  const odd = dial(port, '127.0.0.1').on('error', () => {})
  odd.write('POST /webhook HTTP/1.1\r\nHost: x\r\nExpect: anything\r\nContent-Length: 1\r\n\r\n')
  t.match(String((await once(odd, 'data'))[0]), /^HTTP\/1.1 417 [\s\S]*connection: close/i, 'or costs a connection')
  odd.destroy()
})

t.test('an address that cannot be read is refused like others where too many wait', async t => {
  const full: Strangers = { hold: () => Promise.reject(new Refused('flood', 'too many')), isFlooding: () => true }
  const server = buildServer({ log: silent, strangers: full })
  t.teardown(() => server.close())
  for (const path of ['/%zz', '/nowhere']) {
    const { statusCode, headers } = await server.inject(path)
    t.match([statusCode, headers['retry-after'], headers.connection], [503, '5', 'close'], path)
  }
  const body = 'x'.repeat(70_000)
  const long = await server.inject({ method: 'POST', url: '/nowhere', headers: authentic, body })
  t.equal(long.statusCode, 503)
})

t.test('one address over its bound takes nothing from another; all together have a bound as well', async t => {
  const { url } = await serve(t, { header: 'X-Forwarded-For', bounds: few })
  const order: string[] = []
  const ask = (address: string) =>
    fetch(`${url}/healthz`, { headers: { 'x-forwarded-for': `1.1.1.1, ${address}` } }).then(({ status }) => {
      order.push(address)
      return status
    })
  const flood = Array.from({ length: 20 }, () => ask('10.0.0.1'))
  await until('its burst is used up', () => order.length === 5)
  t.equal(await ask('10.0.0.2'), 200)
  t.strictSame(order.slice(5), ['10.0.0.2'])
  const all = [ask('10.0.0.3'), ask('10.0.0.4'), ask('10.0.0.5'), ask('10.0.0.6')]
  await until('what is left for all', () => order.length === 8)
  t.strictSame(await Promise.all([...flood, ...all]), new Array(24).fill(200))
  t.notOk(order.slice(8, 10).includes('10.0.0.1'), 'who floods waits longest')
})

t.test('who asks is read from the configured header alone, and from its last entry', t => {
  const request = (headers: Record<string, string | string[]>) =>
    ({ headers, socket: { remoteAddress: '127.0.0.1' } }) as unknown as FastifyRequest
  const forged = request({ 'x-forwarded-for': '9.9.9.9', 'fly-client-ip': '8.8.8.8' })
  t.equal(addressBy(undefined)(forged), '127.0.0.1')
  t.equal(addressBy('Fly-Client-IP')(forged), '8.8.8.8')
  t.equal(addressBy('X-Forwarded-For')(request({ 'x-forwarded-for': '6.6.6.6, 7.7.7.7' })), '7.7.7.7')
  t.equal(addressBy('X-Forwarded-For')(request({ 'x-forwarded-for': ['6.6.6.6', '2001:db8::1'] })), '2001:db8::1')
  for (const odd of ['', 'unknown', '1.2.3', 'x'.repeat(10_000), '1.1.1.1,']) {
    t.equal(addressBy('X-Forwarded-For')(request({ 'x-forwarded-for': odd })), '127.0.0.1')
  }
  t.end()
})

/** Writes a character every 100 ms for as long as it may; resolves with what was answered once the other side has ended it. */
async function drip(dialled: () => Socket, head: string): Promise<string> {
  let said = ''
  const socket = dialled()
  socket.on('data', data => {
    said += data
  })
  socket.on('error', () => {})
  socket.write(head)
  const timer = setInterval(() => socket.write('x'), 100)
  // Not `once` of events, which takes a reset for a failure: a character that crosses the cut is answered by one, and
  // then the kernel drops what had not been read yet. Such a connection shows nothing and is made again.
  await new Promise(resolve => socket.on('close', resolve))
  clearInterval(timer)
  return said === '' ? drip(dialled, head) : said
}
const post = (more: string) => `POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}`

t.test(
  'slow-body: a body that trickles in is cut, with the secret and without, and so are headers',
  { timeout: 60_000 },
  async t => {
    const { port, received } = await serve(t)
    const trickle = (head: string) => drip(() => dial(port, '127.0.0.1'), head)
    const length = 'Content-Length: 100000\r\n\r\n'
    const [withSecret, without, chunked, headers] = await Promise.all([
      trickle(post(`X-Telegram-Bot-Api-Secret-Token: ${secret}\r\n${length}`)),
      trickle(post(length)),
      trickle(post(`X-Telegram-Bot-Api-Secret-Token: ${secret}\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n`)),
      trickle(post('X-Long: ')),
    ])
    for (const said of [withSecret, chunked, headers]) t.match(said, /^HTTP\/1.1 408/)
    t.match(without, /^HTTP\/1.1 401 [\s\S]*connection: close/i)
    t.strictSame(received, [])
  },
)

t.test('places are given back once, by key and in all', t => {
  const places = createPlaces({ perKey: 2, inAll: 3 })
  const first = places.take('a')
  t.ok(first && places.take('a'))
  t.notOk(places.take('a'))
  t.ok(places.take('b'))
  t.notOk(places.take('c'), 'none is left in all')
  first?.()
  first?.()
  t.ok(places.take('c'))
  t.notOk(places.take('b'))
  t.end()
})
