import t from 'tap'
import { connect, type Param, type Sql } from '../../src/database/db.ts'
import { InDebt, Unknown } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { confirm, requestChange } from '../../src/operations/admin-actions.ts'
import {
  openTopUp,
  type Payment,
  paymentReverse,
  reversalEnd,
  starsFor,
  takeBack,
  takePayment,
  topUpOpen,
} from '../../src/payments/top-ups.ts'
import { prove } from '../../src/payments/transfers.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { second } from '../support/second.ts'
import { world } from '../support/world.ts'

const { access, url, sql, owner, user, order, start, story } = await world(t)
const admins = connect(access.admin, { max: 2 })
t.teardown(() => admins.close())
const other = await second(t, url)
/** A payment as one of two processes hears of it, by turns. */
const take = (payment: Payment, n: number) => (n % 2 ? other.takePayment(payment) : takePayment(sql, payment))
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

story('a payment told ten times at once, to two processes, is credited once', async t => {
  await user(1)
  const payment = await paid(1)
  const told = await Promise.all(Array.from({ length: 10 }, (_, n) => take(payment, n)))
  t.equal(told.filter(({ result }) => result === 'credited').length, 1)
  t.equal(told.filter(({ result }) => result === 'duplicate').length, 9)
  t.equal(await balanceOf(sql, 1), 100_00)
})

story('an invoice paid twice is two credits, and the second says so, whichever process hears of it', async t => {
  await user(2)
  const first = await paid(2)
  t.match(await takePayment(sql, first), { result: 'credited', isSecond: false })
  const again = { ...first, chargeId: newId() }
  t.match(await other.takePayment(again), { result: 'credited', isSecond: true })
  const told = await Promise.all([first, again, first, again].map(take))
  t.strictSame([...new Set(told.map(({ result }) => result))], ['duplicate'])
  t.equal(await balanceOf(sql, 2), 200_00)
  // Two that come at once overlap only now and then.
  for (let n = 1; n <= 20; n++) {
    const next = await paid(2)
    const twice = await Promise.all([next, { ...next, chargeId: newId() }].map(take))
    t.strictSame(twice.map(({ isSecond }) => isSecond).sort(), [false, true], 'also when both come at once')
    t.equal(await balanceOf(sql, 2), 200_00 + n * 200_00)
  }
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

story('payment-mismatch: what does not agree with its order is parked, neither credited nor lost', async t => {
  await user(3)
  await user(4)
  const right = await paid(3)
  t.match(await takePayment(sql, { ...right, total: right.total - 1 }), { result: 'parked', reason: 'wrong_amount' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), currency: 'RUB' }), { reason: 'wrong_amount' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), provider: 'card' }), { reason: 'wrong_amount' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), orderId: newId() }), { reason: 'unknown_order' })
  t.match(await takePayment(sql, { ...right, chargeId: newId(), userId: 4 }), { reason: 'foreign_order' })
  const unsure = { ...right, chargeId: newId(), total: right.total + 1 }
  const told = await Promise.all([unsure, unsure, unsure, unsure].map(take))
  t.equal(told.filter(({ result }) => result === 'parked').length, 4, 'two processes park it')
  t.equal((await owner`select from pay.parked_payments where charge_id = ${unsure.chargeId}`).length, 1, 'once')
  t.strictSame(await parked(3), ['wrong_amount', 'wrong_amount', 'wrong_amount', 'unknown_order', 'wrong_amount'])
  t.strictSame(await parked(4), ['foreign_order'])
  for (const currency of ['xtr', 'USD', '', 'XTR ']) {
    t.match(await takePayment(sql, { ...right, chargeId: newId(), currency }), { reason: 'wrong_amount' }, currency)
  }
  for (const orderId of [right.orderId.toUpperCase(), `${right.orderId} `, '', "' or true --"]) {
    t.match(await takePayment(sql, { ...right, chargeId: newId(), orderId }), { reason: 'unknown_order' }, orderId)
  }
  t.equal(await balanceOf(sql, 3), 0)
  t.equal(await balanceOf(sql, 4), 0)
  await t.rejects(takePayment(sql, { ...right, total: 0 }))
  await t.rejects(takePayment(sql, { ...right, total: -5 }))
})

story('shared-charge: a charge that was credited to one cannot be told for another', async t => {
  await user(5)
  await user(6)
  const payment = await paid(5)
  await takePayment(sql, payment)
  const other = await paid(6, { chargeId: payment.chargeId })
  t.match(await takePayment(sql, other), { result: 'parked', reason: 'charge_reused' })
  t.equal(await balanceOf(sql, 6), 0)
  // Told again of the one who has it, with something else about it.
  const dearer = await open(5, 300_00)
  for (const more of [{ total: payment.total + 1 }, { currency: 'RUB' }, { orderId: dearer.id, total: dearer.total }]) {
    t.not((await takePayment(sql, { ...payment, ...more })).result, 'credited', JSON.stringify(more))
  }
  t.equal(await balanceOf(sql, 5), 100_00)
  const fresh = { five: await paid(5, { chargeId: 'both' }), six: await paid(6, { chargeId: 'both' }) }
  const told = await Promise.all([fresh.five, fresh.six, fresh.five, fresh.six].map(take))
  t.equal(told.filter(({ result }) => result === 'credited').length, 1, 'two at once')
  t.equal((await balanceOf(sql, 5)) + (await balanceOf(sql, 6)), 200_00)
})

story('forty payments at once, to two processes, all count', async t => {
  await user(7)
  const all = await Promise.all(Array.from({ length: 40 }, () => paid(7)))
  await Promise.all(all.map(take))
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
  'spent-refund: a refund told to two processes takes the credit back once; what is spent becomes a debt that the next credit pays off',
  async t => {
    await user(9)
    const first = await paid(9)
    await takePayment(sql, first)
    await start(await order(9, 70_00))
    const back = await Promise.all([
      takeBack(sql, 'stars', first.chargeId, 9),
      other.takeBack('stars', first.chargeId, 9),
      other.takeBack('stars', first.chargeId, 9),
    ])
    t.strictSame(back.map(({ result }) => result).sort(), ['duplicate', 'duplicate', 'reversed'])
    t.match(back[0], { takenKop: 30_00, debtKop: 70_00 })
    t.equal(await balanceOf(sql, 9), 0)
    t.equal(await debtOf(9), 70_00)
    await t.rejects(start(await order(9, 1_00)), InDebt, 'and until then nothing is sold')
    await owner`update pay.wallets set balance_kop = 50_00 where user_id = 9`
    await t.rejects(start(await order(9, 1_00)), InDebt, 'whatever is on the balance')
    await owner`update pay.wallets set balance_kop = 0 where user_id = 9`
    t.match(await takePayment(sql, await paid(9)), { result: 'credited', balanceKop: 30_00, debtKop: 0 })
    t.equal((await start(await order(9, 1_00))).result, 'started')
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

story('a transfer waits until an admin decides, and two admins in two processes decide once', async t => {
  await user(20)
  for (let round = 0; round < 10; round++) {
    const wanted = { userId: 20, provider: 'manual', amountKop: 100_00, total: 100_00, quoteId: null } as const
    const { id } = await openTopUp(sql, wanted)
    t.equal(await prove(sql, 20, id, { kind: 'photo', fileId: 'a-photo', key: id }), 'waiting')
    const said = {
      provider: 'manual',
      chargeId: newId(),
      userId: 20,
      orderId: id,
      currency: 'RUB',
      total: 100_00,
    } as const
    await t.rejects(take(said as never, round), /bad payment/, 'nobody pays a transfer but by an admin’s word')
    const before = await balanceOf(sql, 20)
    const approve = { kind: 'approve', userId: 20, subject: id, amountKop: 100_00, reason: 'по выписке' } as const
    const theirs = round % 2 ? approve : ({ ...approve, kind: 'deny', amountKop: null } as const)
    const [first, second] = [await requestChange(admins.sql, 1, approve), await requestChange(admins.sql, 2, theirs)]
    const done = await Promise.all([confirm(admins.sql, first, 1, false), other.confirm(second, 2)])
    const outcomes = done.map(({ outcome }) => outcome)
    t.equal(outcomes.filter(outcome => outcome === 'already_decided').length, 1, outcomes.join())
    t.match(await other.confirm(first, 1), { isDone: false, outcome: outcomes[0] }, 'a second press hears the same')
    t.equal(await balanceOf(sql, 20), before + (outcomes.includes('approved') ? 100_00 : 0))
  }
})
