import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import postgres from 'postgres'
import type { Test } from 'tap'
import { type MessageView, startTelegram, type TelegramStandIn } from '../../playground/telegram/server.ts'
import { startUpstream, type UpstreamStandIn } from '../../playground/upstream/server.ts'
import { migrate } from '../../src/database/migrate.ts'
import { buttons, withFiles } from './messages.ts'
import { freshDatabase } from './postgres.ts'
import { until } from './world.ts'

// Marks that must never be seen in a log line: each stands for a secret or for what a person wrote.
export const canary = {
  kieKey: 'canary-kie-key-0123456789',
  webhookSecret: 'canary-webhook-secret-0123456789abcdef',
  callbackSecret: 'canary-callback-secret-0123456789abcdef',
  prompt: 'канарейка-в-запросе',
}

export type Service = {
  url: string
  /** Everything it wrote so far. */
  output(): string
  /** Resolves with the exit code or the signal. */
  ended: Promise<number | string>
  signal(name: NodeJS.Signals): void
  ready(): Promise<void>
  fetch(path: string): Promise<Response>
}

/** What is wrong where it runs: nobody reads what it writes; it may open so many files and no more. */
type Odds = { isRead?: boolean; maxFiles?: number }

export type Stage = {
  telegram: TelegramStandIn
  upstream: UpstreamStandIn
  /** The database's owner. */
  owner: postgres.Sql
  databaseUrl: string
  /** Starts one more process of the service, as an operator would: by variables alone. */
  service(env?: Record<string, string>, odds?: Odds): Promise<Service>
  broken(): Promise<object[]>
  /** What was written by any process and must never be: a secret, or what a person wrote. */
  leaks(): string[]
}

export const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** Stand-ins of the world, a database, and processes of the real service between them; all gone at the end. */
export async function stage(
  t: Test,
  options: { migrated?: boolean; timeScale?: number; apiVersion?: '10.3' } = {},
): Promise<Stage> {
  const { migrated = true, timeScale = 0.2, ...version } = options
  const { url: databaseUrl, drop } = await freshDatabase(
    async url => void (migrated && (await migrate(url))),
    migrated ? 'schema' : 'empty',
  )
  const telegram = await startTelegram({ timeScale, ...version })
  const upstream = await startUpstream({ apiKey: canary.kieKey })
  telegram.faults.limits = false
  upstream.speed.runMs = 50
  upstream.limits.creations.limit = 10_000
  upstream.limits.reads.limit = 10_000
  const owner = postgres(databaseUrl, { max: 2, onnotice: () => {} })
  const children = new Set<ChildProcess>()
  const outputs: (() => string)[] = []
  let port = 0

  t.teardown(async () => {
    for (const child of children) child.kill('SIGKILL')
    await Promise.allSettled([telegram.close(), upstream.close()])
    const leaked = leaks()
    if (leaked.length > 0) throw new Error(`a log line holds a secret or a prompt: ${leaked[0]}`)
    await owner.end({ timeout: 1 })
    await drop()
  })

  async function service(env: Record<string, string> = {}, { isRead = true, maxFiles }: Odds = {}): Promise<Service> {
    // All processes share the address that Telegram and the upstream know: a restarted one takes it over.
    port ||= await freePort()
    const own = env.PORT ?? String(port)
    const command = `exec "${process.execPath}" src/main.ts`
    const child = spawn('/bin/sh', ['-c', maxFiles ? `ulimit -n ${maxFiles}; ${command}` : command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_API_ROOT: telegram.apiRoot,
        TELEGRAM_WEBHOOK_SECRET: canary.webhookSecret,
        CALLBACK_SECRET: canary.callbackSecret,
        KIE_API_KEY: canary.kieKey,
        KIE_BASE_URL: upstream.baseUrl,
        KIE_UPLOAD_URL: upstream.baseUrl,
        KIE_SAMPLE_URL: upstream.baseUrl,
        DATABASE_URL: databaseUrl,
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        START_BONUS_RUB: '500',
        HOST: '127.0.0.1',
        PORT: own,
        METRICS_PORT: String(await freePort()),
        LOG_LEVEL: 'debug',
        ...env,
      },
    })
    children.add(child)
    let output = ''
    outputs.push(() => output)
    if (isRead) {
      child.stdout?.on('data', data => {
        output += data
      })
    }
    child.stderr?.on('data', data => {
      output += data
    })
    const ended = new Promise<number | string>(resolve =>
      child.once('exit', (code, signal) => {
        children.delete(child)
        resolve(signal ?? code ?? 0)
      }),
    )
    const url = `http://127.0.0.1:${own}`
    const look = (path: string) => fetch(url + path, { signal: AbortSignal.timeout(3_000) })
    return {
      url,
      ended,
      output: () => output,
      signal: name => void child.kill(name),
      fetch: look,
      async ready() {
        const isReady = until(
          'the service is ready',
          async () => (await look('/readyz').catch(() => undefined))?.ok,
          30_000,
        )
        const dead = ended.then(code =>
          Promise.reject(new Error(`the service ended with ${code}:\n${output.slice(-3_000)}`)),
        )
        await Promise.race([isReady, dead])
      },
    }
  }

  const leaks = () => {
    const password = decodeURIComponent(new URL(databaseUrl).password)
    const marks = [
      telegram.token,
      telegram.token.split(':')[1] ?? '',
      ...Object.values(canary),
      ...(password ? [password] : []),
    ]
    const lines = outputs.flatMap(output => output().split('\n'))
    return lines.filter(line => marks.some(mark => line.includes(mark)))
  }
  const broken = async () => [...(await owner`select promise, key from pay.broken`)]
  return { telegram, upstream, owner, databaseUrl, service, broken, leaks }
}

/** A person at the chat: does what a thumb can do, and reads what a screen shows. */
export function person(telegram: TelegramStandIn, firstName = 'Анна', languageCode = 'ru') {
  const { id } = telegram.player.addPerson({ firstName, languageCode })
  const chat = () => telegram.player.chat(id)
  const fromBot = () => chat().filter(message => message.from === 'bot')
  const textOf = (message: MessageView) => message.text ?? ''

  /** The newest message of the bot that says this. */
  const sees = (what: RegExp, maxMs?: number) =>
    until(
      `the bot says ${what}; it said: ${fromBot().slice(-3).map(textOf).join(' | ')}`,
      () => fromBot().findLast(message => what.test(textOf(message))),
      maxMs,
    )

  /** Presses the newest button whose caption matches, once there is one. */
  async function press(what: RegExp, maxMs?: number) {
    const { message, button } = await until(
      `a button ${what}`,
      () => {
        for (const message of fromBot().toReversed()) {
          const button = buttons(message).find(button => what.test(button.text) && button.data)
          if (button) return { message, button }
        }
        return undefined
      },
      maxMs,
    )
    return telegram.player.press(id, message.messageId, { data: button.data! })
  }

  return {
    id,
    chat,
    fromBot,
    sees,
    press,
    /** The first message with a file. */
    result: (maxMs?: number) => until('the result', () => withFiles(fromBot())[0], maxMs),
    open: (payload?: string) => telegram.player.open(id, payload),
    say: (text: string) => telegram.player.say(id, text),
  }
}
