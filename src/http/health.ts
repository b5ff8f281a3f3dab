import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { shared } from './shared.ts'
import type { Strangers } from './strangers.ts'

/** What one check says: `ok`, or in a few words why not. */
export type Check = { ok: boolean; detail?: string }
export type Readiness = Record<'database' | 'schema' | 'jobs' | 'bot' | 'webhook', Check>

export type HealthOptions = {
  version: string
  commit: string
  /** Asks the world; called once a second at the most, and never twice at once. */
  look(): Promise<Readiness>
  /** How many alarms are on, as admins and /metrics are told; the same bounds. Undefined: they cannot be read. */
  alarms?(): Promise<number | undefined>
  isDraining(): boolean
}
type Options = HealthOptions & { strangers: Strangers }

const Live = Type.Object({
  status: Type.Literal('ok'),
  version: Type.String(),
  commit: Type.String(),
  uptime_s: Type.Integer(),
})

/**
 * GET /healthz: the process lives; touches nothing. GET /readyz: it can serve; names each check, and how many alarms are on:
 * a machine serves with them too, and strangers need not know which.
 */
export const health: FastifyPluginAsyncTypebox<Options> = async (server, options) => {
  const { version, commit, look, alarms, isDraining, strangers } = options
  const readiness = shared(look, 1_000)
  const troubles = alarms && shared(alarms, 1_000)

  server.get('/healthz', { schema: { response: { 200: Live } } }, async request => {
    await strangers.hold(request)
    return { status: 'ok' as const, version, commit, uptime_s: Math.floor(process.uptime()) }
  })

  server.get('/readyz', async (request, reply) => {
    await strangers.hold(request)
    const [found, on] = await Promise.all([readiness(), troubles?.()])
    // A machine that drains says so at once.
    const draining = isDraining() ? { ok: false, detail: 'draining' } : { ok: true }
    const checks = { ...found, draining }
    const isReady = Object.values(checks).every(check => check.ok)
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? 'ready' : 'not ready', checks, alarms: on ?? 'unknown' })
  })
}
