import { type AnyCall, callAny, type Telegram, telegramOver } from './api.ts'

/**
 * What plays over a message in a private chat (`message_effect_id`, Bot API 7.4). The ids are those of Telegram's free
 * effects 🎉 and 🔥 (docs/providers/telegram.md, "Effects").
 */
export const effects = { firstResult: '5046509860389126442', topUp: '5104841245755180586' } as const
export type Effect = keyof typeof effects

/** Returns the effect as a parameter of a method that sends. Telegram refuses effects outside private chats. */
export const effectIn = (chatId: number, effect: Effect | undefined): { message_effect_id?: string } =>
  effect !== undefined && chatId > 0 ? { message_effect_id: effects[effect] } : {}

/** Returns a client that sends everything without effects. */
export const withoutEffects = (telegram: Telegram): Telegram =>
  telegramOver(telegram, ((method, payload, options) => {
    const { message_effect_id: _, ...rest } = payload as { message_effect_id?: string }
    return callAny(telegram, method, rest, options)
  }) satisfies AnyCall)
