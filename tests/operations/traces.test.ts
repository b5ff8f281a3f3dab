import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createTracing, requestFields, span, traceIdOf } from '../../src/trace.ts'
import { canary, person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

type Attribute = { key: string; value: { stringValue?: string } }
type Span = { traceId: string; spanId: string; parentSpanId?: string; name: string; attributes: Attribute[] }
type Export = { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }

const headerName = 'x-collector-key'
const header = 'canary-collector-key-0123456789'

/** Takes traces as a collector does: OTLP over HTTP, in JSON, with the header that it was promised. */
async function collector(t: Test) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const isRight = request.url === '/v1/traces' && request.headers[headerName] === header
    if (isRight) bodies.push(Buffer.concat(parts).toString())
    response.writeHead(isRight ? 200 : 403, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const spans = () =>
    bodies.flatMap(body =>
      (JSON.parse(body) as Export).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, written: () => bodies.join('\n') }
}

t.test('an order is one trace from the press to the picture, on two machines, and the log says which', async t => {
  const { url, spans, written } = await collector(t)
  const { telegram, owner, service } = await stage(t)
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: `${headerName}=${header}` }
  const web = await service({ ...env, ROLES: 'web' })
  const worker = await service({ ...env, ROLES: 'worker', PORT: '0' })
  await web.ready()
  const anna = person(telegram)
  anna.open('m_flux-2-pro-text-to-image')
  await anna.press(/Начать/)
  anna.say(canary.prompt)
  await anna.press(/По умолчанию/)
  await anna.press(/Запустить за/)
  await anna.result()
  const [order] =
    await owner`select g.id, e.request_id from pay.generations g join pay.generation_events e on e.request_id = g.id`
  const traceId = traceIdOf(order!.id)
  const steps = () => spans().filter(span => span.traceId === traceId)
  const wanted = [
    'webhook',
    'store',
    'update',
    'pay.place',
    'submit',
    'upstream createTask',
    'callback',
    'check',
    'upstream recordInfo',
    'download',
    'pay.settle',
    'deliver',
    'telegram sendPhoto',
  ]
  await until('the whole trace', () => wanted.every(name => steps().some(span => span.name === name)))

  for (const { attributes } of steps()) {
    t.match(
      attributes.find(({ key }) => key === 'request_id'),
      { value: { stringValue: order!.id } },
    )
  }
  const named = (name: string) => steps().find(span => span.name === name)!
  t.equal(named('telegram sendPhoto').parentSpanId, named('deliver').spanId, 'a step knows what it is a step of')
  t.equal(named('deliver').parentSpanId, named('check').spanId, 'and what led to it, where one process did both')
  t.notOk(written().includes(canary.prompt), 'no words of a person')
  for (const secret of [canary.kieKey, canary.webhookSecret, telegram.token]) t.notOk(written().includes(secret))

  const lines = worker
    .output()
    .split('\n')
    .filter(line => line.includes(order!.id))
  const settled = lines.find(line => line.includes('generation settled'))
  t.match(JSON.parse(settled ?? '{}'), { request_id: order!.id, trace_id: traceId })
  t.notOk(worker.output().includes(header), 'the key of the collector is a secret')
})

t.test('a collector that is away or refuses is said in the log, and the bot works on', async t => {
  const { url } = await collector(t)
  const { telegram, service } = await stage(t)
  const { ready, output } = await service({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  await ready()
  const anna = person(telegram)
  anna.open()
  await anna.sees(/Здравствуйте, Анна/)
  await until('the warning', () => output().includes('traces were not sent'))
})

t.test('without a collector nothing is recorded, and the log still says which request it was', async t => {
  const tracing = createTracing({
    endpoint: undefined,
    headers: {},
    version: '0',
    failed: error => t.fail(String(error)),
  })
  await tracing.start()
  t.same(requestFields(), {})
  const fields = await tracing.request('order', 'update', () => span('step', async () => requestFields()))
  t.same(fields, { request_id: 'order' })
  await tracing.close()
})

t.test('an error is passed on, and its trace tells its kind without its words', async t => {
  const { url, spans, written } = await collector(t)
  const failed = (error: unknown) => t.fail(String(error))
  const tracing = createTracing({ endpoint: url, headers: { [headerName]: header }, version: '0', failed })
  await tracing.start()
  const broken = () => Promise.reject(new RangeError('canary-words'))
  await t.rejects(
    tracing.request('order', 'update', () => span('step', broken)),
    { message: 'canary-words' },
  )
  await tracing.close()
  t.same(
    spans()
      .map(({ name }) => name)
      .sort(),
    ['step', 'update'],
  )
  t.match(written(), /RangeError/)
  t.notMatch(written(), /canary-words/)
})
