/** Seconds that fit into 32 bits, as Telegram keeps them. */
export const isUnixTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31

/** https://core.telegram.org/bots/api#date-time-entity-formatting */
export const isTimeFormat = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:r|w?[dD]?[tT]?)$/.test(value)
