import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export const webhookSecret = 'bench-webhook-secret-0123456789abcdef'

export type Service = {
  address: string
  pid: number
  readyMs: number
  rssMb(): number
  isAlive(): boolean
  stop(): Promise<void>
}

export const freePort = () =>
  new Promise<number>(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

// As the image starts it: with its flags, and with what was compiled before.
const root = join(import.meta.dirname, '..')
const [, command = ''] = /^CMD \[(.*)\]$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? []
const [, ...args] = JSON.parse(`[${command}]`) as string[]
let compiled: string | undefined
function compiledOnce(): string {
  if (compiled !== undefined) return compiled
  compiled = mkdtempSync(join(tmpdir(), 'telegen-compiled-'))
  process.once('exit', () => rmSync(compiled!, { recursive: true, force: true }))
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
  spawnSync(process.execPath, [...args.slice(0, -1), '-e', "import('./src/app.ts')"], { cwd: root, env })
  return compiled
}

/** A process of the service as an operator starts it. `farSide` plays Telegram and the upstream. */
export async function startService(
  databaseUrl: string,
  farSide: string,
  publicUrl?: string,
  more: Record<string, string> = {},
): Promise<Service> {
  const [port, metricsPort] = [more.PORT ?? (await freePort()), await freePort()]
  const address = `http://127.0.0.1:${port}`
  const compiled = compiledOnce()
  const began = performance.now()
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: compiled,
      MALLOC_ARENA_MAX: '2',
      TELEGRAM_BOT_TOKEN: `1000001:${'b'.repeat(35)}`,
      TELEGRAM_API_ROOT: farSide,
      TELEGRAM_WEBHOOK_SECRET: webhookSecret,
      CALLBACK_SECRET: 'bench-callback-secret-0123456789abcdef',
      KIE_API_KEY: 'bench-kie-key',
      KIE_BASE_URL: farSide,
      KIE_UPLOAD_URL: farSide,
      DATABASE_URL: databaseUrl,
      PUBLIC_URL: publicUrl ?? address,
      HOST: '127.0.0.1',
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      MAX_ACTIVE_PER_USER: '1000',
      LOG_LEVEL: 'warn',
      ...more,
    },
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  while (!(await fetch(`${address}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`)
    await pause(5)
  }
  return {
    address,
    pid: child.pid!,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    readyMs: performance.now() - began,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
