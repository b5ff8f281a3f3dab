import postgres from 'postgres'
import t from 'tap'
import type { Behaviour } from '../../playground/upstream/server.ts'
import { buildServer } from '../../src/http/build-server.ts'
import { sweep } from '../../src/jobs/sweep.ts'
import { type Ref, readGeneration } from '../../src/payments/generations.ts'
import { cancel, check, news, submit } from '../../src/payments/integration.ts'
import { genPoll } from '../../src/payments/order-statements.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { callbackPath } from '../../src/upstream/callbacks.ts'
import { strangers } from '../support/http.ts'
import { second } from '../support/second.ts'
import { secret, provider as startProvider, worker } from '../support/upstream.ts'
import { noEnqueue, silent, until, world } from '../support/world.ts'

// Five may end a run: the upstream's callback, a poll, the sweep after the deadline, the person who cancels, an admin who
// bans the person. Whatever the order in which they come, it ends once, as the first of them that could end it says.
const actors = ['callback', 'poll', 'sweep', 'cancel', 'admin'] as const
type Actor = (typeof actors)[number]
type Ends = Partial<Record<Actor, string>>

const cancelled = { cancel: 'failed cancelled', admin: 'failed cancelled' }
const anyLook = (ending: string): Ends => ({ callback: ending, poll: ending, sweep: ending })
/** Where the run stands when they come, and which of them ends it then, and how. */
const stages: Record<string, { provider?: Behaviour; ends: Ends }> = {
  'nothing was sent': { ends: { sweep: 'timeout not_submitted', ...cancelled } },
  'the upstream has the result': { provider: 'normal', ends: anyLook('success') },
  'the upstream failed': { provider: 'fail', ends: anyLook('failed generation_failed') },
  'content was refused': { provider: 'moderation', ends: anyLook('failed moderation') },
  'the upstream is still at it': { provider: 'silent', ends: { sweep: 'timeout deadline' } },
  'the answer to the submit was lost': {
    provider: 'ambiguous',
    ends: { callback: 'success', sweep: 'timeout submit_unknown' },
  },
}

const { sql, url, owner, user, order, start, story, events } = await world(t)
const provider = await startProvider(t)
const { deps, close } = worker(sql, provider.baseUrl)
t.teardown(close)
const other = await second(t, url, provider.baseUrl)
// The hands of the owner, past the guards of the rows.
const hands = postgres(url, { max: 1, connection: { session_replication_role: 'replica' } })
t.teardown(() => hands.end({ timeout: 1 }))

// Wake-ups arrive at once, but for the submit: whether it is sent is what a stage says.
const enqueue = {
  ...noEnqueue,
  intake: async () => {},
  lane: async () => {},
  sweep: async () => {},
  check: async (ref: Ref) => void (await check(deps, ref)),
  poll: async (ref: Ref, pollAttempt: number) => {
    const [row] = await genPoll(sql, ref, pollAttempt)
    if (row?.isMine) await check(deps, ref)
  },
}
const receive = async (id: string, taskId: string | undefined) => void (await news({ sql, enqueue }, id, taskId))
const server = buildServer({ log: silent, strangers, callbacks: { secret, webhookKey: undefined, receive } })
const address = await server.listen({ host: '127.0.0.1', port: 0 })
t.teardown(() => server.close())

const taskOf = ({ id }: Ref) => provider.tasks.find(task => task.callBackUrl?.includes(id))
const act: Record<Actor, (ref: Ref) => Promise<unknown>> = {
  async callback(ref) {
    const body = JSON.stringify({
      code: 200,
      msg: 'ok',
      data: { taskId: taskOf(ref)?.taskId ?? 'a-task', state: 'success' },
    })
    const said = await fetch(address + callbackPath(ref.id, secret), { method: 'POST', body })
    if (said.status !== 200) throw new Error(`the callback was answered ${said.status}`)
  },
  poll: ref => check(deps, ref),
  async sweep(ref) {
    await hands`update pay.generations set deadline_at = now() - interval '1 second', next_at = now() - interval '1 second'
      where id = ${ref.id} and finished_at is null`
    await sweep(sql, enqueue, silent)
  },
  cancel: ref => cancel(deps, ref),
  async admin(ref) {
    await hands`update pay.users set banned_at = now() where user_id = ${ref.userId}`
    await submit(deps, ref) // the job that was to send it out
  },
}

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length < 2
    ? [[...items]]
    : items.flatMap(one => permutations(items.filter(other => other !== one)).map(rest => [one, ...rest]))
const orders = permutations(actors)

let people = 0
/** So many runs of so many people, all at this stage. */
async function runsAt(behaviour: Behaviour | undefined, count: number): Promise<Ref[]> {
  const refs: Ref[] = []
  for (let n = 0; n < count; n++) {
    const userId = ++people
    await user(userId, 100_00)
    const params = { prompt: `заказ ${userId}`, aspect_ratio: '1:1', nsfw_checker: true }
    const { id } = await start(await order(userId, 30_00, { params }))
    refs.push({ userId, id })
  }
  if (behaviour) {
    for (const ref of refs) {
      provider.next(behaviour)
      await submit(deps, ref)
    }
  }
  if (behaviour && behaviour !== 'silent') {
    await until('all tasks have ended', () => refs.every(ref => taskOf(ref)?.completedAt), 60_000)
  }
  return refs
}

async function endOf(ref: Ref) {
  const generation = await readGeneration(sql, ref)
  const told = await owner`select from pay.outbox where dedupe = ${`gen:${ref.id}`}`
  return {
    ending: [generation?.execState, generation?.errorCode].filter(Boolean).join(' '),
    events: await events(ref.userId, ref.id),
    balance: await balanceOf(sql, ref.userId),
    messages: told.length,
    tasks: provider.tasksPerCallbackPath().get(callbackPath(ref.id, secret)) ?? 0,
  }
}
const whole = (ending: string, sent: boolean) => ({
  ending,
  events: ['started', ending.split(' ')[0]],
  balance: ending === 'success' ? 70_00 : 100_00,
  messages: 1,
  tasks: sent ? 1 : 0,
})

for (const [stage, { provider: behaviour, ends }] of Object.entries(stages)) {
  story(
    `when ${stage}, each of the 120 orders of callback, poll, sweep, cancel and admin gives one ending`,
    async t => {
      const refs = await runsAt(behaviour, orders.length)
      for (const [n, sequence] of orders.entries()) {
        const ref = refs[n]!
        for (const actor of sequence) await act[actor](ref)
        const first = sequence.find(actor => ends[actor])!
        t.strictSame(await endOf(ref), whole(ends[first]!, behaviour !== undefined), sequence.join(', '))
      }
    },
  )

  story(`when ${stage} and all five come at once, beside a second process, it ends once`, async t => {
    const refs = await runsAt(behaviour, 20)
    await Promise.all(
      refs.flatMap(ref => [other.check(ref), other.cancel(ref), ...actors.map(actor => act[actor](ref))]),
    )
    for (const ref of refs) {
      const end = await endOf(ref)
      t.ok(Object.values(ends).includes(end.ending), end.ending)
      t.strictSame(end, whole(end.ending, behaviour !== undefined))
    }
  })
}

story('100 polls and 10 callbacks, from two processes, make one capture', async t => {
  const [ref] = await runsAt('normal', 1)
  const all = Array.from({ length: 110 }, (_, n) =>
    n % 11 === 0 ? act.callback(ref!) : n % 2 === 0 ? other.check(ref!) : act.poll(ref!),
  )
  await Promise.all(all)
  t.strictSame(await endOf(ref!), whole('success', true))
  const entries = await owner`select kind, amount_kop::int from pay.ledger_entries where generation_id = ${ref!.id}`
  t.strictSame(
    entries.map(entry => ({ ...entry })),
    [{ kind: 'debit', amount_kop: -30_00 }],
  )
  t.equal((await owner`select from pay.results where generation_id = ${ref!.id}`).length, 1)
})

t.test('nobody waited for anybody in a circle', async t => {
  const [row] = await owner`select deadlocks::int from pg_stat_database where datname = current_database()`
  t.equal(row?.deadlocks, 0)
})
