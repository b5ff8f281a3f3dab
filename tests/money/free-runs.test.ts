import t from 'tap'
import { FreeLimitReached, NotFound } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { freeLeft } from '../../src/payments/generations.ts'
import { openTopUp, takePayment } from '../../src/payments/top-ups.ts'
import { race, second } from '../support/second.ts'
import { limits, picture, until, world } from '../support/world.ts'

const { url, sql, owner, user, order, start, finish, story } = await world(t)
const other = await second(t, url)
const failed = { outcome: 'failed', code: 'moderation', message: 'no' } as const
const success = { outcome: 'success' as const, results: [picture] }
const few = { ...limits, newFreeDaily: 20 }
const fresh = () => owner`delete from pay.new_free_days`
const outcomeOf = (started: Promise<{ result: string }>) =>
  started.then(
    ({ result }) => result,
    error => (error instanceof FreeLimitReached ? (error.cause as { detail?: string }).detail : String(error)),
  )

await story(
  'free-runs: a hundred new accounts that start at once from two processes have the shared runs and no more',
  async t => {
    const people = Array.from({ length: 100 }, (_, n) => 1_000 + n)
    for (const id of people) await user(id)
    const orders = await Promise.all(people.map(id => order(id, 0)))
    const results = await race(100, (n, isOurs) =>
      isOurs ? start(orders[n]!, few) : other.start(orders[n]!, { newFreeDaily: 20 }),
    )
    t.equal(results.filter(result => result === 'started').length, 20)
    t.equal(results.filter(result => result === 'FreeLimitReached').length, 80)
    t.match(await owner`select used from pay.new_free_days`, [{ used: 20 }])
    const left = await freeLeft(sql, 1_000, few)
    t.match(left('z-image'), { now: 0, isSharedUp: true })
  },
)

await story('an account of a week, and one that has put money in, have free runs of their own', async t => {
  await fresh()
  const none = { ...limits, newFreeDaily: 0 }
  for (const id of [2_001, 2_002, 2_003]) await user(id)
  await owner`update pay.users set created_at = now() - interval '8 days' where user_id = 2002`
  const { id: orderId } = await openTopUp(sql, {
    userId: 2_003,
    provider: 'stars',
    amountKop: 100_00,
    total: 84,
    quoteId: null,
  })
  await takePayment(sql, { provider: 'stars', chargeId: newId(), userId: 2_003, orderId, currency: 'XTR', total: 84 })
  t.equal(await outcomeOf(start(await order(2_001, 0), none)), 'new')
  t.equal(await outcomeOf(start(await order(2_002, 0), none)), 'started')
  t.equal(await outcomeOf(start(await order(2_003, 0), none)), 'started')
  t.match((await freeLeft(sql, 2_003, none))('flux'), { now: 3, isSharedUp: false })
  t.equal((await owner`select from pay.new_free_days`).length, 0)
})

await story('free-runs: free runs that fail on purpose are given back as often as there are, and no more', async t => {
  await fresh()
  await user(3_000)
  const tries = { ...limits, freeDaily: 4, freeHourly: 4 }
  let begun = 0
  for (let n = 0; n < 20; n++) {
    const result = await outcomeOf(start(await order(3_000, 0), tries))
    if (result !== 'started') break
    begun += 1
    const [run] = await owner<{ id: string }[]>`
      select id from pay.generations where user_id = 3000 order by created_at desc limit 1`
    await finish({ userId: 3_000, id: run!.id }, failed)
  }
  t.equal(begun, 8, 'four, and four that came back')
  t.match(await owner`select used, returned from pay.free_usage where user_id = 3000`, [
    { used: 4, returned: 4 },
    { used: 4, returned: 4 },
  ])
})

await story('a free run that fails once is given back, one that succeeds is not', async t => {
  await user(3_100)
  const { id } = await start(await order(3_100, 0))
  await finish({ userId: 3_100, id }, failed)
  t.equal((await freeLeft(sql, 3_100, limits))('z-image').day, 10)
  const { id: good } = await start(await order(3_100, 0))
  await finish({ userId: 3_100, id: good }, success)
  t.equal((await freeLeft(sql, 3_100, limits))('z-image').day, 9)
})

await story('a price that is deleted while it is started is one that is not there', async t => {
  await user(4_000, 100_00)
  const one = await order(4_000, 1_00)
  const hold = Promise.withResolvers<void>()
  const isDeleted = Promise.withResolvers<void>()
  const deleting = owner.begin(async tx => {
    await tx`delete from pay.quotes where user_id = 4000`
    isDeleted.resolve()
    await hold.promise
  })
  await isDeleted.promise
  const refused = t.rejects(start(one), NotFound)
  await until('the start waits for the row', async () => {
    const [row] = await owner`select count(*)::int as n from pg_locks where not granted`
    return Number(row?.n) > 0
  })
  hold.resolve()
  await deleting
  await refused
})
