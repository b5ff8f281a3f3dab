import type { Sql } from '../database/db.ts'
import type { Scrub } from '../log.ts'
import type { Telegram, UpdateKind } from './api.ts'
import { webhookSet, webhookWant } from './webhook-state.ts'

/**
 * The kinds of updates that we handle. Always send the whole list: without it, Telegram keeps the previous one
 * (https://core.telegram.org/bots/api#setwebhook).
 */
export const allowedUpdates = [
  'message',
  'edited_message',
  'callback_query',
  'pre_checkout_query',
  'my_chat_member',
  'guest_message',
  'inline_query',
  'chosen_inline_result',
  'message_reaction',
  'subscription',
] as const satisfies UpdateKind[]

/** Of these, what came after Bot API 7.1: an older server passes over them. */
const newerUpdates = new Set<UpdateKind>(['guest_message', 'subscription'])

/** The address for updates, and the secret that Telegram sends with them. */
export type Hook = { url: string; secret: string }

/** The address and the list as one text. Machines of two builds compare it to see that they want different things. */
export const wantedBy = ({ url }: Hook): string => `${url} ${[...allowedUpdates].sort().join()}`

/**
 * Registers the webhook with Telegram and keeps pending updates. Called at every start: repeating it changes nothing,
 * and the secret is the one value that cannot be read back and compared.
 */
export async function registerWebhook(telegram: Telegram, sql: Sql, hook: Hook): Promise<void> {
  // Write first: a machine of an older build reads it before its next check and does not set its own address.
  await webhookWant(sql, wantedBy(hook), plainAddress(hook.url))
  await setWebhook(telegram, sql, hook)
}

/** Sets the webhook and stores that it is set. */
export async function setWebhook(telegram: Telegram, sql: Sql, hook: Hook): Promise<void> {
  const { url, secret } = hook
  await telegram.call('setWebhook', {
    url,
    secret_token: secret,
    allowed_updates: allowedUpdates,
    max_connections: 40,
  })
  await webhookSet(sql, wantedBy(hook), plainAddress(url))
}

/**
 * Reads the webhook's state from Telegram. Texts may repeat what others wrote, so secrets are removed. Throws as every
 * call does.
 */
export async function readWebhook(telegram: Telegram, scrub: Scrub) {
  const info = await telegram.call('getWebhookInfo', {})
  const kinds = info.allowed_updates ?? []
  return {
    url: info.url ?? '',
    shownUrl: info.url ? plainAddress(scrub(info.url)) : '',
    hasOurKinds:
      kinds.every(kind => allowedUpdates.some(one => one === kind)) &&
      allowedUpdates.every(kind => kinds.includes(kind) || newerUpdates.has(kind)),
    pending: info.pending_update_count,
    failedAt: info.last_error_date ? new Date(info.last_error_date * 1_000) : undefined,
    lastError: info.last_error_message === undefined ? undefined : scrub(info.last_error_message),
  }
}

const plainPath = /^(\/(api|bot|telegram|tg|hooks?|updates?|webhooks?|v\d))*\/?$/

/**
 * Returns an address that is safe to show. The path is kept only if it consists of common words, since many people put
 * their token there.
 */
export function plainAddress(url: string): string {
  if (!URL.canParse(url)) return '…'
  const { protocol, host, pathname, search } = new URL(url)
  return `${protocol}//${host}${search === '' && plainPath.test(pathname) ? pathname : '/…'}`
}
