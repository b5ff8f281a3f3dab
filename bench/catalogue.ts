import postgres, { type Sql as Owner } from 'postgres'
import type { List } from '../src/bot/codes.ts'
import { to } from '../src/bot/routes.ts'
import { modelKey, openCatalogue } from '../src/catalogue/models.ts'
import { connect } from '../src/database/db.ts'
import { createStats } from '../src/events/stats.ts'
import type { Log } from '../src/log.ts'
import { fillEvents, fillHistory, fillPeople } from './fill.ts'
import type { Bench, Figure, Measurement } from './measurement.ts'
import { openPresses, type Press } from './presses.ts'
import { compare, cpuMs, type Probe, wallMs } from './rounds.ts'
import { silent } from './server.ts'
import { startSink } from './telegram-sink.ts'

const people = 5_000
const busyPerson = 1
const goal = { of: 'value', atMost: 5 } as const

const catalogue = openCatalogue({ rates: { usdRubRate: '95', markup: '2.0' }, contentFilter: true })
const modelIds = catalogue.models.map(model => model.id)

// A warning ends the measurement: a press that fails costs less and would look fast.
const fail = (about: { err?: unknown }) => {
  throw about.err ?? about
}
const strict = Object.assign(Object.create(silent), { warn: fail, error: fail }) as Log

/** How the refresh of the statistics and the cost of a press grow with the number of events. */
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

/** What a refresh of the statistics costs as the events grow. The first size is the yardstick of the others. */
async function refreshes(bench: Bench, filled: Filled[]): Promise<Figure[]> {
  const probes: { size: number; refresh: Probe }[] = []
  for (const { size, url, owner } of filled) {
    const db = connect(url, { max: 1 })
    bench.after(() => db.close())
    const stats = createStats(db.sql, strict)
    // Events are counted from the migration on. These are counted as after a pause of thirty days.
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

  const press = openPresses({ sql, stats, catalogue, log: strict, apiRoot: sink.apiRoot })
  const probe = (presses: () => Press[]) => async () => {
    await owner`delete from pay.rates` // these people take their time
    const slice = presses()
    return cpuMs(slice.length, n => press(slice[n]!))
  }
  const ofBusyPerson = await historyPages(owner)
  const probes: Record<string, Probe> = {
    ...Object.fromEntries(Object.entries(pressesOfAnybody()).map(([kind, presses]) => [kind, probe(presses)])),
    'history of a busy person': probe(() => ofBusyPerson),
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

/** The presses of each kind of screen that is the same for everybody: another person each time. */
function pressesOfAnybody(): Record<string, () => Press[]> {
  let last = busyPerson
  const byAnybody = (all: string[]) => () =>
    all.map((data): Press => {
      last = (last % people) + 1
      return { person: last, data }
    })
  const keys = modelIds.map(modelKey)
  return {
    'lists, every page': byAnybody(listPages()),
    'popular models': byAnybody(Array.from({ length: 20 }, () => to.list('popular', 0))),
    'card, every model': byAnybody(keys.map(key => to.card(key, 'all', 0))),
    'parameters, every model': byAnybody(keys.map(key => to.parameters(key))),
    'search for «видео»': byAnybody(Array.from({ length: 20 }, () => to.list('find', 1))),
  }
}

/** The first page of the busy person's history, and the pages before each of the newest twenty runs. */
async function historyPages(owner: Owner): Promise<Press[]> {
  const newest = await owner<
    { id: string }[]
  >`select id from pay.generations where user_id = ${busyPerson} order by created_at desc limit 20`
  return ['0', ...newest.map(({ id }) => id)].map(before => ({
    person: busyPerson,
    data: to.history('all', before),
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
