import { setTimeout as pause } from 'node:timers/promises'
import { demand } from './crash-points.ts'
import { compare, probe, settles } from './judge.ts'
import type { Link } from './link.ts'
import { bringPeople } from './people.ts'
import { bound, type Run, type Verdict } from './report.ts'
import { required } from './sometimes.ts'
import { openWorld, type World } from './world.ts'

/** All faults at random for so many minutes, in rounds that each end with everything settled. */
export async function randomRounds(run: Run, minutes: number): Promise<Verdict> {
  const world = await openWorld(run.random)
  try {
    const probing = probe(world)
    const until = Date.now() + minutes * 60_000
    let faults = 0
    for (let round = 1; Date.now() < until && world.problems.length === 0; round++) {
      const own = run.random.fork(`round ${round}`)
      const people = bringPeople(world, own, 10)
      const end = Math.min(until, Date.now() + 60_000)
      const before = faults
      while (Date.now() < end) {
        await pause(own.int(200, 2_500))
        await own.pick(kinds)(world, own)
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

type Kind = (world: World, random: World['random']) => Promise<void>

const links = ['postgres', 'telegram', 'upstream', 'webhook'] as const

function linkOf(world: World, random: World['random']): { link: Link; name: (typeof links)[number] } {
  const name = random.pick(links)
  return { name, link: name === 'webhook' ? world.webhook : random.pick(world.instances).links[name] }
}

const kill: Kind = async (world, random) => random.pick(world.instances).signal('SIGKILL')

const term: Kind = async (world, random) => {
  const instance = random.pick(world.instances)
  if (!instance.isReady()) return
  const way = random.int(1, 3)
  const died = instance.died()
  instance.signal('SIGTERM')
  if (way > 1) await pause(random.int(20, 1_500))
  if (way === 2) instance.signal('SIGTERM')
  if (way === 3) instance.signal('SIGKILL')
  const how = await Promise.race([died, pause(30_000, 'nothing')])
  if (how === 'nothing') world.wrong(`instance ${instance.n} did not end within 30 s of SIGTERM`)
  if (how === '0') world.fault(way === 2 ? 'process: SIGTERM twice' : 'process: SIGTERM, drained', instance.n)
  else world.fault('process: SIGTERM, then SIGKILL', instance.n)
}

const freeze: Kind = async (world, random) => {
  const instance = random.pick(world.instances)
  if (instance.pid() === undefined) return
  world.fault('process: SIGSTOP and SIGCONT', instance.n)
  instance.signal('SIGSTOP')
  await pause(random.int(500, 6_000))
  instance.signal('SIGCONT')
}

const crashDatabase: Kind = async (world, random) => {
  const how = random.pick(['immediate', 'kill -9'] as const)
  world.fault(how === 'immediate' ? 'database: immediate stop' : 'database: kill -9')
  await world.database.crash(how, random.chance(0.3) ? random.int(500, 4_000) : 0)
}

const massacre: Kind = async world => {
  world.fault('database: backends killed')
  await world.database.massacre().catch(() => {})
}

const cut: Kind = async (world, random) => {
  const { link, name } = linkOf(world, random)
  world.fault(`link: ${name} cut`)
  if (random.chance(0.5)) link.cut()
  else link.rst()
}

const stall: Kind = async (world, random) => {
  const { link, name } = linkOf(world, random)
  world.fault(`link: ${name} stalled`)
  link.stall()
  await pause(random.int(500, 7_000))
  link.pass()
}

const slow: Kind = async (world, random) => {
  const { link, name } = linkOf(world, random)
  world.fault(`link: ${name} slow`)
  link.delay(random.int(20, 250))
  await pause(random.int(500, 3_000))
  link.pass()
}

const dropAnswers: Kind = async (world, random) => {
  const { link } = linkOf(world, random)
  link.dropAck(random.int(1, 4))
  await pause(random.int(100, 1_000))
}

const botApi: Kind = async (world, random) => {
  const { faults } = world.telegram
  const fault = random.pick(['status429', 'serverError', 'answerLost', 'htmlAnswer'] as const)
  faults[fault] += random.int(1, 4)
  world.fault(`telegram: ${fault}`)
}

const kinds: Kind[] = [
  kill,
  kill,
  term,
  freeze,
  crashDatabase,
  massacre,
  cut,
  cut,
  stall,
  slow,
  dropAnswers,
  dropAnswers,
  dropAnswers,
  botApi,
]

function heal(world: World): void {
  for (const instance of world.instances) {
    for (const link of Object.values(instance.links)) link.pass()
    instance.signal('SIGCONT')
  }
  world.webhook.pass()
  Object.assign(world.telegram.faults, { status429: 0, serverError: 0, answerLost: 0, htmlAnswer: 0 })
}
