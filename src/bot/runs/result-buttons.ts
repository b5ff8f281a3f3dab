import type { Catalogue } from '../../catalogue/models.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import { type Generation, type Output, outputsOf } from '../../payments/generations.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import { type Button, button, copyRow, replaceButtons } from '../../telegram/screen.ts'
import { examplesOfRun } from '../browse/example-rows.ts'
import { type BotContext, isAdmin, updateOf } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { mainText } from '../parameter-texts.ts'
import { to } from '../routes.ts'
import { followUpsOf } from './compatible-models.ts'
import { shareQuery } from './shared-results.ts'
import { type Versions, versionsOf } from './versions.ts'

/** The buttons under a result: `few` at first, `all` after «more…». */
export function resultButtons(
  catalogue: Catalogue,
  run: Generation,
  outputs: Output[],
  language: Language,
): { few: Button[][]; all: Button[][] } {
  const t = stringsFor(language)
  const { id, priceKop } = run
  const follows = followUpsOf(catalogue, run, outputs)
  const follow = (what: (typeof follows)[number]) => button(t.run.followButton[what], to.followUp(id, what, 0))
  const versions = versionsOf(run.inputs)
  const isPicture = catalogue.byId(run.modelId)?.output === 'image'
  const next = isPicture ? (['animate', 'enlarge'] as const).find(what => follows.includes(what)) : undefined
  return {
    few: [
      [
        button(t.run.anotherButton(priceKop, isPicture), to.generation(id, 'repeat')),
        next ? follow(next) : button(t.run.changeShortButton, to.generation(id, 'change')),
        button(t.run.moreButton, to.generation(id, 'more')),
      ],
    ],
    all: [
      [button(t.run.repeatForButton(priceKop), to.generation(id, 'repeat'))],
      [button(t.run.changeButton, to.generation(id, 'change'))],
      [button(t.run.originalButton, to.generation(id, 'original'))],
      follows.map(follow),
      versions ? earlier(versions, language) : [],
      copyRow(t.run.copyPromptButton, promptOf(catalogue, run)),
      [button(t.run.whyButton(priceKop), to.generation(id, 'why')), button(t.menuButton, to.menu())],
      [button(t.run.foldButton, to.generation(id, 'fold'))],
    ],
  }
}

/** The words that a result was made from; empty where there are none. */
function promptOf(catalogue: Catalogue, { modelId, inputs }: Generation): string {
  const model = catalogue.byId(modelId)
  const main = model && mainText(model)
  const words = main && inputs[main.name]
  return typeof words === 'string' ? words : ''
}

/** Sends what this result was made from once more. */
function earlier({ previousId, firstId }: Versions, language: Language): Button[] {
  const { run } = stringsFor(language)
  return [
    button(run.previousButton, to.generation(previousId, 'resend')),
    ...(firstId === previousId ? [] : [button(run.firstButton, to.generation(firstId, 'resend'))]),
  ]
}

/**
 * Shows all buttons of a result, or the few, on the pressed message; its other buttons, as links to files, stay. In a
 * new message where Telegram no longer gives the pressed one.
 */
export async function unfold(ctx: BotContext, deps: BotDeps, run: Generation, which: 'few' | 'all'): Promise<void> {
  await ctx.answer()
  const outputs = await outputsOf(deps.sql, { userId: run.userId, id: run.id })
  const sets = resultButtons(deps.catalogue, run, outputs, ctx.language)
  sets.all.splice(3, 0, shareRow(ctx, outputs, run.id))
  if (isAdmin(ctx, deps.adminIds)) sets.all.splice(-1, 0, await exampleRow(ctx, deps, run))
  const shown = keyboardOf(ctx)
  if (shown) {
    const ours = new Set([...sets.few, ...sets.all].flat().map(one => ('data' in one ? one.data : '')))
    for (const op of ['example', 'noExample'] as const) ours.add(to.generation(run.id, op))
    const isOther = (one: Button) => ('data' in one ? !ours.has(one.data) : !('copy' in one))
    const others = shown.filter(row => row.every(isOther))
    try {
      return await replaceButtons(ctx.api, ctx.chat!.id, ctx.callbackQuery!.message!.message_id, {
        buttons: [...others, ...sets[which]],
      })
    } catch (error) {
      if (!(error instanceof TelegramRefused && error.code === 'message_gone')) throw error
    }
  }
  if (which === 'few') return // without its message there is nothing to fold
  const name = modelName(deps.catalogue, run.modelId, ctx.language)
  await ctx.show({ text: ctx.t.run.which(name, shortId(run.id)), buttons: sets.all }, 'new')
}

/** Sends the result into any chat, by the bot's inline mode. */
function shareRow({ t, botInfo }: BotContext, outputs: Output[], id: string): Button[] {
  const output = outputs.find(({ fileId }) => fileId !== null)
  return botInfo.supports_inline_queries && output ? [{ text: t.sharing.button, share: shareQuery(id, output.n) }] : []
}

/** An admin may show the result to everybody. */
async function exampleRow({ t }: BotContext, { sql }: BotDeps, { userId, id }: Generation): Promise<Button[]> {
  const chosen = await examplesOfRun(sql, userId, id)
  return [
    chosen.length > 0
      ? button(t.examples.removeButton, to.generation(id, 'noExample'), 'danger')
      : button(t.examples.addButton, to.generation(id, 'example')),
  ]
}

/** The buttons of the pressed message; undefined when Telegram no longer says them. */
function keyboardOf(ctx: BotContext): Button[][] | undefined {
  const message = updateOf(ctx).callback_query?.message
  if (!message || message.date === 0 || !('reply_markup' in message)) return undefined
  return message.reply_markup?.inline_keyboard.map(row =>
    row.flatMap((one): Button[] => {
      const looks = { text: one.text, ...(one.style && { style: one.style }) }
      if ('callback_data' in one) return [{ ...looks, data: one.callback_data }]
      if ('copy_text' in one) return [{ ...looks, copy: one.copy_text.text }]
      return 'url' in one ? [{ ...looks, url: one.url }] : []
    }),
  )
}
