import { addressBy, createStrangers } from '../../src/http/strangers.ts'

export const addressOf = addressBy(undefined)
/** For servers that are asked more than any stranger would: within bounds, and wide ones. */
export const strangers = createStrangers(addressOf, {
  perAddress: { everyMs: 0.001, burst: 1_000_000 },
  ofAll: { everyMs: 0.001, burst: 1_000_000 },
})
