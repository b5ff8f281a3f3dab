import { Context, type Middleware, Telegraf } from 'telegraf'
import { Refused, Unknown } from '../errors.ts'
import { stringsFor } from '../i18n/strings.ts'
import { newId, shortId } from '../id.ts'
import type { BotInfo, Telegram } from '../telegram/api.ts'
import { html } from '../telegram/html.ts'
import { readable } from '../telegram/readable.ts'
import { button } from '../telegram/screen.ts'
import { useTelegram } from '../telegram/telegraf-client.ts'
import { inTopic, type Topic, threadOf } from '../telegram/topics.ts'
import { languageFor, languageOf, markUnreachable, openUser } from '../users/users.ts'
import { admin } from './admin/admin.ts'
import { card } from './browse/card.ts'
import { examples } from './browse/examples.ts'
import { models } from './browse/lists.ts'
import type { Answered, BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { readDraft } from './drafts.ts'
import { NeedsFile } from './files/intake.ts'
import { groups } from './groups/groups.ts'
import { groupsInPrivate } from './groups/in-private.ts'
import { edited } from './home/edited.ts'
import { forgetting } from './home/forget.ts'
import { help } from './home/help.ts'
import { language } from './home/language.ts'
import { replies } from './home/replies.ts'
import { sharing } from './home/sharing.ts'
import { start } from './home/start.ts'
import { welcomeBack } from './home/welcome-back.ts'
import { balance } from './money/balance.ts'
import { gifts } from './money/gifts.ts'
import { payments } from './money/incoming.ts'
import { plans, planUpdates } from './money/plans.ts'
import { topUps } from './money/top-up.ts'
import { transfers } from './money/transfer.ts'
import { lateResults } from './order/late-presses.ts'
import { ordering } from './order/ordering.ts'
import { to } from './routes.ts'
import { gallery } from './runs/gallery.ts'
import { history } from './runs/history.ts'
import { answerer, introduce, pressed, show } from './show.ts'
import { unhurried } from './throttle.ts'

export type Bot = {
  /**
   * Handles one update. `attempt` counts the calls for it. Throws Unknown when a later call may succeed; the last attempt
   * reports the failure to the person. A bug of ours is logged and reported, but not thrown: the update would fail again.
   * Throws NeedsFile for a file that must be fetched first.
   */
  handle(update: object, attempt?: number): Promise<void>
}

type Options = { telegram: Telegram; botInfo: BotInfo; deps: BotDeps }
type Update = Parameters<Telegraf['handleUpdate']>[0]

// After this an answer to the press has no value.
const handlerTimeoutMs = 28_000
// The inbox parks an update after this many failures.
const lastAttempt = 5

export function createBot({ telegram, botInfo, deps }: Options): Bot {
  const bot = new Telegraf<BotContext>(telegram.token, { handlerTimeout: handlerTimeoutMs })
  bot.botInfo = botInfo // otherwise the first update calls getMe, and caches a failure for ever
  useTelegram(bot, telegram)
  bot.catch(error => {
    throw error
  })

  bot.use((ctx, next) => {
    ctx.api = inTopic(telegram, topicOf(ctx))
    return next()
  })
  bot.use(sharing(deps))
  bot.use(planUpdates(deps))
  bot.use(groups(deps))
  bot.use(introduction(deps))
  bot.use(edited(deps))
  bot.use(unhurried(deps))
  bot.use(welcomeBack(deps))
  for (const feature of features(deps)) bot.use(feature)

  return {
    async handle(update, attempt = 1) {
      try {
        await bot.handleUpdate(readable(update) as Update)
      } catch (error) {
        if (error instanceof NeedsFile) throw error // no failure: the update is handled again with the file
        const failed = new Context(update as Update, bot.telegram, botInfo)
        const ctx = Object.assign(failed, { api: inTopic(telegram, topicOf(failed)) })
        // Reporting the failure may fail too: log that. Rethrow what is worth a retry.
        await fail(ctx, { error, attempt, log: deps.log, sql: deps.sql }).catch(again => {
          if (again instanceof Unknown || again === error) throw again
          deps.log.error({ err: again, updateId: ctx.update.update_id }, 'a failed update could not be told')
        })
      }
    },
  }
}

/** The features, in order: the first that handles an update ends the chain. */
const features = (deps: BotDeps): Middleware<BotContext>[] => [
  groupsInPrivate(deps),
  start(deps),
  gallery(deps),
  models(deps),
  card(deps),
  examples(deps),
  balance(deps),
  plans(deps),
  topUps(deps),
  payments(deps),
  gifts(deps),
  forgetting(deps),
  transfers(deps),
  history(deps),
  language(deps),
  help(deps),
  admin(deps),
  lateResults(deps),
  ordering(deps),
  replies(deps),
]

/** The invitation of a deep link: `r_CODE` by the person's link, `s_CODE` or `s_CODE_MODEL` by a result that was shared. */
function inviterIn(text = ''): string | null {
  const [, kind, code] = /^\/start ([rs])_([a-z2-7]{12})(?:_[a-z0-9-]*)?$/.exec(text) ?? []
  return code === undefined ? null : `${kind === 's' ? 'share:' : ''}${code}`
}

/** Opens the user behind a private update and fills the context of the handlers. Stops updates of banned users. */
function introduction({ sql, startBonusKop, log }: BotDeps) {
  return async (ctx: BotContext, next: () => Promise<void>): Promise<void> => {
    const { from } = ctx
    if (!from || from.is_bot || !(ctx.message || ctx.callbackQuery || ctx.editedMessage)) return
    const person = {
      id: from.id,
      firstName: from.first_name,
      username: from.username ?? null,
      clientLanguage: from.language_code ?? null,
      refCode: inviterIn(ctx.text),
    }
    const user = await openUser(sql, person, startBonusKop)
    introduce(ctx, user, log)
    if (user.isBanned && !mayBanned(ctx) && !(await isAsking(sql, ctx))) {
      if (ctx.callbackQuery) await ctx.answer(ctx.t.banned, { alert: true })
      else await ctx.show({ text: html`${ctx.t.banned}`, buttons: [] }, 'new')
      return
    }
    await next()
    await ctx.answer()
  }
}

/** Questions about money, and what Telegram says of a payment: that has happened already. */
const mayBanned = (ctx: BotContext) =>
  /^\/paysupport\b/.test(ctx.text ?? '') ||
  (ctx.message !== undefined && ('successful_payment' in ctx.message || 'refunded_payment' in ctx.message))

/** The question that /paysupport asked for. */
const isAsking = async (sql: BotDeps['sql'], ctx: BotContext) =>
  ctx.message !== undefined &&
  ctx.text !== undefined &&
  !ctx.text.startsWith('/') &&
  (await readDraft(sql, ctx.user.id))?.kind === 'question'

const topicOf = ({ chat, update }: Context): Topic => ({ chatId: chat?.id ?? 0, threadId: threadOf(update) })

type Failure = { error: unknown; attempt: number; log: BotDeps['log']; sql: BotDeps['sql'] }

/** Handles a failed handler: throws what is worth a retry, otherwise apologises with a code. */
async function fail(ctx: Answered, { error, attempt, log, sql }: Failure): Promise<void> {
  const userId = ctx.from?.id
  if (isRefused(error, 'blocked') || isRefused(error, 'chat_not_found')) {
    if (ctx.chat?.type === 'private') await markUnreachable(sql, ctx.chat.id)
    return
  }
  const mayPass = error instanceof Unknown || isRefused(error, 'rate_limited') || isTimeout(error)
  if (mayPass && attempt < lastAttempt) {
    throw error instanceof Unknown ? error : new Unknown('an update was not handled', { cause: error })
  }
  const code = shortId(newId())
  log.error({ err: error, updateId: ctx.update.update_id, userId, code }, 'an update failed, the person was told')
  if (userId === undefined || ctx.chat?.type !== 'private') return
  const client = ctx.from?.language_code ?? null
  const t = stringsFor(await languageFor(sql, userId).catch(() => languageOf(null, client)))
  const again = pressed(ctx) && ctx.callbackQuery && 'data' in ctx.callbackQuery ? ctx.callbackQuery.data : undefined
  const row = [...(again ? [button(t.againButton, again)] : []), button(t.menuButton, to.menu())]
  await answerer(ctx)()
  await show(ctx, { text: t.failed(code), buttons: [row] }, 'new')
  if (mayPass) throw error // the inbox parks it with the reason, for the operator
}

const isRefused = (error: unknown, code: string) => error instanceof Refused && error.code === code
const isTimeout = (error: unknown) => error instanceof Error && error.name === 'TimeoutError'
