import { setTimeout as pause } from 'node:timers/promises'
import { demand } from './crash-points.ts'
import { compare, probe, settles } from './judge.ts'
import type { Link } from './link.ts'
import { openWorld } from './open-world.ts'
import { bringPeople } from './people.ts'
import type { Random } from './random.ts'
import { bound, type Run, type Verdict } from './report.ts'
import { required } from './sometimes.ts'
import type { World } from './world.ts'

/** All faults at random for so many minutes, in rounds that each end with everything settled. */
export async function randomRounds(run: Run, minutes: number): Promise<Verdict> {
  const world = await openWorld(run.random)
  try {
    const probing = probe(world)
    const until = Date.now() + minutes * 60_000
    let faults = 0
    let cards: Kind[] = []
    for (let round = 1; Date.now() < until && world.problems.length === 0; round++) {
      const own = run.random.fork(`round ${round}`)
      const people = bringPeople(world, own, 10)
      const end = Math.min(until, Date.now() + 60_000)
      const before = faults
      while (Date.now() < end) {
        await pause(own.int(200, 2_500))
        if (cards.length === 0) cards = run.random.shuffled(deck)
        await cards.pop()!(world, own)
        faults += 1
      }
      heal(world)
      await people.rest()
      const seconds = await settles(world)
      const tally = await compare(world)
      run.say(
        `round ${round}: ${faults - before} faults, ${tally.acknowledged} updates, ${tally.generations} generations, ` +
          `${tally.payments} payments so far; settled in ${seconds.toFixed(1)} s`,
      )
    }
    const { probes, misses } = await probing.stop()
    const tally = await compare(world)
    if (minutes >= 5) demand(world, required.random)
    return {
      figures: `${faults} faults, ${tally.acknowledged} updates acknowledged, ${tally.generations} generations, ${tally.payments} payments, ${probes} probes (${misses} met no database), bound ${bound(faults)}`,
      problems: world.problems,
      seen: world.sometimes.all(),
      trials: faults,
    }
  } finally {
    await world.close()
  }
}

type Kind = (world: World, random: Random) => Promise<void>
type LinkName = 'postgres' | 'telegram' | 'upstream' | 'webhook'

const linkOf = (world: World, random: Random, name: LinkName): Link =>
  name === 'webhook' ? world.webhook : random.pick(world.instances).links[name]

const kill: Kind = async (world, random) => random.pick(world.instances).signal('SIGKILL')

/** SIGTERM, and what may follow it while the process drains. */
const term =
  (then?: 'SIGTERM' | 'SIGKILL'): Kind =>
  async (world, random) => {
    const instance = random.pick(world.instances.filter(each => each.isReady()))
    if (!instance) return
    const died = instance.died()
    instance.signal('SIGTERM')
    if (then) {
      await pause(random.int(20, 1_000))
      instance.signal(then)
    }
    const how = await Promise.race([died, pause(30_000, 'nothing')])
    if (how === 'nothing') world.wrong(`instance ${instance.n} did not end within 30 s of SIGTERM`)
    world.fault(`process: SIGTERM${then ? `, ${then}` : ''}`, instance.n)
  }

const freeze: Kind = async (world, random) => {
  const instance = random.pick(world.instances)
  world.fault('process: SIGSTOP and SIGCONT', instance.n)
  instance.signal('SIGSTOP')
  await pause(random.int(500, 6_000))
  instance.signal('SIGCONT')
}

const crash =
  (how: 'immediate' | 'kill -9'): Kind =>
  async (world, random) => {
    world.fault(`database: ${how === 'immediate' ? 'immediate stop' : how}`)
    await world.database.crash(how, random.chance(0.3) ? random.int(500, 4_000) : 0)
  }

const massacre: Kind = async world => {
  world.fault('database: backends killed')
  await world.database.massacre().catch(() => {})
}

const cut =
  (name: LinkName): Kind =>
  async (world, random) => {
    const link = linkOf(world, random, name)
    world.fault(`link: ${name} cut`)
    if (random.chance(0.5)) link.cut()
    else link.rst()
  }

const stall =
  (name: LinkName): Kind =>
  async (world, random) => {
    const link = linkOf(world, random, name)
    world.fault(`link: ${name} stalled`)
    link.stall()
    await pause(random.int(500, 7_000))
    link.pass()
  }

const slow =
  (name: LinkName): Kind =>
  async (world, random) => {
    const link = linkOf(world, random, name)
    world.fault(`link: ${name} slow`)
    link.delay(random.int(20, 250))
    await pause(random.int(500, 3_000))
    link.pass()
  }

const dropAnswers =
  (name: LinkName): Kind =>
  async (world, random) => {
    linkOf(world, random, name).dropAck(random.int(1, 4))
    await pause(random.int(100, 1_000))
  }

const botApi =
  (fault: 'status429' | 'serverError' | 'answerLost' | 'htmlAnswer'): Kind =>
  async (world, random) => {
    world.telegram.faults[fault] += random.int(1, 4)
    world.fault(`telegram: ${fault}`)
  }

/** Drawn like cards: each comes once before any comes again. */
const deck: Kind[] = [
  kill,
  kill,
  kill,
  term(),
  term('SIGTERM'),
  term('SIGKILL'),
  freeze,
  crash('immediate'),
  crash('kill -9'),
  massacre,
  ...(['postgres', 'telegram', 'upstream', 'webhook'] as const).flatMap(name => [
    cut(name),
    stall(name),
    slow(name),
    dropAnswers(name),
  ]),
  ...(['status429', 'serverError', 'answerLost', 'htmlAnswer'] as const).map(botApi),
]

function heal(world: World): void {
  for (const instance of world.instances) {
    for (const link of Object.values(instance.links)) link.pass()
    instance.signal('SIGCONT')
  }
  world.webhook.pass()
  Object.assign(world.telegram.faults, { status429: 0, serverError: 0, answerLost: 0, htmlAnswer: 0 })
}
