import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { TelegramStandIn } from '../telegram/server.ts'
import type { Behaviour, UpstreamStandIn } from '../upstream/server.ts'
import type { NewsRoom } from './news.ts'
import { playing } from './refusal.ts'

type SwitchOptions = { telegram: TelegramStandIn; upstream: UpstreamStandIn; news: NewsRoom }

/** Faults and speed of the stand-ins, read and changed from the page. */
export const switches: FastifyPluginAsyncTypebox<SwitchOptions> = async (server, { telegram, upstream, news }) => {
  const now = () => ({
    upstream: { behaviours, behaviour: upstream.behaviour, credit: upstream.credit, speed: upstream.speed },
    faults: telegram.faults,
  })
  const turned = () => {
    news.send({ type: 'switches' })
    return now()
  }
  server.get('/switches', async () => now())
  server.patch('/upstream', { schema: { body: UpstreamChange } }, async ({ body }) => {
    if (body.behaviour !== undefined) upstream.behaviour = body.behaviour
    if (body.credit !== undefined) upstream.credit = body.credit
    Object.assign(upstream.speed, body.speed)
    return turned()
  })
  server.post('/upstream/next', { schema: { body: NextTasks } }, async ({ body }) => {
    upstream.next(body.behaviour, body.times ?? 1)
    return turned()
  })
  server.patch('/faults', { schema: { body: FaultChange } }, async ({ body }) => {
    Object.assign(telegram.faults, body)
    return turned()
  })
  server.post(
    '/updates/:updateId/redeliver',
    { schema: { params: Type.Object({ updateId: Type.String({ pattern: '^[0-9]{1,15}$' }) }) } },
    async ({ params }) => {
      await playing(() => telegram.player.redeliver(Number(params.updateId)))
      return { ok: true }
    },
  )
}

const behaviours = [
  'normal',
  'slow',
  'fail',
  'moderation',
  'silent',
  'ambiguous',
  'http_502',
  'no_task_id',
  'no_credit',
  'rate_limited',
  'maintenance',
  'server_error',
  'unauthorized',
  'callback_lost',
  'callback_twice',
  'callback_forged',
  'callback_early',
  'empty_result',
  'odd_state',
  'dead_result',
  'partial_result',
  'wrong_result',
  'truncated_result',
] as const satisfies readonly Behaviour[]

const ABehaviour = Type.Union(behaviours.map(name => Type.Literal(name)))
const waitMs = Type.Integer({ minimum: 0, maximum: 3_600_000 })
const times = Type.Integer({ minimum: 0, maximum: 1_000 })
const UpstreamChange = Type.Object(
  {
    behaviour: Type.Optional(ABehaviour),
    credit: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
    speed: Type.Optional(
      Type.Partial(Type.Object({ runMs: waitMs, slowMs: waitMs, visibleMs: waitMs }), { additionalProperties: false }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)
const NextTasks = Type.Object(
  { behaviour: ABehaviour, times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })) },
  { additionalProperties: false },
)
const FaultChange = Type.Partial(
  Type.Object({
    status429: times,
    retryAfterS: Type.Integer({ minimum: 0, maximum: 3_600 }),
    serverError: times,
    answerLost: times,
    htmlAnswer: times,
    slowMs: waitMs,
    deliveryPaused: Type.Boolean(),
    paymentLost: times,
  }),
  { additionalProperties: false, minProperties: 1 },
)
