import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { openLink } from './link.ts'
import type { Instance, World } from './world.ts'

// Log lines that count as seen.
const seen: [RegExp, string][] = [
  [/the sweep woke what nobody had/, 'sweep: woke what nobody had'],
  [/telegram asked to wait/, 'telegram: 429'],
  [/upstream is busy, the order waits/, 'upstream: proven refusal, sent again'],
  [/submit unknown: a task may exist/, 'submit: unknown, never sent again'],
  [/did not answer in \d+ ms/, 'pool: replaced after a missed deadline'],
  [/somebody else has taken the delivery over/, 'row: a stale sender was refused'],
  [/a callback that is not ours was refused/, 'callback: forged one refused'],
]
const faults = [/an error that nobody caught/, /a rejection that nobody handled/]

/** Starts real processes of the service, each with its own links to the world. A process that dies is started again. */
export async function startInstances(world: World, count: number): Promise<Instance[]> {
  const instances: Instance[] = []
  for (let n = 1; n <= count; n++) instances.push(await startInstance(world, n))
  return instances
}

async function startInstance(world: World, n: number): Promise<Instance> {
  const links = await openLinks(world, n)
  const port = await freePort()
  const lives = openLives(world, n, port, envOf(world, links, port, await freePort()))
  world.atEnd(async () => {
    await lives.end()
    await Promise.all(Object.values(links).map(link => link.close()))
  })
  return { n, port, links, ...lives.instance }
}

function envOf(world: World, links: Instance['links'], port: number, metricsPort: number): NodeJS.ProcessEnv {
  const databaseUrl = new URL(world.database.url)
  databaseUrl.port = String(links.postgres.port)
  return {
    ...world.env,
    DATABASE_URL: databaseUrl.href,
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    TELEGRAM_API_ROOT: `http://127.0.0.1:${links.telegram.port}`,
    KIE_BASE_URL: `http://127.0.0.1:${links.upstream.port}`,
  }
}

type Lives = { instance: Omit<Instance, 'n' | 'port' | 'links'>; end(): Promise<void> }

/** Starts process `n`, and starts it again after each death until the world is over. */
function openLives(world: World, n: number, port: number, env: NodeJS.ProcessEnv): Lives {
  let child: ChildProcess | undefined
  let isReady = false
  let spec: string | undefined
  let armed: string | undefined
  let waiting: ((how: string) => void)[] = []

  async function live() {
    while (!world.isOver()) {
      armed = spec
      spec = undefined
      child = spawnService(armed ? { ...env, CRASH: armed } : env)
      const lines = listen(world, n, child)
      const ended = exitOf(child)
      const looking = lookWhenReady()
      const how = await ended
      isReady = false
      child = undefined
      await looking
      world.fault(how === 'SIGKILL' ? 'process: SIGKILL' : `process: ended with ${how}`, n)
      if (how !== 'SIGKILL' && how !== '0') world.wrong(`instance ${n} ended with ${how}: ${lines.last()}`)
      const resolves = waiting
      waiting = []
      for (const resolve of resolves) resolve(how)
    }
  }

  async function lookWhenReady() {
    while (child && !isReady) {
      const isOk = await answersReady(port)
      isReady = isOk && child !== undefined
      if (!isReady) await pause(60)
    }
  }

  const life = live()
  process.once('exit', () => child?.kill('SIGKILL')) // an aborted run leaves no process behind
  return {
    instance: {
      isReady: () => isReady,
      pid: () => child?.pid,
      signal: name => void child?.kill(name),
      died: () => new Promise(resolve => waiting.push(resolve)),
      arm(next) {
        spec = next
      },
      armed: () => armed,
    },
    async end() {
      child?.kill('SIGKILL')
      await life
    },
  }
}

async function openLinks(world: World, n: number): Promise<Instance['links']> {
  const { database, telegram, upstream } = world
  const lost = (link: string) => (what: string) => {
    world.fault(`answer lost: ${what === 'request' ? link : what}`, n)
  }
  const at = (url: string) => ({ host: '127.0.0.1', port: Number(new URL(url).port) })
  return {
    postgres: await openLink({ speaks: 'postgres', to: () => database.address, dropped: lost('postgres') }),
    telegram: await openLink({ speaks: 'http', to: () => at(telegram.apiRoot), dropped: lost('telegram') }),
    upstream: await openLink({ speaks: 'http', to: () => at(upstream.baseUrl), dropped: lost('upstream') }),
  }
}

const spawnService = (env: NodeJS.ProcessEnv): ChildProcess =>
  spawn(process.execPath, ['src/main.ts'], { stdio: ['ignore', 'pipe', 'pipe'], env })

/** Resolves when it has ended: with its signal or its exit code. */
const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise(resolve => child.once('exit', (code, signal) => resolve(signal ?? String(code))))

const answersReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
    answer => answer.ok,
    () => false,
  )

/** Reads a process's log: what was seen, and what must never be there. */
function listen(world: World, n: number, process: ChildProcess) {
  let rest = ''
  let last = ''
  const read = (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      last = line
      for (const [shape, event] of seen) if (shape.test(line)) world.sometimes.saw(event)
      if (faults.some(shape => shape.test(line))) world.wrong(`instance ${n}: ${line.slice(0, 1_500)}`)
      if (world.secrets.some(secret => line.includes(secret))) world.wrong(`instance ${n} logged a secret`)
    }
  }
  process.stdout?.on('data', read)
  process.stderr?.on('data', read)
  return { last: () => last.slice(0, 500) }
}

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
