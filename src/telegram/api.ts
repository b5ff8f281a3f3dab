import type { Update as AnyUpdate, ApiMethods, UserFromGetMe } from '@grammyjs/types'

/** A file to upload, from a path or from bytes. A stream could not be sent again after a wait. */
export type InputFile = { source: string | Uint8Array; filename?: string }

type Methods = ApiMethods<InputFile>
export type Method = keyof Methods
export type Payload<M extends Method> =
  Parameters<Methods[M]> extends [] ? Record<string, never> : NonNullable<Parameters<Methods[M]>[0]>
export type Result<M extends Method> = ReturnType<Methods[M]>
export type Update = AnyUpdate
export type UpdateKind = Exclude<keyof Update, 'update_id'>
/** The answer of getMe. */
export type BotInfo = UserFromGetMe

/** `isSpare`: the call is dropped where others would have to wait for it. `userId`: the person who pressed. */
export type CallOptions = { signal?: AbortSignal; userId?: number; isSpare?: boolean }

/** A client of the Bot API, version 10.3. A method or a parameter that it does not have does not compile. */
export type Telegram = {
  readonly token: string
  /** Ends with a slash. */
  readonly apiRoot: string
  /**
   * Calls a method. Resolves to its result, unchecked. Throws TelegramRefused if Telegram refused the call, Unknown if
   * there was no readable answer.
   */
  call<M extends Method>(method: M, payload: Payload<M>, options?: CallOptions): Promise<Result<M>>
}

/** Any call, untyped: for what passes calls on. */
export type AnyCall = (method: string, payload: object, options?: CallOptions) => Promise<unknown>
/** Wraps a call: runs `call` once and passes on its result or its error. */
export type ObserveCall = <Result>(method: string, call: () => Promise<Result>) => Promise<Result>

/** Returns a client with the token and the API root of `of`, whose calls all go through `call`. */
export const telegramOver = ({ token, apiRoot }: Pick<Telegram, 'token' | 'apiRoot'>, call: AnyCall): Telegram => ({
  token,
  apiRoot,
  call: call as Telegram['call'],
})

/** Calls a method by a name that only the running program knows. */
export const callAny = ({ call }: Telegram, method: string, payload: object, options?: CallOptions): Promise<unknown> =>
  (call as AnyCall)(method, payload, options)

/** Returns a new client that makes the calls of `telegram` through `observe`. `telegram` itself is unchanged. */
export const observedTelegram = (telegram: Telegram, observe: ObserveCall): Telegram =>
  telegramOver(telegram, (method, payload, options) =>
    observe(method, () => callAny(telegram, method, payload, options)),
  )
