import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { FreeLimitReached, InsufficientFunds, NotFound, QuoteExpired, TooManyOpen } from '../../src/errors.ts'
import { getRecentFailures, getUserStats, logGenerationEvent } from '../../src/events/repository.ts'
import { newId } from '../../src/id.ts'
import type { Ref } from '../../src/payments/generations.ts'
import { genAccepted, genAttach, genDue, genPoll, genSubmit } from '../../src/payments/order-statements.ts'
import { openTopUp, takePayment } from '../../src/payments/top-ups.ts'
import { balanceOf, readWallet } from '../../src/payments/wallet.ts'
import { race, second } from '../support/second.ts'
import { limits, picture, world } from '../support/world.ts'

const { url, sql, owner, user, order, start, finish, events, story } = await world(t)
const other = await second(t, url)
const failed = { outcome: 'failed', code: 'generation_failed', message: 'upstream said no' } as const
const success = { outcome: 'success' as const, results: [picture] }

story('a retried start takes the money once', async t => {
  await user(1, 100_00)
  const portrait = await order(1, 30_00)
  t.equal((await start(portrait)).result, 'started')
  t.equal((await start(portrait)).result, 'duplicate')
  t.match(await readWallet(sql, 1), { balanceKop: 70_00, atWorkKop: 30_00, atWorkCount: 1 })
  t.strictSame(await events(1, portrait.id), ['started'])
})

story('runs that fail in bulk, told by two processes at once, leave no hold', async t => {
  await user(70, 100_00)
  const refs: Ref[] = []
  for (let n = 0; n < 20; n++) refs.push({ userId: 70, id: (await start(await order(70, 5_00))).id })
  const told = await race(40, (n, isOurs) => (isOurs ? finish : other.finish)(refs[n >> 1]!, failed))
  t.equal(told.filter(result => result === 'settled').length, 20)
  t.match(await readWallet(sql, 70), { balanceKop: 100_00, atWorkKop: 0, atWorkCount: 0 })
})

story(
  'refund-and-result: a late success is either charged and delivered or refunded and not, in whichever process',
  async t => {
    await user(2, 1_000_00)
    for (let round = 0; round < 10; round++) {
      const { id } = await start(await order(2, 30_00))
      const ref = { userId: 2, id }
      const before = await balanceOf(sql, 2)
      const ends = await Promise.all(
        round % 2
          ? [finish(ref, failed), other.finish(ref, success)]
          : [other.finish(ref, failed), finish(ref, success)],
      )
      t.strictSame(ends.map(({ result }) => result).sort(), ['already', 'settled'])
      const { state } = ends[0]
      t.match(await other.finish(ref, state === 'failed' ? success : failed), { result: 'already', state })
      t.equal(await balanceOf(sql, 2), before + (state === 'failed' ? 30_00 : 0))
      t.equal((await owner`select from pay.results where generation_id = ${id}`).length, state === 'failed' ? 0 : 1)
      t.strictSame(await events(2, id), ['started', state])
    }
  },
)

story('a success keeps the money, stores its results and queues one message', async t => {
  await user(3, 100_00)
  const { id } = await start(await order(3, 30_00))
  t.match(await finish({ userId: 3, id }, success), { result: 'settled', state: 'success' })
  t.equal(await balanceOf(sql, 3), 70_00)
  t.equal((await owner`select from pay.results where generation_id = ${id}`).length, 1)
  t.equal((await owner`select from pay.outbox where dedupe = ${`gen:${id}`}`).length, 1)
})

story('100 racing confirms over two processes and balance for 7 start exactly 7', async t => {
  await user(4, 7 * 30_00)
  const orders = await Promise.all(Array.from({ length: 100 }, () => order(4, 30_00)))
  const results = await race(100, (n, isOurs) => (isOurs ? start : other.start)(orders[n]!))
  t.equal(results.filter(result => result === 'started').length, 7)
  t.equal(results.filter(result => result === 'InsufficientFunds').length, 93)
  t.equal(await balanceOf(sql, 4), 0)
})

story('50 racing confirms of one quote start one generation', async t => {
  await user(5, 100_00)
  const one = await order(5, 10_00)
  const tries = await Promise.all(Array.from({ length: 50 }, () => start({ ...one, id: newId() })))
  t.equal(tries.filter(({ result }) => result === 'started').length, 1)
  t.equal(new Set(tries.map(({ id }) => id)).size, 1)
  t.equal(await balanceOf(sql, 5), 90_00)
})

story('callback, poll, sweep and admin settling at once make one settlement', async t => {
  await user(6, 1000_00)
  for (let round = 0; round < 20; round++) {
    const { id } = await start(await order(6, 30_00))
    const ref = { userId: 6, id }
    const before = await balanceOf(sql, 6)
    const ends = await Promise.all([
      finish(ref, success),
      other.finish(ref, failed),
      other.finish(ref, success),
      finish(ref, failed),
    ])
    t.equal(ends.filter(({ result }) => result === 'settled').length, 1)
    t.equal(new Set(ends.map(({ state }) => state)).size, 1)
    t.equal(await balanceOf(sql, 6), before + (ends[0]?.state === 'success' ? 0 : 30_00))
    t.equal((await events(6, id)).length, 2)
  }
})

const pictures = (arrived: number) => Array.from({ length: arrived }, (_, n) => ({ ...picture, n: n + 1 }))

story(
  'sum-rounding: of what was promised the share that arrived is kept, rounded up, and the rest goes back to the kopeck',
  async t => {
    await user(60, 10_000_000_00)
    const cases = fc.tuple(fc.integer({ min: 1, max: 100_000_00 }), fc.integer({ min: 1, max: 32 }), fc.nat())
    await fc.assert(
      fc.asyncProperty(cases, async ([priceKop, promised, any]) => {
        const arrived = 1 + (any % promised)
        const before = await balanceOf(sql, 60)
        const { id } = await start(await order(60, priceKop))
        await finish({ userId: 60, id }, { outcome: 'success', results: pictures(arrived), promised })
        const keptKop = Math.ceil((priceKop * arrived) / promised)
        const [row] = await owner`select kept_kop::int as kept, money_state from pay.generations where id = ${id}`
        assert.deepEqual({ ...row }, { kept: keptKop, money_state: 'captured' })
        assert.equal(await balanceOf(sql, 60), before - keptKop)
      }),
      { numRuns: 60 },
    )
    const { spentKop, success } = await getUserStats(sql, 60)
    t.equal(spentKop, 10_000_000_00 - (await balanceOf(sql, 60)), 'the endings tell what was kept')
    t.equal(success, 60)
  },
)

story('a machine of the build before settles and opens as it always did', async t => {
  await owner`select * from pay.user_open(65, 'Старый', null, 'ru', 10000)`
  const { id } = await start(await order(65, 30_00))
  const [row] =
    await owner`select result from pay.gen_finish(65, ${id}, 'success', null, null, ${owner.json([picture])}::json)`
  t.equal(row?.result, 'settled')
  t.equal(await balanceOf(sql, 65), 70_00)
})

story('a part that arrives is settled once, whoever settles', async t => {
  await user(61, 100_00)
  const { id } = await start(await order(61, 80_00))
  const half = { ...success, results: pictures(1), promised: 2 }
  const ends = await Promise.all([half, success, failed, half].map(ending => finish({ userId: 61, id }, ending)))
  t.equal(ends.filter(({ result }) => result === 'settled').length, 1)
  t.ok([60_00, 20_00, 100_00].includes(await balanceOf(sql, 61)))
})

story('more results than were promised, or a part refund by hand, are refused', async t => {
  await user(62, 100_00)
  const { id } = await start(await order(62, 10_00))
  await t.rejects(finish({ userId: 62, id }, { ...success, results: pictures(3), promised: 2 }), /bad outcome/)
  await finish({ userId: 62, id }, success)
  await t.rejects(
    owner`select pay.move(62, 'part_refund', 100, 'sales', ${id}, null)`.then(async () => {
      const rows = await owner`select promise from pay.broken where key = ${id}`
      if (rows.length > 0) throw new Error(rows[0]?.promise)
    }),
    /kept and returned/,
  )
  await owner`alter table pay.ledger_entries disable trigger ledger_rows`
  await owner`delete from pay.ledger_entries where user_id = 62 and kind = 'part_refund'`
  await owner`update pay.wallets set balance_kop = 9000, seq = seq - 1 where user_id = 62`
  await owner`alter table pay.ledger_entries enable trigger ledger_rows`
})

story(
  'free-runs: 50 free starts at once over two processes and 10 a day give exactly 10, and failures return theirs',
  async t => {
    await user(63)
    const orders = await Promise.all(Array.from({ length: 50 }, () => order(63, 0)))
    const wide = { ...limits, freeHourly: 10 }
    const results = await race(50, (n, isOurs) => (isOurs ? start : other.start)(orders[n]!, wide))
    t.equal(results.filter(result => result === 'started').length, 10)
    t.equal(results.filter(result => result === 'FreeLimitReached').length, 40)
    const ids = await owner<{ id: string }[]>`select id from pay.generations where user_id = 63 order by id`
    for (const { id } of ids.slice(0, 4)) await finish({ userId: 63, id }, failed)
    for (const { id } of ids.slice(4)) await finish({ userId: 63, id }, success)
    const [row] = await owner`select used from pay.free_usage where user_id = 63 and window_kind = 'day'`
    t.equal(row?.used, 6)
  },
)

story('a free run that fails in a later hour returns its use to the hour it was taken from', async t => {
  await user(64)
  const { id } = await start(await order(64, 0))
  await owner`alter table pay.generations disable trigger generation_rows`
  await owner`update pay.generations set created_at = created_at - interval '25 hours' where id = ${id}`
  await owner`alter table pay.generations enable trigger generation_rows`
  await owner`update pay.free_usage set starts_at = starts_at - interval '1 day' where user_id = 64 and window_kind = 'day'`
  await owner`
    update pay.free_usage set starts_at = pay.window_start('hour', now() - interval '25 hours')
    where user_id = 64 and window_kind = 'hour'`
  await owner`
    update pay.free_usage set starts_at = pay.window_start('day', now() - interval '25 hours')
    where user_id = 64 and window_kind = 'day'`
  await other.start(await order(64, 0))
  const told = await race(4, (_, isOurs) => (isOurs ? finish : other.finish)({ userId: 64, id }, failed))
  t.strictSame(told.sort(), ['already', 'already', 'already', 'settled'])
  const rows =
    await owner`select window_kind, used from pay.free_usage where user_id = 64 order by starts_at, window_kind`
  t.strictSame(
    rows.map(({ used }) => used),
    [0, 0, 1, 1],
    'back to the windows of yesterday, which it was taken from',
  )
})

story('a timeout before the deadline is not due, after it gives the money back', async t => {
  await user(7, 50_00)
  const { id } = await start(await order(7, 30_00, { deadlineMs: 400 }))
  const timeout = { outcome: 'timeout', code: 'deadline', message: 'silence' } as const
  const early = await finish({ userId: 7, id }, timeout)
  if (early.result !== 'settled') t.match(early, { result: 'not_due', state: 'queued' })
  await owner`select pg_sleep(0.4)`
  t.match(await finish({ userId: 7, id }, timeout), { state: 'timeout' })
  t.equal(await balanceOf(sql, 7), 50_00)
})

story('each refusal of a start has its name and leaves nothing behind', async t => {
  await user(8, 10_00)
  await t.rejects(start(await order(8, 10_01)), InsufficientFunds)
  await t.rejects(start({ ...(await order(8, 1_00)), quoteId: newId() }), NotFound, 'no such quote')
  await user(9, 10_00)
  await t.rejects(start({ ...(await order(9, 1_00)), userId: 8 }), NotFound, 'another user’s quote')
  const old = await order(8, 1_00)
  await owner`alter table pay.quotes disable trigger quote_rows`
  await owner`update pay.quotes set expires_at = now() - interval '1 second' where id = ${old.quoteId}`
  await owner`alter table pay.quotes enable trigger quote_rows`
  await t.rejects(start(old), QuoteExpired)
  await start(await order(8, 1_00), { ...limits, maxOpen: 1 })
  await t.rejects(start(await order(8, 1_00), { ...limits, maxOpen: 1 }), TooManyOpen)
  await t.rejects(finish({ userId: 9, id: newId() }, failed), NotFound)
  const { id } = await start(await order(9, 1_00))
  for (const foreign of [
    { userId: 8, id },
    { userId: 9, id: newId() },
  ]) {
    for (const ending of [success, failed]) {
      await t.rejects(other.finish(foreign, ending), { name: 'NotFound' }, 'what another process does not hold')
    }
  }
  const [{ n }] = (await owner`select count(*)::int as n from pay.generation_events where user_id in (8, 9)`) as [
    { n: number },
  ]
  t.equal(n, 2, 'only the two that started')
  t.equal(await balanceOf(sql, 9), 9_00)
})

story('50 free starts at once with 3 an hour give exactly 3, and a failure returns its use', async t => {
  await user(10)
  const orders = await Promise.all(Array.from({ length: 50 }, () => order(10, 0)))
  const tries = await Promise.allSettled(orders.map(one => start(one)))
  const started = tries.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  t.equal(started.length, 3)
  for (const one of tries)
    if (one.status === 'rejected') t.ok(one.reason instanceof FreeLimitReached, String(one.reason))
  await finish({ userId: 10, id: started[0]!.id }, failed)
  t.equal((await start(await order(10, 0))).result, 'started')
  await t.rejects(start(await order(10, 0)), FreeLimitReached)
  t.equal(
    (await start(await order(10, 0, { modelId: 'google/imagen4-fast' }))).result,
    'started',
    'another model has its own',
  )
})

story(
  'a row is submitted by one worker; only a certain refusal takes it back; a callback may name its task',
  async t => {
    await user(11, 100_00)
    const { id } = await start(await order(11, 10_00))
    const ref = { userId: 11, id }
    const takers = await Promise.all([
      genSubmit(sql, ref, 'a'),
      other.genSubmit(ref, 'b'),
      genSubmit(sql, ref, 'c'),
      other.genSubmit(ref, 'd'),
    ])
    t.equal(takers.flat().length, 1)
    t.match(await other.genRequeue(ref, 1, 0), [{ isMine: true }])
    t.match(await genSubmit(sql, ref, 'e'), [{ attempt: 2, params: { prompt: 'кот' } }])
    t.match(await other.genRequeue(ref, 1, 0), [{ isMine: false }], 'a worker that overslept changes nothing')
    t.match(await genAttach(sql, id, 'task-1'), [{ isAttached: true }])
    t.match(await other.genAccepted(ref, 2, 'task-2'), [{ isMine: false }], 'the task id is written once')
    t.match(await genAttach(sql, id, 'task-3'), [{ isAttached: false }])
    t.match(
      await other.cancel(ref),
      { result: 'not_due' },
      'too late to cancel: the first attempt is no longer its own',
    )
  },
)

story('a submit whose answer was lost may be asked for again by its own caller, and by nobody else', async t => {
  await user(30, 100_00)
  const ref = { userId: 30, id: (await start(await order(30, 10_00))).id }
  t.match(await genSubmit(sql, ref, 'mine'), [{ attempt: 1 }])
  t.match(await genSubmit(sql, ref, 'mine'), [{ attempt: 1 }], 'the same submit')
  t.equal((await genSubmit(sql, ref, 'another')).length, 0)
  await genAccepted(sql, ref, 1, 'task')
  t.equal((await genSubmit(sql, ref, 'mine')).length, 0, 'not after it was accepted')
})

story('the deadline of the run begins with the submit, and moves no more', async t => {
  await user(31, 100_00)
  const ref = { userId: 31, id: (await start(await order(31, 10_00, { deadlineMs: 1_920_000 }))).id }
  const left = async () =>
    Number(
      (await owner`select extract(epoch from deadline_at - now()) as s from pay.generations where id = ${ref.id}`)[0]
        ?.s,
    )
  t.ok(Math.abs((await left()) - 600) < 5, 'ten minutes to be sent')
  await genSubmit(sql, ref, 'x')
  t.ok(Math.abs((await left()) - 1_920) < 5, 'and then as long as the model may take')
  await t.rejects(
    owner`update pay.generations set deadline_at = now() where id = ${ref.id}`,
    /deadline moves with the submit only/,
  )
})

story('one chain of looks follows a generation: when the sweep begins another, the old one ends', async t => {
  await user(32, 100_00)
  const ref = { userId: 32, id: (await start(await order(32, 10_00))).id }
  t.match(await genPoll(sql, ref, 0), [{ isMine: true }])
  t.match(await genPoll(sql, ref, 0), [{ isMine: false }], 'a doubled wake-up')
  await owner`update pay.generations set next_at = now() where id = ${ref.id}`
  const due = (await genDue(sql, 100)).find(({ id }) => id === ref.id)
  t.equal(due?.pollAttempt, 2)
  t.match(await genPoll(sql, ref, 1), [{ isMine: false }], 'the old chain')
  t.match(await genPoll(sql, ref, 2), [{ isMine: true }])
})

story('a generation that lay for two months can still be ended', async t => {
  await user(33, 10_00)
  const { id } = await start(await order(33, 10_00))
  await owner`alter table pay.generations disable trigger generation_rows`
  await owner`update pay.generations set created_at = now() - interval '60 days' where id = ${id}`
  await owner`alter table pay.generations enable trigger generation_rows`
  t.match(await finish({ userId: 33, id }, failed), { result: 'settled' })
  t.equal(await balanceOf(sql, 33), 10_00)
})

story('only a payment makes a top-up', async t => {
  await user(34)
  await t.rejects(owner`select pay.credit(34, 'topup', 'invented', 100)`, /bad credit/)
  await t.rejects(sql`select pay.credit(34, 'bonus', 'invented', 100)`, /permission denied/)
  const { id } = await openTopUp(sql, { userId: 34, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null })
  const payment = {
    provider: 'stars' as const,
    chargeId: 'charge-1',
    userId: 34,
    orderId: id,
    currency: 'XTR',
    total: 84,
  }
  t.match(await takePayment(sql, payment), { result: 'credited' })
  t.match(await takePayment(sql, payment), { result: 'duplicate' })
  t.match(await takePayment(sql, { ...payment, total: 85 }), { result: 'parked' })
  t.equal(await balanceOf(sql, 34), 100_00)
})

story('a cancel before the submit gives everything back', async t => {
  await user(12, 10_00)
  const { id } = await start(await order(12, 10_00))
  t.match(await finish({ userId: 12, id }, { outcome: 'failed', code: 'cancelled', message: '' }), {
    result: 'settled',
  })
  t.equal(await balanceOf(sql, 12), 10_00)
})

story('a success without results is an error of ours, and nothing moves', async t => {
  await user(13, 10_00)
  const { id } = await start(await order(13, 10_00))
  await t.rejects(finish({ userId: 13, id }, { outcome: 'success', results: [] }), /bad outcome/)
  t.equal(await balanceOf(sql, 13), 0)
})

story('the welcome bonus is granted once, however many updates come at once', async t => {
  await Promise.all(Array.from({ length: 20 }, () => user(14, 500_00)))
  t.equal(await balanceOf(sql, 14), 500_00)
})

t.test('failures are listed newest first, and a user’s figures are his own', async t => {
  await user(20, 100_00)
  const { id } = await start(await order(20, 10_00))
  await finish({ userId: 20, id }, { outcome: 'failed', code: 'moderation', message: 'x'.repeat(900) })
  const { id: good } = await start(await order(20, 10_00))
  await finish({ userId: 20, id: good }, success)
  const failures = await getRecentFailures(sql, 2)
  t.match(failures[0], { requestId: id, userId: 20, modelId: 'z-image', errorCode: 'moderation', status: 'failed' })
  t.equal(failures[0]?.errorMessage?.length, 500)
  t.strictSame(await getUserStats(sql, 20), { total: 2, success: 1, failed: 1, timeout: 0, spentKop: 10_00 })
  t.strictSame(await getUserStats(sql, 999), { total: 0, success: 0, failed: 0, timeout: 0, spentKop: 0 })
})

t.test('an event is written once, and the ledger, events and payments cannot be rewritten', async t => {
  const event = { userId: 1, chatId: null, modelId: 'z-image', category: 'text-to-image', status: 'started' as const }
  const more = {
    isFreeApplied: false,
    priceKop: 1_52,
    requestId: 'imported',
    taskId: null,
    errorCode: null,
    errorMessage: null,
    durationMs: null,
  }
  t.equal(await logGenerationEvent(sql, { ...event, ...more }), true)
  t.equal(await logGenerationEvent(sql, { ...event, ...more }), false)
  for (const table of ['ledger_entries', 'generation_events']) {
    await t.rejects(owner.unsafe(`update pay.${table} set created_at = now()`), /append-only/)
    await t.rejects(owner.unsafe(`delete from pay.${table}`), /append-only/)
    await t.rejects(owner.unsafe(`truncate pay.${table} cascade`), /append-only/)
  }
})

t.test('role-rights: the service’s role can call the functions and cannot write a wallet', async t => {
  const denied = async (what: Promise<unknown>) => t.rejects(what, { code: '42501' })
  await denied(sql`update pay.wallets set balance_kop = 1`)
  await denied(sql`delete from pay.ledger_entries`)
  await denied(sql`insert into pay.payments (provider, charge_id, user_id, amount_kop) values ('x', 'y', 1, 1)`)
  await denied(sql`update pay.quotes set price_kop = 0`)
  await denied(sql`select pay.move(1, 'bonus', 100, 'promo', null, 'x')`)
  await denied(sql`create table pay.mine ()`)
})
