import type { BotCall, TelegramStandIn } from '../telegram/server.ts'

type Filter = { userId?: string; method?: string }
type Query = { id: string; from: { id: number } }

/** The bot's calls, oldest first: those about one person or of one method if asked, and the methods of all. */
export function callsOf({ calls, updates }: TelegramStandIn, { userId, method }: Filter) {
  const askers = new Map<unknown, number>()
  for (const { update } of updates) {
    const { callback_query, pre_checkout_query } = update as Record<string, Query | undefined>
    const query = callback_query ?? pre_checkout_query
    if (query) askers.set(query.id, query.from.id)
  }
  // An answer to a press or a checkout names only what it answers.
  const personOf = ({ fields }: BotCall) =>
    fields.chat_id ?? fields.user_id ?? askers.get(fields.callback_query_id ?? fields.pre_checkout_query_id)
  return {
    calls: calls
      .map(call => ({ ...call, userId: personOf(call) }))
      .filter(call => userId === undefined || String(call.userId) === userId)
      .filter(call => method === undefined || call.method === method),
    methods: [...new Set(calls.map(call => call.method))].sort(),
  }
}
