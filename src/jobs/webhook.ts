import { type Sql, untilAnswered } from '../database/db.ts'
import type { Log, Scrub } from '../log.ts'
import { recordAlarm } from '../operations/alarms.ts'
import type { Telegram } from '../telegram/api.ts'
import { type Hook, plainAddress, readWebhook, setWebhook, wantedBy } from '../telegram/webhook.ts'
import { type Found, type WebhookRow, webhookSee } from '../telegram/webhook-state.ts'
import { alarm } from './alarms.ts'

type Options = {
  sql: Sql
  telegram: Telegram
  adminIds: readonly number[]
  /** Undefined where updates are fetched. */
  hook: Hook | undefined
  scrub: Scrub
  log: Log
}

/**
 * Compares the webhook with the one that the last start set; on a difference sets it again and notifies the admins. A
 * foreign address is replaced once: when it returns, two deployments share one bot, and a person must decide. Idempotent.
 */
export async function watchWebhook(options: Options): Promise<void> {
  const { sql, telegram, hook, scrub, log } = options
  if (!hook) return
  const wanted = wantedBy(hook)
  const info = await readWebhook(telegram, scrub).catch(error => {
    log.warn({ err: error }, 'Telegram does not say what the webhook is')
    return undefined
  })
  const [url, pending, failedAt] = [info?.shownUrl ?? '', info?.pending ?? 0, info?.failedAt ?? null]
  const found = info ? compare(info, hook) : 'unknown'
  const failedS = failedAt && (Date.now() - failedAt.getTime()) / 1_000
  if (info) await alarm(options, 'webhook_fails', pending > maxPending || isFailing(pending, failedS))
  const [row] = await untilAnswered(() => webhookSee(sql, { wanted, found, url, pending, failedAt }))
  // Unknown, or another build of ours has set a different webhook since.
  if (!row) return
  if (found !== 'ok') log.error({ found, url, state: row.state }, 'the webhook is not as it was set')
  const failed = row.maySet ? await setWebhook(telegram, sql, hook).catch(error => error as Error) : undefined
  if (failed) log.error({ err: failed }, 'the webhook could not be set again, to be tried in a minute')
  const isFought = row.state === 'fought'
  await alarm(options, 'webhook_fought', isFought, t => t.admin.webhookFought(plainAddress(hook.url), url))
  // A fight replaces the alarm of a loss: clear that without a message that it is over.
  if (isFought) await untilAnswered(() => recordAlarm(sql, 'webhook_lost', false))
  else
    await alarm(options, 'webhook_lost', found !== 'ok', t => t.admin.webhookLost(row.state, url, failed === undefined))
}

function compare({ url, hasOurKinds }: Awaited<ReturnType<typeof readWebhook>>, hook: Hook): Found {
  if (url === hook.url) return hasOurKinds ? 'ok' : 'differs'
  return url === '' ? 'gone' : 'taken'
}

// With more updates waiting, people notice.
const maxPending = 500
// How long a failed delivery that Telegram reports counts as current.
const freshS = 600
const isFailing = (pending: number, failedS: number | null) => failedS !== null && failedS < freshS && pending > 0

/** Returns the readiness of the webhook, from the stored row: a readiness check must not call Telegram. */
export function webhookCheck(row: WebhookRow | undefined, hook: Hook): { ok: boolean; detail?: string } {
  if (!row) return { ok: false, detail: 'not registered' }
  const { state, url, foreignUrl, pending, failedS, unknownS, wanted } = row
  if (wanted !== wantedBy(hook)) return { ok: true, detail: `a later start has set ${url}` }
  if (state === 'fought')
    return {
      ok: false,
      detail: `${foreignUrl} came back in the place of ${plainAddress(hook.url)}: two deployments have one bot`,
    }
  if (state === 'taken') return { ok: false, detail: `${foreignUrl} stands in the place of ${plainAddress(hook.url)}` }
  if (state === 'gone') return { ok: false, detail: 'Telegram has no address of ours' }
  if (state === 'differs') return { ok: false, detail: 'Telegram does not send every kind of update' }
  if (unknownS !== null) return { ok: true, detail: `unknown for ${Math.round(unknownS)} s: Telegram does not answer` }
  if (isFailing(pending, failedS))
    return {
      ok: true,
      detail: `updates that wait at Telegram: ${pending}; its last delivery failed ${Math.round(failedS ?? 0)} s ago`,
    }
  return { ok: true }
}
