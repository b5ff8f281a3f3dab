import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export const webhookSecret = 'bench-webhook-secret-0123456789abcdef'

export type Service = { address: string; readyMs: number; rssMb(): number; stop(): Promise<void> }

export const freePort = () =>
  new Promise<number>(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** A process of the service as an operator starts it. `farSide` plays Telegram and the upstream. */
export async function startService(databaseUrl: string, farSide: string, publicUrl?: string): Promise<Service> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const address = `http://127.0.0.1:${port}`
  const began = performance.now()
  const child = spawn(process.execPath, ['src/main.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
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
    },
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  while (!(await fetch(`${address}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`)
    await pause(5)
  }
  return {
    address,
    readyMs: performance.now() - began,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
