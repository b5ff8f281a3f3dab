import { setTimeout as pause } from 'node:timers/promises'
import { allPoints, demand } from './crash-points.ts'
import { compare, probe, settles } from './judge.ts'
import { openWorld } from './open-world.ts'
import { bringPeople } from './people.ts'
import type { Run, Verdict } from './report.ts'
import { required } from './sometimes.ts'

/** What fits into five minutes: every point once, some kills from outside, a few crashes of the database. */
export async function shortRound({ random, say }: Run): Promise<Verdict> {
  const world = await openWorld(random)
  const { database, instances, webhook } = world
  try {
    const probing = probe(world)
    const people = bringPeople(world, random.fork('people'), 10)
    let faults = await allPoints(world)
    say(`${faults} deaths, each point once`)
    for (let n = 0; n < 6; n++) {
      const instance = random.pick(instances)
      const how = n < 2 ? 'SIGTERM' : 'SIGKILL'
      for (const end = Date.now() + 20_000; !instance.isReady() && Date.now() < end; ) await pause(50)
      const died = instance.died()
      instance.signal(how)
      const ended = await died
      if (how === 'SIGTERM' && ended === '0') world.fault('process: SIGTERM', instance.n)
      await pause(random.int(100, 1_500))
    }
    say('6 signals from outside')
    for (let n = 0; n < 8; n++) {
      const { links } = random.pick(instances)
      for (const link of [...Object.values(links), webhook]) link.dropAck(random.int(1, 3))
      await pause(random.int(500, 1_500))
    }
    for (const link of [...instances.flatMap(({ links }) => Object.values(links)), webhook]) link.pass()
    say('answers were lost on every link, 8 times')
    for (let n = 0; n < 5; n++) {
      if (n % 2 === 0) {
        const awayMs = await database.crash(n === 4 ? 'kill -9' : 'immediate')
        world.fault('database: immediate stop')
        say(`the database crashed and was back after ${awayMs} ms`)
      } else {
        say(`${await database.massacre()} backends killed`)
        world.fault('database: backends killed')
      }
      await pause(random.int(2_000, 4_000))
    }
    faults += 19
    await people.rest()
    const seconds = await settles(world)
    say(`all is settled ${seconds.toFixed(1)} s after the last fault`)
    const { probes } = await probing.stop()
    const tally = await compare(world)
    demand(world, required.short)
    return {
      figures: `${faults} faults, ${tally.acknowledged} updates acknowledged, ${tally.generations} generations, ${tally.payments} payments, ${probes} probes`,
      problems: world.problems,
      seen: world.sometimes.all(),
      trials: faults,
    }
  } finally {
    await world.close()
  }
}
