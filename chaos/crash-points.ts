import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { compare, probe, settles } from './judge.ts'
import { openWorld } from './open-world.ts'
import { bringPeople } from './people.ts'
import { bound, type Run, type Verdict } from './report.ts'
import { crashPoints, required } from './sometimes.ts'
import type { Instance, World } from './world.ts'

/** Every named point once a seed, while people are at it: dies there, is started again, and all must end once. */
export async function crashPointRounds(run: Run, seeds: number): Promise<Verdict> {
  const world = await openWorld(run.random)
  try {
    const probing = probe(world)
    let deaths = 0
    for (let round = 1; round <= seeds && world.problems.length === 0; round++) {
      const began = performance.now()
      const own = run.random.fork(`round ${round}`)
      const people = bringPeople(world, own, 10)
      const hit = await allPoints(world)
      deaths += hit
      await people.rest()
      const seconds = await settles(world)
      const tally = await compare(world)
      const took = Math.round((performance.now() - began) / 1000)
      run.say(
        `round ${round}: ${hit} deaths at ${crashPoints.length} points, ${tally.acknowledged} updates, ` +
          `${tally.generations} generations, ${tally.payments} payments so far; settled in ${seconds.toFixed(1)} s; ${took} s`,
      )
    }
    const { probes } = await probing.stop()
    const tally = await compare(world)
    demand(world, required['crash-points'])
    return {
      figures: `${deaths} deaths, ${tally.acknowledged} updates acknowledged, ${tally.generations} generations, ${tally.payments} payments, ${probes} probes, bound ${bound(deaths)}`,
      problems: world.problems,
      seen: world.sometimes.all(),
      trials: deaths,
    }
  } finally {
    await world.close()
  }
}

/** A run that did not meet what it must has tested nothing. */
export function demand(world: World, events: readonly string[]): void {
  for (const event of events) if (world.sometimes.count(event) === 0) world.wrong(`never seen: ${event}`)
}

/** Lets some process die at each point; whoever dies next takes the next one. Gives the deaths. */
export async function allPoints(world: World): Promise<number> {
  const queue = world.random.shuffled(crashPoints.filter(point => point !== 'migrate_mid'))
  let deaths = 0
  async function take(instance: Instance) {
    for (let point = queue.shift(); point; point = queue.shift()) {
      const spec = `${point}:${passesFor(world, point)}`
      if (!(await dieAt(world, instance, point, spec))) {
        world.wrong(`instance ${instance.n} never came to ${spec}`)
        return
      }
      world.sometimes.saw(`crash: ${point}`)
      deaths += 1
    }
  }
  await Promise.all([...world.instances.map(take), migrateKilled(world).then(() => (deaths += 1))])
  return deaths
}

// What is rare is taken at its first pass.
const rare = /sweeper|topup|shutdown/
const passesFor = ({ random }: World, point: string) => (rare.test(point) ? 1 : random.int(1, 3))

async function dieAt(world: World, instance: Instance, point: string, spec: string): Promise<boolean> {
  const { owner } = world.database
  instance.arm(spec)
  // The point is for its next life.
  if (instance.armed() !== spec) {
    const ended = instance.died()
    instance.signal('SIGKILL')
    await ended
  }
  const died = instance.died()
  for (const end = Date.now() + 90_000; Date.now() < end; ) {
    const how = await Promise.race([died, pause(500)])
    if (how !== undefined) return how === 'SIGKILL'
    if (!instance.isReady()) continue
    if (point === 'shutdown_begin') instance.signal('SIGTERM')
    // The sweep finds something, or an end of its time, when the data is moved.
    if (point.startsWith('sweeper')) {
      const isLate = point === 'sweeper_refunded'
      await owner`alter table pay.generations disable trigger generation_rows`
      await owner`
        update pay.generations set next_at = now(), deadline_at = case when ${isLate} then now() else deadline_at end
        where finished_at is null and created_at < now() - interval '1 second' and (not ${isLate} or task_id is null)`
      await owner`alter table pay.generations enable trigger generation_rows`
      await world.sweep()
    }
  }
  return false
}

/** A migration of a fresh database dies between two files and is run again. */
async function migrateKilled(world: World): Promise<void> {
  const { database, random, env } = world
  const url = new URL(database.url)
  await database.owner.unsafe('create database fresh')
  url.pathname = '/fresh'
  const run = (more: Record<string, string>) =>
    new Promise<string>(resolve => {
      const own = { ...env, ...more, DATABASE_URL: url.href }
      const child = spawn(process.execPath, ['src/main.ts', 'migrate'], { env: own, stdio: 'ignore' })
      child.once('exit', (code, signal) => resolve(signal ?? String(code)))
    })
  const fresh = postgres(url.href, { max: 1, onnotice: () => {} })
  try {
    const spec = `migrate_mid:${random.int(1, 15)}`
    const first = await run({ CRASH: spec })
    if (first !== 'SIGKILL') world.wrong(`a migration armed with ${spec} ended with ${first}`)
    const [{ left } = { left: null }] = await fresh`select to_regclass('pay.wallets') as left`
    if (left !== null) world.wrong(`a migration killed at ${spec} left half a schema`)
    const second = await run({})
    if (second !== '0') world.wrong(`the migration after ${spec} ended with ${second}`)
    const [{ n } = { n: -1 }] = await fresh`select count(*)::int as n from pay.broken`
    if (n !== 0) world.wrong('the schema after a killed migration is broken')
    world.sometimes.saw('crash: migrate_mid')
  } finally {
    await fresh.end({ timeout: 1 })
    await database.owner.unsafe('drop database fresh with (force)')
  }
}
