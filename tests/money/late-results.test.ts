import postgres from 'postgres'
import t from 'tap'
import type { Behaviour } from '../../playground/upstream/server.ts'
import { newId } from '../../src/id.ts'
import { sweep } from '../../src/jobs/sweep.ts'
import { auditReport, findings } from '../../src/payments/audit.ts'
import { history, type Ref, readGeneration } from '../../src/payments/generations.ts'
import { check, news, submit } from '../../src/payments/integration.ts'
import { lateFound, lookForLate, readLate, takeLate } from '../../src/payments/late-results.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { forgetUser } from '../../src/users/users.ts'
import { second } from '../support/second.ts'
import { provider as startProvider, worker } from '../support/upstream.ts'
import { noEnqueue, picture, rates, silent, until, world } from '../support/world.ts'

const { url, sql, owner, user, order, start, finish, events, story } = await world(t)
const provider = await startProvider(t)
const { deps: plain, close } = worker(sql, provider.baseUrl)
t.teardown(close)
const other = await second(t, url, provider.baseUrl)
// The hands of the owner, past the guards of the rows.
const hands = postgres(url, { max: 1, connection: { session_replication_role: 'replica' } })
t.teardown(() => hands.end({ timeout: 1 }))

const woken: Ref[] = []
const sent: number[] = []
const enqueue = {
  ...noEnqueue,
  late: async (ref: Ref) => void woken.push(ref),
  deliver: async (id: number) => void sent.push(id),
  lane: async () => {},
  intake: async () => {},
  sweep: async () => {},
}
const deps = { ...plain, enqueue }

/** A run of a picture for 3,80 ₽ (0: a free one) whose task the upstream has and whose time has passed. */
async function overdue(userId: number, behaviour: Behaviour = 'normal', priceKop = 3_80): Promise<Ref> {
  await user(userId, 100_00)
  const params = { prompt: `заказ ${userId}`, aspect_ratio: '1:1', nsfw_checker: true }
  const about = {
    userId,
    modelId: 'z-image',
    category: 'text-to-image',
    inputs: {},
    params,
    priceKop,
    credits: '0.8',
    rates,
  }
  const { id: quoteId } = await makeQuote(sql, about)
  provider.next(behaviour)
  const placed = { userId, id: newId(), requestKey: `q:${quoteId}`, quoteId, chatId: userId, messageId: null }
  const { id } = await start({ ...placed, deadlineMs: 600_000 })
  const ref = { userId, id }
  await submit(deps, ref)
  await hands`update pay.generations set deadline_at = now() - interval '1 second' where id = ${id}`
  return ref
}
const timeout = (code: string) => ({ outcome: 'timeout' as const, code, message: 'too long' })
/** A run that ended without its result, and its money is back. */
async function ended(...about: Parameters<typeof overdue>): Promise<Ref> {
  const ref = await overdue(...about)
  await finish(ref, timeout(about[1] === 'ambiguous' ? 'submit_unknown' : 'deadline'))
  return ref
}
const taskOf = ({ id }: Ref) => provider.tasks.find(task => task.callBackUrl?.includes(id))!
const made = (ref: Ref) => until('the upstream has made it', () => taskOf(ref)?.state === 'success')
/** The same, and the upstream has made it since, and it was found. */
async function offered(...about: Parameters<typeof overdue>): Promise<Ref> {
  const ref = await ended(...about)
  await made(ref)
  await lookForLate(deps, ref)
  return ref
}
const entries = async (userId: number) =>
  (await owner`select kind from pay.ledger_entries where user_id = ${userId} and seq > 1 order by seq`).map(
    row => row.kind,
  )
const offersOf = async ({ id }: Ref) => (await owner`select 1 from pay.outbox where dedupe = ${`late:${id}`}`).length
const bornOf = async ({ userId, id }: Ref) =>
  (await owner`select * from pay.generations where user_id = ${userId} and late_of = ${id}`).slice()
const due = (ref: Ref) => owner`update pay.late_results set next_at = now() where generation_id = ${ref.id}`

story(
  'a result that comes after the money went back is offered once, taken once, and is a run like any other',
  async t => {
    const ref = await ended(1)
    t.equal(await balanceOf(sql, 1), 100_00, 'the money is back')
    t.match(await readLate(sql, ref), { state: 'awaited', takeId: null })
    await made(ref)
    await Promise.all([lookForLate(deps, ref), other.lookForLate(ref)])
    t.equal(await offersOf(ref), 1, 'two looks make one offer')
    const late = await readLate(sql, ref)
    t.match(late, { state: 'offered', priceKop: 3_80, files: [{ kind: 'image' }] })
    t.equal(await balanceOf(sql, 1), 100_00, 'an offer takes nothing')

    t.equal(await takeLate(deps, ref), 'taken')
    t.equal(await balanceOf(sql, 1), 96_20)
    t.strictSame(await entries(1), ['debit', 'refund', 'debit'])
    const born = { userId: 1, id: late!.takeId! }
    t.match(await readGeneration(sql, born), {
      execState: 'success',
      moneyState: 'captured',
      priceKop: 3_80,
      keptKop: 3_80,
      taskId: taskOf(ref).taskId,
      isLate: true,
      params: { prompt: 'заказ 1' },
    })
    t.strictSame(await events(1, ref.id), ['started', 'timeout'], 'the run that ended has its one end')
    t.strictSame(await events(1, born.id), ['started', 'success'])
    t.match(await readGeneration(sql, ref), { execState: 'timeout', moneyState: 'refunded' })
    t.match((await owner`select kind, url from pay.results where generation_id = ${born.id}`).slice(), [
      { kind: 'image', url: /^http/ },
    ])
    const [message] = await owner`select id, body from pay.outbox where dedupe = ${`gen:${born.id}`}`
    t.strictSame(message!.body, { kind: 'generation', generationId: born.id }, 'delivered as any result')
    t.ok(sent.includes(Number(message!.id)))
    t.strictSame(
      (await history(sql, 1, 'all', null, 5)).map(({ id }) => id),
      [born.id, ref.id],
      'a row of the history',
    )
    t.strictSame(findings((await auditReport(sql))[0]!), [], 'the books agree')
  },
)

story('two presses at once, in two processes, take the money once', async t => {
  const ref = await offered(2)
  const taken = await Promise.all([takeLate(deps, ref), other.takeLate(ref), takeLate(deps, ref), other.takeLate(ref)])
  t.strictSame(taken.sort(), ['already', 'already', 'already', 'taken'])
  t.equal(await balanceOf(sql, 2), 96_20)
  t.equal((await bornOf(ref)).length, 1)
})

story('once per run is a constraint, whatever the functions do', async t => {
  const ref = await offered(3)
  await takeLate(deps, ref)
  const [born] = await bornOf(ref)
  const { quoteId } = await order(3, 3_80)
  const twin = owner`
    insert into pay.generations (user_id, id, request_key, quote_id, chat_id, model_id, category, price_kop, is_free, exec_state,
      money_state, next_at, run_limit, deadline_at, finished_at, kept_kop, late_of)
    select user_id, 'twintwintwin', 'twin', ${quoteId}, chat_id, model_id, category, price_kop, is_free, exec_state,
      money_state, next_at, run_limit, deadline_at, finished_at, kept_kop, late_of from pay.generations where id = ${born!.id}`
  await t.rejects(twin, { code: '23505', constraint_name: 'generations_late' })
})

story('after its time nothing is sold, and the offer is over', async t => {
  const ref = await offered(4)
  await owner`update pay.late_results set expires_at = now() where generation_id = ${ref.id}`
  t.equal(await takeLate(deps, ref), 'over')
  t.equal(await balanceOf(sql, 4), 100_00)
  t.strictSame(await bornOf(ref), [])
})

story('files that the upstream has deleted are not paid for', async t => {
  const ref = await offered(5)
  provider.expire(taskOf(ref).taskId)
  t.equal(await other.takeLate(ref), 'over', 'by a machine that has not seen them')
  t.equal(await balanceOf(sql, 5), 100_00)
  t.match(await readLate(sql, ref), { state: 'over', files: null })
})

story('files that do not come just now are not paid for, and the next press takes them', async t => {
  const ref = await offered(6)
  const slow = { ...deps, results: { ...deps.results, fetch: () => new Promise<never>(() => {}) } }
  t.equal(await takeLate(slow, ref, 10), 'later')
  t.equal(await balanceOf(sql, 6), 100_00)
  t.equal(await takeLate(deps, ref), 'taken')
})

story('the result that comes while its run is being ended is either the run’s own or offered, never both', async t => {
  for (let round = 0; round < 6; round++) {
    const ref = await overdue(100 + round)
    await made(ref)
    await Promise.all([
      check(deps, ref),
      other.finish(ref, timeout('deadline')),
      news(deps, ref.id, taskOf(ref).taskId),
      other.news(ref.id, taskOf(ref).taskId),
    ])
    await lookForLate(deps, ref)
    const run = await readGeneration(sql, ref)
    t.equal(await offersOf(ref), run!.execState === 'success' ? 0 : 1, run!.execState)
    t.equal(await balanceOf(sql, ref.userId), run!.execState === 'success' ? 96_20 : 100_00)
  }
})

story('a callback and a late look at once make one offer', async t => {
  const ref = await ended(7)
  await made(ref)
  woken.length = 0
  t.equal(await news(deps, ref.id, taskOf(ref).taskId), true)
  t.strictSame(woken, [ref], 'the callback only wakes the look')
  await Promise.all([lookForLate(deps, ref), other.lookForLate(ref), other.news(ref.id, 'x'), lookForLate(deps, ref)])
  t.equal(await offersOf(ref), 1)
})

story('a task that nobody had named is found by the callback that names it', async t => {
  const ref = await ended(8, 'ambiguous')
  t.match(await readGeneration(sql, ref), { execState: 'timeout', errorCode: 'submit_unknown', taskId: null })
  await made(ref)
  await lookForLate(deps, ref)
  t.equal(await offersOf(ref), 0, 'nothing to ask for')
  await news(deps, ref.id, taskOf(ref).taskId)
  await lookForLate(deps, ref)
  t.equal(await takeLate(deps, ref), 'taken')
  t.match(await bornOf(ref), [{ task_id: taskOf(ref).taskId }])
})

story('a callback that names the task of another order offers nothing', async t => {
  const [mine, theirs] = [await ended(9, 'ambiguous'), await ended(10)]
  await made(theirs)
  await news(deps, mine.id, taskOf(theirs).taskId)
  await lookForLate(deps, mine)
  t.equal(await offersOf(mine), 0)
})

story('a run is looked after three times in a day, by one machine each time', async t => {
  const ref = await ended(11, 'silent')
  for (let look = 1; look <= 4; look++) {
    await due(ref)
    woken.length = 0
    await Promise.all([sweep(sql, enqueue, silent), sweep(sql, enqueue, silent)])
    t.equal(woken.filter(({ id }) => id === ref.id).length, look <= 3 ? 1 : 0, `look ${look}`)
    const reads = taskOf(ref).recordReads
    await lookForLate(deps, ref)
    t.equal(taskOf(ref).recordReads, reads + 1, 'one question')
  }
  t.match(await readLate(sql, ref), { state: 'awaited' }, 'a callback may still come')
  const [row] = await owner`select looks, next_at from pay.late_results where generation_id = ${ref.id}`
  t.match(row, { looks: 3 })
})

story('what the upstream failed in the end is waited for no longer', async t => {
  const ref = await ended(12, 'fail')
  await until('the upstream has failed', () => taskOf(ref).state === 'fail')
  await lookForLate(deps, ref)
  t.match(await readLate(sql, ref), { state: 'over' })
})

story('a free run is taken for nothing and counts in no window', async t => {
  const ref = await offered(13, 'normal', 0)
  const uses = () =>
    owner`select used, returned from pay.free_usage where user_id = 13 order by window_kind`.then(r => [...r])
  const before = await uses()
  t.equal(await takeLate(deps, ref), 'taken')
  t.strictSame(await uses(), before)
  t.strictSame(await entries(13), [])
  t.match(await bornOf(ref), [{ is_free: true, money_state: 'free', price_kop: '0' }])
})

story('of a result that is here in part, the part is the price', async t => {
  const ref = await ended(14, 'silent')
  await lateFound(sql, ref, newId(), [picture], 3, null)
  t.match(await readLate(sql, ref), { state: 'offered', priceKop: 1_27 })
})

story('without the money nothing is taken, and after a top-up it is', async t => {
  const ref = await offered(15)
  const spent = await start(await order(15, 98_00))
  await t.rejects(takeLate(deps, ref), { name: 'InsufficientFunds' })
  t.strictSame(await bornOf(ref), [])
  t.match(await readLate(sql, ref), { state: 'offered' }, 'it waits')
  await finish({ userId: 15, id: spent.id }, { outcome: 'failed', code: 'moderation', message: 'no' })
  t.equal(await takeLate(deps, ref), 'taken')
})

story('a person who is banned is offered nothing and is sold nothing', async t => {
  const ref = await offered(16)
  const waiting = await ended(16)
  await owner`update pay.users set banned_at = now() where user_id = 16`
  await t.rejects(takeLate(deps, ref), { name: 'Banned' })
  t.strictSame(await bornOf(ref), [])
  await made(waiting)
  await lookForLate(deps, waiting)
  t.equal(await offersOf(waiting), 0)
  t.match(await readLate(sql, waiting), { state: 'over' })
})

story('what was offered goes with the data of the person, and nothing comes after', async t => {
  const ref = await offered(17)
  const waiting = await ended(17)
  await made(waiting)
  await forgetUser(sql, 17)
  t.equal(await takeLate(deps, ref), 'nothing')
  t.equal(await news(deps, waiting.id, taskOf(waiting).taskId), false)
  await lookForLate(deps, waiting)
  t.equal(await offersOf(waiting), 0)
  t.equal((await owner`select 1 from pay.late_results where user_id = 17`).length, 0)
})

story('a process that dies between the debit and the files loses nothing', async t => {
  const ref = await offered(18)
  const dying = { ...deps, enqueue: { ...enqueue, deliver: () => Promise.reject(new Error('the process dies here')) } }
  await t.rejects(takeLate(dying, ref), { message: 'the process dies here' })
  t.equal(await balanceOf(sql, 18), 96_20)
  sent.length = 0
  await sweep(sql, enqueue, silent)
  const [message] =
    await owner`select o.id from pay.outbox o join pay.generations g on o.dedupe = 'gen:' || g.id where g.late_of = ${ref.id}`
  t.ok(sent.includes(Number(message!.id)), 'the sweep finds the message')
  sent.length = 0
  t.equal(await takeLate(deps, ref), 'already', 'the same press again, after the restart')
  t.ok(sent.includes(Number(message!.id)))
  t.equal(await balanceOf(sql, 18), 96_20)
})

story('runs that ended for another reason are not waited for', async t => {
  for (const [n, code] of (['generation_failed', 'cancelled', 'moderation'] as const).entries()) {
    const ref = await overdue(200 + n, 'silent')
    const { result } = await finish(ref, { outcome: 'failed', code, message: 'no' })
    t.equal(await readLate(sql, ref), undefined, `${code}: ${result}`)
    if (result !== 'settled') await finish(ref, timeout('wrong_task'))
    t.equal(await readLate(sql, ref), undefined)
  }
})
