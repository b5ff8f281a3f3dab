import t from 'tap'
import type { Behaviour } from '../../playground/upstream/server.ts'
import { newId } from '../../src/id.ts'
import { type Ref, readGeneration } from '../../src/payments/generations.ts'
import { check, news, submit } from '../../src/payments/integration.ts'
import { genAccepted, genSubmit } from '../../src/payments/order-statements.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { callbackPath } from '../../src/upstream/callbacks.ts'
import { second } from '../support/second.ts'
import { secret, provider as startProvider, worker } from '../support/upstream.ts'
import { rates, until, world } from '../support/world.ts'

const { url, sql, owner, user, start, events, story } = await world(t)
const provider = await startProvider(t)
const { deps, close } = worker(sql, provider.baseUrl)
t.teardown(close)
const other = await second(t, url, provider.baseUrl)

/** A paid, queued order of a picture; the provider will behave like this, once it hears of it. */
async function ordered(userId: number, behaviour?: Behaviour, deadlineMs = 600_000): Promise<Ref> {
  await user(userId, 100_00)
  const params = { prompt: `заказ ${userId}`, aspect_ratio: '1:1', nsfw_checker: true }
  const offer = {
    userId,
    modelId: 'z-image',
    category: 'text-to-image',
    inputs: {},
    params,
    priceKop: 10_00,
    credits: '0.8',
    rates,
  }
  const { id: quoteId } = await makeQuote(sql, offer)
  if (behaviour) provider.next(behaviour)
  const { id } = await start({
    userId,
    id: newId(),
    requestKey: `q:${quoteId}`,
    quoteId,
    chatId: userId,
    messageId: null,
    deadlineMs,
  })
  return { userId, id }
}
const look = (ref: Ref) =>
  until('an ending', async () => {
    await Promise.all([check(deps, ref), other.check(ref)])
    const generation = await readGeneration(sql, ref)
    return generation?.finishedAt ? generation : undefined
  })
const tasksOf = ({ id }: Ref) => provider.tasksPerCallbackPath().get(callbackPath(id, secret)) ?? 0
/** Lets the deadline of a generation pass. */
async function pass({ id }: Ref) {
  await owner`alter table pay.generations disable trigger generation_rows`
  await owner`update pay.generations set deadline_at = now() - interval '1 second' where id = ${id}`
  await owner`alter table pay.generations enable trigger generation_rows`
}

story('an order is made, paid for and stored', async t => {
  const ref = await ordered(1, 'normal')
  t.equal(await submit(deps, ref), 'accepted')
  t.equal(await submit(deps, ref), 'nothing', 'a second worker finds nothing to do')
  t.match(await look(ref), { execState: 'success', moneyState: 'captured' })
  t.equal(await balanceOf(sql, 1), 90_00)
  t.match(await owner`select kind, mime, bytes > 1000 as is_real from pay.results where generation_id = ${ref.id}`, [
    { kind: 'image', mime: 'image/png', is_real: true },
  ])
  t.strictSame(await events(1, ref.id), ['started', 'success'])
  t.equal(tasksOf(ref), 1)
})

// What the provider does, and what it means for the money: at the submit, and at the end.
const failures: [Behaviour, 'accepted' | 'failed', string][] = [
  ['fail', 'accepted', 'generation_failed'],
  ['moderation', 'accepted', 'moderation'],
  ['no_credit', 'failed', 'no_credit'],
  ['unauthorized', 'failed', 'auth'],
  ['empty_result', 'accepted', 'no_result'],
  ['dead_result', 'accepted', 'no_result'],
  ['wrong_result', 'accepted', 'no_result'],
  ['truncated_result', 'accepted', 'no_result'],
]
for (const [n, [behaviour, atSubmit, code]] of failures.entries()) {
  story(`«${behaviour}» gives the money back as ${code}`, async t => {
    const ref = await ordered(10 + n, behaviour)
    const sent = await Promise.all([submit(deps, ref), other.submit(ref)])
    t.strictSame(sent.sort(), [atSubmit, 'nothing'].sort(), 'one of two processes sends it')
    t.match(await look(ref), { execState: 'failed', moneyState: 'refunded', errorCode: code })
    t.equal(await balanceOf(sql, ref.userId), 100_00)
    t.strictSame(await events(ref.userId, ref.id), ['started', 'failed'])
    t.ok(tasksOf(ref) <= 1)
  })
}

for (const [n, behaviour] of (['rate_limited', 'maintenance', 'server_error'] as const).entries()) {
  story(`«${behaviour}» keeps the order waiting, and the next try goes through`, async t => {
    const ref = await ordered(30 + n, behaviour)
    t.equal(await submit(deps, ref), 'later')
    t.match(await readGeneration(sql, ref), { execState: 'queued', attempt: 1 })
    t.equal(await submit(deps, ref), 'accepted')
    t.match(await look(ref), { execState: 'success' })
    t.equal(tasksOf(ref), 1)
  })
}

for (const [n, behaviour] of (['ambiguous', 'http_502', 'no_task_id'] as const).entries()) {
  story(`«${behaviour}» is never sent again, by any process, and the deadline gives the money back`, async t => {
    const ref = await ordered(40 + n, behaviour)
    t.equal(await submit(deps, ref), 'unknown')
    for (let round = 0; round < 3; round++) {
      t.strictSame(await Promise.all([submit(deps, ref), other.submit(ref)]), ['nothing', 'nothing'])
      t.match(await Promise.all([check(deps, ref), other.check(ref)]), [{ state: 'open' }, { state: 'open' }])
    }
    t.match(await readGeneration(sql, ref), { execState: 'submitting', moneyState: 'debited' }, 'held, not refunded')
    await pass(ref)
    t.match(await look(ref), { execState: 'timeout', moneyState: 'refunded', errorCode: 'submit_unknown' })
    t.equal(await balanceOf(sql, ref.userId), 100_00)
    t.ok(tasksOf(ref) <= 1)
  })
}

story('a callback names the task of a submit whose answer another process lost, and the order goes on', async t => {
  const ref = await ordered(50, 'ambiguous')
  t.equal(await other.submit(ref), 'unknown')
  t.equal(await submit(deps, ref), 'nothing', 'no second submit')
  t.match(await check(deps, ref), { state: 'open' }, 'and no refund')
  const task = provider.tasks.findLast(task => task.callBackUrl?.includes(ref.id))
  t.equal(await news(deps, ref.id, task?.taskId), true)
  t.match(await look(ref), { execState: 'success', moneyState: 'captured', taskId: task!.taskId })
  t.equal(await news(deps, ref.id, 'another task'), false, 'after the end it is no news')
  t.equal(await news(deps, newId(), 'x'), false, 'nor is it for an order that is not there')
})

story('forged-callback: a forged ending in a callback changes nothing: the provider is asked', async t => {
  const ref = await ordered(51, 'silent')
  t.equal(await submit(deps, ref), 'accepted')
  await news(deps, ref.id, provider.tasks.at(-1)?.taskId)
  t.match(await check(deps, ref), { state: 'open' })
  t.match(await readGeneration(sql, ref), { execState: 'running', moneyState: 'debited' })
  await pass(ref)
  t.match(await look(ref), { execState: 'timeout', errorCode: 'deadline' })
})

story('a poll that fails is no verdict', async t => {
  const ref = await ordered(52, 'normal')
  await submit(deps, ref)
  for (const fault of [
    'cut',
    'html',
    { code: 429, msg: 'slow down' },
    { code: 500, msg: 'oops' },
    { code: 401, msg: 'who?' },
    { code: 422, msg: 'recordInfo is null' },
  ] as const) {
    provider.faultNext('recordInfo', fault)
    t.match(await check(deps, ref), { state: 'open' }, JSON.stringify(fault))
  }
  t.match(await look(ref), { execState: 'success' })
})

story('past the deadline an upstream that no process can ask is waited for, and then its word counts', async t => {
  const ref = await ordered(54, 'normal')
  await submit(deps, ref)
  await until('the task has ended', () => provider.tasks.at(-1)?.completedAt)
  await pass(ref)
  for (const fault of ['cut', { code: 429, msg: 'slow down' }] as const) {
    for (const looks of [() => check(deps, ref), () => other.check(ref)]) {
      provider.faultNext('recordInfo', fault)
      t.match(await looks(), { state: 'open' }, 'no refund for a poll that failed')
    }
  }
  t.match(await look(ref), { execState: 'success', moneyState: 'captured' })
})

story(
  'a task that was made for another order is looked at, never settled by, and given up at the deadline',
  async t => {
    const theirs = await ordered(55, 'normal')
    await submit(deps, theirs)
    const { taskId } = provider.tasks.at(-1)!
    await until('the task has ended', () => provider.tasks.at(-1)?.completedAt)
    const ours = await ordered(56)
    const [taken] = await genSubmit(sql, ours, newId())
    await genAccepted(sql, ours, taken!.attempt, taskId)
    t.match(await check(deps, ours), { state: 'open' })
    await pass(ours)
    await check(deps, ours)
    t.match(await readGeneration(sql, ours), { execState: 'timeout', moneyState: 'refunded', errorCode: 'wrong_task' })
    t.equal(await balanceOf(sql, 56), 100_00)
    t.match(await look(theirs), { execState: 'success', moneyState: 'captured' })
  },
)

story('an unknown state word means running', async t => {
  const ref = await ordered(53, 'odd_state')
  await submit(deps, ref)
  t.match(await look(ref), { execState: 'success' })
})

story('callback, poll and sweep at once make one settlement', async t => {
  for (let round = 0; round < 10; round++) {
    const ref = await ordered(60 + round, round % 2 ? 'fail' : 'normal')
    await submit(deps, ref)
    await until('the task has ended', () => provider.tasks.at(-1)?.completedAt)
    await Promise.all([
      check(deps, ref),
      check(deps, ref),
      news(deps, ref.id, provider.tasks.at(-1)?.taskId),
      check(deps, ref),
    ])
    await look(ref)
    t.equal((await events(ref.userId, ref.id)).length, 2)
    t.equal(await balanceOf(sql, ref.userId), round % 2 ? 100_00 : 90_00)
  }
})
