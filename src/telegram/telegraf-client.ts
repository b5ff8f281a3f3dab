import { Telegram } from 'telegraf'

/** `isSpare`: the call is dropped where others would have to wait for it. */
export type CallOptions = { signal?: AbortSignal; userId?: number; isSpare?: boolean }
/** Calls a Bot API method. Resolves to its result, throws as `createTelegram` does. */
export type Call = (method: string, payload: object, options?: CallOptions) => Promise<unknown>
/** Wraps a call: runs `call` once and passes on its result or its error. */
export type ObserveCall = <Result>(method: string, call: () => Promise<Result>) => Promise<Result>

class TelegramOverCall extends Telegram {
  readonly #call: Call

  constructor(call: Call, token: string, apiRoot: string) {
    super(token, { apiRoot, webhookReply: false })
    this.#call = call
  }

  // Telegraf's methods declare their result types themselves. `never` fits each of them.
  override callApi(method: string, payload: object, options?: object): Promise<never> {
    return this.#call(method, payload, options) as Promise<never>
  }
}

type Of = { token: string; options: { apiRoot: string } }

/**
 * Returns a Telegraf client that sends every call through `call`. The token and the API root come from another client.
 */
export const telegramOver = (call: Call, { token, options }: Of): Telegram =>
  new TelegramOverCall(call, token, options.apiRoot)

/** Returns a new client that makes the calls of `telegram` through `observe`. `telegram` itself is unchanged. */
export const observedTelegram = (telegram: Telegram, observe: ObserveCall): Telegram =>
  telegramOver(
    (method, payload, options) => observe(method, () => callWith(telegram, method, payload, options)),
    telegram,
  )

/** Calls any method, also those that Telegraf 4.16 does not know, with options that its types lack. */
export function callWith(telegram: Telegram, method: string, payload: object, options: CallOptions = {}) {
  const callApi = telegram.callApi as unknown as Call
  return callApi.call(telegram, method, payload, options)
}
