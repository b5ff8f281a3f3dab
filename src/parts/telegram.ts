import type { UserFromGetMe } from 'telegraf/types'
import type { Sql } from '../database/db.ts'
import { ownerBot } from '../jobs/reconcile.ts'
import type { Log } from '../log.ts'
import { createTelegram } from '../telegram/client.ts'
import { createRateLimiter } from '../telegram/rate-limiter.ts'
import { type ObserveCall, observedTelegram } from '../telegram/telegraf-client.ts'
import type { Hook } from '../telegram/webhook.ts'
import type { Part, Settings } from './part.ts'
import { untilDone } from './until-done.ts'

type Options = { config: Settings; sql: Sql; observe: ObserveCall; log: Log }

/** The client of Telegram. The start learns which bot the token is of, and that the database belongs to it. */
export function openTelegram({ config, sql, observe, log }: Options) {
  const { botToken: token, telegramApiRoot: apiRoot } = config
  const client = observedTelegram(createTelegram({ token, apiRoot, rateLimiter: createRateLimiter(sql), log }), observe)
  let me: UserFromGetMe | undefined
  return {
    client,
    /** Undefined before the start has found it out. */
    me: () => me,
    /** Where updates are to come to; undefined where they are fetched. */
    hook: hookOf(config),

    async start(signal) {
      const bot = await untilDone('getMe', () => client.getMe(), log, signal)
      if (!bot) return
      const owner = await untilDone('the owner of the database', () => ownerBot(sql, bot.id), log, signal)
      if (owner === undefined) return
      // The token or the database of another environment would mix the people and the money of two bots.
      if (owner !== bot.id)
        throw new Error(`the database is of the bot ${owner}, TELEGRAM_BOT_TOKEN of the bot ${bot.id}`)
      me = bot
    },
  } satisfies Part
}

export type TelegramPart = ReturnType<typeof openTelegram>

function hookOf({ publicUrl, webhookSecrets: [secret] }: Settings): Hook | undefined {
  return publicUrl && secret ? { url: `${publicUrl}/webhook`, secret } : undefined
}
