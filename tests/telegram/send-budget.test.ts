import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Sql } from '../../src/database/db.ts'
import type { RateLimiter } from '../../src/telegram/client.ts'
import { createFairQueue, type Tier } from '../../src/telegram/fair-queue.ts'
import { createRateLimiter } from '../../src/telegram/rate-limiter.ts'
import { until, world } from '../support/world.ts'

const { sql, owner } = await world(t)
const fresh = async (): Promise<RateLimiter> => {
  await owner`delete from pay.rates`
  return createRateLimiter(sql)
}
const outcomeOf = (call: Promise<number>) =>
  call.then(
    () => 'sent' as const,
    error => error.code as string,
  )

t.test('a person who had little lately goes before those who have had much', async t => {
  const rateLimiter = await fresh()
  const sent: number[] = []
  const send = (chatId: number) =>
    rateLimiter({ chatId, isGroup: false, kind: 'edit' }).then(() => void sent.push(chatId))
  // Fifty accounts, each with four screens at once: two hundred, of which 25 a second may go.
  const others = Array.from({ length: 200 }, (_, n) => send(1_000 + (n % 50)))
  for (let press = 0; press < 3; press++) {
    await until('the others are at it', () => sent.length >= 60 + press * 20)
    const before = sent.length
    await send(7)
    // One turn of each of the others at the most, and what is under way.
    t.ok(sent.length - before <= 52, `after ${sent.length - before - 1} of the others`)
  }
  t.ok(sent.length < 200, 'while the others still wait')
  await Promise.all(others)
})

/** A queue with a clock and places of our own. */
function lineUp() {
  const order: string[] = []
  const never = new AbortController().signal
  let places = Promise.withResolvers<number>()
  const asked: Tier[] = []
  let at = 0
  const queue = createFairQueue(
    (tier, _most, better) => {
      asked.push(tier)
      return Promise.race([places.promise, aborted(better)])
    },
    () => at,
  )
  const turn = (key: string, signal = never) =>
    queue.turn(key, queue.spend(key), signal).then(() => void order.push(key))
  return {
    queue,
    order,
    asked,
    turn,
    pass(ms: number) {
      at += ms
    },
    /** Gives so many places, and returns who got them. */
    async go(count: number) {
      await turnOfLoop() // who has just come is seen
      const before = order.length
      const { resolve } = places
      places = Promise.withResolvers()
      resolve(count)
      await until('they went', () => order.length === before + count)
      return order.slice(before)
    },
  }
}

const turnOfLoop = () => new Promise(resolve => setImmediate(resolve))

const aborted = (signal: AbortSignal) =>
  new Promise<number>(resolve => signal.addEventListener('abort', () => resolve(0), { once: true }))

t.test('nobody is passed over for ever, whoever comes', async t => {
  const { queue, turn, go } = lineUp()
  const all = [turn('a'), turn('a'), turn('a'), turn('b'), turn('c'), turn('b')]
  t.strictSame(await go(6), ['a', 'b', 'c', 'a', 'b', 'a'])
  await Promise.all(all)
  t.ok(queue.isFree(0))
})

t.test('who was quiet for a while goes before the line, three times and not for ever; who is new does not', async t => {
  const { queue, turn, pass, go } = lineUp()
  queue.spend('known')
  pass(60_000)
  const all = ['a', 'b', 'c'].flatMap(key => [turn(key), turn(key)])
  all.push(turn('known'), turn('known'), turn('new'), turn('known'), turn('known'))
  t.strictSame(await go(5), ['known', 'known', 'known', 'a', 'b'])
  t.strictSame(await go(6), ['c', 'new', 'known', 'a', 'b', 'c'])
  pass(3_000)
  all.push(turn('a'), turn('b'))
  pass(3_000)
  all.push(turn('new'), turn('known'))
  t.strictSame(await go(4), ['new', 'known', 'a', 'b'], 'the quietest is first')
  await Promise.all(all)
  t.ok(queue.isFree(0))
})

t.test('however many go ahead, the line has a place when it is due', async t => {
  const { queue, turn, pass, go, asked } = lineUp()
  for (let n = 0; n < 9; n++) queue.spend(`known ${n}`)
  pass(60_000)
  const all = [turn('new'), turn('new')]
  for (let n = 0; n < 9; n++) all.push(turn(`known ${n}`))
  t.strictSame(await go(2), ['known 0', 'known 1'])
  pass(200)
  t.strictSame(await go(1), ['known 2'], 'who was asked for before')
  t.strictSame(await go(1), ['new'])
  t.strictSame(await go(1), ['known 3'])
  pass(200)
  await go(1)
  t.strictSame(await go(1), ['new'])
  t.equal(asked.at(-1), 'quiet')
  await go(4)
  await Promise.all(all)
})

t.test('who comes after a quiet while does not wait for the place that others wait for', async t => {
  const { queue, turn, pass, go, order } = lineUp()
  queue.spend('known')
  pass(60_000)
  t.ok(queue.isFree(3))
  const busy = turn('busy')
  t.notOk(queue.isFree(0))
  t.ok(queue.isFree(3), 'the line is no hindrance')
  const known = turn('known')
  t.strictSame(await go(1), ['known'])
  t.strictSame(await go(1), ['busy'])
  await Promise.all([busy, known])
  t.equal(order.length, 2)
})

t.test('who no longer waits takes no turn', async t => {
  const { queue, turn, go } = lineUp()
  const gone = new AbortController()
  const left = turn('a', gone.signal).catch(() => 'left')
  const stayed = turn('b')
  gone.abort()
  t.equal(await left, 'left')
  t.strictSame(await go(1), ['b'])
  await stayed
  await t.rejects(turn('c', gone.signal), 'and neither does who was gone before')
  t.ok(queue.isFree(0))
})

t.test('people who are busy leave a part of the budget, and who was quiet finds it at once', async t => {
  const rateLimiter = await fresh()
  const send = (chatId: number) => rateLimiter({ chatId, isGroup: false, kind: 'send' })
  await send(7)
  await until(
    'the saved turns',
    async () => (await owner`select from pay.rates where key = 'tg:7' and tat < now()`).length,
  )
  const others = Array.from({ length: 60 }, (_, n) => send(1_000 + n))
  await until(
    'some wait',
    async () => (await outcomeOf(rateLimiter({ chatId: 1, isGroup: false, kind: 'edit', isSpare: true }))) !== 'sent',
  )
  const [{ left } = { left: 0 }] = await owner<{ left: number }[]>`
    select (25 - extract(epoch from greatest(tat - now(), interval '0')) / 0.04)::float8 as left from pay.rates where key = 'tg'`
  t.ok(left > 8, `${left} places are kept`)
  await Promise.all(others)
})

t.test('beside a slow database places are taken several at a time, and each message has one', async t => {
  await owner`delete from pay.rates`
  let taken = 0
  let most = 0
  const slow: Sql = async <Row extends object>(...[text, ...values]: Parameters<Sql>) => {
    await pause(120)
    const rows = await sql<Row>(text, ...values)
    const [keys, everyUs] = [String(values[0]), Number(String(values[1]).split(',')[0])]
    if (keys.split(',')[0] === 'tg' && (rows as unknown as { waitMs: number }[])[0]!.waitMs <= Number(values[3])) {
      taken += everyUs / 40_000
      most = Math.max(most, everyUs / 40_000)
    }
    return rows
  }
  const rateLimiter = createRateLimiter(slow)
  await Promise.all(Array.from({ length: 80 }, (_, n) => rateLimiter({ chatId: n + 1, isGroup: false, kind: 'send' })))
  t.ok(most > 1, `${most} at a time`)
  t.ok(taken >= 80, `${taken} places for 80 messages`)
})

t.test('answers to presses take nothing from messages, and one person’s nothing from another’s', async t => {
  const rateLimiter = await fresh()
  const answer = (userId: number) => outcomeOf(rateLimiter({ isGroup: false, kind: 'answer', userId }))
  const flood = await Promise.all(Array.from({ length: 200 }, (_, n) => answer(1 + (n % 5))))
  const answered = flood.filter(outcome => outcome === 'sent').length
  t.ok(answered >= 110 && answered < 150, `${answered} of 200 presses of five people are answered`)
  t.ok(flood.every(outcome => outcome === 'sent' || outcome === 'rate_limited'))
  const sends = await Promise.all(
    Array.from({ length: 20 }, (_, n) => outcomeOf(rateLimiter({ chatId: 500 + n, isGroup: false, kind: 'send' }))),
  )
  t.ok(sends.every(outcome => outcome === 'sent'))
  t.equal(
    await owner`select from pay.rates where key = 'tg' and tat > now() + interval '1 second'`.then(r => r.length),
    0,
  )
  t.equal(await answer(99), 'sent', 'another person is answered')
})

t.test('a checkout is answered whatever the budgets say', async t => {
  const rateLimiter = await fresh()
  for (let n = 0; n < 100; n++) await outcomeOf(rateLimiter({ isGroup: false, kind: 'answer', userId: n }))
  t.equal(await rateLimiter({ isGroup: false, kind: 'answer' }), 0)
})

t.test('what would wait longer than it is worth is refused, and takes no place', async t => {
  const rateLimiter = await fresh()
  const over = new AbortController()
  const call = { chatId: 3, isGroup: false, kind: 'send' as const, signal: over.signal }
  const all = Array.from({ length: 40 }, () => outcomeOf(rateLimiter(call)))
  const refused = await Promise.race(all.slice(35))
  t.equal(refused, 'rate_limited')
  over.abort()
  await Promise.all(all)
})

t.test(
  'a spare edit goes while half of the budget is free, waits for nothing and takes no place from others',
  async t => {
    const rateLimiter = await fresh()
    const spare = (chatId: number) => outcomeOf(rateLimiter({ chatId, isGroup: false, kind: 'edit', isSpare: true }))
    t.equal(await spare(1), 'sent')
    t.equal(await spare(1), 'sent')
    const many = await Promise.all(Array.from({ length: 6 }, () => spare(1)))
    t.ok(many.includes('rate_limited'), 'a chat has its limit')
    await owner`delete from pay.rates`
    const outcomes: string[] = []
    for (let chatId = 100; chatId < 140; chatId++) outcomes.push(await spare(chatId))
    t.ok(outcomes.includes('rate_limited'))
    const sentAt = performance.now()
    const sends = Array.from({ length: 10 }, (_, n) => rateLimiter({ chatId: 500 + n, isGroup: false, kind: 'send' }))
    t.ok(
      (await Promise.all(sends)).every(waitMs => waitMs === 0),
      'and messages need not wait',
    )
    t.ok(performance.now() - sentAt < 1_000)
  },
)

t.test('a chat action takes no place, and is dropped while messages wait for theirs', async t => {
  const rateLimiter = await fresh()
  const action = () => outcomeOf(rateLimiter({ chatId: 1, isGroup: false, kind: 'action' }))
  for (let n = 0; n < 40; n++) t.equal(await action(), 'sent')
  t.strictSame([...(await owner`select key from pay.rates`)], [])
  const sends = Array.from({ length: 60 }, (_, n) => rateLimiter({ chatId: 100 + n, isGroup: false, kind: 'send' }))
  await until('one is dropped', async () => (await action()) === 'rate_limited')
  const spare = rateLimiter({ chatId: 900, isGroup: false, kind: 'edit', isSpare: true })
  t.equal(await outcomeOf(spare), 'rate_limited', 'and so is a spare edit')
  await Promise.all(sends)
})
