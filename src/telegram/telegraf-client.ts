import { type Context, type Telegraf, Telegram as TelegrafClient } from 'telegraf'
import { callAny, type Telegram } from './api.ts'

/** Telegraf's client, with each call made by ours: it would bypass the rate limiter, the deadline and the repeats. */
class ClientOfTelegraf extends TelegrafClient {
  readonly #telegram: Telegram

  constructor(telegram: Telegram) {
    super(telegram.token, { apiRoot: telegram.apiRoot, webhookReply: false })
    this.#telegram = telegram
  }

  // Telegraf's methods declare their result types themselves. `never` fits each of them.
  override callApi(method: string, payload: object, options?: object): Promise<never> {
    return callAny(this.#telegram, method, payload, options) as Promise<never>
  }
}

/**
 * Makes a bot use `telegram` for all calls. Telegraf builds a new client for the context of each update; `bot.context` is
 * copied over the context afterwards and replaces it.
 */
export function useTelegram<C extends Context>(bot: Telegraf<C>, telegram: Telegram): void {
  const client = new ClientOfTelegraf(telegram)
  bot.telegram = client
  Object.assign(bot.context, { telegram: client, api: telegram })
}
