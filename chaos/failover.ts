import { setTimeout as pause } from 'node:timers/promises'
import { accessTo } from '../src/database/access.ts'
import { createLog } from '../src/log.ts'
import { migrateAll } from '../src/migrate-all.ts'
import { openLink } from './link.ts'
import { missing, operate } from './operations.ts'
import { binaries, startServer, synchronous } from './pair.ts'
import { bound, type Run, type Verdict } from './report.ts'

/**
 * The primary is killed and its synchronous standby takes over, so many times: nothing acknowledged is lost. Last comes
 * a standby that is not synchronous and lags, where the same check must find a loss: it can fail.
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
  let primary = await startServer(bin)
  const link = await openLink({ speaks: 'postgres', to: () => primary.address, dropped: () => {} })
  const url = new URL(primary.url)
  url.port = String(link.port)
  try {
    await migrateAll(primary.url, accessTo(primary.url, 'chaos'), createLog({ level: 'silent', secrets: [] }))
    const work = await operate(url.href, random, 8)
    for (let n = 1; n <= times + 1 && problems.length === 0; n++) {
      const isProof = n > times
      const standby = await startServer(bin, primary)
      await synchronous(primary, !isProof)
      await pause(random.int(300, 1_200))
      if (isProof) {
        primary.replication.stall()
        await pause(700)
      }
      const began = Date.now()
      const old = primary
      old.kill()
      link.cut()
      primary = standby
      await standby.promote()
      // Answers that were under way when the primary died do not count: a success after the promotion does.
      const promotedAt = Date.now()
      while (work.lastSuccessAt() <= promotedAt && work.failures().length === 0 && Date.now() < began + 30_000) {
        await pause(1)
      }
      const ms = work.lastSuccessAt() - began
      await pause(200)
      const taken = work.taken()
      const lost = await missing(primary, taken)
      await old.close()
      if (isProof) {
        if (lost.length === 0) problems.push('a standby that lags lost nothing: this check cannot fail')
        say(`not synchronous and lagging: ${lost.length} acknowledged operations lost, as it must be seen`)
        break
      }
      tookMs.push(ms)
      const count = Object.values(taken).reduce((sum, ids) => sum + ids.length, 0)
      total += count
      problems.push(...lost, ...work.failures())
      const broken = await primary.owner<
        { promise: string; key: string }[]
      >`select promise, key from pay.broken limit 20`
      for (const { promise, key } of broken) problems.push(`${promise}: ${key}`)
      say(`failover ${n}: ${count} operations acknowledged, ${lost.length} lost, the first success after ${ms} ms`)
    }
    await work.stop()
    tookMs.sort((a, b) => a - b)
    return {
      figures: `${tookMs.length} failovers, ${total} operations acknowledged, all found; first success after ${tookMs[tookMs.length >> 1]} ms in the median, ${tookMs.at(-1)} at most; bound ${bound(tookMs.length)}`,
      problems,
      seen: [],
      trials: tookMs.length,
    }
  } finally {
    await link.close()
    await primary.close()
  }
}
