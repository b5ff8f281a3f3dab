import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { dateText } from '../../i18n/format.ts'
import { shortId } from '../../id.ts'
import { readGeneration } from '../../payments/generations.ts'
import { unlessRefused } from '../../telegram/delivery.ts'
import { type Button, button, keyboard } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { GalleryList } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { openDraft, readDraft, saveDraft } from '../drafts.ts'
import { modelName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { type After, kinOf, type Picture, parentsIn, pictureOf, picturesOf, resultStar } from './gallery-rows.ts'

// The step of the draft of a search; the search of models has another.
const step = 'gallery'
const maxOfWords = 100

/** The pictures of a person: in albums, by words, the favourites, and what was made of what. */
export function gallery(deps: BotDeps): Composer<BotContext> {
  const { sql } = deps
  const bot = new Composer<BotContext>()
  onPress(bot, 'gallery', async (ctx, list, id, n) => {
    await ctx.answer()
    const words = list === 'found' ? await wordsSought(deps, ctx) : ''
    if (words === undefined) return ask(deps, ctx)
    return showPage(deps, ctx, list, words, id === '0' ? undefined : { id, n })
  })
  onPress(bot, 'galleryFind', async ctx => {
    await ctx.answer()
    await ask(deps, ctx)
  })
  bot.on(message('text'), async (ctx, next) => {
    if (ctx.text.startsWith('/')) return next()
    const draft = await readDraft(sql, ctx.user.id)
    if (draft?.kind !== 'find' || draft.step !== step) return next()
    const words = ctx.text.trim().slice(0, maxOfWords)
    await saveDraft(sql, ctx.user.id, draft, { inputs: { words }, step })
    return showPage(deps, ctx, 'found', words, undefined)
  })
  onPress(bot, 'picture', async (ctx, id, n) => {
    const [picture] = await pictureOf(sql, ctx.user.id, id, n)
    if (!picture) return ctx.answer(ctx.t.outdated)
    await ctx.answer()
    return showPicture(deps, ctx, picture)
  })
  onPress(bot, 'star', async (ctx, id, n, isOn) => {
    const [row] = await resultStar(sql, ctx.user.id, id, n, isOn)
    const [picture] = row?.isThere ? await pictureOf(sql, ctx.user.id, id, n) : []
    if (!picture) return ctx.answer(ctx.t.outdated)
    await ctx.answer(isOn ? ctx.t.gallery.starred : ctx.t.gallery.unstarred)
    return changeButtons(ctx, await buttonsOf(deps, ctx, picture))
  })
  return bot
}

async function ask({ sql }: BotDeps, ctx: BotContext): Promise<void> {
  await openDraft(sql, ctx.user.id, { kind: 'find', step })
  const back = button(ctx.t.backButton, to.gallery('all', '0', 0))
  await ctx.show({ text: ctx.t.gallery.ask, buttons: [[back, menuButton(ctx)]] })
}

async function wordsSought({ sql }: BotDeps, ctx: BotContext): Promise<string | undefined> {
  const draft = await readDraft(sql, ctx.user.id)
  const words = draft?.kind === 'find' && draft.step === step ? draft.inputs.words : undefined
  return typeof words === 'string' ? words : undefined
}

// As many as an album of Telegram has room for.
const perPage = 10

/** Sends one page: an album, and below it the numbers of its pictures. */
async function showPage(deps: BotDeps, ctx: BotContext, list: GalleryList, words: string, after: After): Promise<void> {
  const { gallery: t } = ctx.t
  const found = await picturesOf(deps.sql, ctx.user.id, list, words, after, perPage + 1)
  const page = found.slice(0, perPage)
  const last = page.at(-1)
  const others = [
    ...(list === 'all' ? [] : [button(t.allButton, to.gallery('all', '0', 0))]),
    ...(list === 'starred' ? [] : [button(t.starredButton, to.gallery('starred', '0', 0))]),
    button(t.findButton, to.galleryFind()),
  ]
  const ways = [others, [button(ctx.t.historyButton, to.history('all', '0')), menuButton(ctx)]]
  if (!last) return void (await ctx.show({ text: t.nothing[list], buttons: ways }))
  const isWhole = await sendAlbum(deps, ctx, page)
  const numbers = page.map(({ id, n }, index) => button(String(index + 1), to.picture(id, n)))
  const pager = [
    ...(after ? [button(t.newest, to.gallery(list, '0', 0))] : []),
    ...(found.length > perPage ? [button(t.older, to.gallery(list, last.id, last.n))] : []),
  ]
  const rows = [numbers.slice(0, 5), numbers.slice(5), pager, ...ways]
  await ctx.show({ text: isWhole ? t.title[list] : t.unshown, buttons: rows }, 'new')
}

/** Sends pictures by Telegram's file ids. Returns false when some of them were refused: the others are there. */
async function sendAlbum(deps: BotDeps, ctx: BotContext, page: Picture[]): Promise<boolean> {
  const chat_id = ctx.chat!.id
  const captioned = page.map((picture, index) => {
    const { name, date } = aboutOf(deps, ctx, picture)
    const caption = ctx.t.gallery.caption(index + 1, name, date).html
    return { type: 'photo' as const, media: picture.fileId, caption, parse_mode: 'HTML' as const }
  })
  if (captioned.length > 1) {
    const isSent = await unlessRefused(() => ctx.api.call('sendMediaGroup', { chat_id, media: captioned }))
    if (isSent) return true
  }
  let isWhole = true
  for (const { media, caption, parse_mode } of captioned) {
    const message = await unlessRefused(() => ctx.api.call('sendPhoto', { chat_id, photo: media, caption, parse_mode }))
    isWhole = message !== undefined && isWhole
  }
  return isWhole
}

function aboutOf({ catalogue }: BotDeps, { language }: BotContext, run: { modelId: string; createdAt: Date }) {
  return { name: modelName(catalogue, run.modelId, language), date: dateText(run.createdAt, language) }
}

/** A picture on its own, with its star and its kin. */
async function showPicture(deps: BotDeps, ctx: BotContext, picture: Picture): Promise<void> {
  const { name, date } = aboutOf(deps, ctx, picture)
  const text = ctx.t.gallery.picture(name, date, shortId(picture.id))
  const buttons = await buttonsOf(deps, ctx, picture)
  const photo = { chat_id: ctx.chat!.id, photo: picture.fileId }
  const extra = { caption: text.html, parse_mode: 'HTML' as const, ...keyboard({ buttons }) }
  const isSent = await unlessRefused(() => ctx.api.call('sendPhoto', { ...photo, ...extra }))
  if (!isSent) await ctx.show({ text: ctx.t.gallery.unshown, buttons }, 'new')
}

const maxKin = 6

async function buttonsOf(deps: BotDeps, ctx: BotContext, { id, n, isStarred }: Picture): Promise<Button[][]> {
  const { gallery: t } = ctx.t
  const run = await readGeneration(deps.sql, { userId: ctx.user.id, id })
  const kin = await kinOf(deps.sql, ctx.user.id, id, parentsIn(run?.inputs).slice(0, maxKin), maxKin)
  const star = isStarred ? button(t.unstarButton, to.star(id, n, false)) : button(t.starButton, to.star(id, n, true))
  return [
    [star],
    ...kin.map(one => {
      const { name, date } = aboutOf(deps, ctx, one)
      const text = one.isParent ? t.parentButton(name, date) : t.childButton(name, date)
      return [button(text, to.generation(one.id, undefined))]
    }),
    [button(t.runButton, to.generation(id, undefined))],
    [button(t.button, to.gallery('all', '0', 0)), menuButton(ctx)],
  ]
}

async function changeButtons(ctx: BotContext, buttons: Button[][]): Promise<void> {
  const messageId = ctx.callbackQuery?.message?.message_id
  if (messageId === undefined) return
  // Pressed twice, the buttons are as they should be already.
  await unlessRefused(() =>
    ctx.api.call('editMessageReplyMarkup', { chat_id: ctx.chat!.id, message_id: messageId, ...keyboard({ buttons }) }),
  )
}
