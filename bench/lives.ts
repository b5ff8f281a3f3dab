import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { Pool } from 'undici'
import { loadModels } from '../src/catalogue/models.ts'
import { toWire } from '../src/catalogue/parameters.ts'
import { connect, only } from '../src/database/db.ts'
import { newId } from '../src/id.ts'
import { ownerOf, readGeneration } from '../src/payments/generations.ts'
import { genAccepted, genFinish, genPoll, genStart, genSubmit } from '../src/payments/order-statements.ts'
import { quoteById } from '../src/payments/quotes.ts'
import { createStore, inboxDone, inboxTake, readUpdate } from '../src/telegram/inbox.ts'
import { outboxMark, outboxTake } from '../src/telegram/outbox.ts'
import { openUser } from '../src/users/users.ts'
import { startFarSide } from './far-side.ts'
import { fillPeople } from './fill.ts'
import type { Bench, Figure, Measurement } from './measurement.ts'
import { hasPooler, startPooler } from './pooler.ts'
import { compare, spread } from './rounds.ts'
import { type Service, startService, webhookSecret } from './service.ts'

const people = 5_000
const limits = { maxOpen: 1_000, freeDaily: 0, freeHourly: 0, newFreeDaily: 1_000_000 }
type Bought = { userId: number; quoteId: string }

/** Whole lives of orders a second: the tap, the debit, the submit, the callback, the settlement, the picture sent. */
export const measure: Measurement = async bench => {
  const url = await bench.database()
  const owner = postgres(url, { max: 2, onnotice: () => {}, ...{ fetch_types: false } })
  bench.after(() => owner.end({ timeout: 1 }))
  await fillPeople(owner, people)
  await owner`select count(*) from generate_series(1, ${people}::int) u, pay.credit(u, 'bonus', 'bench', 100000000)`
  const farSide = await startFarSide()
  bench.after(farSide.stop)
  await neverWait(owner)
  const shop = createShop(owner, people)
  return [...(await throughput(bench, url, farSide, shop)), ...(await latency(bench, url, farSide, shop))]
}

/** The budgets of the provider, of Telegram and of a person are asked as ever, and never say «later»: they are not what is measured. */
export async function neverWait(owner: postgres.Sql): Promise<void> {
  const [row] = await owner<{ text: string }[]>`select pg_get_functiondef('pay.rate_take'::regproc) as text`
  const patient = 'return ceil(extract(epoch from v_wait) * 1000);'
  if (!row!.text.includes(patient)) throw new Error('pay.rate_take is not what it was')
  await owner.unsafe(
    row!.text.replace(patient, 'return 0;').replace('v_wait <= p_max_wait_ms', 'true or v_wait <= p_max_wait_ms'),
  )
}

type FarSide = Awaited<ReturnType<typeof startFarSide>>
type Shop = ReturnType<typeof createShop>

const model = loadModels().find(({ id }) => id === 'google/imagen4-fast')!

export function createShop(owner: postgres.Sql, people: number) {
  let made = 0
  return {
    /** Prices that people were shown, one a person at a time. */
    async quotes(count: number): Promise<Bought[]> {
      const all = Array.from({ length: count }, () => ({ userId: (made++ % people) + 1, quoteId: newId() }))
      const rows = all.map(one => {
        const inputs = { prompt: `cat ${one.userId}` }
        return { ...one, inputs, params: toWire(model, inputs, true) }
      })
      await owner`
        insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
        select q."userId", q."quoteId", ${model.id}, ${model.category}, q.inputs, q.params, 1000, 1, 95, 2, now() + interval '1 hour'
        from json_to_recordset(${JSON.stringify(rows)}::text::json)
          as q("userId" bigint, "quoteId" text, inputs json, params json)`
      return all
    },
  }
}

let updateId = 1
const tap = ({ userId, quoteId }: Bought) => {
  const id = updateId++
  const from = { id: userId, is_bot: false, first_name: `User ${userId}`, language_code: 'ru' }
  const message = { message_id: 7, date: 1_790_000_000, chat: { id: userId, type: 'private' }, text: 'x' }
  return {
    update_id: id,
    callback_query: { id: String(id), from, chat_instance: '1', message, data: `q:${quoteId}:ok` },
  }
}

/** Presses «start» on each price, `perSecond` or as fast as they are stored. */
export async function press(services: Service[], bought: Bought[], perSecond = Infinity): Promise<void> {
  const pools = services.map(({ address }) => new Pool(address, { connections: 8 }))
  const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': webhookSecret }
  const began = performance.now()
  let next = 0
  const sender = async () => {
    for (let n = next++; n < bought.length; n = next++) {
      await pause(Math.max(0, began + (n / perSecond) * 1_000 - performance.now()))
      const body = JSON.stringify(tap(bought[n]!))
      const answer = await pools[n % pools.length]!.request({ path: '/webhook', method: 'POST', headers, body })
      await answer.body.dump()
      if (answer.statusCode !== 200) throw new Error(`a tap was answered with ${answer.statusCode}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
  await Promise.all(pools.map(pool => pool.close()))
}

export async function allSent(farSide: FarSide, bought: Bought[]): Promise<number[]> {
  const waiting = new Set(bought.map(({ userId }) => userId))
  const took: number[] = []
  for (const end = Date.now() + 120_000; waiting.size > 0; await pause(20)) {
    if (Date.now() > end) throw new Error(`${waiting.size} of ${bought.length} pictures were not sent`)
    for (const { userId, ms } of await farSide.sent()) {
      if (!waiting.delete(userId)) throw new Error(`a picture was sent twice to ${userId}`)
      took.push(ms)
    }
  }
  return took
}

async function throughput(bench: Bench, url: string, farSide: FarSide, shop: Shop): Promise<Figure[]> {
  const count = bench.isShort ? 100 : 400
  const rounds = bench.isShort ? 2 : 3
  const bare = connect(url, { max: 10 })
  bench.after(() => bare.close())
  const figures: Figure[] = []
  const ways = [{ machines: 1 }, { machines: 2 }, { machines: 4 }, { machines: 2, isPooled: true }]
  for (const { machines, isPooled } of bench.isShort ? ways.slice(0, 1) : ways) {
    const through = isPooled ? ' through PgBouncer' : ''
    const what = `whole lives of orders, ${machines} ${machines === 1 ? 'process' : 'processes'}${through}`
    bench.say(what)
    if (isPooled && !hasPooler()) {
      bench.say('  left out: there is no pgbouncer on this machine')
      continue
    }
    const pooler = isPooled ? await startPooler(url) : { url, stop() {} }
    bench.after(pooler.stop)
    const services = [await startService(pooler.url, farSide.address)]
    while (services.length < machines) {
      services.push(await startService(pooler.url, farSide.address, services[0]!.address))
    }
    const lives = async () => {
      const bought = await shop.quotes(count)
      const began = performance.now()
      const pressing = press(services, bought)
      await Promise.all([pressing, allSent(farSide, bought)])
      return count / ((performance.now() - began) / 1_000)
    }
    const statements = async () => {
      const bought = await shop.quotes(count)
      const began = performance.now()
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          for (let one = bought.pop(); one; one = bought.pop()) await life(bare.sql, one)
        }),
      )
      return count / ((performance.now() - began) / 1_000)
    }
    await lives()
    await statements()
    const measured = await compare(rounds, statements, { [what]: lives })
    const by = 'the same statements, called by 10 clients and nothing else'
    figures.push({ what, unit: '1/s', by, goal: { of: 'ratio', atLeast: 0.5 }, ...measured[what]! })
    for (const service of services) await service.stop()
  }
  return figures
}

/** What the database is asked in the life of an order, in its order. */
async function life(sql: ReturnType<typeof connect>['sql'], bought: Bought): Promise<void> {
  const { userId, quoteId } = bought
  const incoming = readUpdate(JSON.stringify(tap(bought)))
  await createStore(sql)(incoming)
  const [taken] = await inboxTake(sql, incoming.lane, newId(), true)
  await openUser(sql, { id: userId, firstName: `User ${userId}`, username: null, clientLanguage: 'ru' }, 0)
  await quoteById(sql, userId, quoteId)
  const ref = { userId, id: newId() }
  const order = { ...ref, requestKey: `q:${quoteId}`, quoteId, chatId: userId, messageId: 7, deadlineMs: 600_000 }
  await genStart(sql, order, limits)
  await inboxDone(sql, incoming.updateId, taken!.attempts)
  await readGeneration(sql, ref)
  await genSubmit(sql, ref, newId())
  await genAccepted(sql, ref, 1, `task-${ref.id}`)
  await ownerOf(sql, ref.id)
  await genPoll(sql, ref, 0)
  await readGeneration(sql, ref)
  const result = {
    n: 1,
    kind: 'image',
    mime: 'image/png',
    extension: 'png',
    bytes: 1_000,
    width_px: 1,
    height_px: 1,
    seconds: null,
    url: 'https://x.example/1.png',
  }
  const { outboxId } = only(await genFinish(sql, ref, 'success', null, null, [result], 1))
  const [outgoing] = await outboxTake(sql, outboxId!)
  await readGeneration(sql, ref)
  const files = [{ n: 1, file_id: 'file', sent_as: 'photo', message_id: 1 }]
  await outboxMark(sql, outboxId!, outgoing!.attempts, { messageId: 1, files, dead: null, againMs: null })
}

/** From the upstream's callback to the first byte of the picture's message. */
async function latency(bench: Bench, url: string, farSide: FarSide, shop: Shop): Promise<Figure[]> {
  const service = await startService(url, farSide.address)
  bench.after(service.stop)
  const ping = async () => {
    const times: number[] = []
    for (let n = 0; n < 50; n++) {
      const began = performance.now()
      await (await fetch(`${service.address}/healthz`)).text()
      times.push(performance.now() - began)
    }
    return spread(times).median
  }
  const figures: Figure[] = []
  for (const perSecond of [20, 100]) {
    const seconds = bench.isShort ? 3 : 10
    const shares = { p50: 0.5, p99: 0.99 }
    const took: Record<keyof typeof shares, number[]> = { p50: [], p99: [] }
    const pings: number[] = []
    for (let round = 0; round < (bench.isShort ? 2 : 3); round++) {
      pings.push(await ping())
      const bought = await shop.quotes(perSecond * seconds)
      const [, ms] = await Promise.all([press([service], bought, perSecond), allSent(farSide, bought)])
      const sorted = ms.toSorted((a, b) => a - b)
      for (const name of ['p50', 'p99'] as const)
        took[name].push(sorted[Math.floor((sorted.length - 1) * shares[name])]!)
    }
    for (const name of ['p50', 'p99'] as const) {
      figures.push({
        what: `callback to the first byte of the picture, ${perSecond} orders a second, ${name}`,
        unit: 'ms',
        by: 'GET /healthz of the same process',
        value: spread(took[name]),
        ratio: spread(took[name].map((ms, n) => ms / pings[n]!)),
        yardstick: spread(pings),
        ...(name === 'p50' ? { goal: { of: 'value' as const, atMost: 15 } } : {}),
      })
    }
  }
  return figures
}
