import type { Sql } from '../database/db.ts'
import type { Log } from '../log.ts'
import { pollUpdates } from '../telegram/polling.ts'
import { registerWebhook } from '../telegram/webhook.ts'
import { untilDone } from '../until-done.ts'
import type { Inbox } from './inbox.ts'
import type { Part, Settings } from './part.ts'
import type { TelegramPart } from './telegram.ts'

type Options = { config: Settings; sql: Sql; telegram: TelegramPart; inbox: Inbox; log: Log }

/** The source of updates: the webhook, or long polling without a public address. */
export function openUpdates({ config, sql, telegram, inbox, log }: Options) {
  const { client, hook } = telegram
  let isWebhookSet = false
  let polling: Promise<unknown> | undefined
  return {
    isWebhookSet: () => isWebhookSet,
    async start(signal) {
      if (!config.roles.web) return
      if (hook) {
        await untilDone('setWebhook', () => registerWebhook(client, sql, hook), log, signal)
        isWebhookSet = !signal.aborted
      } else if (!config.publicUrl) {
        const { receive } = inbox
        polling = untilDone('long polling', () => pollUpdates({ telegram: client, receive, log, signal }), log, signal)
      }
    },
    drain: async () => polling,
  } satisfies Part
}

export type Updates = ReturnType<typeof openUpdates>
