import postgres, { type Sql as Owner } from 'postgres'
import { createBot } from '../src/bot/bot.ts'
import type { List } from '../src/bot/codes.ts'
import type { BotDeps } from '../src/bot/deps.ts'
import { to } from '../src/bot/routes.ts'
import { modelKey, openCatalogue } from '../src/catalogue/models.ts'
import { connect } from '../src/database/db.ts'
import { createStats } from '../src/events/stats.ts'
import type { Log } from '../src/log.ts'
import { createTelegram } from '../src/telegram/client.ts'
import { createRateLimiter } from '../src/telegram/rate-limiter.ts'
import { callWith, telegramOver } from '../src/telegram/telegraf-client.ts'
import { fillEvents, fillHistory, fillPeople } from './fill.ts'
import type { Bench, Figure, Measurement } from './measurement.ts'
import { compare, cpuMs, type Probe, wallMs } from './rounds.ts'
import { silent } from './server.ts'
import { startSink } from './telegram-sink.ts'

const people = 5_000
const busyPerson = 1
const goal = { of: 'value', atMost: 5 } as const

const catalogue = openCatalogue({ rates: { usdRubRate: '95', markup: '2.0' }, contentFilter: true })
const modelIds = catalogue.models.map(model => model.id)

// What the code would log and get over is an end here: a failure is quickly done.
const fail = (about: { err?: unknown }) => {
  throw about.err ?? about
}
const strict = Object.assign(Object.create(silent), { warn: fail, error: fail }) as Log

/** Menus are built from prepared data in milliseconds, however many runs the service has seen. */
export const measure: Measurement = async bench => {
  const sizes = bench.isShort ? [10_000, 100_000] : [10_000, 100_000, 1_000_000]
  const filled: Filled[] = []
  for (const size of sizes) filled.push(await fill(bench, size))
  return [...(await refreshes(bench, filled)), ...(await screens(bench, filled.at(-1)!))]
}

type Filled = { size: number; url: string; owner: Owner }

async function fill(bench: Bench, size: number): Promise<Filled> {
  const url = await bench.database()
  const owner = postgres(url, { max: 1, onnotice: () => {}, ...{ fetch_types: false } })
  bench.after(() => owner.end({ timeout: 1 }))
  const ms = await wallMs(() => fillEvents(owner, { count: size, people, modelIds, seed: bench.seed }))
  bench.say(`${size} events in ${(ms / 1000).toFixed(1)} s`)
  return { size, url, owner }
}

/** What the refresh of the figures costs as the events grow: the first size is the yardstick of the others. */
async function refreshes(bench: Bench, filled: Filled[]): Promise<Figure[]> {
  const probes: { size: number; refresh: Probe }[] = []
  for (const { size, url, owner } of filled) {
    const db = connect(url, { max: 1 })
    bench.after(() => db.close())
    const stats = createStats(db.sql, strict)
    // Events are counted from the migration on: count these as after a pause of thirty days.
    await owner`update pay.model_stats_clock set counted_until = now() - interval '30 days'`
    for (let day = 0; day <= 30; day++) {
      await owner`update pay.model_stats_clock set refreshed_at = '-infinity'`
      await stats.refresh()
    }
    const refresh = async () => {
      await owner`update pay.model_stats_clock set refreshed_at = '-infinity', counted_until = now() - interval '2 minutes'`
      return wallMs(() => stats.refresh())
    }
    for (let n = 0; n < 5; n++) await refresh() // plans and pages are warm
    probes.push({ size, refresh })
  }
  const [smallest, ...larger] = probes
  const by = `the same with ${smallest!.size} events`
  const compared = await compare(
    bench.isShort ? 15 : 40,
    smallest!.refresh,
    Object.fromEntries(larger.map(({ size, refresh }) => [`refresh of the figures, ${size} events`, refresh])),
  )
  return Object.entries(compared).map(([what, measured]) => ({
    what,
    unit: 'ms',
    by,
    goal: { of: 'ratio', atMost: 1.5 },
    ...measured,
  }))
}

type Press = { person: number; data: string }

/** What a press costs this process from the update to the answered call, by the kind of screen. */
async function screens(bench: Bench, { size, url, owner }: Filled): Promise<Figure[]> {
  const db = connect(url)
  const sink = await startSink()
  bench.after(() => db.close())
  bench.after(sink.stop)
  const { sql } = db
  await fillPeople(owner, people)
  await fillHistory(sql, busyPerson, 200, catalogue)
  await owner`insert into pay.drafts (user_id, id, kind, inputs, step)
    select user_id, 'aaaaaaaaaaaa', 'find', '{"word": "видео"}', 'found' from pay.users`
  const stats = createStats(sql, strict)
  await stats.refresh()

  const rateLimiter = createRateLimiter(sql)
  // The places are taken as ever, but nobody waits for Telegram's limits.
  const client = createTelegram({
    ...sink,
    token: '1:bench',
    rateLimiter: async call => 0 * (await rateLimiter(call)),
    log: strict,
  })
  const shown: string[] = []
  const telegram = telegramOver((method, payload, options) => {
    shown.push(`${method} ${'text' in payload ? payload.text : ''}`)
    return callWith(client, method, payload, options)
  }, client)
  const botInfo = { id: 1, is_bot: true, first_name: 'Bench', username: 'bench_bot' } as Parameters<
    typeof createBot
  >[0]['botInfo']
  const never = () => Promise.reject(new Error('no order is made here'))
  const deps: BotDeps = {
    sql,
    adminSql: sql,
    catalogue,
    forSale: catalogue,
    modelHealth: { refresh: async () => {} },
    log: strict,
    limits: { maxOpen: 3, freeDaily: 10, freeHourly: 3, newFreeDaily: 1_000_000 },
    startBonusKop: 0,
    adminIds: [],
    packsKop: [100_00],
    starRateRub: '1.2',
    card: undefined,
    transferDetails: undefined,
    findPayment: async () => undefined,
    operator: never as never,
    botUsername: () => botInfo.username,
    integration: { place: never, cancel: never },
    wake: { submit: never, check: never, poll: never, deliver: never },
    files: { fromTelegram: never, fromLink: never, look: never },
    stats,
    resend: never,
    original: never,
  }
  const bot = createBot({ telegram, botInfo, deps })

  let updates = 0
  async function press({ person, data }: Press) {
    updates += 1
    shown.length = 0
    const from = { id: person, is_bot: false, first_name: `User ${person}`, language_code: 'ru' }
    const chat = { id: person, type: 'private', first_name: from.first_name }
    const message = { message_id: 7, date: 1_700_000_000, chat, from: botInfo, text: 'the screen before' }
    await bot.handle({
      update_id: updates,
      callback_query: { id: String(updates), from, chat_instance: '1', data, message },
    })
    if (!shown.some(call => /^editMessageText ./.test(call))) throw new Error(`${data} showed no screen: ${shown}`)
  }

  // Somebody else each time, as far as the screen is not about the one busy person.
  let next = busyPerson
  const anybody = (all: string[]): Press[] =>
    all.map(data => {
      next = (next % people) + 1
      return { person: next, data }
    })
  const keys = modelIds.map(modelKey)
  const kinds: Record<string, string[]> = {
    'lists, every page': listPages(),
    'popular models': Array.from({ length: 20 }, () => to.list('popular', 0)),
    'card, every model': keys.map(key => to.card(key, 'all', 0)),
    'parameters, every model': keys.map(key => to.parameters(key)),
    'search for «видео»': Array.from({ length: 20 }, () => to.list('find', 1)),
  }
  const older = await owner<
    { id: string }[]
  >`select id from pay.generations where user_id = ${busyPerson} order by created_at desc limit 20`
  const pages = ['0', ...older.map(({ id }) => id)].map(before => ({
    person: busyPerson,
    data: to.history('all', before),
  }))

  const probe = (presses: () => Press[]) => async () => {
    await owner`delete from pay.rates` // these people take their time
    const slice = presses()
    return cpuMs(slice.length, n => press(slice[n]!))
  }
  const probes: Record<string, Probe> = {
    ...Object.fromEntries(Object.entries(kinds).map(([kind, all]) => [kind, probe(() => anybody(all))])),
    'history of a busy person': probe(() => pages),
  }
  for (let n = 0; n < 3; n++) for (const warmUp of Object.values(probes)) await warmUp()
  const selectOne = () => cpuMs(200, () => sql`select 1`)
  const compared = await compare(bench.isShort ? 5 : 15, selectOne, probes)
  return Object.entries(compared).map(([what, measured]) => ({
    what: `screen with ${size} events: ${what}`,
    unit: 'ms CPU',
    by: 'one «select 1» through the same pool',
    goal,
    ...measured,
  }))
}

function listPages(): string[] {
  const perPage = 8
  const of = (list: List, models: number) =>
    Array.from({ length: Math.ceil(models / perPage) }, (_, page) => to.list(list, page))
  const formats = (['image', 'edit', 'video', 'animate', 'audio', 'tools'] as const).flatMap(name =>
    of(name, catalogue.format(name).length),
  )
  return [...formats, ...of('all', catalogue.models.length), ...of('free', catalogue.freeIds.size)]
}
