import t from 'tap'
import { discounted } from '../../src/catalogue/pricing.ts'
import { FreeLimitReached, TooManyOpen } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { freeLeft } from '../../src/payments/generations.ts'
import { place } from '../../src/payments/integration.ts'
import { openPlan, planChanged, planNow, planStopped, plansToStop, subscriptionOf } from '../../src/payments/plans.ts'
import { checkoutRefusal, type Payment, takeBack, takePayment } from '../../src/payments/top-ups.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { forgetUser } from '../../src/users/users.ts'
import { limits, rates, world } from '../support/world.ts'

const { sql, owner, user, order, start, finish, story } = await world(t)
const failed = { outcome: 'failed', code: 'generation_failed', message: 'no' } as const
const plan = { id: 'basic', stars: 250, amountKop: 500_00, openMore: 2, freeMore: 5, discount: 10 }
const month = 30 * 86_400
const nowS = Math.floor(Date.now() / 1000)

/** A person with the order of a plan, and the payment of its n-th month from now. */
async function subscriber(id: number) {
  await user(id)
  const orderId = await openPlan(sql, id, plan)
  const payment = (n: number, more: Partial<Payment> = {}): Payment => ({
    ...{ provider: 'stars', chargeId: `${orderId}-${n}`, userId: id, orderId, currency: 'XTR', total: plan.stars },
    ...{ untilS: nowS + (n + 1) * month, ...more },
  })
  return { id, orderId, payment, pays: (n: number, more = {}) => takePayment(sql, payment(n, more)) }
}
const stateOf = async (id: number) => (await subscriptionOf(sql, id))[0]?.state

story('each month is one credit by its charge, however often it is told', async t => {
  const anna = await subscriber(1)
  t.equal((await anna.pays(0)).result, 'credited')
  t.match(await anna.pays(1), { result: 'credited', isSecond: false }, 'a renewal is no second payment by mistake')
  const again = await Promise.all(Array.from({ length: 10 }, (_, n) => anna.pays(n % 2)))
  t.ok(again.every(({ result }) => result === 'duplicate'))
  t.equal(await balanceOf(sql, 1), 1_000_00)
  const [own] = await subscriptionOf(sql, 1)
  t.match(own, { state: 'active', months: 2, stars: 250, chargeId: `${anna.orderId}-0` })
  t.equal(own?.until.getTime(), (nowS + 2 * month) * 1000)
})

story('a renewal that does not agree with its plan is kept for an admin', async t => {
  const boris = await subscriber(2)
  await user(3)
  t.match(await boris.pays(0, { chargeId: 'a', currency: 'RUB', provider: 'card' }), { reason: 'wrong_amount' })
  t.match(await boris.pays(0, { chargeId: 'b', total: 249 }), { reason: 'wrong_amount' })
  t.match(await boris.pays(0, { chargeId: 'c', userId: 3 }), { reason: 'foreign_order' })
  t.match(await boris.pays(0, { chargeId: 'd', orderId: newId() }), { reason: 'unknown_order' })
  t.equal(await balanceOf(sql, 2), 0)
  t.equal(await stateOf(2), undefined)
})

story('the terms of a plan stay as they were shown, whatever is sold later', async t => {
  const vera = await subscriber(4)
  t.equal(await openPlan(sql, 4, plan), vera.orderId, 'the same terms are the same order')
  const dearer = await openPlan(sql, 4, { ...plan, stars: 300 })
  t.not(dearer, vera.orderId)
  await vera.pays(0)
  await t.rejects(openPlan(sql, 4, plan), { code: 'plan_goes_on' }, 'one plan at a time')
  t.equal((await vera.pays(1)).amountKop, 500_00)
  const checkout = { userId: 4, orderId: vera.orderId, currency: 'XTR', total: 250 }
  t.equal(await checkoutRefusal(sql, checkout), 'outdated', 'a paid link makes no second subscription')
})

story('a plan adds orders at once and free runs, and takes its percent off', async t => {
  const gleb = await subscriber(5)
  const few = { ...limits, maxOpen: 1, freeDaily: 1, freeHourly: 100 }
  const begin = async (kop: number) => place(sql, await order(5, kop), few)
  t.equal((await begin(0)).result, 'started')
  await t.rejects(begin(0), FreeLimitReached)
  await gleb.pays(0)
  t.match(await planNow(sql, 5), [{ openMore: 2, freeMore: 5, discount: 10 }])
  t.match((await freeLeft(sql, 5, few))('z-image'), { day: 5, of: 6, discount: 10 })
  t.equal((await begin(0)).result, 'started')
  t.equal((await begin(10_00)).result, 'started')
  await t.rejects(begin(10_00), TooManyOpen, 'one and two more')
  t.strictSame(discounted(rates, 10), { ...rates, markup: '1.8' })
  t.equal(discounted({ ...rates, markup: '1.05' }, 10).markup, '1', 'nothing is sold below its cost')
})

story('a month that was given back gives nothing, and the last one ends the renewals', async t => {
  const dina = await subscriber(6)
  await dina.pays(0)
  await dina.pays(1)
  await takeBack(sql, 'stars', dina.payment(0).chargeId, 6)
  t.equal(await stateOf(6), 'active', 'an earlier month is about itself alone')
  await takeBack(sql, 'stars', dina.payment(1).chargeId, 6)
  t.equal(await stateOf(6), 'stopping')
  t.match(await planNow(sql, 6), [{ openMore: 0, freeMore: 0, discount: 0 }])
  t.equal(await balanceOf(sql, 6), 0)
  t.match(await plansToStop(sql, 6), [{ id: dina.orderId, chargeId: dina.payment(0).chargeId }])
  await planStopped(sql, 6, dina.orderId, true)
  t.equal(await stateOf(6), 'stopped')
  t.equal((await plansToStop(sql, 6)).length, 0)
})

story('whoever deletes their data is not charged again, and nor is who is banned', async t => {
  const egor = await subscriber(7)
  await egor.pays(0)
  await forgetUser(sql, 7)
  t.match(await plansToStop(sql, 7), [{ id: egor.orderId }])
  const zoya = await subscriber(8)
  await owner`update pay.users set banned_at = now() where user_id = 8`
  t.equal((await zoya.pays(0)).result, 'credited', 'what was paid is not lost')
  t.match(await plansToStop(sql, 8), [{ id: zoya.orderId }])
})

story('what Telegram says of a subscription holds in whichever order it comes', async t => {
  const ira = await subscriber(9)
  const says = async (state: 'active' | 'canceled' | 'failed') =>
    (await planChanged(sql, 9, ira.orderId, state))[0]?.result
  t.equal(await says('active'), 'same', 'nothing is active that was not paid')
  t.equal(await says('canceled'), 'changed')
  await ira.pays(0)
  t.equal(await stateOf(9), 'canceled', 'the cancel of the first month came before its payment')
  t.equal(await says('active'), 'changed')
  t.equal(await says('active'), 'same', 'told twice')
  t.equal(await says('failed'), 'changed')
  await ira.pays(1)
  t.equal(await stateOf(9), 'active', 'a payment ends a failure')
  t.equal((await planChanged(sql, 9, newId(), 'canceled'))[0]?.result, 'unknown')
  t.equal((await planChanged(sql, 1, ira.orderId, 'canceled'))[0]?.result, 'unknown', 'of another person')
  const told = await owner<{ state: string }[]>`
    select body ->> 'state' as state from pay.outbox where user_id = 9 and body ->> 'kind' = 'plan' order by id`
  t.strictSame(
    told.map(({ state }) => state),
    ['canceled', 'active', 'failed'],
    'the person is told each change, once',
  )
})

story('a cancel of an earlier month does not end what was resumed and paid since', async t => {
  const kira = await subscriber(10)
  await kira.pays(0)
  await planChanged(sql, 10, kira.orderId, 'canceled')
  await kira.pays(1)
  t.equal(await stateOf(10), 'active', 'Telegram charged again: the person has resumed')
  await planChanged(sql, 10, kira.orderId, 'canceled')
  await owner`update pay.subscriptions set changed_at = now() + interval '61 days' where user_id = 10`
  await kira.pays(2)
  t.equal(await stateOf(10), 'canceled', 'of the month whose payment came late')
})

story('a year of a plan: lost, doubled and late updates in any order credit each charge once', async t => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.comment(`SEED=${seed}`)
  let state = seed
  const dice = (sides: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % sides
  }
  for (const id of [21, 22, 23, 24]) {
    const { orderId, payment } = await subscriber(id)
    const late: Payment[] = []
    const tell = async (one: Payment) => void (await takePayment(sql, one))
    for (let n = 0; n < 12; n++) {
      const words = ['active', 'canceled', 'failed'] as const
      if (dice(3) === 0) await planChanged(sql, id, orderId, words[dice(3)]!)
      const told = payment(n)
      const fate = dice(4)
      if (fate === 0) late.push(told)
      if (fate > 1) await Promise.all(Array.from({ length: fate - 1 }, () => tell(told)))
      if (late.length > 0 && dice(3) === 0) await tell(late.splice(dice(late.length), 1)[0]!)
    }
    // Telegram's list has them all, the oldest first, without the exact end of a month.
    for (let n = 0; n < 12; n++) await tell(payment(n, { untilS: undefined }))
    for (const one of late) await tell(one)
    t.equal(await balanceOf(sql, id), 12 * plan.amountKop)
    const [sum] = await owner`
      select count(*)::int as charges, sum(total)::int as stars from pay.payments where user_id = ${id} and until_at is not null`
    t.strictSame({ ...sum }, { charges: 12, stars: 12 * plan.stars })
  }
})

story('a plan that ends leaves the balance, its prices and the usual limits', async t => {
  const lena = await subscriber(11)
  await lena.pays(0, { untilS: nowS - 10 })
  const { id } = await start(await order(11, 30_00))
  t.equal(await stateOf(11), undefined)
  t.match(await planNow(sql, 11), [{ openMore: 0, freeMore: 0, discount: 0 }])
  await finish({ userId: 11, id }, failed)
  t.equal(await balanceOf(sql, 11), 500_00)
  t.not(await openPlan(sql, 11, plan), lena.orderId, 'a new one can be ordered')
})
