import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'

/** What one check says: `ok`, or in a few words why not. */
export type Check = { ok: boolean; detail?: string }
export type Readiness = Record<'database' | 'schema' | 'jobs' | 'bot' | 'webhook' | 'draining', Check>

type Options = {
  version: string
  commit: string
  ready(): Promise<Readiness>
}

const Live = Type.Object({
  status: Type.Literal('ok'),
  version: Type.String(),
  commit: Type.String(),
  uptime_s: Type.Integer(),
})
const OneCheck = Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) })
const Ready = Type.Object({ status: Type.String(), checks: Type.Record(Type.String(), OneCheck) })

/** GET /healthz: the process lives; touches nothing. GET /readyz: it can serve; names each check. */
export const health: FastifyPluginAsyncTypebox<Options> = async (server, { version, commit, ready }) => {
  server.get('/healthz', { schema: { response: { 200: Live } } }, async () => ({
    status: 'ok' as const,
    version,
    commit,
    uptime_s: Math.floor(process.uptime()),
  }))

  server.get('/readyz', { schema: { response: { 200: Ready, 503: Ready } } }, async (_request, reply) => {
    const checks = await ready()
    const isReady = Object.values(checks).every(check => check.ok)
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', checks })
  })
}
