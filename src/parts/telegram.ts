import type { Sql } from '../database/db.ts'
import { ownerBot } from '../jobs/reconcile.ts'
import type { Log } from '../log.ts'
import { type BotInfo, type ObserveCall, observedTelegram } from '../telegram/api.ts'
import { createTelegram } from '../telegram/client.ts'
import { withoutEffects } from '../telegram/effects.ts'
import { createRateLimiter } from '../telegram/rate-limiter.ts'
import type { Hook } from '../telegram/webhook.ts'
import { untilDone } from '../until-done.ts'
import type { Part, Settings } from './part.ts'

type Options = { config: Settings; sql: Sql; observe: ObserveCall; log: Log }

/** The client of Telegram. The start calls getMe and checks that the database belongs to this bot. */
export function openTelegram({ config, sql, observe, log }: Options) {
  const { botToken: token, telegramApiRoot: apiRoot } = config
  const whole = createTelegram({ token, apiRoot, rateLimiter: createRateLimiter(sql), log })
  const client = observedTelegram(config.effects ? whole : withoutEffects(whole), observe)
  let me: BotInfo | undefined
  return {
    client,
    /** Returns the answer of getMe; undefined before the start. */
    me: () => me,
    /** The webhook; undefined with long polling. */
    hook: hookOf(config),

    async start(signal) {
      const bot = await untilDone('getMe', () => client.call('getMe', {}), log, signal)
      if (!bot) return
      const owner = await untilDone('the owner of the database', () => ownerBot(sql, bot.id), log, signal)
      if (owner === undefined) return
      // The token or the database of another environment would mix the users and the money of two bots.
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
