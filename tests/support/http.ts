import { addressBy, createStrangers } from '../../src/http/strangers.ts'

/** For servers that are asked more than any stranger would: within bounds, and wide ones. */
export const strangers = createStrangers(addressBy(undefined), {
  perAddress: { everyMs: 0.001, burst: 1_000_000 },
  ofAll: { everyMs: 0.001, burst: 1_000_000 },
})
