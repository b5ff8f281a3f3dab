import { setTimeout as pause } from 'node:timers/promises'
import { accessTo } from '../src/database/access.ts'
import { createLog } from '../src/log.ts'
import { migrateAll } from '../src/migrate-all.ts'
import { startDatabase } from './database.ts'
import { openLink } from './link.ts'
import { type Kind, missing, operate } from './operations.ts'
import { bound, type Run, type Verdict } from './report.ts'

/**
 * Crashes of the database under the service's own calls, and answers that get lost on the way: whatever was
 * acknowledged must be there, once, and no promise broken.
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
  const counts: Record<Kind, number> = { update: 0, credit: 0, start: 0, settle: 0 }
  const away: number[] = []
  try {
    await migrateAll(database.url, accessTo(database.url, 'chaos'), createLog({ level: 'silent', secrets: [] }))
    const work = await operate(url.href, random)
    for (let n = 1; n <= crashes && problems.length === 0; n++) {
      if (random.chance(0.5)) link.dropAck(random.int(1, 10))
      // Between two crashes lie so many operations, five hundred in the mean: a slow machine takes longer for them.
      const until = work.acknowledged() + random.int(100, 900)
      for (const end = Date.now() + 10_000; work.acknowledged() < until && Date.now() < end; ) await pause(5)
      if (random.chance(0.2)) link.rst()
      const how = random.pick(['immediate', 'immediate', 'kill -9', 'backends'] as const)
      if (how === 'backends') await database.massacre()
      else away.push(await database.crash(how))
      saw(`database: ${how}`)
      if (n % 10 > 0 && n < crashes) continue
      await pause(300)
      const taken = work.taken()
      problems.push(...(await missing(database, taken)), ...work.failures())
      for (const kind of Object.keys(counts) as Kind[]) counts[kind] += taken[kind].length
      const total = Object.values(counts).reduce((sum, count) => sum + count)
      say(
        `${n} crashes: ${total} operations acknowledged and found, ${work.unknowns()} answers lost, ${work.metOwnCommit()} met their own commit`,
      )
    }
    await work.stop()
    problems.push(...work.failures())
    problems.push(...(await missing(database, work.taken())))
    const broken = await database.owner<
      { promise: string; key: string }[]
    >`select promise, key from pay.broken limit 20`
    for (const { promise, key } of broken) problems.push(`${promise}: ${key}`)
    const [sums] = await database.owner<{ ledger: string; wallets: string; lowest: string }[]>`
      select (select sum(amount_kop) from pay.ledger_entries)::text as ledger,
        (select sum(balance_kop) from pay.wallets)::text as wallets, (select min(balance_kop) from pay.wallets)::text as lowest`
    if (sums!.ledger !== sums!.wallets) problems.push(`the ledger has ${sums!.ledger}, the wallets ${sums!.wallets}`)
    if (Number(sums!.lowest) < 0) problems.push(`a balance of ${sums!.lowest}`)
    for (const event of [
      'answer lost: place',
      'answer lost: settle',
      'answer lost: top_up_paid',
      'answer lost: inbox_put',
    ]) {
      if (crashes >= 50 && !seen.has(event)) problems.push(`never seen: ${event}`)
    }
    if (crashes >= 50 && work.metOwnCommit() === 0) problems.push('never seen: a repeat that met its own commit')
    away.sort((a, b) => a - b)
    const total = Object.values(counts).reduce((sum, count) => sum + count)
    const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}s`)
    return {
      figures:
        `${crashes} crashes (${away.length} of the whole server, back after ${away[away.length >> 1]} ms in the median, ${away.at(-1)} at most), ` +
        `${total} operations acknowledged (${list.join(', ')}), all found, ${work.unknowns()} unknown answers, ` +
        `${work.metOwnCommit()} repeats met their own commit, bound ${bound(crashes)}`,
      problems,
      seen: [...seen].sort(),
      trials: crashes,
    }
  } finally {
    await link.close()
    await database.close()
  }
}
