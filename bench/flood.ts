import { setTimeout as pause } from 'node:timers/promises'
import { startFarSide } from './far-side.ts'
import { type Flood, startFlood } from './flood-load.ts'
import type { Figure, Measurement } from './measurement.ts'
import { compare } from './rounds.ts'
import { startService } from './service.ts'
import { startLoad } from './webhook-load.ts'

const floods: [string, Pick<Flood, 'method' | 'path'>][] = [
  ['/readyz', { method: 'GET', path: '/readyz' }],
  ['/webhook without the secret', { method: 'POST', path: '/webhook' }],
  ['callbacks with a wrong MAC', { method: 'POST', path: '/callbacks/kie/aaaaaaaaaaaa/x' }],
]
// Telegram’s updates of a busy day, of one kind: a text that is answered with the menu’s words.
const perSecond = 50

/** How long an update waits for its 200 while strangers with a thousand connections ask as fast as they are answered. */
export const measure: Measurement = async bench => {
  const farSide = await startFarSide()
  bench.after(farSide.stop)
  const service = await startService(await bench.database(), farSide.address)
  bench.after(service.stop)
  const [load, flood] = await Promise.all([startLoad(), startFlood()])
  bench.after(load.stop)
  bench.after(flood.stop)

  const ms = bench.isShort ? 3_000 : 10_000
  let firstId = 1
  const p99 = async () => {
    firstId += 1_000_000
    return (await load.send({ address: service.address, connections: 16, ms, firstId, perSecond })).p99Ms
  }
  await p99() // warms up
  const figures: Figure[] = []
  for (const [name, way] of floods) {
    const flooded = async () => {
      const asking = flood.send({ address: service.address, ...way, connections: 1_000, ms: ms + 1_500 })
      await pause(1_500) // a thousand connections take a moment to open
      const took = await p99()
      bench.say(`${name}: ${await asking} requests of strangers were answered`)
      return took
    }
    const what = `an update's answer under a flood of ${name}, p99`
    const measured = await compare(bench.isShort ? 2 : 5, p99, { [what]: flooded })
    const { median } = measured[what]!.yardstick
    const goal = { of: 'value' as const, atMost: median + 5 }
    figures.push({ what, unit: 'ms', by: 'the same without the flood', goal, ...measured[what]! })
  }
  return figures
}
