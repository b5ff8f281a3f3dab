import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { lines } from '../../i18n/format.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { listScreen } from '../browse/lists.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { openDraft, readDraft } from '../drafts.ts'
import { type Incoming, incoming, kindOf } from '../files/uploads.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { menuScreen } from './start.ts'

/** Answers every update that no other feature took. */
export function replies(deps: BotDeps) {
  const { sql } = deps
  const bot = new Composer<BotContext>()

  bot.on(message('text'), async ctx => {
    if (ctx.text.startsWith('/')) {
      const menu = await menuScreen(deps, ctx)
      return ctx.show({ ...menu, text: lines(ctx.t.unknownCommand, menu.text) })
    }
    const { id } = await openDraft(sql, ctx.user.id, { kind: 'kept', inputs: { text: ctx.text } })
    return ctx.show(keptTextScreen(ctx, id))
  })

  bot.on('message', async ctx => {
    const sent = incoming(ctx)
    if (sent?.kind === 'file') return keepFile(ctx, deps, sent)
    if (sent) await ctx.show({ text: ctx.t.cannotUse, buttons: [[menuButton(ctx)]] })
    return undefined
  })

  // What to make of the kept text or file: its value fills itself in where the chosen model begins.
  onPress(bot, 'keep', async (ctx, format, id) => {
    const draft = await readDraft(sql, ctx.user.id)
    if (draft?.kind !== 'kept' || draft.id !== id) return outdated(deps, ctx)
    await ctx.answer()
    return ctx.show(await listScreen(deps, ctx, format, 0, ctx.t.keptList))
  })

  bot.on('callback_query', ctx => outdated(deps, ctx))

  return bot
}

/** An old or foreign button changes nothing and leads to the menu. */
async function outdated(deps: BotDeps, ctx: BotContext): Promise<void> {
  await ctx.answer(ctx.t.outdated)
  await ctx.show(await menuScreen(deps, ctx), 'new')
}

/** Keeps a file until the person chooses its purpose; an unusable one is refused at once. */
async function keepFile(ctx: BotContext, deps: BotDeps, { file, album }: SentOne): Promise<void> {
  // An album comes as a message for each file; one question is enough, and the first file is the one that is kept.
  const draft = album === undefined ? undefined : await readDraft(deps.sql, ctx.user.id)
  if (draft?.kind === 'kept' && draft.inputs.album === album) return
  const kind = await kindOf(ctx, deps, file)
  if (typeof kind !== 'string') return void (await ctx.show({ text: kind, buttons: [[menuButton(ctx)]] }))
  const inputs = {
    kind,
    fileId: file.fileId,
    ...(file.size !== undefined && { size: file.size }),
    ...(album && { album }),
  }
  const { id } = await openDraft(deps.sql, ctx.user.id, { kind: 'kept', inputs })
  await ctx.show(keptFileScreen(ctx, kind, id))
}

type SentOne = Extract<Incoming, { kind: 'file' }>

const keptTextScreen = (ctx: BotContext, id: string): Screen => {
  const { keepText, keepButtons } = ctx.t
  const choice = (format: 'image' | 'video' | 'audio') => button(keepButtons[format], to.keep(format, id))
  return { text: keepText, buttons: [[choice('image'), choice('video'), choice('audio')], [menuButton(ctx)]] }
}

type Kind = 'image' | 'video' | 'audio'
const formatsFor = { image: ['edit', 'animate', 'tools'], video: ['tools'], audio: ['audio'] } as const

const keptFileScreen = (ctx: BotContext, kind: Kind, id: string): Screen => ({
  text: ctx.t.keepFile[kind],
  buttons: [
    ...formatsFor[kind].map(format => [button(ctx.t.formatButton[format], to.keep(format, id))]),
    [menuButton(ctx)],
  ],
})
