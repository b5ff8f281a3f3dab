import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from '../src/database/migrate.ts'
import { startEmbedded } from '../src/embedded-postgres/embedded-postgres.ts'
import { bringExamples } from './examples.ts'
import { startTelegram } from './telegram/server.ts'
import { startUpstream } from './upstream/server.ts'
import { startWeb } from './web.ts'

// `npm run playground`: the real service, as an operator would start it, between stand-ins of Telegram and the upstream,
// and a page that looks like a chat. Everything on 127.0.0.1; data in .data/, `-- --fresh` deletes it first.

if (process.env.NODE_ENV === 'production') {
  console.error('The playground is a simulation and does not start in production.')
  process.exit(1)
}

const root = fileURLToPath(new URL('../', import.meta.url))
const dataDir = process.env.PLAYGROUND_DATA ?? join(root, '.data/playground')
const isFresh = process.argv.includes('--fresh')

if (isFresh) await rm(dataDir, { recursive: true, force: true })
await mkdir(dataDir, { recursive: true })

// Addresses outlive a run: chats and orders name files by them.
const ports = await rememberedPorts()
const database = await startEmbedded({
  dataDir: join(dataDir, 'postgres'),
  tied: true,
  settings: { synchronous_commit: 'off' },
})
await migrate(database.url).catch(async error => {
  // Data of another version of the code.
  console.error(`${error.message}\nThis data is of another version: npm run playground -- --fresh begins anew.`)
  await database.stop()
  process.exit(1)
})
const telegram = await startTelegram({ dataDir: join(dataDir, 'telegram'), port: ports.telegram })
const upstream = await startUpstream({ dataDir: join(dataDir, 'upstream'), port: ports.upstream })
const web = await startWeb({ telegram, upstream, databaseUrl: database.url, port: ports.web })

// The first person is an admin as well, so that /admin_errors can be tried.
let [first] = telegram.player.people()
if (!first) {
  first = telegram.player.addPerson({ firstName: 'Анна', username: 'anna', languageCode: 'ru' })
  telegram.player.open(first.id)
}
const adminIds = String(first.id)

const logFile = createWriteStream(join(dataDir, 'service.log'), { flags: 'a' })
let isStopping = false
let service = startService()

await ready()
console.log(`Playground: ${web.url}`)
// In the background: nobody waits for them.
void bringExamples(database.url).catch(error => {
  if (!isStopping) console.error(`The models have no examples: ${error.message}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())

/** Starts the service with variables only, as in production. */
function startService(): ChildProcess {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    // Ctrl-C reaches this process, which stops the service after everything that sends to it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.apiRoot,
      KIE_API_KEY: upstream.apiKey,
      KIE_BASE_URL: upstream.baseUrl,
      KIE_UPLOAD_URL: upstream.baseUrl,
      KIE_SAMPLE_URL: upstream.baseUrl,
      DATABASE_URL: database.url,
      PUBLIC_URL: `http://127.0.0.1:${ports.service}`,
      TELEGRAM_WEBHOOK_SECRET: randomBytes(24).toString('hex'),
      CALLBACK_SECRET: ports.callbackSecret,
      START_BONUS_RUB: '500',
      PLANS: 'basic:250:500:2:10:5,studio:800:2000:5:0:10',
      PAYMENT_PROVIDER_TOKEN: '100000000:TEST:playground',
      ADMIN_IDS: adminIds,
      HOST: '127.0.0.1',
      PORT: String(ports.service),
      METRICS_PORT: String(ports.metrics),
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    },
  })
  child.stdout?.pipe(logFile, { end: false })
  child.stderr?.pipe(logFile, { end: false })
  child.on('exit', (code, signal) => {
    if (isStopping) return
    console.error(
      `The service ended (${signal ?? code}); its log is ${join(dataDir, 'service.log')}. Starting it again.`,
    )
    setTimeout(() => {
      if (!isStopping) service = startService()
    }, 1_000)
  })
  return child
}

async function ready() {
  const end = Date.now() + 30_000
  while (Date.now() < end) {
    const answer = await fetch(`http://127.0.0.1:${ports.service}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  console.error(`The service is not ready after 30 s; its log is ${join(dataDir, 'service.log')}.`)
}

async function stop() {
  if (isStopping) return
  isStopping = true
  const isAlive = service.exitCode === null && service.signalCode === null
  const ended = new Promise(resolve => service.once('exit', resolve))
  service.kill('SIGTERM')
  if (isAlive) await ended
  await Promise.allSettled([web.close(), telegram.close(), upstream.close()])
  await database.stop()
  process.exit(0)
}

type Ports = {
  telegram: number
  upstream: number
  web: number
  service: number
  metrics: number
  callbackSecret: string
}

async function rememberedPorts(): Promise<Ports> {
  const file = join(dataDir, 'ports.json')
  const known = await readFile(file, 'utf8')
    .then(text => JSON.parse(text) as Ports)
    .catch(() => undefined)
  const ports: Ports = {
    telegram: await freePort(known?.telegram),
    upstream: await freePort(known?.upstream),
    web: await freePort(known?.web ?? 8085),
    service: await freePort(known?.service),
    metrics: await freePort(known?.metrics),
    callbackSecret: known?.callbackSecret ?? randomBytes(24).toString('hex'),
  }
  await writeFile(file, JSON.stringify(ports))
  return ports
}

/** The wanted port if it is free, else any. */
function freePort(wished = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', () => (wished === 0 ? reject(new Error('no free port')) : resolve(freePort())))
    server.listen(wished, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address && typeof address === 'object' ? address.port : 0))
    })
  })
}
