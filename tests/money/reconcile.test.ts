import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { newId } from '../../src/id.ts'
import { endReversals, findPayment, reconcileStars } from '../../src/jobs/reconcile.ts'
import { troubles } from '../../src/operations/alarms.ts'
import { openPlan, subscriptionOf } from '../../src/payments/plans.ts'
import { openTopUp, paymentReverse, takePayment } from '../../src/payments/top-ups.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { silent, world } from '../support/world.ts'

const { sql, owner, user, story } = await world(t)

/** A Bot API server whose list of Stars and whose words to refunds are given; what it is not told it refuses. */
const list: object[] = []
const words = new Map<string, { status: number; description: string } | 'done' | 'cut'>()
const asked: string[] = []
const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', part => {
    body += part
  })
  request.on('end', () => {
    const say = (status: number, answer: object) => response.writeHead(status).end(JSON.stringify(answer))
    const payload = JSON.parse(body || '{}')
    if (request.url?.endsWith('/getStarTransactions')) {
      return say(200, {
        ok: true,
        result: { transactions: list.slice(payload.offset, payload.offset + payload.limit) },
      })
    }
    const charge = String(payload.telegram_payment_charge_id)
    asked.push(charge)
    const word = words.get(charge)
    if (word === 'cut') return response.destroy()
    if (word === 'done') return say(200, { ok: true, result: true })
    const { status, description } = word ?? { status: 400, description: 'Bad Request: CHARGE_NOT_FOUND' }
    return say(status, { ok: false, error_code: status, description, parameters: { retry_after: 60 } })
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => server.close())
const apiRoot = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const telegram = createTelegram({ token: '1:x', apiRoot, rateLimiter: async () => 0, log: silent, maxWaitMs: 0 })
const options = { sql, telegram, log: silent }

let people = 100
/** Somebody with an open invoice over 100 ₽; `paid` has paid it. */
async function invoiced() {
  const userId = people++
  await user(userId)
  const order = await openTopUp(sql, { userId, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null })
  const chargeId = `charge-${userId}-${newId()}`
  return { userId, orderId: order.id, chargeId }
}
async function paid() {
  const one = await invoiced()
  await takePayment(sql, { provider: 'stars', ...one, currency: 'XTR', total: 84 })
  return one
}
const incoming = ({ userId, orderId, chargeId }: Awaited<ReturnType<typeof invoiced>>, more: object = {}) => ({
  id: chargeId,
  amount: 84,
  date: Math.floor(Date.now() / 1000) - 1_000,
  source: { type: 'user', user: { id: userId }, invoice_payload: orderId },
  ...more,
})
const states = async (chargeIds: string[]) =>
  Object.fromEntries(
    (await owner`select charge_id, state from pay.reversals where charge_id in ${owner(chargeIds)}`).map(row => [
      row.charge_id,
      row.state,
    ]),
  )

await story('each refund stands for itself: an odd answer to one holds up no other', async t => {
  const odd: Parameters<typeof words.set>[1][] = [
    { status: 403, description: 'Forbidden: bot was blocked by the user' },
    { status: 429, description: 'Too Many Requests: retry after 60' },
    { status: 500, description: 'Internal Server Error' },
    { status: 401, description: 'Unauthorized' },
    { status: 418, description: 'Bad Request: I am a teapot' },
    'cut',
  ]
  const waiting = await Promise.all(odd.map(() => paid()))
  const gone = await paid()
  const unknown = await paid()
  const good = await paid()
  for (const [n, one] of waiting.entries()) words.set(one.chargeId, odd[n]!)
  words.set(gone.chargeId, { status: 400, description: 'Bad Request: user not found' })
  words.set(good.chargeId, 'done')
  const all = [...waiting, gone, unknown, good]
  for (const { chargeId, userId } of all) await paymentReverse(sql, 'stars', chargeId, userId, 'admin')

  await endReversals(options)
  const found = await states(all.map(one => one.chargeId))
  t.equal(found[good.chargeId], 'done')
  t.equal(found[gone.chargeId], 'refused', 'nobody to give it to: undone')
  t.equal(found[unknown.chargeId], 'refused')
  t.equal(await balanceOf(sql, gone.userId), 100_00, 'what was undone is on the balance')
  t.ok(
    waiting.every(one => found[one.chargeId] === 'asked'),
    'what may pass waits',
  )
  const before = asked.length
  await endReversals(options)
  t.equal(asked.length, before, 'what waits is not asked again at once')
  await owner`update pay.reversals set next_at = now() where state = 'asked'`
  for (const { chargeId } of waiting) words.set(chargeId, 'done')
  await endReversals(options)
  const later = await states(waiting.map(one => one.chargeId))
  t.ok(waiting.every(one => later[one.chargeId] === 'done'))

  // Only a refusal ends it in the end; no answer never does.
  const [teapot, silent] = [await paid(), await paid()]
  words.set(teapot.chargeId, { status: 418, description: 'Bad Request: I am a teapot' })
  words.set(silent.chargeId, 'cut')
  for (const { chargeId, userId } of [teapot, silent]) await paymentReverse(sql, 'stars', chargeId, userId, 'admin')
  await owner`update pay.reversals set attempts = 12 where state = 'asked'`
  await endReversals(options)
  t.match(await states([teapot.chargeId, silent.chargeId]), {
    [teapot.chargeId]: 'refused',
    [silent.chargeId]: 'asked',
  })
  words.set(silent.chargeId, 'done')
})

await story('a movement that cannot be read or booked is kept, and those behind it are booked', async t => {
  const [before, behind] = [await invoiced(), await invoiced()]
  const poison = [
    { id: 'no amount', date: 1 },
    { ...incoming(await invoiced()), amount: 'many' },
    { id: 7, amount: 84, date: 1 },
    {},
    incoming({ userId: 987_654_321, orderId: 'nobody', chargeId: 'x'.repeat(300) }, { amount: 2 ** 40 }),
    { ...incoming(await invoiced()), id: '' },
  ]
  list.push(incoming(before), ...poison, incoming(behind))
  await reconcileStars(options)
  t.equal(await balanceOf(sql, before.userId), 100_00)
  t.equal(await balanceOf(sql, behind.userId), 100_00)
  t.match(await owner`select position::int from pay.sync_marks where name = 'stars'`, [{ position: 8 }])
  const kept = await owner`select position::int, last_error from pay.unbooked order by position`
  t.ok(kept.length >= 5, `${kept.length} are kept`)
  await owner`update pay.unbooked set created_at = now() - interval '1 hour'`
  t.match(await troubles(sql), [{ unbooked: kept.length }], 'and told of')

  // The cause is gone: what was kept is booked by itself.
  const late = await invoiced()
  await owner`update pay.unbooked set movement = ${owner.json(incoming(late))}, next_at = now() where position = 1`
  await reconcileStars(options)
  t.equal(await balanceOf(sql, late.userId), 100_00)
  t.equal((await owner`select from pay.unbooked where booked_at is null`).length, kept.length - 1)
})

await story('a page of nothing but poison is read on, and a list that is not read to its end is told of', async t => {
  list.push(...Array.from({ length: 250 }, (_, n) => ({ odd: n })))
  const one = await invoiced()
  list.push(incoming(one))
  await reconcileStars(options)
  t.equal(await balanceOf(sql, one.userId), 100_00)
  const unread = async () => (await troubles(sql))[0]!.paymentsUnreadS
  t.ok((await unread()) < 60)
  await owner`update pay.sync_marks set at = now() - interval '20 minutes' where name = 'stars'`
  t.ok((await unread()) > 15 * 60)
  await reconcileStars(options)
  t.ok((await unread()) < 60, 'a read to the end is enough, even of nothing new')
})

await story('a renewal that only the list knows pays for the month from its own date', async t => {
  const userId = people++
  await user(userId)
  const terms = { stars: 84, amountKop: 100_00, openMore: 0, freeMore: 0, discount: 5 }
  const orderId = await openPlan(sql, userId, { id: 'basic', ...terms })
  const month = 2_592_000
  const date = Math.floor(Date.now() / 1000) - 10 * 86_400
  const source = { type: 'user', user: { id: userId }, invoice_payload: orderId, subscription_period: month }
  list.push(incoming({ userId, orderId, chargeId: newId() }, { date, source }))
  await reconcileStars(options)
  const [subscription] = await subscriptionOf(sql, userId)
  t.equal(subscription?.state, 'active')
  t.equal(subscription?.until.getTime(), (date + month) * 1000)
})

await story('who asks for a payment gets an answer from a few pages, however long the list', async t => {
  const [near, far] = [await invoiced(), await invoiced()]
  list.push(incoming(near), ...Array.from({ length: 5_000 }, () => ({ odd: true })), incoming(far))
  t.match(await findPayment(options, near.userId, near.orderId), { result: 'credited' })
  t.equal(await findPayment(options, far.userId, far.orderId), undefined)
})
