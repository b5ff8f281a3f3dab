import { Composer } from 'telegraf'
import type { Model } from '../../catalogue/models.ts'
import { lines, priceLabel } from '../../i18n/format.ts'
import type { Payload } from '../../telegram/api.ts'
import { fileIn, unlessRefused } from '../../telegram/delivery.ts'
import type { Html } from '../../telegram/html.ts'
import { collage, paragraph } from '../../telegram/rich.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { type BotContext, isAdmin } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { remove, showBlocks } from '../show.ts'
import { openedCard } from './card.ts'
import { displayPrices } from './display-price.ts'
import { type Example, exampleCopy, exampleSent, examplesOf } from './example-rows.ts'
import { goneScreen, listScreen, modelsOn } from './lists.ts'

// As the table has places.
const mostOfModel = 4

/** What models make: a collage or an album of a model above its card, and one of a list with an example of each model. */
export function examples(deps: BotDeps) {
  const { sql, forSale, catalogue } = deps
  const bot = new Composer<BotContext>()
  onPress(bot, 'examples', async (ctx, key) => {
    await ctx.answer()
    const model = forSale.byKey(key)
    if (!model) return ctx.show(await goneScreen(deps, ctx, catalogue.byKey(key)))
    const found = await examplesOf(sql, [model.id], mostOfModel)
    const name = model.name[ctx.language]
    const shown = found.map((example, n) => ({
      example,
      title: name,
      caption: ctx.t.examples.caption(n + 1, example.words || name),
    }))
    const card = await openedCard(deps, ctx, model)
    const drops = isAdmin(ctx, deps.adminIds)
      ? found.map(({ slot }, n) => button(ctx.t.examples.dropButton(n + 1), to.exampleDrop(key, slot), 'danger'))
      : []
    const screen = { ...card, buttons: [...card.buttons, drops] }
    if (!(await showCollage(deps, ctx, shown, screen))) await below(ctx, await sendAll(deps, ctx, shown), screen)
  })
  onPress(bot, 'listExamples', async (ctx, list, page) => {
    await ctx.answer()
    const models = modelsOn(deps, list, page)
    const [found, priceOf] = await Promise.all([
      examplesOf(
        sql,
        models.map(({ id }) => id),
        1,
      ),
      displayPrices(deps, ctx.user.id),
    ])
    const caption = (model: Model) =>
      ctx.t.examples.ofModel(model.short[ctx.language], priceLabel(priceOf(model).now, ctx.language))
    const isSent = await sendAll(
      deps,
      ctx,
      models.flatMap(model =>
        found
          .filter(({ modelId }) => modelId === model.id)
          .map(example => ({ example, title: model.short[ctx.language], caption: caption(model) })),
      ),
    )
    await below(ctx, isSent, await listScreen(deps, ctx, list, page))
  })
  return bot
}

/** Shows the screen below what was sent, in place of the pressed one, which stood above it. */
async function below(ctx: BotContext, isSent: boolean, screen: Screen): Promise<void> {
  if (!isSent) return void (await ctx.show({ ...screen, text: ctx.t.examples.unshown }))
  const pressed = ctx.callbackQuery?.message?.message_id
  await ctx.show(screen, 'new')
  if (pressed !== undefined) await remove(ctx, pressed)
}

type Shown = { example: Example; title: string; caption: Html }

/** Shows the screen with the examples above its words, in one message. Returns false where they must go in albums. */
async function showCollage({ log }: BotDeps, ctx: BotContext, shown: Shown[], screen: Screen): Promise<boolean> {
  const files = shown.flatMap(({ example: { sentAs: kind, fileId } }) =>
    fileId !== null && (kind === 'photo' || kind === 'video') ? [{ kind, fileId }] : [],
  )
  if (files.length < 2 || files.length < shown.length) return false
  const captions = paragraph(lines(...shown.map(one => one.caption)))
  const rich = [collage(files), captions, ...(screen.rich ?? [paragraph(screen.text)])]
  const isShown = await showBlocks(ctx, { ...screen, rich }, log)
  if (isShown) ctx.stripUnless = undefined
  return isShown
}

/** Sends examples in albums. Returns whether any arrived. */
async function sendAll(deps: BotDeps, ctx: BotContext, shown: Shown[]): Promise<boolean> {
  let arrived = 0
  for (const group of groups(shown)) arrived += await sendGroup(deps, ctx, group)
  return arrived > 0
}

/** An album has pictures and films, or sounds. Anything else goes alone. */
function groups(shown: Shown[]): Shown[][] {
  const of = (...kinds: Example['sentAs'][]) => shown.filter(({ example }) => kinds.includes(example.sentAs))
  const alone = of('animation', 'document').map(one => [one])
  return [of('photo', 'video'), of('audio'), ...alone].filter(group => group.length > 0)
}

type Media = Payload<'sendMediaGroup'>['media']

async function sendGroup(deps: BotDeps, ctx: BotContext, group: Shown[]): Promise<number> {
  const found = await Promise.all(group.map(async one => ({ ...one, source: await sourceOf(deps, one.example) })))
  const shown = found.filter(({ source }) => source !== undefined)
  if (shown.length > 1) {
    const caption = lines(...shown.map(one => one.caption)).html
    const media = shown.map(({ example, title, source }, n) => ({
      type: example.sentAs,
      media: source,
      ...(example.sentAs === 'audio' && { title }),
      // Below an album stands its only caption; of several, none is shown.
      ...(n === 0 && { caption, parse_mode: 'HTML' }),
    }))
    const messages = await unlessRefused(() =>
      ctx.api.call('sendMediaGroup', { chat_id: ctx.chat!.id, media: media as Media }),
    )
    if (messages) {
      for (const [n, { example }] of shown.entries()) await remember(deps, example, messages[n])
      return shown.length
    }
  }
  let arrived = 0
  for (const one of group) if (await sendOne(deps, ctx, one)) arrived += 1
  return arrived
}

/** By Telegram's id, else our copy. */
async function sendOne(deps: BotDeps, ctx: BotContext, { example, title, caption }: Shown): Promise<boolean> {
  const extra = { caption: caption.html, parse_mode: 'HTML' as const }
  const send = (media: NonNullable<Source>): Promise<object> => {
    const { api } = ctx
    const chat_id = ctx.chat!.id
    switch (example.sentAs) {
      case 'photo':
        return api.call('sendPhoto', { chat_id, photo: media, ...extra })
      case 'video':
        return api.call('sendVideo', { chat_id, video: media, ...extra })
      case 'audio':
        return api.call('sendAudio', { chat_id, audio: media, ...extra, title })
      case 'animation':
        return api.call('sendAnimation', { chat_id, animation: media, ...extra })
      case 'document':
        return api.call('sendDocument', { chat_id, document: media, ...extra })
    }
  }
  for (const source of [example.fileId ?? undefined, await copyOf(deps, example)]) {
    const message = source && (await unlessRefused(() => send(source)))
    if (!message) continue
    if (typeof source !== 'string') await remember(deps, example, message)
    return true
  }
  return false
}

type Source = string | { source: Buffer; filename: string } | undefined

const sourceOf = async (deps: BotDeps, example: Example): Promise<Source> => example.fileId ?? copyOf(deps, example)

const extensions = { photo: 'jpg', video: 'mp4', animation: 'mp4', audio: 'mp3', document: 'bin' }

async function copyOf({ sql }: BotDeps, { modelId, slot, sentAs, hasCopy }: Example): Promise<Source> {
  const [row] = hasCopy ? await exampleCopy(sql, modelId, slot) : []
  return row && { source: Buffer.from(row.content), filename: `example-${slot}.${extensions[sentAs]}` }
}

/** The next one needs no upload. */
async function remember({ sql }: BotDeps, { modelId, slot, fileId }: Example, message: object | undefined) {
  const file = message && fileIn(message)
  if (file && file.fileId !== fileId) await exampleSent(sql, modelId, slot, file.sentAs, file.fileId)
}
