import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { loadModels } from '../../src/catalogue/models.ts'
import { checkInputs, toWire } from '../../src/catalogue/parameters.ts'
import { price } from '../../src/catalogue/pricing.ts'
import { newId } from '../../src/id.ts'
import { type Ref, readGeneration } from '../../src/payments/generations.ts'
import { submit } from '../../src/payments/integration.ts'
import { genAccepted, genSubmit } from '../../src/payments/order-statements.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { graceMs, graceProblem } from '../../src/payments/timing.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { inputsOf } from '../support/answers.ts'
import { second } from '../support/second.ts'
import { provider as startProvider, worker } from '../support/upstream.ts'
import { picture, rates, world } from '../support/world.ts'

// What is held for a run, from the price that was shown to the ending.
const { url, sql, owner, user, order, start, finish, story } = await world(t)
const provider = await startProvider(t)
const { deps, close } = worker(sql, provider.baseUrl)
t.teardown(close)
const other = await second(t, url, provider.baseUrl)
const success = { outcome: 'success' as const, results: [picture] }
const failed = { outcome: 'failed', code: 'generation_failed', message: 'no' } as const
const timeout = { outcome: 'timeout', code: 'deadline', message: 'no' } as const
const picturesOf = (count: number) => Array.from({ length: count }, (_, n) => ({ ...picture, n: n + 1 }))

story('nothing reaches the upstream without a hold or a free run of that very run', async t => {
  await user(1, 10_00)
  const nobodys = { userId: 1, id: newId() }
  t.equal(await submit(deps, nobodys), 'nothing', 'a run that nobody placed')
  t.equal(await other.submit(nobodys), 'nothing', 'nor from another process')
  await t.rejects(start(await order(1, 10_01)), { name: 'InsufficientFunds' })
  t.equal((await owner`select from pay.generations where user_id = 1`).length, 0)

  // Past the functions, with the rights of the owner: a run stands only beside its debit.
  const { id, quoteId } = await order(1, 5_00)
  const row = (more: object) => ({
    user_id: 1,
    id,
    request_key: 'k',
    quote_id: quoteId,
    chat_id: 1,
    model_id: 'z-image',
    category: 'text-to-image',
    is_free: false,
    price_kop: 500,
    money_state: 'debited',
    next_at: new Date(),
    run_limit: '10 minutes',
    deadline_at: new Date(Date.now() + 600_000),
    ...more,
  })
  await t.rejects(owner`insert into pay.generations ${owner(row({}))}`, /paid_needs_debit/)
  await t.rejects(owner`insert into pay.generations ${owner(row({ money_state: 'free' }))}`, { code: '23514' })
  await t.rejects(owner`insert into pay.generations ${owner(row({ is_free: true, money_state: 'free' }))}`, {
    code: '23514',
  })
  for (const rights of ['insert', 'update']) {
    const [may] = await owner`select has_table_privilege('pay_app', 'pay.generations', ${rights}) as may`
    t.equal(may?.may, false, `the service may not ${rights} runs by itself`)
  }

  const placed = await start(await order(1, 5_00))
  await t.rejects(owner`delete from pay.ledger_entries where generation_id = ${placed.id}`, { code: '23001' })
  t.equal(
    await submit(deps, { userId: 1, id: placed.id }),
    'failed',
    'its parameters are refused, and the hold goes back',
  )
  t.equal(await balanceOf(sql, 1), 10_00)

  const params = { prompt: 'кот', aspect_ratio: '1:1', nsfw_checker: true }
  const { id: held } = await start(await order(1, 5_00, { params }))
  const ref = { userId: 1, id: held }
  const sent = await Promise.all([submit(deps, ref), other.submit(ref), submit(deps, ref), other.submit(ref)])
  t.strictSame(sent.sort(), ['accepted', 'nothing', 'nothing', 'nothing'], 'two processes send one hold once')
  t.equal(provider.tasksPerCallbackPath().size, 1, 'and that is all that ever reached the upstream')
})

// Where one process has brought a hold, and every operation of another process on it: the answer, and where it stands then.
type State = 'queued' | 'submitting' | 'running' | 'success' | 'failed' | 'timeout'
const reach: Record<State, (ref: Ref) => Promise<unknown>> = {
  queued: async () => {},
  submitting: ref => genSubmit(sql, ref, 'token'),
  async running(ref) {
    await genSubmit(sql, ref, 'token')
    await genAccepted(sql, ref, 1, `task-${ref.id}`)
  },
  success: ref => finish(ref, success),
  failed: ref => finish(ref, failed),
  async timeout(ref) {
    await pause(2) // its deadline is a millisecond away
    await finish(ref, timeout)
  },
}
const yes = (rows: object[]) => Object.values(rows[0] ?? { none: false })[0] as boolean
const operations = {
  submit: async (ref: Ref) => (await other.genSubmit(ref, 'another')).length === 1,
  accepted: async (ref: Ref) => yes(await other.genAccepted(ref, 1, `task-${ref.id}`)),
  requeue: async (ref: Ref) => yes(await other.genRequeue(ref, 1, 1_000)),
  attach: async (ref: Ref) => yes(await other.genAttach(ref.id, 'named-by-a-callback')),
  look: async (ref: Ref) => yes(await other.genPoll(ref, 0)),
  capture: async (ref: Ref) => (await other.finish(ref, success)).result,
  release: async (ref: Ref) => (await other.finish(ref, failed)).result,
  expire: async (ref: Ref) => (await other.finish(ref, timeout)).result,
  cancel: async (ref: Ref) => (await other.cancel(ref)).result,
}
type Answers = Record<keyof typeof operations, [answer: boolean | string, then: State]>
const ended = (state: State): Answers => ({
  submit: [false, state],
  accepted: [false, state],
  requeue: [false, state],
  attach: [false, state],
  look: [false, state],
  capture: ['already', state],
  release: ['already', state],
  expire: ['already', state],
  cancel: ['already', state],
})
const table: Record<State, Answers> = {
  queued: {
    submit: [true, 'submitting'],
    accepted: [false, 'queued'],
    requeue: [false, 'queued'],
    attach: [false, 'queued'],
    look: [true, 'queued'],
    capture: ['settled', 'success'],
    release: ['settled', 'failed'],
    expire: ['not_due', 'queued'],
    cancel: ['settled', 'failed'],
  },
  submitting: {
    submit: [false, 'submitting'],
    accepted: [true, 'running'],
    requeue: [true, 'queued'],
    attach: [true, 'running'],
    look: [true, 'submitting'],
    capture: ['settled', 'success'],
    release: ['settled', 'failed'],
    expire: ['not_due', 'submitting'],
    cancel: ['not_due', 'submitting'],
  },
  running: {
    submit: [false, 'running'],
    accepted: [false, 'running'],
    requeue: [false, 'running'],
    attach: [false, 'running'],
    look: [true, 'running'],
    capture: ['settled', 'success'],
    release: ['settled', 'failed'],
    expire: ['not_due', 'running'],
    cancel: ['not_due', 'running'],
  },
  success: ended('success'),
  failed: ended('failed'),
  timeout: ended('timeout'),
}
let people = 100
for (const [from, answers] of Object.entries(table)) {
  story(`a hold that is ${from} has one answer to every operation, and ends once`, async t => {
    for (const [name, [answer, then]] of Object.entries(answers)) {
      const userId = ++people
      await user(userId, 50_00)
      const { id } = await start(await order(userId, 30_00, { deadlineMs: from === 'timeout' ? 1 : 600_000 }))
      const ref = { userId, id }
      await reach[from as State](ref)
      t.equal(await operations[name as keyof typeof operations](ref), answer, name)
      const stands = await readGeneration(sql, ref)
      t.equal(stands?.execState, then, `${name} leaves it`)
      t.equal(
        await balanceOf(sql, userId),
        then === 'failed' || then === 'timeout' ? 50_00 : 20_00,
        `${name}: the money`,
      )
      t.equal(stands?.finishedAt !== null, ['success', 'failed', 'timeout'].includes(then))
    }
  })
}

story('what one process showed is what another holds, and no more of it is kept: 42 models, any answers', async t => {
  await user(2, 1_000_000_00)
  let count = 0
  for (const model of loadModels()) {
    const samples = fc
      .sample(inputsOf(model), { numRuns: 60, seed: 23 })
      .filter(inputs => !checkInputs(model, inputs)[0])
    for (const [n, inputs] of samples.slice(0, 4).entries()) {
      const shown = price(model, inputs, rates)
      const params = toWire(model, inputs, true)
      const offer = { userId: 2, modelId: model.id, category: model.category, inputs, params, priceKop: shown.kop }
      const quote = await makeQuote(sql, { ...offer, credits: shown.credits, rates })
      const before = await balanceOf(sql, 2)
      const placed = await other.start({ ...(await order(2, 1)), quoteId: quote.id, requestKey: `q:${quote.id}` })
      const ref = { userId: 2, id: placed.id }
      t.equal(placed.priceKop, shown.kop, model.id)
      t.equal(await balanceOf(sql, 2), before - shown.kop, `${model.id}: what was shown is held`)
      const held = await readGeneration(sql, ref)
      t.strictSame(
        held?.params,
        JSON.parse(JSON.stringify(params)),
        `${model.id}: what was priced is what will be sent`,
      )
      const promised = n + 1
      await finish(ref, { outcome: 'success', results: picturesOf(1 + (n % promised)), promised: promised + (n % 2) })
      const captured = await readGeneration(sql, ref)
      t.ok(
        captured!.keptKop! >= 1 && captured!.keptKop! <= shown.kop,
        `${model.id}: ${captured!.keptKop} of ${shown.kop}`,
      )
      t.equal(await balanceOf(sql, 2), before - captured!.keptKop!, `${model.id}: the rest is back`)
      count++
    }
  }
  t.ok(count >= 42, `${count} runs`)
})

t.test('a run is given up only when nothing of it can be on its way any more', async t => {
  t.equal(graceProblem(), undefined)
  for (const delay of ['jobMs', 'retriesMs', 'lookMs', 'sweepMs', 'skewMs'] as const) {
    t.match(graceProblem({ [delay]: graceMs }), /minutes after its deadline/, `${delay} longer than the wait`)
  }
})

story('no process quotes, and so none holds, a price of nothing, no number, or by a rate that is none', async t => {
  await user(3)
  const offer = { userId: 3, modelId: 'z-image', category: 'text-to-image', inputs: {}, params: {}, priceKop: 76 }
  const right = { ...offer, credits: '0.8', rates }
  for (const wrong of [
    ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY].map(priceKop => ({ priceKop })),
    ...['0', '-1', 'NaN', 'Infinity', ''].map(credits => ({ credits })),
    ...['0', '-95', 'NaN', 'Infinity', ''].map(usdRubRate => ({ rates: { ...rates, usdRubRate } })),
    ...['0', '0.99', 'NaN', 'Infinity', ''].map(markup => ({ rates: { ...rates, markup } })),
  ]) {
    const about = JSON.stringify(wrong, (_, value) => (typeof value === 'number' ? String(value) : value))
    await t.rejects(makeQuote(sql, { ...right, ...wrong }), { name: 'PostgresError' }, about)
    await t.rejects(other.makeQuote({ ...right, ...wrong }), { name: 'PostgresError' }, about)
  }
  const free = { userId: 3, id: newId(), requestKey: 'free', chatId: 3, messageId: null, deadlineMs: 600_000 }
  const { id: quoteId } = await other.makeQuote({ ...right, priceKop: 0 })
  const { id } = await start({ ...free, quoteId })
  const [run] = await owner`select money_state, is_free from pay.generations where id = ${id}`
  t.match(run, { money_state: 'free', is_free: true }, 'what costs nothing is a counted free run, never a paid one')
})
