import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { shared } from './shared.ts'
import type { Strangers } from './strangers.ts'

/** The result of one check: `ok`, or a short reason. */
export type Check = { ok: boolean; detail?: string }
export type Readiness = Record<'database' | 'schema' | 'jobs' | 'bot' | 'webhook', Check>

export type HealthOptions = {
  version: string
  commit: string
  /** Runs the checks. Called at most once a second and never twice at once. */
  checkReadiness(): Promise<Readiness>
  /**
   * Returns how many alarms are on, with the same limits on calls. Admins and /metrics see the same number. Undefined:
   * the alarms cannot be read.
   */
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
 * GET /healthz: the process is alive; checks nothing else. GET /readyz: the service can work; lists each check and the
 * number of alarms. Alarms do not make a machine unready, and the public does not see which are on.
 */
export const health: FastifyPluginAsyncTypebox<Options> = async (server, options) => {
  const { version, commit, checkReadiness, alarms, isDraining, strangers } = options
  const readiness = shared(checkReadiness, 1_000)
  const troubles = alarms && shared(alarms, 1_000)

  server.get('/healthz', { schema: { response: { 200: Live } } }, async request => {
    await strangers.hold(request)
    return { status: 'ok' as const, version, commit, uptime_s: Math.floor(process.uptime()) }
  })

  server.get('/readyz', async (request, reply) => {
    await strangers.hold(request)
    const [found, on] = await Promise.all([readiness(), troubles?.()])
    // A draining machine reports that at once.
    const draining = isDraining() ? { ok: false, detail: 'draining' } : { ok: true }
    const checks = { ...found, draining }
    const isReady = Object.values(checks).every(check => check.ok)
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? 'ready' : 'not ready', checks, alarms: on ?? 'unknown' })
  })
}
