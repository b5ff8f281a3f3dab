import { Type } from '@sinclair/typebox'
import { pause } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Telegram } from './api.ts'
import { callChecked } from './client.ts'
import { allowedUpdates } from './webhook.ts'

const Updates = Type.Array(Type.Object({ update_id: Type.Integer() }, { additionalProperties: true }))

type Options = {
  telegram: Telegram
  /** Stores the update before it resolves. After the next call, Telegram forgets the update. */
  receive(body: string): Promise<void>
  log: Log
  signal: AbortSignal
}

/**
 * Fetches updates if there is no public address for a webhook. A token can have only one consumer: this throws if a
 * webhook is set, so that it never takes updates from a running service. Resolves when `signal` ends it.
 */
export async function pollUpdates({ telegram, receive, log, signal }: Options): Promise<void> {
  const { url } = await telegram.call('getWebhookInfo', {})
  if (url) throw new Error('this bot has a webhook: set PUBLIC_URL to use it, or remove it with deleteWebhook')
  log.info('long polling')
  let offset = 0
  while (!signal.aborted) {
    try {
      const ask = { offset, timeout: 25, limit: 100, allowed_updates: allowedUpdates }
      const updates = await callChecked(telegram, 'getUpdates', ask, Updates, signal)
      for (const update of updates) {
        await receive(JSON.stringify(update))
        offset = update.update_id + 1
      }
    } catch (error) {
      if (signal.aborted) return
      log.warn({ err: error }, 'updates could not be fetched or stored, to be tried again')
      await pause(2_000, signal)
    }
  }
}
