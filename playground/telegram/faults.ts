import type { Faults } from './stand-in.ts'

/** All faults off. `pump` is called when deliveries may go on. */
export function openFaults(pump: () => void): Faults {
  let isPaused = false
  return {
    status429: 0,
    retryAfterS: 1,
    serverError: 0,
    answerLost: 0,
    htmlAnswer: 0,
    albumRefused: 0,
    ephemeralLost: 0,
    slowMs: 0,
    paymentLost: 0,
    limits: true,
    get deliveryPaused() {
      return isPaused
    },
    set deliveryPaused(paused) {
      isPaused = paused
      pump()
    },
  }
}
