import { setTimeout as pause } from 'node:timers/promises'
import { connect, type Db } from '../src/database/db.ts'
import { Unknown } from '../src/errors.ts'
import { newId } from '../src/id.ts'
import { createLog } from '../src/log.ts'
import { place, settle } from '../src/payments/integration.ts'
import { makeQuote } from '../src/payments/quotes.ts'
import { openTopUp, takePayment } from '../src/payments/top-ups.ts'
import { createStore } from '../src/telegram/inbox.ts'
import { openUser } from '../src/users/users.ts'
import type { Database } from './database.ts'
import type { Random } from './random.ts'

export type Kind = 'update' | 'credit' | 'start' | 'settle'

export type Operations = {
  /** What was acknowledged since the last call, by the ids it must be found under. */
  taken(): Record<Kind, string[]>
  acknowledged(): number
  /** Answers that were not there; the call was repeated with its id. */
  unknowns(): number
  /** Repeated calls that met what their own lost call had committed. */
  metOwnCommit(): number
  lastSuccessAt(): number
  /** What a worker could not go on after. */
  failures(): string[]
  stop(): Promise<void>
}

const people = 40
const log = createLog({ level: 'silent', secrets: [] })
const noEnqueue = {
  submit: async () => {},
  check: async () => {},
  poll: async () => {},
  deliver: async () => {},
  late: async () => {},
}
const limits = { maxOpen: 1_000_000, freeDaily: 0, freeHourly: 0, newFreeDaily: 1_000_000 }
const picture = {
  n: 1,
  kind: 'image' as const,
  mime: 'image/png',
  extension: 'png',
  bytes: 70,
  width_px: 1,
  height_px: 1,
  seconds: null,
  url: 'https://files.example.com/1.png',
}

/** The service's own calls, as fast as so many workers can: an update stored, a payment credited, a start, a settlement. */
export async function operate(url: string, random: Random, workers = 16): Promise<Operations> {
  const db = connect(url, { max: workers })
  let taken: Record<Kind, string[]> = { update: [], credit: [], start: [], settle: [] }
  let acknowledged = 0
  let [met, isOver] = [0, false]

  const { answered, unknowns, lastSuccessAt } = openAnswers(random)

  await Promise.all(
    Array.from({ length: people }, (_, n) =>
      openUser(db.sql, { id: n + 1, firstName: `User ${n + 1}`, username: null, clientLanguage: 'ru' }, 1_000_000_00),
    ),
  )
  const failures: string[] = []
  let updateId = 1_000_000
  const working = Promise.all(
    Array.from({ length: workers }, async (_, n) => {
      const own = random.fork(`worker ${n}`)
      try {
        while (!isOver) await round(db, own)
      } catch (error) {
        failures.push(String(error))
      }
    }),
  )

  async function round({ sql }: Db, own: Random) {
    updateId += 1
    const step: Step = { sql, userId: own.int(1, people), answered, took, met: () => void met++ }
    await storeUpdate(step, updateId)
    await credit(step)
    const id = await start(step)
    await end(step, id, own.chance(0.7))
  }

  function took(kind: Kind, id: string) {
    taken[kind].push(id)
    acknowledged += 1
  }

  return {
    taken() {
      const last = taken
      taken = { update: [], credit: [], start: [], settle: [] }
      return last
    },
    acknowledged: () => acknowledged,
    unknowns,
    metOwnCommit: () => met,
    lastSuccessAt,
    failures: () => failures,
    async stop() {
      isOver = true
      await working
      await db.close()
    },
  }
}

function openAnswers(random: Random) {
  let [unknowns, lastSuccessAt] = [0, Date.now()]

  /** Repeats with the same id until there is an answer, as Telegram and our own workers do. */
  async function answered<T>(call: () => Promise<T>): Promise<{ answer: T; tries: number }> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await call()
        lastSuccessAt = Date.now()
        return { answer, tries }
      } catch (error) {
        if (!(error instanceof Unknown)) throw error
        unknowns += 1
        await pause(10 + random.int(0, 40))
      }
    }
  }

  return { answered, unknowns: () => unknowns, lastSuccessAt: () => lastSuccessAt }
}

/** What an operation uses: the call that is repeated until there is an answer, and the counts. */
type Step = {
  sql: Db['sql']
  userId: number
  answered<T>(call: () => Promise<T>): Promise<{ answer: T; tries: number }>
  met(): void
  took(kind: Kind, id: string): void
}

async function storeUpdate({ sql, userId, answered, met, took }: Step, updateId: number) {
  const update = { updateId, lane: `u:${userId}`, payload: { update_id: updateId }, dead: 'of a test' }
  const { answer: isNew, tries } = await answered(() => createStore(sql)(update))
  if (!isNew) met()
  if (!isNew && tries === 1) throw new Error(`update ${update.updateId} was there before it came`)
  took('update', String(update.updateId))
}

async function credit({ sql, userId, answered, met, took }: Step) {
  const wanted = { userId, provider: 'stars' as const, amountKop: 100_00, total: 84, quoteId: null }
  const { answer: topUp } = await answered(() => openTopUp(sql, wanted))
  const payment = {
    userId,
    orderId: topUp.id,
    currency: 'XTR',
    total: 84,
    provider: 'stars' as const,
    chargeId: newId(),
  }
  const { answer: paid } = await answered(() => takePayment(sql, payment))
  if (paid.result === 'duplicate') met()
  took('credit', payment.chargeId)
}

/** Returns the id of the generation. */
async function start({ sql, userId, answered, met, took }: Step): Promise<string> {
  const offer = {
    userId,
    modelId: 'z-image',
    category: 'text-to-image',
    inputs: { prompt: 'кот' },
    params: { prompt: 'кот' },
  }
  const rates = { usdRubRate: '95', markup: '2' }
  const { answer: quote } = await answered(() => makeQuote(sql, { ...offer, priceKop: 10_00, credits: '0.8', rates }))
  const id = newId()
  const order = {
    userId,
    id,
    requestKey: `q:${quote.id}`,
    quoteId: quote.id,
    chatId: userId,
    messageId: 5,
    deadlineMs: 600_000,
  }
  const { answer: started } = await answered(() => place(sql, order, limits))
  if (started.result === 'duplicate') met()
  took('start', id)
  return id
}

async function end({ sql, userId, answered, met, took }: Step, id: string, isSuccess: boolean) {
  const ends = { sql, enqueue: noEnqueue, scrub: (text: string) => text, log }
  const ending = isSuccess
    ? { outcome: 'success' as const, results: [picture] }
    : { outcome: 'failed' as const, code: 'upstream_error', message: 'no' }
  const { answer: settled } = await answered(() => settle(ends, { userId, id }, ending))
  if (settled.result === 'already') met()
  took('settle', id)
}

const found: Record<Kind, string> = {
  update: 'exists (select from pay.inbox i where i.update_id = wanted::bigint)',
  credit: `(select count(*) from pay.payments p join pay.ledger_entries l on l.user_id = p.user_id and l.kind = 'topup'
    and l.external_ref = 'stars:' || p.charge_id where p.provider = 'stars' and p.charge_id = wanted) = 1`,
  start: `(select count(*) from pay.generations g join pay.ledger_entries l on l.user_id = g.user_id
    and l.generation_id = g.id and l.kind = 'debit' where g.id = wanted) = 1`,
  settle: 'exists (select from pay.generations g where g.id = wanted and g.finished_at is not null)',
}

/** Which of them are not there, or not once. */
export async function missing({ owner }: Pick<Database, 'owner'>, taken: Record<Kind, string[]>): Promise<string[]> {
  const lost: string[] = []
  for (const [kind, ids] of Object.entries(taken) as [Kind, string[]][]) {
    const rows = await owner.unsafe<{ id: string }[]>(
      `select wanted as id from json_array_elements_text($1::text::json) wanted where not ${found[kind]}`,
      [JSON.stringify(ids)],
    )
    lost.push(...rows.map(({ id }) => `${kind} ${id} was acknowledged and is not there once`))
  }
  return lost
}

/** The first twenty rows of the view of broken promises, a line for each. */
export async function brokenPromises({ owner }: Pick<Database, 'owner'>): Promise<string[]> {
  const rows = await owner<{ promise: string; key: string }[]>`select promise, key from pay.broken limit 20`
  return rows.map(({ promise, key }) => `${promise}: ${key}`)
}
