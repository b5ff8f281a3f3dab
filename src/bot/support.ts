import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { lines } from '../i18n/format.ts'
import { stringsFor } from '../i18n/strings.ts'
import { shortId } from '../id.ts'
import { type HistoryLine, history } from '../payments/generations.ts'
import { clip } from '../telegram/html.ts'
import { button, type Screen, show } from '../telegram/screen.ts'
import { languageFor } from '../users/users.ts'
import { isAdmin } from './admin.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { moneyText } from './history.ts'
import { nameOf } from './messages.ts'
import { menuButton } from './models.ts'
import { to } from './routes.ts'

/** S22: a question goes to every admin as a message, and an admin's reply to that message comes back as the answer. */
export function support(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('paysupport', async ctx => {
    const question = ctx.payload.trim()
    if (question === '') return ctx.show(await askScreen(deps, ctx))
    const isHeard = await passOn(deps, ctx, question)
    return ctx.show({ text: isHeard ? ctx.t.support.sent : ctx.t.support.nobody, buttons: [[menuButton(ctx)]] })
  })
  bot.on(message('text'), async (ctx, next) => {
    const { reply_to_message: question } = ctx.message
    const isReply = question?.from?.id === ctx.botInfo.id && isAdmin(ctx, deps.adminIds)
    const asker = isReply && 'text' in question ? askerOf(question.text) : undefined
    if (asker === undefined || ctx.text.startsWith('/')) return next()
    const isSent = await answer(deps, ctx, asker, ctx.text)
    return ctx.show({ text: isSent ? ctx.t.support.answered : ctx.t.support.notAnswered, buttons: [[menuButton(ctx)]] })
  })
  return bot
}

// With the words around it a question stays one message, which an admin can reply to.
const mostOfQuestion = 3_000

const runsOf = ({ sql }: BotDeps, ctx: BotContext, most: number) => history(sql, ctx.user.id, 'all', null, most)

async function askScreen(deps: BotDeps, ctx: BotContext): Promise<Screen> {
  const { t, language } = ctx
  const runs = await runsOf(deps, ctx, 3)
  const row = (run: HistoryLine) => {
    const name = nameOf(deps.catalogue, run.modelId, language)
    return [button(t.support.run(shortId(run.id), name, moneyText(ctx, run)), to.generation(run.id, 'why'))]
  }
  return {
    text: t.support.ask(runs[0] ? shortId(runs[0].id) : '7k2m'),
    buttons: [
      ...runs.map(row),
      [button(t.historyButton, to.history('a', '0')), button(t.operationsButton, to.operations(0))],
      [menuButton(ctx)],
    ],
  }
}

/** Whether anybody was reached. The run is told in full: a № alone is four characters of its id. */
async function passOn(deps: BotDeps, ctx: BotContext, question: string): Promise<boolean> {
  const { sql, catalogue, adminIds, log } = deps
  const { id, first_name, username } = ctx.from!
  const short = /(?:№|No)\s*([a-z2-7]{4})(?![a-z\d])/i.exec(question)?.[1]?.toLowerCase()
  const run = (short === undefined ? [] : await runsOf(deps, ctx, 100)).find(one => shortId(one.id) === short)
  let isHeard = false
  for (const adminId of adminIds) {
    try {
      const language = await languageFor(sql, adminId)
      const t = stringsFor(language)
      const text = lines(
        t.support.question(id, username ? `@${username}` : first_name, clip(question, mostOfQuestion)),
        run && t.support.about(run.id, nameOf(catalogue, run.modelId, language), moneyText({ t }, run)),
        t.support.howToAnswer,
      )
      await show(ctx.telegram, { chatId: adminId }, { text, buttons: [] })
      isHeard = true
    } catch (error) {
      log.error({ err: error, adminId, userId: id }, 'a question did not reach an admin')
    }
  }
  return isHeard
}

/** The id at the beginning of our own words; what a person wrote comes after it. */
function askerOf(question: string): number | undefined {
  const id = /^(?:Вопрос от|Question from) (\d{1,16}) /.exec(question)?.[1]
  return id === undefined ? undefined : Number(id)
}

async function answer({ sql, log }: BotDeps, ctx: BotContext, userId: number, text: string): Promise<boolean> {
  try {
    const t = stringsFor(await languageFor(sql, userId))
    const screen = { text: t.support.answer(text), buttons: [[menuButton({ t })]] }
    await show(ctx.telegram, { chatId: userId }, screen)
    return true
  } catch (error) {
    log.error({ err: error, userId }, 'an answer did not reach the person')
    return false
  }
}
