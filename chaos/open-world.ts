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
import { openLink } from './link.ts'
import type { Random } from './random.ts'
import { openSometimes } from './sometimes.ts'
import type { Fault, Update, World } from './world.ts'

const catalogue = new URL('../src/catalogue/models.json', import.meta.url)
const modelIds = (JSON.parse(readFileSync(catalogue, 'utf8')) as { models: { id: string }[] }).models.map(
  ({ id }) => id,
)

const silent = createLog({ level: 'silent', secrets: [] })

type Options = {
  /** The budgets of persons and of sends hold; without it they would make minutes of what takes seconds here. */
  isPaced?: boolean
  /** Variables of the processes, once the stand-ins are there. */
  env?(world: Pick<World, 'upstream'>): Record<string, string>
}

export async function openWorld(random: Random, processes = 3, { isPaced, env }: Options = {}): Promise<World> {
  const database = await startDatabase()
  await migrateAll(database.url, accessTo(database.url, 'chaos'), silent)
  const telegram = await startTelegram({ timeScale: 0.2, seed: random.int(1, 2 ** 31) })
  const kieKey = `chaos-kie-key-${randomBytes(12).toString('hex')}`
  const upstream = await startUpstream({ apiKey: kieKey, seed: random.int(1, 2 ** 31) })
  telegram.faults.limits = false
  upstream.credit = 1_000_000_000
  upstream.speed.runMs = 300
  upstream.limits.creations.limit = upstream.limits.reads.limit = 1_000_000

  const ends: (() => Promise<unknown>)[] = []
  const faults: Fault[] = []
  const problems: string[] = []
  const sometimes = openSometimes()
  let isOver = false
  let turn = 0
  const fault = (what: string, n?: number) => {
    faults.push({ at: Date.now(), what, ...(n === undefined ? {} : { n }) })
    sometimes.saw(what)
  }
  const webhook = await openLink({
    speaks: 'http',
    dropped: () => fault('answer lost: webhook'),
    // As a platform's own proxy does: in turn, to those that say they are ready.
    to() {
      const ready = world.instances.filter(instance => instance.isReady())
      turn += 1
      const instance = ready[turn % ready.length]
      return instance && { host: '127.0.0.1', port: instance.port }
    },
  })
  const url = `http://127.0.0.1:${webhook.port}`
  const secrets = [telegram.token, kieKey, randomBytes(24).toString('hex'), randomBytes(24).toString('hex')]

  const journal = openJournal(telegram)
  const world: World = {
    random,
    database,
    telegram,
    upstream,
    instances: [],
    webhook,
    url,
    secrets,
    sometimes,
    faults,
    problems,
    fault,
    sends: journal.sends,
    get updates() {
      return journal.updates()
    },
    env: { ...serviceEnv({ telegram, upstream, url, kieKey, secrets }), ...env?.({ upstream }) },
    wrong(what) {
      if (problems.length < 50) problems.push(what)
    },
    isOver: () => isOver,
    sweep: () => jobs.enqueue.sweep(0),
    async ready() {
      for (const end = Date.now() + 60_000; !world.instances.every(instance => instance.isReady()); await pause(50)) {
        if (Date.now() > end) throw new Error('not every process was ready within a minute')
      }
    },
    atEnd: clean => void ends.unshift(clean),
    async close() {
      isOver = true
      journal.close()
      for (const end of ends) await end()
      await webhook.close()
      await Promise.allSettled([telegram.close(), upstream.close()])
      await database.close()
    },
  }
  await prepareSale(database)
  if (!isPaced) {
    const unpacing = setInterval(() => void database.owner`delete from pay.rates`.catch(() => {}), 1_000)
    world.atEnd(async () => clearInterval(unpacing))
  }
  const jobs = await startJobs(database.url, silent, false)
  world.atEnd(() => jobs.queue.stop({ graceful: false }))
  const hastening = setInterval(() => void hasten(world).catch(() => {}), 1_500)
  world.atEnd(async () => clearInterval(hastening))
  world.instances = await startInstances(world, processes)
  await world.ready()
  return world
}

/** Everything that the stand-in ever sent, and every message it ever got; it keeps only the last five thousand. */
function openJournal(telegram: TelegramStandIn) {
  const updates: Update[] = []
  const sends: BotCall[] = []
  telegram.on(event => {
    if (event.type !== 'call') return
    const call = telegram.calls.at(-1)!
    if (/^(send|copy)/.test(call.method) && call.method !== 'sendChatAction') sends.push(call)
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
  // The provider fails here far more often than a model survives: what this run uses stays on sale.
  await database.owner`
    select pay.model_switch(m, null, '1', 'on', true, 'admin', 'a run of faults', 0, null, '{}', '[]')
    from json_array_elements_text(${JSON.stringify(modelIds)}::text::json) m`
}

/**
 * What a process held when it died is due after seconds instead of minutes: an update (held for 15 s) after 6, a message
 * (3 min) after 8, an order (60 s) after 5. A process that lives needs less, or finds its hold taken over.
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
