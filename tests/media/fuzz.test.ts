import { createHmac } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer as createHttp } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { Pool } from 'undici'
import { Refused, Unknown } from '../../src/errors.ts'
import { buildServer } from '../../src/http/build-server.ts'
import { newId } from '../../src/id.ts'
import { inspect } from '../../src/media/inspect.ts'
import { news } from '../../src/payments/integration.ts'
import { createStore, readUpdate } from '../../src/telegram/inbox.ts'
import { callbackPath } from '../../src/upstream/callbacks.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { createDownloader } from '../../src/upstream/download.ts'
import { strangers } from '../support/http.ts'
import { inspectHere } from '../support/media/inspector.ts'
import { jpegOf, mp3Of, mp4Of, pngOf, wavOf } from '../support/media/media.ts'
import { cases, type Mutator, mutator, seed, watchLoop } from '../support/mutate.ts'
import { updatesLike } from '../support/updates.ts'
import { noEnqueue, silent, world } from '../support/world.ts'

// What no client, no upstream and no phone would send, by the hundred thousand: the service answers each, as it should.
t.comment(`SEED=${seed} FUZZ=${cases}`)
const { sql, owner, broken } = await world(t)
const share = (part: number) => Math.ceil(cases * part)

/** So many cases, 16 at a time; the longest turn of the event loop is told, and no turn may be a block. */
async function fuzz(name: string, count: number, one: (random: Mutator, n: number) => Promise<void>) {
  const random = mutator(name)
  const loop = watchLoop()
  let next = 0
  const worker = async () => {
    while (next < count) await one(random, next++)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return `${name}: ${count} cases, ${loop.end()} ms of the processor in the longest turn`
}
// A tenth of a second on a machine of today, with room for a slower one.
const maxMs = 250
const typeOf = (value: unknown) => typeof value as string
const nameOf = (error: Error) => error.name
const ofProcessor = (said: string) => Number(/(\d+) ms of/.exec(said)?.[1])

t.test('updates of any form are stored or refused, never with a 5xx', async t => {
  const secret = 'S'.repeat(40)
  const store = createStore(sql)
  const receive = async (body: string) => void (await store(readUpdate(body)))
  const server = buildServer({ log: silent, strangers, webhook: { secrets: [secret], receive } })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const pool = new Pool(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`, { connections: 16 })
  t.teardown(async () => {
    await pool.close()
    await server.close()
  })
  const statuses = new Map<number, number>()
  const failed: string[] = []
  const said = await fuzz('updates', share(0.42), async (random, n) => {
    const update = random.pick(updatesLike(n, random.pick(['h', 'mn', 'w:z-image', 'g:aaaaaaaaaaaa', "'"])))
    const json = JSON.stringify(random.value(update)) ?? ''
    const body = random.chance(0.2) ? random.bytes(Buffer.from(json)) : random.chance(0.1) ? random.text(json) : json
    const right = random.chance(0.97)
    const headers = {
      'x-telegram-bot-api-secret-token': right ? secret : encodeURIComponent(random.text(secret).toWellFormed()),
      'content-type': random.pick(['application/json', 'text/plain', 'multipart/form-data', 'x/y; charset=utf-16']),
    }
    const { statusCode, body: answer } = await pool.request({ method: 'POST', path: '/webhook', headers, body })
    await answer.dump()
    if (statusCode >= 500) failed.push(String(body).slice(0, 500))
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
  })
  t.comment(said, JSON.stringify([...statuses]))
  t.strictSame(failed, [])
  t.strictSame([...statuses.keys()].sort(), [200, 401])
  const [row] = await owner`select count(*)::int as n from pay.inbox`
  t.ok(row!.n > share(0.42) / 10, `${row!.n} are stored`)
  t.ok(ofProcessor(said) <= maxMs, said)
})

t.test('callbacks of any form are answered, and change nothing that the upstream was not asked for', async t => {
  const secret = 'k'.repeat(32)
  const receive = async (id: string, taskId: string | undefined) =>
    void (await news({ sql, enqueue: noEnqueue }, id, taskId))
  const server = buildServer({ log: silent, strangers, callbacks: { secret, webhookKey: undefined, receive } })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const pool = new Pool(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`, { connections: 16 })
  t.teardown(async () => {
    await pool.close()
    await server.close()
  })
  const right = {
    code: 200,
    msg: 'ok',
    data: { taskId: 'task-1', state: 'success', resultJson: '{"resultUrls":["x"]}' },
  }
  const statuses = new Set<number>()
  const said = await fuzz('callbacks', share(0.2), async random => {
    const ours = callbackPath(newId(), secret)
    const path = random.chance(0.5)
      ? ours
      : `/${encodeURI(random.text(ours).toWellFormed().slice(1))}`.replaceAll('#', '%23')
    const json = JSON.stringify(random.value(right)) ?? ''
    const body = random.chance(0.3) ? random.bytes(Buffer.from(json)) : json
    const { statusCode, body: answer } = await pool.request({ method: 'POST', path, body })
    await answer.dump()
    statuses.add(statusCode)
  })
  t.comment(said, JSON.stringify([...statuses]))
  t.ok(
    [...statuses].every(status => status < 500),
    [...statuses].join(),
  )
  t.ok(statuses.has(200) && statuses.has(404))
  t.ok(ofProcessor(said) <= maxMs, said)
})

t.test(
  'whatever the upstream answers is one of the answers there are, and a lost submit is never called refused',
  async t => {
    type Cut = 'never' | 'before' | 'inside'
    let answer = {
      status: 200,
      headers: {} as Record<string, string>,
      body: Buffer.alloc(0) as Buffer,
      cut: 'never' as Cut,
    }
    const server = createHttp((request, response) => {
      request.resume().on('end', () => {
        if (answer.cut === 'before') return request.socket.destroy()
        response.writeHead(answer.status, answer.headers)
        if (answer.cut === 'never') return response.end(answer.body)
        response.write(answer.body.subarray(0, answer.body.length / 2), () => request.socket.destroy())
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const upstream = createUpstream({ baseUrl, uploadUrl: baseUrl, apiKey: 'test-key', log: silent, timeoutMs: 5_000 })
    t.teardown(async () => {
      await upstream.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    })
    const taskId = '330a9433fd309e9e18df1c567ae38471'
    const data = { taskId, model: 'z-image', state: 'success', param: '{"input":{}}', failCode: null, failMsg: null }
    const right = [
      { code: 200, msg: 'success', data: { taskId, recordId: taskId } },
      {
        code: 200,
        msg: 'success',
        data: { ...data, resultJson: '{"resultUrls":["https://files.example.com/1.png"]}' },
      },
      { code: 200, msg: 'success', data: { ...data, state: 'fail', failCode: '500', failMsg: 'Internal error' } },
      { code: 500, msg: 'Server exception', data: null },
      { code: 422, msg: 'aspect_ratio is required', data: null },
      { code: 200, msg: 'success', data: 100.5 },
    ]
    const submitted = async () => (await upstream.createTask({ model: 'z-image', input: {} })).kind
    const asked = async () => (await upstream.recordInfo(taskId)).kind
    const counted = () => upstream.credit().then(typeOf, nameOf)
    const kinds = new Map<string, number>()
    const random = mutator('answers')
    const loop = watchLoop()
    // One at a time on purpose: the answer is prepared before the question.
    for (let n = 0; n < share(0.24); n++) {
      const json = JSON.stringify(random.value(random.pick(right))) ?? ''
      const status = random.pick([200, 200, 200, 201, 204, 301, 400, 401, 404, 422, 429, 500, 502, 503, 599])
      const type = random.pick(['application/json', 'text/html', 'application/octet-stream'])
      answer = {
        status,
        headers: {
          'content-type': type,
          ...(random.chance(0.1) ? { 'retry-after': random.pick(['x', '-1', '1e9', '3']) } : {}),
        },
        body: random.chance(0.3) ? random.bytes(Buffer.from(json)) : Buffer.from(json),
        cut: random.chance(0.9) ? 'never' : random.pick(['before', 'inside']),
      }
      const call = random.int(0, 2)
      const heard = await [submitted, asked, counted][call]!()
      const kind = `${['submit', 'task', 'credit'][call]} ${heard}`
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      if (call !== 0) continue
      const sent = `${status} ${answer.cut} ${answer.body}`
      if (answer.cut !== 'never' && heard !== 'ambiguous' && !saysNo(status))
        throw new Error(`cut off, and ${heard}: ${sent}`)
      if ((heard === 'refused' || heard === 'busy') && !saysNo(status) && !deniesATask(answer.body))
        throw new Error(`${heard} without a word of it: ${sent}`)
    }
    const said = `answers: ${share(0.24)} cases, ${loop.end()} ms of the processor in the longest turn`
    t.comment(said, JSON.stringify([...kinds]))
    for (const kind of kinds.keys()) {
      t.match(
        kind,
        /^(submit (accepted|refused|busy|ambiguous)|task (running|success|failed|not_found|unclear)|credit (number|Refused|Unknown))$/,
      )
    }
    t.ok(ofProcessor(said) <= maxMs, said)
  },
)

/** Statuses that are a no whatever the body is, or is left of it. */
const saysNo = (status: number) => [401, 403, 429].includes(status)
/** Does the body itself say, by a code of its own, that there is no task? */
function deniesATask(body: Buffer): boolean {
  try {
    const said = JSON.parse(body.toString()) as { code?: unknown; data?: { taskId?: unknown } | null }
    return Number.isInteger(said.code) && said.code !== 200 && typeof said.data?.taskId !== 'string'
  } catch {
    return false
  }
}

t.test('with the upstream’s key a callback counts only as it was signed', async t => {
  const [secret, key] = ['k'.repeat(32), 'w'.repeat(32)]
  const counted: string[] = []
  const receive = async (_id: string, taskId: string | undefined) => void counted.push(taskId!)
  const server = buildServer({ log: silent, strangers, callbacks: { secret, webhookKey: key, receive } })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const pool = new Pool(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`, { connections: 16 })
  t.teardown(async () => {
    await pool.close()
    await server.close()
  })
  const statuses = new Map<string, number>()
  const said = await fuzz('signatures', share(0.05), async random => {
    const taskId = newId()
    const timestamp = String(Math.floor(Date.now() / 1_000) - random.int(0, 60))
    const signature = createHmac('sha256', key).update(`${taskId}.${timestamp}`).digest('base64')
    const spoiled = (text: string) => encodeURIComponent(random.text(text).toWellFormed())
    const sent = { taskId, timestamp, signature }
    const part = random.pick(['taskId', 'timestamp', 'signature', 'none'] as const)
    if (part !== 'none') sent[part] = random.chance(0.3) ? '' : spoiled(sent[part])
    const isRight = sent.taskId === taskId && sent.timestamp === timestamp && sent.signature === signature
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: callbackPath(newId(), secret),
      headers: { 'x-webhook-timestamp': sent.timestamp, 'x-webhook-signature': sent.signature },
      body: JSON.stringify({ taskId: sent.taskId }),
    })
    await body.dump()
    const outcome = `${isRight ? 'right' : part} ${statusCode}`
    statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1)
  })
  t.comment(said, JSON.stringify([...statuses]))
  t.strictSame([...statuses.keys()].sort(), ['right 200', 'signature 404', 'taskId 404', 'timestamp 404'])
  t.equal(counted.length, statuses.get('right 200'))
})

t.test(
  'whatever a link leads to is a file that is known, or refused, or unknown, and nothing stays behind',
  async t => {
    const whole = [jpegOf(64, 48), pngOf(64, 48), mp3Of(1), wavOf(1)].map(sent => Buffer.from(sent.bytes))
    const random = mutator('downloads')
    const server = createHttp((_request, response) => {
      const body = random.chance(0.5) ? random.pick(whole) : random.bytes(random.pick(whole))
      const length = random.pick([body.length, body.length, body.length + 1, 0, -1, 2 ** 40, 'x'])
      const headers = {
        'content-type': random.pick(['image/png', 'text/html', '']),
        ...(random.chance(0.5) ? { 'content-length': String(length) } : {}),
        ...(random.chance(0.1) ? { location: 'http://169.254.169.254/' } : {}),
        ...(random.chance(0.1) ? { 'content-encoding': 'gzip' } : {}),
      }
      // Past Node's own care for its headers: another server has none.
      const socket = response.socket!
      const status = random.pick([200, 200, 200, 200, 204, 206, 301, 404, 416, 429, 500, 503])
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(`HTTP/1.1 ${status} Some\r\n${lines.join('')}connection: close\r\n\r\n`)
      const isCut = random.chance(0.2)
      socket.write(isCut ? body.subarray(0, body.length / 2) : body, () => (isCut ? socket.destroy() : socket.end()))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const dir = t.testdir()
    const downloader = createDownloader({ trustedOrigins: [origin], inspect: inspectHere, dir })
    t.teardown(async () => {
      await downloader.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    })
    const outcomes = new Map<string, number>()
    const said = await fuzz('downloads', share(0.02), async () => {
      const outcome = await downloader.fetch(`${origin}/file`, { maxBytes: 1_048_576, deadlineMs: 5_000 }).then(
        async file => {
          await file.remove()
          return file.kind
        },
        (error: unknown) => {
          if (error instanceof Refused || error instanceof Unknown) return String((error as Refused).code ?? error.name)
          throw error
        },
      )
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    })
    t.comment(said, JSON.stringify([...outcomes]))
    for (const kind of ['image', 'audio', 'not_media', 'truncated', 'too_large', 'not_found', 'redirect', 'Unknown'])
      t.ok(outcomes.has(kind), kind)
    t.strictSame(await readdir(dir), [])
  },
)

t.test('files of any bytes are known for what they are or refused by name', async t => {
  const dir = t.testdir()
  const whole = [jpegOf(64, 48), pngOf(64, 48), mp3Of(1), await mp4Of(), wavOf(1)].map(sent => Buffer.from(sent.bytes))
  const outcomes = new Map<string, number>()
  const said = await fuzz('files', share(0.1), async (random, n) => {
    const path = join(dir, String(n % 64))
    const bytes = random.chance(0.05)
      ? random.bytes(Buffer.alloc(random.int(1, 300)))
      : random.bytes(random.pick(whole))
    await writeFile(path, bytes)
    const outcome = await inspect(path).then(
      ({ kind }) => kind,
      (error: unknown) => {
        if (error instanceof Refused || error instanceof Unknown) return String((error as Refused).code ?? error.name)
        throw error
      },
    )
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  })
  t.comment(said, JSON.stringify([...outcomes]))
  for (const kind of ['image', 'video', 'audio', 'not_media']) t.ok(outcomes.has(kind), kind)
  t.ok(ofProcessor(said) <= maxMs, said)
})

t.test('no promise is broken by any of it', async t => t.strictSame(await broken(), []))
