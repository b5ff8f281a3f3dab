import t from 'tap'
import type { Param, Sql } from '../src/db.ts'
import { Unknown } from '../src/errors.ts'
import { newId } from '../src/id.ts'
import {
  openTopUp,
  type Payment,
  paymentReverse,
  reversalEnd,
  starsFor,
  takeBack,
  takePayment,
  topUpOpen,
} from '../src/payments/top-ups.ts'
import { balanceOf } from '../src/payments/wallet.ts'
import { world } from './support/world.ts'

const { sql, owner, user, order, start, story } = await world(t)
const open = (userId: number, amountKop = 100_00) =>
  openTopUp(sql, { userId, provider: 'stars', amountKop, total: starsFor(amountKop, '1.2'), quoteId: null })
const paid = async (userId: number, more: Partial<Payment> = {}) => {
  const { id, currency, total } = await open(userId)
  return { provider: 'stars' as const, chargeId: newId(), userId, orderId: id, currency, total, ...more }
}
const debtOf = async (userId: number) =>
  Number((await owner`select debt_kop from pay.wallets where user_id = ${userId}`)[0]?.debt_kop)
const parked = async (userId: number) =>
  (await owner`select reason from pay.parked_payments where user_id = ${userId} order by received_at`).map(
    row => row.reason,
  )

t.test('Stars for a pack are whole and never bring less than it costs', async t => {
  t.equal(starsFor(100_00, '1.2'), 84, '83.3 go up')
  t.equal(starsFor(500_00, '1.2'), 417)
  t.equal(starsFor(120_00, '1.2'), 100)
  t.equal(starsFor(1_00, '1000'), 1)
})

story('[M16] a payment told ten times at once is credited once', async t => {
  await user(1)
  const payment = await paid(1)
  const told = await Promise.all(Array.from({ length: 10 }, () => takePayment(sql, payment)))
  t.equal(told.filter(({ result }) => result === 'credited').length, 1)
  t.equal(told.filter(({ result }) => result === 'duplicate').length, 9)
  t.equal(await balanceOf(sql, 1), 100_00)
})

story('[M17] an invoice paid twice is two credits, and the second says so', async t => {
  await user(2)
  const first = await paid(2)
  t.match(await takePayment(sql, first), { result: 'credited', isSecond: false })
  t.match(await takePayment(sql, { ...first, chargeId: newId() }), { result: 'credited', isSecond: true })
  t.equal(await balanceOf(sql, 2), 200_00)
})

story(
  'an order whose answer was lost, and that was paid before it was asked for again, is followed by a new one',
  async t => {
    await user(14)
    let lost: { id: string } | undefined
    const losing = (async (text: TemplateStringsArray, ...values: Param[]) => {
      const rows = await sql<{ id: string; total: number }>(text, ...values)
      if (lost) return rows
      lost = rows[0]!
      const payment = { provider: 'stars' as const, chargeId: newId(), userId: 14, orderId: lost.id, currency: 'XTR' }
      await takePayment(sql, { ...payment, total: rows[0]!.total })
      throw new Unknown('the answer was lost')
    }) as Sql
    const order = await openTopUp(losing, {
      userId: 14,
      provider: 'stars',
      amountKop: 100_00,
      total: 84,
      quoteId: null,
    })
    t.not(order.id, lost?.id)
    t.equal(await balanceOf(sql, 14), 100_00)
  },
)

story('[M15] what does not agree with its order is parked, neither credited nor lost', async t => {
  await user(3)
  await user(4)
  const right = await paid(3)
  t.match(await takePayment(sql, { ...right, total: right.total - 1 }), { result: 'parked', reason: 'wrong_amount' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), currency: 'RUB' }), { reason: 'wrong_amount' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), provider: 'card' }), { reason: 'wrong_amount' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), orderId: newId() }), { reason: 'unknown_order' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), userId: 4 }), { reason: 'foreign_order' })
  t.strictSame(await parked(3), ['wrong_amount', 'wrong_amount', 'wrong_amount', 'unknown_order'])
  t.strictSame(await parked(4), ['foreign_order'])
  t.equal(await balanceOf(sql, 3), 0)
  await t.rejects(takePayment(sql, { ...right, total: 0 }))
  await t.rejects(takePayment(sql, { ...right, total: -5 }))
})

story('a charge that was credited to one cannot be told for another', async t => {
  await user(5)
  await user(6)
  const payment = await paid(5)
  await takePayment(sql, payment)
  const other = await paid(6, { chargeId: payment.chargeId })
  t.match(await takePayment(sql, other), { result: 'parked', reason: 'charge_reused' })
  t.equal(await balanceOf(sql, 6), 0)
})

story('[M21] forty payments at once all count', async t => {
  await user(7)
  const all = await Promise.all(Array.from({ length: 40 }, () => paid(7)))
  await Promise.all(all.map(payment => takePayment(sql, payment)))
  t.equal(await balanceOf(sql, 7), 40 * 100_00)
})

story('one order is open per pack, and a new rate puts the old one away', async t => {
  await user(8)
  const [a, b] = await Promise.all([open(8), open(8)])
  t.equal(a.id, b.id)
  t.not((await open(8, 300_00)).id, a.id)
  const [dearer] = await topUpOpen(sql, newId(), {
    userId: 8,
    provider: 'stars',
    amountKop: 100_00,
    total: 200,
    quoteId: null,
  })
  t.not(dearer!.id, a.id)
})

story(
  '[M22] a refund takes the credit back once; what is spent becomes a debt that the next credit pays off',
  async t => {
    await user(9)
    const first = await paid(9)
    await takePayment(sql, first)
    await start(await order(9, 70_00))
    const back = await Promise.all([1, 2, 3].map(() => takeBack(sql, 'stars', first.chargeId, 9)))
    t.strictSame(back.map(({ result }) => result).sort(), ['duplicate', 'duplicate', 'reversed'])
    t.match(back[0], { takenKop: 30_00, debtKop: 70_00 })
    t.equal(await balanceOf(sql, 9), 0)
    t.equal(await debtOf(9), 70_00)
    t.match(await takePayment(sql, await paid(9)), { result: 'credited', balanceKop: 30_00, debtKop: 0 })
  },
)

story('a refund that the provider refuses gives back what was taken, and what was owed is no longer', async t => {
  await user(10)
  const first = await paid(10)
  await takePayment(sql, first)
  await start(await order(10, 40_00))
  t.match(await paymentReverse(sql, 'stars', first.chargeId, 10, 'admin'), [{ result: 'reversed', takenKop: 60_00 }])
  t.match(await reversalEnd(sql, 'stars', first.chargeId, true), [{ result: 'refused' }])
  t.match(await reversalEnd(sql, 'stars', first.chargeId, true), [{ result: 'already' }])
  t.equal(await balanceOf(sql, 10), 60_00)
  t.equal(await debtOf(10), 0)
})

story('a refund of a payment that is not there, or not theirs, writes nothing', async t => {
  await user(11)
  await user(12)
  const first = await paid(11)
  await takePayment(sql, first)
  t.match(await takeBack(sql, 'stars', first.chargeId, 12), { result: 'unknown' })
  t.match(await takeBack(sql, 'stars', 'nothing', 11), { result: 'unknown' })
  t.equal(await balanceOf(sql, 11), 100_00)
})
