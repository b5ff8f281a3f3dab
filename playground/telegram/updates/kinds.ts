const DAY_MS = 24 * 60 * 60_000

/** The queue of each kind of update and how long it is kept: docs/providers/telegram.md, "Delivery of updates". */
const RULES: Record<string, { of: 'chat' | 'from' | 'user'; class: number; lifeMs: number }> = {
  message: { of: 'chat', class: 0, lifeMs: DAY_MS },
  edited_message: { of: 'chat', class: 0, lifeMs: DAY_MS },
  channel_post: { of: 'chat', class: 0, lifeMs: DAY_MS },
  edited_channel_post: { of: 'chat', class: 0, lifeMs: DAY_MS },
  inline_query: { of: 'from', class: 1, lifeMs: 30_000 },
  chosen_inline_result: { of: 'from', class: 2, lifeMs: 600_000 },
  callback_query: { of: 'from', class: 3, lifeMs: 150_000 },
  pre_checkout_query: { of: 'from', class: 4, lifeMs: 150_000 },
  shipping_query: { of: 'from', class: 4, lifeMs: 150_000 },
  my_chat_member: { of: 'chat', class: 5, lifeMs: DAY_MS },
  chat_member: { of: 'from', class: 6, lifeMs: DAY_MS },
  chat_join_request: { of: 'from', class: 6, lifeMs: DAY_MS },
  business_message: { of: 'chat', class: 8, lifeMs: DAY_MS },
  edited_business_message: { of: 'chat', class: 8, lifeMs: DAY_MS },
  deleted_business_messages: { of: 'chat', class: 8, lifeMs: DAY_MS },
  business_connection: { of: 'user', class: 8, lifeMs: DAY_MS },
  guest_message: { of: 'chat', class: 9, lifeMs: DAY_MS },
  stopped_message_generation: { of: 'chat', class: 10, lifeMs: DAY_MS },
  message_reaction: { of: 'chat', class: 11, lifeMs: DAY_MS },
  message_reaction_count: { of: 'chat', class: 11, lifeMs: DAY_MS },
  purchased_paid_media: { of: 'from', class: 12, lifeMs: DAY_MS },
  poll: { of: 'from', class: 13, lifeMs: DAY_MS },
  poll_answer: { of: 'user', class: 13, lifeMs: DAY_MS },
  chat_boost: { of: 'chat', class: 14, lifeMs: DAY_MS },
  removed_chat_boost: { of: 'chat', class: 14, lifeMs: DAY_MS },
  managed_bot: { of: 'user', class: 15, lifeMs: DAY_MS },
  subscription: { of: 'user', class: 16, lifeMs: DAY_MS },
}
const OTHER = { of: 'from', class: 7, lifeMs: DAY_MS } as const

export const kindOf = (update: object) => Object.keys(update).find(key => key !== 'update_id') ?? 'unknown'

/** How long an update of this kind is kept, in ms. */
export const lifeMsOf = (update: object) => (RULES[kindOf(update)] ?? OTHER).lifeMs

/** The queue that an update waits in. */
export function keyOf(update: object): string {
  const kind = kindOf(update)
  const rule = RULES[kind] ?? OTHER
  const body: unknown = Object.entries(update).find(([key]) => key === kind)?.[1]
  const owner =
    body && typeof body === 'object' && rule.of in body ? (body as Record<string, unknown>)[rule.of] : undefined
  const id = owner && typeof owner === 'object' && 'id' in owner ? String(owner.id) : 'none'
  return `${rule.class}:${id}`
}
