import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type BotCall, startTelegram, type TelegramStandIn } from '../playground/telegram/server.ts'
import { startUpstream } from '../playground/upstream/server.ts'
import { accessTo } from '../src/database/access.ts'
import { startJobs } from '../src/jobs/queue.ts'
import { createLog } from '../src/log.ts'
import { migrateAll } from '../src/migrate-all.ts'
import { startDatabase } from './database.ts'
import { startInstances } from './instances.ts'
import { type Link, openLink } from './link.ts'
import type { Random } from './random.ts'
import { openSometimes } from './sometimes.ts'
import type { Fault, Instance, Update, World } from './world.ts'

const catalogue = new URL('../src/catalogue/models.json', import.meta.url)
const modelIds = (JSON.parse(readFileSync(catalogue, 'utf8')) as { models: { id: string }[] }).models.map(
  ({ id }) => id,
)

const silent = createLog({ level: 'silent', secrets: [] })

type Options = {
  /** Keeps the rate limits of persons and of sends. Without it they are lifted: with them seconds become minutes. */
  isPaced?: boolean
  /** Variables of the processes, once the stand-ins are there. */
  env?(world: Pick<World, 'upstream'>): Record<string, string>
}

export async function openWorld(random: Random, processes = 3, { isPaced, env }: Options = {}): Promise<World> {
  const outside = await startOutside(random)
  const { database, telegram, upstream, kieKey } = outside
  const reports = openReports()
  const webhook = await openWebhook(() => world.instances, reports.fault)
  const url = `http://127.0.0.1:${webhook.port}`
  const secrets = [telegram.token, kieKey, randomBytes(24).toString('hex'), randomBytes(24).toString('hex')]
  const journal = openJournal(telegram)
  const ends: (() => Promise<unknown>)[] = []
  let isOver = false
  const world: World = {
    random,
    database,
    telegram,
    upstream,
    instances: [],
    webhook,
    url,
    secrets,
    ...reports,
    sends: journal.sends,
    edits: journal.edits,
    get updates() {
      return journal.updates()
    },
    env: { ...serviceEnv({ telegram, upstream, url, kieKey, secrets }), ...env?.({ upstream }) },
    isOver: () => isOver,
    sweep: () => jobs.enqueue.sweep(0),
    ready: () => allReady(world.instances),
    atEnd: clean => void ends.unshift(clean),
    async close() {
      isOver = true
      journal.close()
      for (const end of ends) await end()
      await webhook.close()
      await outside.close()
    },
  }
  await prepareSale(database)
  if (!isPaced) repeat(world, 1_000, () => database.owner`delete from pay.rates`)
  const jobs = await startJobs(database.url, silent, false)
  world.atEnd(() => jobs.queue.stop({ graceful: false }))
  repeat(world, 1_500, () => hasten(world))
  world.instances = await startInstances(world, processes)
  await world.ready()
  return world
}

/** What the processes talk to: a migrated database, Telegram and the provider, without limits that would slow a run. */
async function startOutside(random: Random) {
  const database = await startDatabase()
  await migrateAll(database.url, accessTo(database.url, 'chaos'), silent)
  const telegram = await startTelegram({ timeScale: 0.2, seed: random.int(1, 2 ** 31) })
  const kieKey = `chaos-kie-key-${randomBytes(12).toString('hex')}`
  const upstream = await startUpstream({ apiKey: kieKey, seed: random.int(1, 2 ** 31) })
  telegram.faults.limits = false
  upstream.credit = 1_000_000_000
  upstream.speed.runMs = 300
  upstream.limits.creations.limit = upstream.limits.reads.limit = 1_000_000
  return {
    database,
    telegram,
    upstream,
    kieKey,
    async close() {
      await Promise.allSettled([telegram.close(), upstream.close()])
      await database.close()
    },
  }
}

/** The faults that a run causes, and the problems that it finds: the first fifty. */
function openReports(): Pick<World, 'faults' | 'problems' | 'sometimes' | 'fault' | 'wrong'> {
  const faults: Fault[] = []
  const problems: string[] = []
  const sometimes = openSometimes()
  return {
    faults,
    problems,
    sometimes,
    fault(what, n) {
      faults.push({ at: Date.now(), what, ...(n === undefined ? {} : { n }) })
      sometimes.saw(what)
    },
    wrong(what) {
      if (problems.length < 50) problems.push(what)
    },
  }
}

/** Passes requests on to the ready processes in turn, as a platform's own proxy does. */
function openWebhook(instances: () => Instance[], fault: World['fault']): Promise<Link> {
  let turn = 0
  return openLink({
    speaks: 'http',
    dropped: () => fault('answer lost: webhook'),
    to() {
      const ready = instances().filter(instance => instance.isReady())
      turn += 1
      const instance = ready[turn % ready.length]
      return instance && { host: '127.0.0.1', port: instance.port }
    },
  })
}

async function allReady(instances: Instance[]): Promise<void> {
  for (const end = Date.now() + 60_000; !instances.every(instance => instance.isReady()); await pause(50)) {
    if (Date.now() > end) throw new Error('not every process was ready within a minute')
  }
}

/** Does the work every so often until the world ends. The database may be down: the next time may succeed. */
function repeat(world: World, everyMs: number, work: () => Promise<unknown>): void {
  const repeating = setInterval(() => void work().catch(() => {}), everyMs)
  world.atEnd(async () => clearInterval(repeating))
}

/** Every update that the stand-in sent and every message that it got. The stand-in keeps only the last five thousand. */
function openJournal(telegram: TelegramStandIn) {
  const updates: Update[] = []
  const sends: BotCall[] = []
  const edits: BotCall[] = []
  telegram.on(event => {
    if (event.type !== 'call') return
    const call = telegram.calls.at(-1)!
    if (/^(send|copy)/.test(call.method) && call.method !== 'sendChatAction') sends.push(call)
    if (call.method === 'editMessageText') edits.push(call)
  })
  // The entries themselves change as they are delivered.
  let lastId = 0
  const collect = () => {
    for (const entry of telegram.updates) if (entry.updateId > lastId) updates.push(entry)
    lastId = updates.at(-1)?.updateId ?? lastId
  }
  const collecting = setInterval(collect, 200)
  return {
    sends,
    edits,
    updates() {
      collect()
      return updates
    },
    close: () => clearInterval(collecting),
  }
}

type EnvOf = Pick<World, 'telegram' | 'upstream' | 'url' | 'secrets'> & { kieKey: string }

const serviceEnv = ({ telegram, upstream, url, kieKey, secrets }: EnvOf) => ({
  PATH: process.env.PATH ?? '',
  TELEGRAM_BOT_TOKEN: telegram.token,
  TELEGRAM_WEBHOOK_SECRET: secrets[2]!,
  CALLBACK_SECRET: secrets[3]!,
  KIE_API_KEY: kieKey,
  KIE_UPLOAD_URL: upstream.baseUrl,
  PUBLIC_URL: url,
  START_BONUS_RUB: '50',
  FREE_HOURLY_LIMIT: '3',
  HOST: '127.0.0.1',
})

async function prepareSale(database: World['database']) {
  await database.owner`
    insert into pay.promo_codes (code, amount_kop, uses, expires_at, created_by)
    values ('CHAOS', 5000, 1000000, now() + interval '1 day', 1)`
  // The provider fails here so often that every model would be switched off: an admin's order keeps them on sale.
  await database.owner`
    select pay.model_switch(m, null, '1', 'on', true, 'admin', 'a run of faults', 0, null, '{}', '[]')
    from json_array_elements_text(${JSON.stringify(modelIds)}::text::json) m`
}

/**
 * Shortens the leases of dead processes, so that their work is due after seconds: an update after 6 instead of 15, a
 * message after 8 instead of 180, an order after 5 instead of 60. A living process needs less time, or loses its lease.
 */
async function hasten({ database: { owner }, sweep }: World): Promise<void> {
  const moved = await Promise.all([
    owner`update pay.inbox set next_at = now() where done_at is null
      and next_at between now() + interval '2 seconds' and now() + interval '9 seconds'`,
    owner`update pay.outbox set next_at = now() where done_at is null
      and next_at between now() + interval '150 seconds' and now() + interval '172 seconds'`,
    owner`update pay.generations set next_at = now() where finished_at is null
      and next_at between now() + interval '40 seconds' and now() + interval '55 seconds'`,
    owner`select from pay.inbox where done_at is null and next_at < now() - interval '1 second' limit 1`,
  ])
  if (moved.some(({ count }) => count > 0)) await sweep()
}
