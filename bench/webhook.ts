import type { Figure, Measurement } from './measurement.ts'
import { compare } from './rounds.ts'
import { startLoad } from './webhook-load.ts'
import { type Kind, startWebhook } from './webhook-servers.ts'

/** Updates a second that are stored and acknowledged, by one connection of Telegram's and by many. */
export const measure: Measurement = async bench => {
  const ms = bench.isShort ? 400 : 1_500
  const url = await bench.database()
  const servers = { ours: await startWebhook('ours', url), bare: await startWebhook('bare', url) }
  const load = await startLoad()
  bench.after(servers.ours.stop)
  bench.after(servers.bare.stop)
  bench.after(load.stop)

  let firstId = 1
  const probe = (kind: Kind, connections: number) => async () => {
    firstId += 1_000_000
    return load.send({ address: servers[kind].address, connections, ms, firstId })
  }
  const figures: Figure[] = []
  for (const connections of [1, 16]) {
    const [bare, ours] = [probe('bare', connections), probe('ours', connections)]
    await bare()
    await ours()
    const what = `stored updates, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
    const measured = await compare(bench.isShort ? 5 : 15, bare, { [what]: ours })
    const by = 'a bare route with one INSERT'
    figures.push({ what, unit: '1/s', by, goal: { of: 'ratio', atLeast: 0.8 }, ...measured[what]! })
  }
  return figures
}
