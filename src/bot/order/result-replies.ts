import { type Static, Type } from '@sinclair/typebox'
import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { query } from '../../database/db.ts'
import { type Output, outputsOf, readGeneration } from '../../payments/generations.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { readDraft } from '../drafts.ts'
import { mainText } from '../parameter-texts.ts'
import { intentOf, resultWordOf } from '../request/words.ts'
import { parse } from '../routes.ts'
import type { Run } from '../runs/compatible-models.ts'
import { answerRequest } from './answer-request.ts'
import { filesOf, followUp } from './follow-up.ts'
import { orderOf } from './navigation.ts'
import { changeWords, repeat } from './repeat.ts'

const Shown = Type.Object({ id: Type.String(), n: Type.Integer() })

/** The result that a message of a private chat shows; groups number their messages anew. */
export const resultShown = query(
  Shown,
  (sql, userId: number, messageId: number) => sql`
    select r.generation_id as id, r.n from pay.results r
    join pay.generations g on g.user_id = r.user_id and g.id = r.generation_id
    where r.user_id = ${userId} and r.message_id = ${messageId} and g.chat_id = ${userId}
    order by g.created_at desc limit 1`,
)

/** Words in answer to a result change it: a picture is edited, a film or a sound is ordered with the new words. */
export function resultReplies(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.on(message('text'), async (ctx, next) => {
    const { text } = ctx
    const shown = text.startsWith('/') || intentOf(text) ? undefined : await shownBy(ctx, deps)
    if (!shown || (await isAnswering(ctx, deps))) return next()
    const run = await readGeneration(deps.sql, { userId: ctx.user.id, id: shown.id })
    if (run?.execState !== 'success') return next()
    const word = resultWordOf(text)
    if (word === 'repeat') return repeat(ctx, deps, run)
    const outputs = await outputsOf(deps.sql, run)
    const output = outputs.find(({ n }) => n === shown.n) ?? outputs[0]
    if (!output) return next()
    if (word && (await followUp(ctx, deps, run, { what: word, n: output.n }))) return
    if (output.kind === 'image') return editOf(ctx, deps, run, output)
    const model = deps.forSale.byId(run.modelId)
    return model && mainText(model) ? changeWords(ctx, deps, run, text) : next()
  })
  return bot
}

/** Returns the result that the message answers: by its message, else by its buttons. */
async function shownBy(ctx: BotContext, { sql }: BotDeps): Promise<Static<typeof Shown> | undefined> {
  const replied = ctx.message && 'reply_to_message' in ctx.message ? ctx.message.reply_to_message : undefined
  if (!replied || replied.from?.id !== ctx.botInfo.id) return undefined
  const [shown] = await resultShown(sql, ctx.user.id, replied.message_id)
  if (shown) return shown
  const rows = ('reply_markup' in replied && replied.reply_markup?.inline_keyboard) || []
  for (const one of rows.flat()) {
    const route = 'callback_data' in one ? parse(one.callback_data) : undefined
    if (route?.name === 'generation' && route.args[1] !== undefined) return { id: route.args[0], n: 1 }
  }
  return undefined
}

/** Whether the person is in the middle of another order: then the words are an answer to its question. */
async function isAnswering(ctx: BotContext, deps: BotDeps): Promise<boolean> {
  const draft = await readDraft(deps.sql, ctx.user.id)
  const order = draft && orderOf(deps, draft)
  return order !== undefined && order.step.at !== 'quote' && Object.keys(order.filling.answers).length > 0
}

async function editOf(ctx: BotContext, deps: BotDeps, run: Run, output: Output): Promise<void> {
  const files = await filesOf(deps, run, output, { owner: String(ctx.user.id) })
  if (!files) return void (await ctx.show({ text: ctx.t.request.replyGone, buttons: [[menuButton(ctx)]] }, 'new'))
  const { message_id: messageId, date: at } = ctx.message!
  const part = { messageId, at, text: ctx.text ?? '', files }
  await answerRequest(ctx, deps, { request: { parts: [part] }, draft: undefined, place: { where: 'new' } })
}
