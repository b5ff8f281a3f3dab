import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { startFarSide } from './far-side.ts'
import { fillPeople } from './fill.ts'
import { allSent, createShop, neverWait, press } from './lives.ts'
import type { Figure, Measurement } from './measurement.ts'
import { spread } from './rounds.ts'
import { startService } from './service.ts'

/** From the start to ready on a running database, what an idle process holds, and what it holds more after a while of work. */
export const measure: Measurement = async bench => {
  const url = await bench.database()
  const owner = postgres(url, { max: 2, onnotice: () => {}, ...{ fetch_types: false } })
  bench.after(() => owner.end({ timeout: 1 }))
  await fillPeople(owner, 1_000)
  await owner`select count(*) from generate_series(1, 1000) u, pay.credit(u, 'bonus', 'bench', 100000000)`
  await neverWait(owner)
  const farSide = await startFarSide()
  bench.after(farSide.stop)

  const [readyMs, idleMb, bareMb] = [[] as number[], [] as number[], [] as number[]]
  for (let n = 0; n < (bench.isShort ? 2 : 5); n++) {
    const service = await startService(url, farSide.address)
    readyMs.push(service.readyMs)
    await pause(10_000)
    idleMb.push(service.rssMb())
    await service.stop()
    bareMb.push(process.memoryUsage.rss() / 2 ** 20)
  }

  const minutes = bench.isShort ? 1 : 10
  bench.say(`${minutes} minutes of ten orders a second`)
  const service = await startService(url, farSide.address)
  bench.after(service.stop)
  const shop = createShop(owner, 1_000)
  const held: number[] = []
  for (let n = 0; n < minutes * 4; n++) {
    const bought = await shop.quotes(150)
    await Promise.all([press([service], bought, 10), allSent(farSide, bought)])
    held.push(service.rssMb())
    if (n % 4 === 3) bench.say(`${(n + 1) / 4} min: ${held.at(-1)!.toFixed(0)} MB`)
  }
  return figuresOf({ readyMs, idleMb, bareMb, held, minutes })
}

type Measured = { readyMs: number[]; idleMb: number[]; bareMb: number[]; held: number[]; minutes: number }

function figuresOf({ readyMs, idleMb, bareMb, held, minutes }: Measured): Figure[] {
  // The first half warms up; what grows is what the last quarter holds more than the third.
  const quarter = Math.floor(held.length / 4)
  const [third, last] = [held.slice(2 * quarter, 3 * quarter), held.slice(3 * quarter)].map(
    part => spread(part).median,
  ) as [number, number]
  const growth = ((last - third) / (minutes / 4)) * 60
  const by = 'the process of the bench itself'
  const one = (value: number) => spread([value])
  const ratio = (values: number[]) => spread(values.map((value, n) => value / bareMb[n % bareMb.length]!))
  return [
    {
      what: 'start to ready',
      unit: 'ms',
      by: '1 ms',
      value: spread(readyMs),
      ratio: spread(readyMs),
      yardstick: one(1),
      goal: { of: 'value', atMost: 1_500 },
    },
    {
      what: 'memory of an idle process',
      unit: 'MB',
      by,
      value: spread(idleMb),
      ratio: ratio(idleMb),
      yardstick: spread(bareMb),
      goal: { of: 'value', atMost: 120 },
    },
    {
      what: 'memory after the work',
      unit: 'MB',
      by,
      value: one(held.at(-1)!),
      ratio: ratio([held.at(-1)!]),
      yardstick: spread(bareMb),
    },
    {
      what: 'growth an hour, from the last two quarters',
      unit: 'MB',
      by: '1 MB',
      value: one(growth),
      ratio: one(growth),
      yardstick: one(1),
      goal: { of: 'value', atMost: 1 },
    },
  ]
}
