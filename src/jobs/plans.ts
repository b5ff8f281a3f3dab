import { type Sql, untilAnswered } from '../database/db.ts'
import type { Log } from '../log.ts'
import { planStopped, plansToStop } from '../payments/plans.ts'
import type { Telegram } from '../telegram/api.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { renewStars } from '../telegram/payments.ts'

type Options = { sql: Sql; telegram: Telegram; log: Log }

/**
 * Asks Telegram to renew no longer what nobody wants renewed: of one person, or of all. What Telegram does not
 * know is over; any other failure is tried again by the next call. Returns how many are stopped.
 */
export async function stopPlans({ sql, telegram, log }: Options, userId: number | null = null): Promise<number> {
  let stopped = 0
  for (const { userId: payer, id, chargeId } of await plansToStop(sql, userId)) {
    try {
      await renewStars(telegram, payer, chargeId, false)
    } catch (error) {
      const facts = { err: error, userId: payer, orderId: id }
      if (!(error instanceof TelegramRefused) || error.code !== 'bad_request') {
        log.warn(facts, 'the renewals of a plan could not be stopped yet')
        continue
      }
      log.warn(facts, 'Telegram has no such renewals to stop')
    }
    await untilAnswered(() => planStopped(sql, payer, id, true))
    stopped += 1
  }
  return stopped
}
