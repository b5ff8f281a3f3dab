import type { Telegram } from 'telegraf'
import type { Sql } from '../database/db.ts'
import type { Scrub } from '../log.ts'
import { webhookSet, webhookWant } from './webhook-state.ts'

/**
 * What we handle. Always sent whole: left out, the previous list would stay
 * (https://core.telegram.org/bots/api#setwebhook).
 */
export const allowedUpdates = [
  'message',
  'edited_message',
  'callback_query',
  'pre_checkout_query',
  'my_chat_member',
] as const

/** Where updates are to come to. */
export type Hook = { url: string; secret: string }

/** The address and the list as one text: machines of two builds see by it that they want different things. */
export const wantedBy = ({ url }: Hook): string => `${url} ${[...allowedUpdates].sort().join()}`

/**
 * Tells Telegram where to send updates, never dropping those that wait. Called at every start: the same arguments
 * change nothing there, and the secret is the one thing that cannot be read back and compared.
 */
export async function registerWebhook(telegram: Telegram, sql: Sql, hook: Hook): Promise<void> {
  // Said first: a machine of before, which would want its own back, learns of it before it looks.
  await webhookWant(sql, wantedBy(hook), plainAddress(hook.url))
  await setWebhook(telegram, sql, hook)
}

/** Sets it, and writes down that it stands. */
export async function setWebhook(telegram: Telegram, sql: Sql, hook: Hook): Promise<void> {
  const { url, secret } = hook
  await telegram.setWebhook(url, { secret_token: secret, allowed_updates: allowedUpdates, max_connections: 40 })
  await webhookSet(sql, wantedBy(hook), plainAddress(url))
}

/** What Telegram says of the webhook; it may repeat what others wrote, so its words come without secrets. Throws as calls do. */
export async function readWebhook(telegram: Telegram, scrub: Scrub) {
  const info = await telegram.getWebhookInfo()
  const kinds = info.allowed_updates ?? []
  return {
    url: info.url ?? '',
    shownUrl: info.url ? plainAddress(scrub(info.url)) : '',
    hasOurKinds: kinds.length === allowedUpdates.length && allowedUpdates.every(kind => kinds.includes(kind)),
    pending: info.pending_update_count,
    failedAt: info.last_error_date ? new Date(info.last_error_date * 1_000) : undefined,
    lastError: info.last_error_message === undefined ? undefined : scrub(info.last_error_message),
  }
}

const plainPath = /^(\/(api|bot|telegram|tg|hooks?|updates?|webhooks?|v\d))*\/?$/

/** An address that may be shown: its path only where it is of common words, since many put their token there. */
export function plainAddress(url: string): string {
  if (!URL.canParse(url)) return '…'
  const { protocol, host, pathname, search } = new URL(url)
  return `${protocol}//${host}${search === '' && plainPath.test(pathname) ? pathname : '/…'}`
}
