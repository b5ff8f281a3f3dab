import { type AnyCall, callAny, type Telegram, telegramOver } from './api.ts'
import { TelegramRefused } from './refused.ts'

/**
 * What a Bot API server may not know yet, oldest first: buttons that copy (7.11), times in the reader's own zone (9.5),
 * rich messages (10.1). Unknown fields are ignored; these are refused, or would lose the text.
 */
const features = ['copy', 'time', 'rich'] as const
export type Feature = (typeof features)[number]

// A server that was updated is used to the full soon. Until then each retry costs one refused call.
const rememberMs = 600_000

/** By the address of the server: how many features it has, and until when that is believed. */
const servers = new Map<string, { has: number; until: number }>()

/** Returns whether the server refused this feature, or an older one, within the last ten minutes. */
export function lacks({ apiRoot }: Pick<Telegram, 'apiRoot'>, feature: Feature, now = Date.now()): boolean {
  const server = servers.get(apiRoot)
  return server !== undefined && now < server.until && features.indexOf(feature) >= server.has
}

/** Remembers for ten minutes that the server does not know a feature, nor those that came after it. */
export function noteLack({ apiRoot }: Pick<Telegram, 'apiRoot'>, feature: Feature, now = Date.now()): void {
  const server = servers.get(apiRoot)
  const known = server && now < server.until ? server.has : features.length
  servers.set(apiRoot, { has: Math.min(known, features.indexOf(feature)), until: now + rememberMs })
}

/**
 * Returns a client that sends in plain form what the server refuses in today's: without buttons that copy, with times as
 * text, without an effect. It remembers what an old server lacks and leaves it out from then on. `told` is called when a
 * server turns out to be old.
 */
export function plainerWhereRefused(telegram: Telegram, told: (feature: Feature) => void): Telegram {
  const call: AnyCall = async (method, payload, options) => {
    let sent: Payload = lacks(telegram, 'time') ? withoutTimes(payload) : { ...payload }
    if (lacks(telegram, 'copy')) sent = withoutCopies(sent)
    for (;;) {
      try {
        return await callAny(telegram, method, sent, options)
      } catch (error) {
        const plainer = plainerAfter(telegram, error, sent, told)
        if (!plainer) throw error
        sent = plainer
      }
    }
  }
  return telegramOver(telegram, call)
}

type Payload = Record<string, unknown>

/** Returns what to send instead; undefined if the refusal was about something else. It always lacks something of `sent`. */
function plainerAfter(
  telegram: Telegram,
  error: unknown,
  sent: Payload,
  told: (feature: Feature) => void,
): Payload | undefined {
  if (!(error instanceof TelegramRefused)) return undefined
  const { message } = error
  if (/effect/i.test(message) && sent.message_effect_id !== undefined) return without(sent, 'message_effect_id')
  if (/text buttons are unallowed/i.test(message) && hasCopies(sent)) {
    note(telegram, 'copy', told)
    return withoutTimes(withoutCopies(sent))
  }
  if (/COPY_TEXT/.test(message) && hasCopies(sent)) return withoutCopies(sent)
  if (/unsupported start tag "?tg-time/i.test(message) && hasTimes(sent)) {
    note(telegram, 'time', told)
    return withoutTimes(sent)
  }
  return undefined
}

function note(telegram: Telegram, feature: Feature, told: (feature: Feature) => void): void {
  if (!lacks(telegram, feature)) told(feature)
  noteLack(telegram, feature)
}

const without = (payload: Payload, name: string): Payload =>
  Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name))

const timeTag = /<\/?tg-time(?: [^<>]{1,60})?>/g
const worded = ['text', 'caption'] as const
const hasTimes = (payload: Payload) =>
  worded.some(name => typeof payload[name] === 'string' && payload[name].includes('<tg-time'))

function withoutTimes(payload: object): Payload {
  const plain: Payload = { ...payload }
  if (plain.parse_mode !== 'HTML') return plain
  for (const name of worded) {
    const text = plain[name]
    if (typeof text === 'string') plain[name] = text.replace(timeTag, '')
  }
  return plain
}

type Rows = object[][]

const rowsOf = ({ reply_markup: markup }: Payload): Rows | undefined =>
  typeof markup === 'object' && markup !== null && 'inline_keyboard' in markup
    ? (markup.inline_keyboard as Rows)
    : undefined

const hasCopies = (payload: Payload) => rowsOf(payload)?.some(row => row.some(isCopy)) === true
const isCopy = (button: object) => 'copy_text' in button

function withoutCopies(payload: Payload): Payload {
  const rows = rowsOf(payload)
  if (!rows || !hasCopies(payload)) return payload
  const left = rows.map(row => row.filter(one => !isCopy(one))).filter(row => row.length > 0)
  // An edit without the parameter removes the old buttons, as one with no rows would.
  return left.length === 0
    ? without(payload, 'reply_markup')
    : { ...payload, reply_markup: { ...(payload.reply_markup as object), inline_keyboard: left } }
}
