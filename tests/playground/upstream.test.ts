import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type Behaviour, startUpstream } from '../../playground/upstream/server.ts'
import { createLog } from '../../src/log.ts'
import { callbackPath, isOurCallback, isSigned, taskIdOf } from '../../src/upstream/callbacks.ts'
import { createUpstream, type TaskState, type Upstream } from '../../src/upstream/client.ts'
import { createDownloader } from '../../src/upstream/download.ts'
import { inspectHere } from '../support/media/inspector.ts'

const image = {
  model: 'grok-imagine/text-to-image',
  input: { prompt: 'a night city', aspect_ratio: '1:1', enable_pro: false },
}

async function world(t: Test, options: Parameters<typeof startUpstream>[0] = {}) {
  const standIn = await startUpstream(options)
  standIn.speed.runMs = 20
  standIn.limits.creations.limit = 1_000
  standIn.limits.reads.limit = 1_000
  const log = createLog({ level: 'silent', secrets: [] })
  const { baseUrl, apiKey } = standIn
  const upstream = createUpstream({ baseUrl, uploadUrl: baseUrl, apiKey, log })
  const downloader = createDownloader({ trustedOrigins: [baseUrl], inspect: inspectHere })
  t.teardown(async () => {
    await Promise.all([upstream.close(), downloader.close()])
    await standIn.close()
  })
  return { standIn, upstream, downloader }
}

async function accepted(upstream: Upstream, callBackUrl?: string): Promise<string> {
  const answer = await upstream.createTask({ ...image, ...(callBackUrl ? { callBackUrl } : {}) })
  if (answer.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(answer)}`)
  return answer.taskId
}

async function ended(upstream: Upstream, taskId: string): Promise<TaskState> {
  for (;;) {
    const task = await upstream.recordInfo(taskId)
    if (task.kind === 'success' || task.kind === 'failed') return task
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

t.test('an order goes the whole way against the stand-in', async t => {
  const { standIn, upstream, downloader } = await world(t)
  const before = await upstream.credit()
  const callBackUrl = 'http://127.0.0.1:9/callbacks/kie/g/m'
  const task = await ended(upstream, await accepted(upstream, callBackUrl))
  if (task.kind !== 'success') throw new Error(JSON.stringify(task))
  t.match(task, { model: image.model, callBackUrl })
  t.ok(task.urls.length > 0)
  for (const url of task.urls) {
    const file = await downloader.fetch(url)
    t.match(file, { kind: 'image' })
    t.ok(file.widthPx)

    const stored = await upstream.upload({
      path: file.path,
      fileName: `${randomUUID()}.${file.extension}`,
      mime: file.mime,
    })
    t.equal((await downloader.fetch(stored)).bytes, file.bytes, 'what was uploaded comes back')
  }
  t.ok((await upstream.credit()) < before)
  t.equal(standIn.tasks.length, 1)
})

t.test('each way of the stand-in to misbehave has its class', async t => {
  const { standIn, upstream } = await world(t)
  const table: [Behaviour, object][] = [
    ['no_credit', { kind: 'refused', code: 'no_credit' }],
    ['unauthorized', { kind: 'refused', code: 'auth' }],
    ['rate_limited', { kind: 'busy', code: 'rate_limited' }],
    ['maintenance', { kind: 'busy', code: 'maintenance' }],
    ['server_error', { kind: 'busy', code: 'transient' }],
    ['http_502', { kind: 'ambiguous' }],
    ['no_task_id', { kind: 'ambiguous' }],
    ['ambiguous', { kind: 'ambiguous' }],
  ]
  for (const [behaviour, wanted] of table) {
    standIn.next(behaviour)
    t.match(await upstream.createTask(image), wanted, behaviour)
  }
  t.equal(standIn.tasks.length, 1, 'only the cut answer hid a task, and nothing was sent twice')
  t.match(await upstream.createTask({ model: 'nobody/knows', input: {} }), {
    kind: 'refused',
    code: 'unsupported_model',
  })
  t.match(await upstream.createTask({ ...image, input: {} }), { kind: 'refused', code: 'invalid_input' })

  standIn.next('fail')
  t.match(await ended(upstream, await accepted(upstream)), { kind: 'failed', code: 'generation_failed' })
  standIn.next('moderation')
  t.match(await ended(upstream, await accepted(upstream)), { kind: 'failed', code: 'moderation' })
  standIn.next('empty_result')
  t.match(await ended(upstream, await accepted(upstream)), { kind: 'success', urls: [] })
  standIn.next('silent')
  t.match(await upstream.recordInfo(await accepted(upstream)), { kind: 'running' })
  standIn.speed.visibleMs = 60_000
  t.match(await upstream.recordInfo(await accepted(upstream)), { kind: 'not_found' })
})

t.test('spoilt results are told apart from files', async t => {
  const { standIn, upstream, downloader } = await world(t)
  const table: [Behaviour, string][] = [
    ['dead_result', 'not_found'],
    ['wrong_result', 'not_media'],
    ['truncated_result', 'truncated'],
  ]
  for (const [behaviour, code] of table) {
    standIn.next(behaviour)
    const task = await ended(upstream, await accepted(upstream))
    if (task.kind !== 'success') throw new Error(JSON.stringify(task))
    await t.rejects(downloader.fetch(task.urls[0]!), { name: 'Refused', code }, behaviour)
  }
})

t.test('a signed callback of the stand-in is ours, and names its task', async t => {
  const webhookKey = 'test-hmac-key'
  const { upstream } = await world(t, { webhookKey })
  const secret = 'a-secret-for-tests-only'
  const { promise: called, resolve: call } = Promise.withResolvers<[string, NodeJS.Dict<string | string[]>, unknown]>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end('{"code":200,"msg":"success"}')
    call([request.url!, request.headers, JSON.parse(Buffer.concat(chunks).toString())])
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const path = callbackPath('g1', secret)
  const taskId = await accepted(upstream, `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
  const [url, headers, body] = await called
  const [, , , generation, mac] = url.split('/')
  t.equal(isOurCallback(generation!, mac!, secret), true)
  t.equal(taskIdOf(body), taskId)
  t.equal(isSigned(headers, taskId, webhookKey, Date.now()), true)
})
