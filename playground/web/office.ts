import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { BotCall, TelegramStandIn } from '../telegram/server.ts'
import type { UpstreamStandIn } from '../upstream/server.ts'
import { type Books, shownRows } from './books.ts'
import { callsOf } from './calls.ts'
import { Refusal } from './refusal.ts'

type OfficeOptions = { telegram: TelegramStandIn; upstream: UpstreamStandIn; books: Books }

/** The service's tables, and its calls to both stand-ins; lists begin with the newest. */
export const backOffice: FastifyPluginAsyncTypebox<OfficeOptions> = async (server, { telegram, upstream, books }) => {
  server.get('/ledger', async () => await books.ledger())
  server.get('/generation-events', async () => await books.events())
  server.get('/orders', async () => await books.orders())
  server.get('/broken', async () => await books.broken())
  server.get('/orders/:userId/:id', { schema: { params: OrderParams } }, async ({ params }) => {
    const parts = await books.order(params.userId, params.id)
    if (parts.available && !parts.order) {
      throw new Refusal(404, 'no_order', { ru: `Заказа ${params.id} нет`, en: `There is no order ${params.id}` })
    }
    const task = upstream.tasks.find(({ taskId }) => taskId === parts.order?.task_id)
    return { ...parts, task: task ? brief(task) : null }
  })
  server.get('/tasks', async () => ({
    rows: upstream.tasks.slice(-shownRows).reverse().map(brief),
    refusals: upstream.refusals.slice(-50).reverse().map(brief),
  }))
  server.get('/calls', { schema: { querystring: CallFilter } }, async ({ query }) => {
    const { calls, methods } = callsOf(telegram, query)
    return { rows: calls.slice(-shownRows).reverse().map(briefCall), methods }
  })
  server.get('/updates', async () => ({ rows: telegram.updates.slice(-shownRows).reverse().map(brief) }))
}

const OrderParams = Type.Object({
  userId: Type.String({ pattern: '^[0-9]{1,15}$' }),
  id: Type.String({ minLength: 1, maxLength: 100 }),
})

const CallFilter = Type.Object({
  userId: Type.Optional(Type.String({ pattern: '^-?[0-9]{1,15}$' })),
  method: Type.Optional(Type.String({ pattern: '^[A-Za-z]{1,64}$' })),
})

const briefCall = (call: BotCall) => ({ ...call, fields: brief(call.fields) })

/** The same value with long texts cut: a list of 200 is read again on each change. */
function brief<T>(value: T): T {
  const text = JSON.stringify(value, (_key, part) =>
    typeof part === 'string' && part.length > 600 ? `${part.slice(0, 600)}… (${part.length})` : part,
  )
  return JSON.parse(text)
}
