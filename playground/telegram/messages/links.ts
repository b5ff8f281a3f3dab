import type { Entity } from './entity.ts'

/** A link that Telegram would not open becomes plain text, without an error. */
export function linkEntity(href: string): Partial<Entity> | undefined {
  const mention = /^tg:\/\/user\?id=(\d+)$/i.exec(href)
  if (mention) return { type: 'text_mention', userId: Number(mention[1]) }
  const url = httpUrl(href)
  return url ? { type: 'text_link', url } : undefined
}

/** The address as Telegram keeps it, or nothing: http, https, tg and ton only; a bare host becomes http. */
export function httpUrl(address: string): string | undefined {
  const trimmed = address.trim()
  if (/^(tg|ton):\/\/\S+$/i.test(trimmed)) return trimmed
  const full =
    /^[a-z][a-z0-9+.-]*:/i.test(trimmed) && !/^[^/:]+:\d+(\/|$)/.test(trimmed) ? trimmed : `http://${trimmed}`
  if (!/^https?:\/\//i.test(full) || /\s/.test(full)) return
  try {
    const { hostname } = new URL(full)
    return hostname.includes('.') ? full : undefined
  } catch {
    return
  }
}
