import { setTimeout as pause } from 'node:timers/promises'
import { accessTo } from '../src/database/access.ts'
import { createLog } from '../src/log.ts'
import { migrateAll } from '../src/migrate-all.ts'
import { type Link, openLink } from './link.ts'
import { brokenPromises, missing, type Operations, operate } from './operations.ts'
import { binaries, type Server, startServer, synchronous } from './pair.ts'
import { bound, type Run, type Verdict } from './report.ts'

/** `leader.primary` is the server that the link leads to now: it changes with each failover. */
type Cluster = { bin: string; leader: { primary: Server }; link: Link; work: Operations }

/**
 * Kills the primary so many times; its synchronous standby takes over, and nothing acknowledged may be lost. Last comes
 * a standby that is not synchronous and lags. There the same check must find a loss, which proves that it can fail.
 */
export async function failoverRounds({ random, say }: Run, times: number): Promise<Verdict> {
  const bin = binaries()
  if (!bin) {
    const figures = 'left out: no pg_basebackup here, install Postgres 15 or later or set PG_BIN'
    return { figures, problems: [], seen: [], trials: 0 }
  }
  const problems: string[] = []
  const tookMs: number[] = []
  let total = 0
  const leader = { primary: await startServer(bin) }
  const link = await openLink({ speaks: 'postgres', to: () => leader.primary.address, dropped: () => {} })
  try {
    const { url } = leader.primary
    await migrateAll(url, accessTo(url, 'chaos'), createLog({ level: 'silent', secrets: [] }))
    const work = await operate(throughLink(url, link), random, 8)
    const cluster: Cluster = { bin, leader, link, work }
    for (let n = 1; n <= times && problems.length === 0; n++) {
      const { count, lost, ms } = await failOver(cluster, () => pause(random.int(300, 1_200)))
      tookMs.push(ms)
      total += count
      problems.push(...lost, ...work.failures(), ...(await brokenPromises(leader.primary)))
      say(`failover ${n}: ${count} operations acknowledged, ${lost.length} lost, the first success after ${ms} ms`)
    }
    if (problems.length === 0) {
      const { lost } = await failOver(cluster, () => pause(random.int(300, 1_200)), { isLagging: true })
      if (lost.length === 0) problems.push('a standby that lags lost nothing: this check cannot fail')
      say(`not synchronous and lagging: ${lost.length} acknowledged operations lost, as it must be seen`)
    }
    await work.stop()
    return { figures: figuresOf(tookMs, total), problems, seen: [], trials: tookMs.length }
  } finally {
    await link.close()
    await leader.primary.close()
  }
}

function throughLink(address: string, link: Link): string {
  const url = new URL(address)
  url.port = String(link.port)
  return url.href
}

/**
 * Adds a standby, lets the work go on for a while, kills the primary and promotes the standby, which is the primary from
 * then on. Returns how many operations were acknowledged since the last call, those of them that are lost, and the
 * milliseconds from the kill to the first success.
 */
async function failOver(
  { bin, leader, link, work }: Cluster,
  someWork: () => Promise<unknown>,
  { isLagging = false } = {},
) {
  const old = leader.primary
  const standby = await startServer(bin, old)
  await synchronous(old, !isLagging)
  await someWork()
  if (isLagging) {
    old.replication.stall()
    await pause(700)
  }
  const began = Date.now()
  old.kill()
  link.cut()
  leader.primary = standby
  await standby.promote()
  // Answers that were under way when the primary died do not count: a success after the promotion does.
  const promotedAt = Date.now()
  while (work.lastSuccessAt() <= promotedAt && work.failures().length === 0 && Date.now() < began + 30_000) {
    await pause(1)
  }
  const ms = work.lastSuccessAt() - began
  await pause(200)
  const taken = work.taken()
  const lost = await missing(standby, taken)
  await old.close()
  const count = Object.values(taken).reduce((sum, ids) => sum + ids.length, 0)
  return { count, lost, ms }
}

function figuresOf(tookMs: number[], total: number): string {
  const sorted = tookMs.toSorted((a, b) => a - b)
  return `${sorted.length} failovers, ${total} operations acknowledged, all found; first success after ${sorted[sorted.length >> 1]} ms in the median, ${sorted.at(-1)} at most; bound ${bound(sorted.length)}`
}
