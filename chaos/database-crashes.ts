import { setTimeout as pause } from 'node:timers/promises'
import { accessTo } from '../src/database/access.ts'
import { createLog } from '../src/log.ts'
import { migrateAll } from '../src/migrate-all.ts'
import { type Database, startDatabase } from './database.ts'
import { type Link, openLink } from './link.ts'
import { brokenPromises, type Kind, missing, type Operations, operate } from './operations.ts'
import type { Random } from './random.ts'
import { bound, type Run, type Verdict } from './report.ts'

/** Fewer crashes than this need not have met everything. */
const enoughCrashes = 50
const lostAnswers = ['place', 'settle', 'top_up_paid', 'inbox_put']

type Counts = Record<Kind, number>

/**
 * Crashes the database under the service's own calls, and loses answers on the way. Whatever was acknowledged must be
 * there, once, and no promise broken.
 */
export async function databaseRounds({ random, say }: Run, crashes: number): Promise<Verdict> {
  const database = await startDatabase()
  const seen = new Map<string, number>()
  const saw = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  const link = await openLink({
    speaks: 'postgres',
    to: () => database.address,
    dropped: what => saw(`answer lost: ${what}`),
  })
  const url = new URL(database.url)
  url.port = String(link.port)
  const problems: string[] = []
  const counts: Counts = { update: 0, credit: 0, start: 0, settle: 0 }
  const awayMs: number[] = []
  try {
    await migrateAll(database.url, accessTo(database.url, 'chaos'), createLog({ level: 'silent', secrets: [] }))
    const work = await operate(url.href, random)
    for (let n = 1; n <= crashes && problems.length === 0; n++) {
      await untilNextCrash(random, link, work)
      const how = random.pick(['immediate', 'immediate', 'kill -9', 'backends'] as const)
      if (how === 'backends') await database.massacre()
      else awayMs.push(await database.crash(how))
      saw(`database: ${how}`)
      if (n % 10 > 0 && n < crashes) continue
      await pause(300)
      problems.push(...(await lostSinceLastCount(database, work, counts)), ...work.failures())
      say(
        `${n} crashes: ${sumOf(counts)} operations acknowledged and found, ${work.unknowns()} answers lost, ${work.metOwnCommit()} met their own commit`,
      )
    }
    await work.stop()
    problems.push(...work.failures(), ...(await missing(database, work.taken())))
    problems.push(...(await brokenPromises(database)), ...(await wrongSums(database)))
    if (crashes >= enoughCrashes) problems.push(...neverSeen(seen, work))
    const figures = figuresOf(crashes, awayMs, counts, work)
    return { figures, problems, seen: [...seen].sort(), trials: crashes }
  } finally {
    await link.close()
    await database.close()
  }
}

/** Lets the work go on for about five hundred operations, or ten seconds on a slow machine. Some answers get lost. */
async function untilNextCrash(random: Random, link: Link, work: Operations) {
  if (random.chance(0.5)) link.dropAck(random.int(1, 10))
  const until = work.acknowledged() + random.int(100, 900)
  for (const end = Date.now() + 10_000; work.acknowledged() < until && Date.now() < end; ) await pause(5)
  if (random.chance(0.2)) link.rst()
}

/** Adds to `counts` what was acknowledged since the last call; returns a problem for each operation that is missing. */
async function lostSinceLastCount(database: Database, work: Operations, counts: Counts): Promise<string[]> {
  const taken = work.taken()
  const lost = await missing(database, taken)
  for (const kind of Object.keys(counts) as Kind[]) counts[kind] += taken[kind].length
  return lost
}

async function wrongSums({ owner }: Database): Promise<string[]> {
  const problems: string[] = []
  const [sums] = await owner<{ ledger: string; wallets: string; lowest: string }[]>`
    select (select sum(amount_kop) from pay.ledger_entries)::text as ledger,
      (select sum(balance_kop) from pay.wallets)::text as wallets, (select min(balance_kop) from pay.wallets)::text as lowest`
  if (sums!.ledger !== sums!.wallets) problems.push(`the ledger has ${sums!.ledger}, the wallets ${sums!.wallets}`)
  if (Number(sums!.lowest) < 0) problems.push(`a balance of ${sums!.lowest}`)
  return problems
}

/** A problem for each event that a long run must have met and did not. */
function neverSeen(seen: ReadonlyMap<string, number>, work: Operations): string[] {
  const events = lostAnswers.map(what => `answer lost: ${what}`).filter(event => !seen.has(event))
  if (work.metOwnCommit() === 0) events.push('a repeat that met its own commit')
  return events.map(event => `never seen: ${event}`)
}

const sumOf = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count)

function figuresOf(crashes: number, awayMs: number[], counts: Counts, work: Operations): string {
  const away = awayMs.toSorted((a, b) => a - b)
  const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}s`)
  return (
    `${crashes} crashes (${away.length} of the whole server, back after ${away[away.length >> 1]} ms in the median, ${away.at(-1)} at most), ` +
    `${sumOf(counts)} operations acknowledged (${list.join(', ')}), all found, ${work.unknowns()} unknown answers, ` +
    `${work.metOwnCommit()} repeats met their own commit, bound ${bound(crashes)}`
  )
}
