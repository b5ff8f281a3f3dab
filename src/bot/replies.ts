import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { lines } from '../i18n/format.ts'
import { isOfChat } from '../telegram/readable.ts'
import { button, type Screen } from '../telegram/screen.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { openDraft, readDraft } from './drafts.ts'
import { listScreen, menuButton } from './models.ts'
import { onPress } from './press.ts'
import { to } from './routes.ts'
import { menuScreen } from './start.ts'

/** E1 to E6: an answer to everything that nobody else took. */
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
    const file = fileOf(ctx)
    if (file) {
      // An album comes as a message for each file; one question is enough, and the first file is the one that is kept.
      const draft = file.album === undefined ? undefined : await readDraft(sql, ctx.user.id)
      if (draft?.kind === 'kept' && draft.inputs.album === file.album) return undefined
      const { id } = await openDraft(sql, ctx.user.id, { kind: 'kept', inputs: file })
      return ctx.show(keptFileScreen(ctx, file.kind, id))
    }
    if (isOfChat(ctx.message)) return undefined
    return ctx.show({ text: ctx.t.cannotUse, buttons: [[menuButton(ctx)]] })
  })

  // What to make of the kept text or file: its value fills itself in where the chosen model begins.
  onPress(bot, 'keep', async (ctx, format, id) => {
    const draft = await readDraft(sql, ctx.user.id)
    if (draft?.kind !== 'kept' || draft.id !== id || format === 'find') return outdated(deps, ctx)
    await ctx.answer()
    return ctx.show(await listScreen(deps, ctx, format, 0, ctx.t.keptList))
  })

  bot.on('callback_query', ctx => outdated(deps, ctx))

  return bot
}

/** E3: an old or foreign button changes nothing and leads to the menu. */
async function outdated(deps: BotDeps, ctx: BotContext): Promise<void> {
  await ctx.answer(ctx.t.outdated)
  await ctx.show(await menuScreen(deps, ctx), 'new')
}

const keptTextScreen = (ctx: BotContext, id: string): Screen => {
  const { keepText, keepButtons } = ctx.t
  const choice = (format: 'ti' | 'tv' | 'au') => button(keepButtons[format], to.keep(format, id))
  return { text: keepText, buttons: [[choice('ti'), choice('tv'), choice('au')], [menuButton(ctx)]] }
}

type Kind = 'image' | 'video' | 'audio'
const formatsFor = { image: ['ii', 'iv', 'to'], video: ['to'], audio: ['au'] } as const

const keptFileScreen = (ctx: BotContext, kind: Kind, id: string): Screen => ({
  text: ctx.t.keepFile[kind],
  buttons: [
    ...formatsFor[kind].map(format => [button(ctx.t.formatButton[format], to.keep(format, id))]),
    [menuButton(ctx)],
  ],
})

/** The picture, video or sound of a message, as Telegram names it; the largest size of a photo. */
function fileOf({ message }: BotContext): { fileId: string; kind: Kind; size?: number; album?: string } | undefined {
  if (!message) return undefined
  const album = 'media_group_id' in message ? message.media_group_id : undefined
  const kept = (kind: Kind, file: { file_id: string; file_size?: number }) => ({
    kind,
    fileId: file.file_id,
    ...(file.file_size === undefined ? {} : { size: file.file_size }),
    ...(album === undefined ? {} : { album }),
  })
  const photo = 'photo' in message ? message.photo.at(-1) : undefined
  if (photo) return kept('image', photo)
  if ('video' in message) return kept('video', message.video)
  if ('animation' in message) return kept('video', message.animation)
  if ('video_note' in message) return kept('video', message.video_note)
  if ('audio' in message) return kept('audio', message.audio)
  if ('voice' in message) return kept('audio', message.voice)
  if ('document' in message) {
    const kind = /^(image|video|audio)\//.exec(message.document.mime_type ?? '')?.[1] as Kind | undefined
    return kind && kept(kind, message.document)
  }
  return undefined
}
