import { Type } from '@sinclair/typebox'
import { Composer } from 'telegraf'
import { only, query, untilAnswered } from '../../database/db.ts'
import { Nullable } from '../../database/nullable.ts'
import { Refused, Unknown } from '../../errors.ts'
import { type Generation, type Output, outputsOf, readGeneration } from '../../payments/generations.ts'
import { clip } from '../../telegram/html.ts'
import { button } from '../../telegram/screen.ts'
import { openedCard } from '../browse/card.ts'
import { examplesOfRun } from '../browse/example-rows.ts'
import { goneScreen } from '../browse/lists.ts'
import { menuButton, rows } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { mainText } from '../parameter-texts.ts'
import { to } from '../routes.ts'
import { unfold } from '../runs/result-buttons.ts'

export const exampleAdd = query(
  Type.Object({
    outcome: Type.Unsafe<'added' | 'already' | 'full' | 'none'>(Type.String()),
    slot: Nullable(Type.Integer()),
  }),
  (sql, adminId: number, id: string, n: number, words: string, content: Uint8Array | null) => sql`
    select outcome, slot from pay.example_add(${adminId}, ${id}, ${n}, ${words}, ${content})`,
)

export const exampleDrop = query(
  Type.Object({ isGone: Type.Boolean() }),
  (sql, adminId: number, modelId: string, slot: number) => sql`
    select pay.example_drop(${adminId}, ${modelId}, ${slot}) as "isGone"`,
)

/** An admin makes a result of their own an example of its model, or takes an example away. */
export function adminExamples(deps: BotDeps): Composer<BotContext> {
  const { adminSql, sql } = deps
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    if (ctx.route?.name !== 'generation') return next()
    const [id, op] = ctx.route.args
    if (op !== 'example' && op !== 'noExample') return next()
    const run = await readGeneration(sql, { userId: ctx.user.id, id })
    if (run?.execState !== 'success') return next()
    if (op === 'example') {
      const outputs = await outputsOf(sql, run)
      if (outputs.length > 1) return which(ctx, run, outputs)
      await add(ctx, deps, run, outputs[0])
    } else {
      for (const { modelId, slot } of await examplesOfRun(sql, ctx.user.id, id)) {
        await untilAnswered(() => exampleDrop(adminSql, ctx.user.id, modelId, slot))
      }
      await ctx.answer(ctx.t.examples.dropped)
    }
    await unfold(ctx, deps, run, 'all')
  })
  onPress(bot, 'exampleAdd', async (ctx, id, n) => {
    const run = await readGeneration(sql, { userId: ctx.user.id, id })
    const output = run && (await outputsOf(sql, run)).find(one => one.n === n)
    if (run && output) await add(ctx, deps, run, output)
    else await ctx.answer(ctx.t.examples.none, { alert: true })
  })
  onPress(bot, 'exampleDrop', async (ctx, key, slot) => {
    const model = deps.catalogue.byKey(key)
    if (model) await untilAnswered(() => exampleDrop(adminSql, ctx.user.id, model.id, slot))
    await ctx.answer(ctx.t.examples.dropped)
    const sold = deps.forSale.byKey(key)
    await ctx.show(await (sold ? openedCard(deps, ctx, sold) : goneScreen(deps, ctx, model)))
  })
  return bot
}

/** Of several results one is chosen by its number. */
async function which(ctx: BotContext, { id }: Generation, outputs: Output[]): Promise<void> {
  await ctx.answer()
  const numbers = outputs.map(({ n }) => button(String(n), to.exampleAdd(id, n)))
  await ctx.show({ text: ctx.t.examples.which, buttons: [...rows(numbers), [menuButton(ctx)]] }, 'new')
}

async function add(ctx: BotContext, deps: BotDeps, run: Generation, output: Output | undefined): Promise<void> {
  const content = output?.fileId ? await copyOf(deps, output.fileId) : null
  const { outcome, slot } = await untilAnswered(async () =>
    only(await exampleAdd(deps.adminSql, ctx.user.id, run.id, output?.n ?? 1, wordsOf(deps, run), content)),
  )
  const { examples: t } = ctx.t
  if (outcome === 'added') return ctx.answer(t.added(slot ?? 1))
  if (outcome === 'already') return ctx.answer(t.already)
  await ctx.answer(outcome === 'full' ? t.full : t.none, { alert: true })
}

// Four of them fit the caption of an album.
const maxWords = 240

/** What the person wrote, without files and settings. */
function wordsOf({ catalogue }: BotDeps, { modelId, inputs }: Generation): string {
  const model = catalogue.byId(modelId)
  const param = model && mainText(model)
  const text = param ? inputs[param.name] : undefined
  return typeof text === 'string' ? clip(text, maxWords) : ''
}

const maxBytes = 2 * 1024 * 1024
const patienceMs = 8_000

/** The file as Telegram has it; null where it is too large or cannot be had now: then the example is Telegram's alone. */
async function copyOf({ fileBytes, log }: BotDeps, fileId: string): Promise<Uint8Array | null> {
  try {
    const bytes = await fileBytes(fileId, AbortSignal.timeout(patienceMs))
    return bytes.length <= maxBytes ? bytes : null
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown)) throw error
    log.warn({ err: error }, 'an example has no copy of ours')
    return null
  }
}
