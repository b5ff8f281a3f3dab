import type { Figure, Measurement } from './measurement.ts'
import { compare } from './rounds.ts'
import { startLoad } from './webhook-load.ts'
import { type Kind, startWebhook } from './webhook-servers.ts'

/** Updates a second that are stored and acknowledged, by one connection of Telegram's and by many. */
export const measure: Measurement = async bench => {
  const ms = bench.isShort ? 400 : 1_500
  const url = await bench.database()
  const kinds = ['ours', 'bare', 'telegraf', 'grammy'] as const
  const started = await Promise.all(kinds.map(kind => startWebhook(kind, url)))
  const servers = Object.fromEntries(kinds.map((kind, n) => [kind, started[n]!])) as Record<Kind, (typeof started)[0]>
  const load = await startLoad()
  for (const { stop } of started) bench.after(stop)
  bench.after(load.stop)

  let firstId = 1
  const probe = (kind: Kind, connections: number) => async () => {
    firstId += 1_000_000
    return (await load.send({ address: servers[kind].address, connections, ms, firstId })).perSecond
  }
  const figures: Figure[] = []
  for (const connections of [1, 16]) {
    const [ours, ...others] = (['ours', 'bare', 'telegraf', 'grammy'] as const).map(kind => probe(kind, connections))
    for (const warm of [ours!, ...others]) await warm()
    const of = `stored updates, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
    const by = [
      'a bare route with one INSERT',
      'Telegraf’s webhook with the same INSERT',
      'grammY’s webhook with the same INSERT',
    ]
    for (const [n, yardstick] of others.entries()) {
      const measured = await compare(bench.isShort ? 5 : 11, yardstick, { [of]: ours! })
      const goal = { of: 'ratio' as const, atLeast: n === 0 ? 0.8 : 1 }
      figures.push({ what: of, unit: '1/s', by: by[n]!, goal, ...measured[of]! })
    }
  }

  const peak = await probe('ours', 16)()
  const half = (kind: Kind) => async () => {
    firstId += 1_000_000
    const { p99Ms } = await load.send({
      address: servers[kind].address,
      connections: 40,
      ms: ms * 2,
      firstId,
      perSecond: peak / 2,
    })
    return p99Ms
  }
  const of = `an update at half of the peak (${(peak / 2).toFixed(0)} a second), p99`
  const measured = await compare(bench.isShort ? 3 : 7, half('bare'), { [of]: half('ours') })
  figures.push({ what: of, unit: 'ms', by: 'a bare route with one INSERT at the same rate', ...measured[of]! })
  return figures
}
