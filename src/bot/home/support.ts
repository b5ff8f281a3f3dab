import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { dateText, durationText, lines } from '../../i18n/format.ts'
import { type Strings, stringsFor } from '../../i18n/strings.ts'
import { newId, shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import { type Generation, type HistoryLine, history, readGeneration } from '../../payments/generations.ts'
import { lastPayments, paymentBySeq } from '../../payments/statement.ts'
import { takeTokens } from '../../rate-limiter.ts'
import { clip, type Html } from '../../telegram/html.ts'
import { button, type Screen, show } from '../../telegram/screen.ts'
import { languageFor } from '../../users/users.ts'
import { fits } from '../button-width.ts'
import { menuButton } from '../buttons.ts'
import { type BotContext, isAdmin } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { dropDraft, openDraft, readDraft } from '../drafts.ts'
import { chargeTail, modelName, shortModelName } from '../names.ts'
import { to } from '../routes.ts'
import { moneyText } from '../runs/history.ts'

/** Sends a question to every admin as a message. An admin's reply to that message goes back as the answer. */
export function support(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('paysupport', async ctx => {
    const question = ctx.payload.trim()
    if (question !== '') return passOn(deps, ctx, question, await runNamed(deps, ctx, question))
    await openDraft(deps.sql, ctx.user.id, { kind: 'question' })
    return ctx.show(await askScreen(deps, ctx))
  })
  bot.on(message('text'), async (ctx, next) => {
    const { reply_to_message: question } = ctx.message
    const isReply = question?.from?.id === ctx.botInfo.id && isAdmin(ctx, deps.adminIds)
    const asker = isReply && 'text' in question ? askerOf(question.text) : undefined
    if (ctx.text.startsWith('/')) return next()
    if (asker !== undefined) {
      const isSent = await answer(deps, ctx, asker, ctx.text)
      const text = isSent ? ctx.t.support.answered : ctx.t.support.notAnswered
      return ctx.show({ text, buttons: [[menuButton(ctx)]] })
    }
    const draft = await readDraft(deps.sql, ctx.user.id)
    if (draft?.kind !== 'question') return next()
    const about = draft.step === null ? runNamed(deps, ctx, ctx.text) : picked(deps, ctx, draft.step)
    await passOn(deps, ctx, ctx.text, await about)
    await dropDraft(deps.sql, ctx.user.id)
  })
  return bot
}

// With the words around it a question stays one message, which an admin can reply to.
const maxOfQuestion = 3_000

const maxOffered = 5

const runsOf = ({ sql }: BotDeps, ctx: BotContext, most: number) => history(sql, ctx.user.id, 'all', null, most)

/** The subject of a question, in the language of its reader. */
type About = ((t: Strings, language: Language) => Html) | undefined

const aboutRun =
  ({ catalogue }: BotDeps, run: HistoryLine | Generation): About =>
  (t, language) =>
    t.support.about(run.id, modelName(catalogue, run.modelId, language), moneyText({ t }, run))

/** The run that the question names: by its id, as a button copies it, or by the № that ends it. */
async function runNamed(deps: BotDeps, ctx: BotContext, question: string): Promise<About> {
  const id = /(?<![a-z\d])[a-z2-7]{12}(?![a-z\d])/.exec(question)?.[0]
  const named = id && (await readGeneration(deps.sql, { userId: ctx.user.id, id }))
  if (named) return aboutRun(deps, named)
  const short = /(?:№|No)\s*([a-z2-7]{4})(?![a-z\d])/i.exec(question)?.[1]?.toLowerCase()
  const run = (short === undefined ? [] : await runsOf(deps, ctx, 100)).find(one => shortId(one.id) === short)
  return run && aboutRun(deps, run)
}

/** The run or the payment that was picked before the question was written; the step of its draft names it. */
async function picked(deps: BotDeps, ctx: BotContext, step: string): Promise<About> {
  const [what, key = ''] = step.split(':')
  const userId = ctx.user.id
  if (what === 'run') {
    const run = await readGeneration(deps.sql, { userId, id: key })
    return run && aboutRun(deps, run)
  }
  const [payment] = await paymentBySeq(deps.sql, userId, Number(key))
  if (!payment) return undefined
  const { provider, chargeId, amountKop, receivedAt } = payment
  return (t, language) => t.payment.about(provider, chargeId, amountKop, dateText(receivedAt, language))
}

async function askScreen(deps: BotDeps, ctx: BotContext): Promise<Screen> {
  const { t, language } = ctx
  const [runs, payments] = await Promise.all([
    runsOf(deps, ctx, maxOffered),
    lastPayments(deps.sql, ctx.user.id, maxOffered),
  ])
  const row = (run: HistoryLine) => {
    const name = shortModelName(deps.catalogue, run.modelId, language)
    const rows = [name, undefined].map(shown => t.support.run(shortId(run.id), shown, moneyText(ctx, run)))
    const text = rows.find(row => fits(row)) ?? rows[1]!
    return [button(text, to.generation(run.id, 'why'))]
  }
  return {
    text: t.support.ask(runs[0] ? shortId(runs[0].id) : '7k2m'),
    buttons: [
      ...runs.map(row),
      ...payments.map(payment => {
        const date = dateText(payment.receivedAt, language)
        const facts = { date, amountKop: payment.amountKop, chargeTail: chargeTail(payment) }
        return [button(t.payment.row(facts), to.payment(payment.seq))]
      }),
      [button(t.historyButton, to.history('all', '0')), button(t.operationsButton, to.operations(0))],
      [menuButton(ctx)],
    ],
  }
}

// Three at once and then one an hour reach the admins of one person; of all, 30 at once and then one in half a minute.
const ofPerson = { everyUs: 3_600_000_000, burst: 3 }
const ofAll = { everyUs: 30_000_000, burst: 30 }

/** Returns the milliseconds until the next question may be sent, 0 for now. Accounts that never paid have their own limit. */
async function waitOf({ sql, adminIds }: BotDeps, { user }: BotContext): Promise<number> {
  // Without admins a question uses no token of the rate limiter.
  if (adminIds.length === 0 || adminIds.includes(user.id)) return 0
  const hasPaid = (await lastPayments(sql, user.id, 1)).length > 0
  const all = { ...ofAll, key: hasPaid ? 'support:paid' : 'support:others' }
  return takeTokens(sql, [{ ...ofPerson, key: `support:${user.id}` }, all], 0)
}

/** Sends the question to every admin. Answers the person whether an admin was reached, or when to write again. */
async function passOn(deps: BotDeps, ctx: BotContext, question: string, about: About): Promise<void> {
  const { sql, adminIds, log } = deps
  const waitMs = await waitOf(deps, ctx)
  if (waitMs > 0) {
    const text = ctx.t.support.later(durationText(waitMs, ctx.language))
    await ctx.show({ text, buttons: [[menuButton(ctx)]] })
    return
  }
  const { id, first_name, username } = ctx.from!
  const ticket = shortId(newId())
  let isHeard = false
  for (const adminId of adminIds) {
    try {
      const language = await languageFor(sql, adminId)
      const t = stringsFor(language)
      const text = lines(
        t.support.question(id, username ? `@${username}` : first_name, clip(question, maxOfQuestion)),
        about?.(t, language),
        t.support.howToAnswer(ticket),
      )
      await show(ctx.api, { chatId: adminId }, { text, buttons: [] })
      isHeard = true
    } catch (error) {
      log.error({ err: error, adminId, userId: id }, 'a question did not reach an admin')
    }
  }
  const { support } = ctx.t
  await ctx.show({ text: isHeard ? support.sent(ticket) : support.nobody, buttons: [[menuButton(ctx)]] })
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
    await show(ctx.api, { chatId: userId }, screen)
    return true
  } catch (error) {
    log.error({ err: error, userId }, 'an answer did not reach the person')
    return false
  }
}
