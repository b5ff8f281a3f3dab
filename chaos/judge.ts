import { setTimeout as pause } from 'node:timers/promises'
import type { BotCall } from '../playground/telegram/server.ts'
import type { Fault, World } from './world.ts'

export type Probing = { stop(): Promise<{ probes: number; misses: number }> }

const maxOpen = 3

/** Safety: what must hold at every moment, asked every second on a connection of its own. */
export function probe(world: World): Probing {
  const { owner } = world.database
  let isOver = false
  let probes = 0
  let misses = 0
  const looking = (async () => {
    while (!isOver) {
      try {
        const broken = await owner<{ promise: string; key: string }[]>`select promise, key from pay.broken limit 20`
        const [row] = await owner<{ lowest: number; open: number; apart: number }[]>`
          select (select coalesce(min(balance_kop), 0) from pay.wallets)::float8 as lowest,
            (select coalesce(max(n), 0) from (select count(*) n from pay.generations where finished_at is null
              group by user_id) x)::int as open,
            (select count(*) from pay.generations g join pay.generation_events e on e.user_id = g.user_id
              and e.request_id = g.id and e.status <> 'started' where g.xmin::text <> e.xmin::text)::int as apart`
        probes += 1
        for (const { promise, key } of broken) world.wrong(`${promise}: ${key}`)
        if (row!.lowest < 0) world.wrong(`a balance of ${row!.lowest}`)
        if (row!.open > maxOpen) world.wrong(`${row!.open} open generations of one person`)
        if (row!.apart > 0) world.wrong(`${row!.apart} endings apart from their event`)
      } catch {
        misses += 1 // the database was away: that is what happens here
      }
      await pause(1_000)
    }
  })()
  return {
    async stop() {
      isOver = true
      await looking
      return { probes, misses }
    },
  }
}

/** Liveness: faults have stopped, and everything that is open must come to its end within a minute. Gives the seconds. */
export async function settles(world: World, maxMs = 60_000): Promise<number> {
  const { owner } = world.database
  const began = Date.now()
  await world.ready()
  let open = ''
  for (;;) {
    await endSilence(world)
    if (Date.now() - began > 3_000) await world.sweep()
    const [row] = await owner<{ generations: number; inbox: number; outbox: number }[]>`
      select (select count(*) from pay.generations where finished_at is null)::int as generations,
        (select count(*) from pay.inbox where done_at is null)::int as inbox,
        (select count(*) from pay.outbox where done_at is null)::int as outbox`
    const updates = world.updates.filter(update => update.deliveredAt === undefined && isAlive(update.update)).length
    if (row && row.generations + row.inbox + row.outbox + updates === 0) break
    open = JSON.stringify({ ...row, updates })
    if (Date.now() - began > maxMs) {
      world.wrong(`open ${maxMs / 1000} s after the faults stopped: ${open}`)
      const stuck = await owner`
        select id, exec_state, task_id, attempt, look, created_at, submitted_at, next_at, deadline_at, now() from pay.generations
        where finished_at is null`
      for (const row of stuck) {
        const task = world.upstream.tasks.find(({ callBackUrl }) => callBackUrl?.includes(row.id))
        world.wrong(
          `open: ${JSON.stringify({ ...row, provider: task?.behaviour, state: task?.state, reads: task?.recordReads })}`,
        )
      }
      break
    }
    await pause(500)
  }
  return (Date.now() - began) / 1000
}

/** Nobody waits a quarter of an hour here for a provider that says nothing: the data is moved. */
async function endSilence(world: World): Promise<void> {
  const { owner } = world.database
  await owner`alter table pay.generations disable trigger generation_rows`
  await owner`
    update pay.generations set deadline_at = now(), next_at = now()
    where finished_at is null and created_at < now() - interval '5 seconds'
      and (task_id is null and exec_state <> 'queued' or task_id in (
        select * from json_array_elements_text(${JSON.stringify(silentTasks(world))}::text::json)))`
  await owner`alter table pay.generations enable trigger generation_rows`
}

const silentTasks = (world: World) =>
  world.upstream.tasks.filter(({ behaviour }) => behaviour === 'silent').map(({ taskId }) => taskId)

// Presses and checkouts are worth nothing after a while, and Telegram itself forgets them.
const isAlive = (update: object) => 'message' in update

export type Tally = { acknowledged: number; generations: number; tasks: number; payments: number; sends: number }

/** Compares the journals of the world with the database, once everything has come to an end. */
export async function compare(world: World): Promise<Tally> {
  const acknowledged = await compareUpdates(world)
  const generations = await readGenerations(world)
  compareTasks(world, generations)
  compareEndings(world, generations)
  const payments = await comparePayments(world)
  await countRepeats(world)
  return {
    acknowledged,
    generations: generations.length,
    tasks: world.upstream.tasks.length,
    payments,
    sends: world.sends.length,
  }
}

/** Every acknowledged update is stored. Returns how many there are. */
async function compareUpdates(world: World): Promise<number> {
  const { owner } = world.database
  const { sometimes, wrong } = world
  const acknowledged = world.updates.filter(({ deliveredAt }) => deliveredAt).map(({ updateId }) => updateId)
  const lost = await owner<{ id: string }[]>`
    select id from json_array_elements_text(${JSON.stringify(acknowledged)}::text::json) id
    where not exists (select from pay.inbox i where i.update_id = id::bigint)`
  for (const { id } of lost) wrong(`update ${id} was acknowledged and is lost`)
  sometimes.stands('telegram: update repeated after a failure', world.updates.filter(({ tries }) => tries > 1).length)
  // An update that was in work at two deaths is given up by design, and its person is told.
  const parked = await owner<{ update_id: string; reason: string }[]>`
    select update_id, dead_reason as reason from pay.inbox i where dead_reason is not null
      and not (dead_reason = 'felled the process' and exists (
        select from pay.outbox o where o.dedupe = 'aside:' || i.update_id and o.done_at is not null))`
  for (const { update_id, reason } of parked) wrong(`update ${update_id} was given up: ${reason}`)
  return acknowledged.length
}

type Run = { id: string; exec: string; money: string; code: string | null; told: boolean }

const readGenerations = ({ database: { owner } }: World) => owner<Run[]>`
    select g.id, g.exec_state as exec, case when g.kept_kop < g.price_kop then 'a part of the price kept' else g.money_state end as money,
      e.error_code as code, o.done_at is not null and o.dead_reason is null as told
    from pay.generations g
    left join pay.generation_events e on e.user_id = g.user_id and e.request_id = g.id and e.status <> 'started'
    left join pay.outbox o on o.dedupe = 'gen:' || g.id`

/** Every task at the provider belongs to a generation, and no generation has two. */
function compareTasks({ upstream, wrong, sometimes }: World, generations: readonly Run[]) {
  const perOrder = new Map<string, number>()
  for (const task of upstream.tasks) {
    const id = task.callBackUrl?.split('/callbacks/kie/')[1]?.split('/')[0] ?? `task ${task.taskId}`
    perOrder.set(id, (perOrder.get(id) ?? 0) + 1)
  }
  for (const [id, tasks] of perOrder) if (tasks > 1) wrong(`generation ${id} was accepted ${tasks} times`)
  const known = new Set(generations.map(({ id }) => id))
  for (const id of perOrder.keys()) if (!known.has(id)) wrong(`the provider has an order ${id} that we do not`)
  sometimes.stands(
    'submit: unknown, its task an orphan',
    generations.filter(({ id, code }) => code === 'submit_unknown' && perOrder.has(id)).length,
  )
}

/** Every ending was sent, and twice only if an answer could be lost. */
function compareEndings(world: World, generations: readonly Run[]) {
  const { sometimes, wrong } = world
  const known = new Set(generations.map(({ id }) => id))
  const sendsOf = endingsIn(world.sends, known)
  const editsOf = endingsIn(world.edits, known)
  let copies = 0
  const endings = new Map<string, number>()
  for (const { id, exec, money, code, told } of generations) {
    const times = sendsOf.get(id) ?? []
    // What the person took back is said in the message that they pressed.
    const isTold = times.length > 0 || (code === 'cancelled' && editsOf.has(id))
    if (told && !isTold) wrong(`generation ${id} is marked as told and was not`)
    for (const [n, at] of times.slice(1).entries()) {
      copies += 1
      if (!wasFaultBetween(world.faults, times[n]!, at))
        wrong(`generation ${id} was told again, and no answer was lost`)
    }
    const ending = code === 'cancelled' ? 'cancelled before the submit' : `${exec}, ${money}`
    endings.set(ending, (endings.get(ending) ?? 0) + 1)
  }
  sometimes.stands('message: second copy after a lost answer', copies)
  for (const [ending, times] of endings) sometimes.stands(`ending: ${ending}`, times)
}

/** Stars that were paid = payments = credits. Returns how many payments there are. */
async function comparePayments(world: World): Promise<number> {
  const { owner } = world.database
  const { wrong } = world
  const stars = await starsAtTelegram(world)
  const payments = await owner<{ charge_id: string; total: number; credits: number }[]>`
    select p.charge_id, p.total::int as total, (select count(*) from pay.ledger_entries l where l.kind = 'topup'
      and l.user_id = p.user_id and l.external_ref = p.provider || ':' || p.charge_id)::int as credits
    from pay.payments p where p.provider = 'stars'`
  const byCharge = new Map(payments.map(payment => [payment.charge_id, payment]))
  for (const { id, amount } of stars) {
    const payment = byCharge.get(id)
    if (!payment) wrong(`${amount} Stars of charge ${id} were paid and not credited`)
    else if (payment.total !== amount || payment.credits !== 1)
      wrong(`charge ${id} of ${amount} Stars has ${payment.credits} credits, of ${payment.total}`)
  }
  if (payments.length !== stars.length) wrong(`${stars.length} payments at Telegram, ${payments.length} in the books`)
  return stars.length
}

async function countRepeats({ database: { owner }, sometimes }: World) {
  const [again] = await owner<{ inbox: number; outbox: number }[]>`
    select (select count(*) from pay.inbox where attempts > 1)::int as inbox,
      (select count(*) from pay.outbox where attempts > 1)::int as outbox`
  sometimes.stands('row: an update was taken more than once', again!.inbox)
  sometimes.stands('row: a message was taken more than once', again!.outbox)
}

async function starsAtTelegram({ telegram }: World): Promise<{ id: string; amount: number }[]> {
  const all: { id: string; amount: number }[] = []
  for (;;) {
    const url = `${telegram.apiRoot}/bot${telegram.token}/getStarTransactions?offset=${all.length}&limit=100`
    const { result } = (await (await fetch(url)).json()) as { result: { transactions: typeof all } }
    all.push(...result.transactions)
    if (result.transactions.length < 100) return all
  }
}

/** When the ending of each generation was said: a message whose buttons name it and are those of an ending. */
function endingsIn(calls: readonly BotCall[], known: Set<string>): Map<string, number[]> {
  const times = new Map<string, number[]>()
  for (const { at, fields, status } of calls) {
    if (status !== 200 && status !== 0) continue
    const [, id] = /"g:([a-z2-7]{12}):(?:rp|ed|why)"/.exec(JSON.stringify(fields)) ?? []
    if (id !== undefined && known.has(id)) times.set(id, [...(times.get(id) ?? []), at])
  }
  return times
}

/** Something that can lose an answer to this process or end it, around that time. */
const wasFaultBetween = (faults: Fault[], from: number, until: number): boolean =>
  faults.some(({ at }) => at >= from - 2_000 && at <= until)
