import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { callbackPath, isOurCallback, isSigned, taskIdOf } from '../../src/upstream/callbacks.ts'

const secret = 'a-secret-for-tests-only'
const id = '0199c1de-7d11-7aaf-8a52-1f4a2f1c9d10'
const macOf = (generationId: string) => callbackPath(generationId, secret).split('/').at(-1)!

t.test('forged-callback: an address that we made is ours, and nothing else is', async t => {
  const [, folder, kie, generation, mac] = callbackPath(id, secret).split('/')
  t.strictSame([folder, kie, generation], ['callbacks', 'kie', id])
  t.equal(isOurCallback(id, mac!, secret), true)
  t.equal(Buffer.from(mac!, 'base64url').length, 32, 'the MAC is of full length')
  t.equal(isOurCallback(id.replace('1', '2'), mac!, secret), false, 'another generation')
  t.equal(isOurCallback(id, macOf('another'), secret), false, 'the MAC of another generation')
  t.equal(isOurCallback(id, mac!, `${secret}x`), false, 'another secret')
  const plain = createHmac('sha256', secret).update(id).digest('base64url')
  t.equal(isOurCallback(id, plain, secret), false, 'a MAC of the same id for another purpose')
  for (const wrong of ['', 'x', mac!.slice(1), `${mac}A`, `${mac}=`, 'я'.repeat(43), 'x'.repeat(10_000)]) {
    t.equal(isOurCallback(id, wrong, secret), false, `${wrong.length} characters`)
  }
})

t.test('any id makes the round trip through a path', async () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), generationId => {
      const parts = callbackPath(generationId, secret).split('/')
      return parts.length === 5 && isOurCallback(decodeURIComponent(parts[3]!), parts[4]!, secret)
    }),
  )
})

// The vector of the signature's description.
const key = 'test-hmac-key'
const taskId = '330a9433fd309e9e18df1c567ae38471'
const timestamp = '1776862622'
const signature = 'tS6nFTtZw8BpNJH3asIDQCKnL0E33yzrCK/ju0UG/0s='
const headers = { 'x-webhook-timestamp': timestamp, 'x-webhook-signature': signature }
const then = 1_776_862_622_000

t.test('the upstream’s signature is checked by its vector', async t => {
  t.equal(isSigned(headers, taskId, key, then), true)
  t.equal(isSigned(headers, `${taskId}0`, key, then), false, 'another task')
  t.equal(isSigned(headers, taskId, `${key}0`, then), false, 'another key')
  t.equal(isSigned({ ...headers, 'x-webhook-timestamp': '1776862623' }, taskId, key, then), false, 'another time')
  t.equal(isSigned({ ...headers, 'x-webhook-signature': signature.slice(1) }, taskId, key, then), false, 'shorter')
  t.equal(isSigned({ ...headers, 'x-webhook-signature': [signature] }, taskId, key, then), false, 'a list')
  t.equal(isSigned({}, taskId, key, then), false, 'unsigned')
  const empty = createHmac('sha256', '').update(`${taskId}.${timestamp}`).digest('base64')
  t.equal(isSigned({ ...headers, 'x-webhook-signature': empty }, taskId, '', then), false, 'an empty key signs nothing')
})

t.test('replayed-callback: a signature is worth five minutes, in both directions', async t => {
  t.equal(isSigned(headers, taskId, key, then + 300_000), true)
  t.equal(isSigned(headers, taskId, key, then - 300_000), true)
  t.equal(isSigned(headers, taskId, key, then + 301_000), false)
  t.equal(isSigned(headers, taskId, key, then - 301_000), false)
  for (const odd of ['1e9', '-1', '', '0x1', ' 1776862622', '9'.repeat(400)]) {
    t.equal(isSigned({ ...headers, 'x-webhook-timestamp': odd }, taskId, key, then), false, odd.slice(0, 20))
  }
})

t.test('body-encoding: how the body is written changes nothing: what is signed is not the body', async t => {
  const forms = [
    `{"data":{"taskId":"${taskId}","n":1}}`,
    ` {\n"data" : { "n" : 1.0e0, "taskId" : "${taskId}" } } `,
    `{"data":{"taskId":"\\u0033${taskId.slice(1)}"}}`,
    `{"data":{"taskId":"x","taskId":"${taskId}"}}`,
  ]
  for (const form of forms) {
    const named = taskIdOf(JSON.parse(form))
    t.equal(named !== undefined && isSigned(headers, named, key, then), true, form)
  }
})

t.test('a task id is found wherever it is documented to stand', async t => {
  t.equal(taskIdOf({ code: 200, data: { taskId } }), taskId)
  t.equal(taskIdOf({ data: { task_id: taskId } }), taskId)
  t.equal(taskIdOf({ taskId }), taskId)
  t.equal(taskIdOf({ task_id: taskId }), taskId)
  t.equal(taskIdOf({ data: null, taskId }), taskId)
  t.equal(taskIdOf(JSON.parse(`{"data":{"__proto__":{"taskId":"${taskId}"}}}`)), undefined, 'not an inherited one')
  for (const none of [
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { data: {} },
    { taskId: 7 },
    { taskId: '' },
    { taskId: 'a\0' },
  ]) {
    t.equal(taskIdOf(none), undefined, JSON.stringify(none) ?? 'undefined')
  }
  fc.assert(fc.property(fc.anything(), body => ['string', 'undefined'].includes(typeof taskIdOf(body))))
})
