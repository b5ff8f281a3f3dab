import type { Model, Param } from '../../catalogue/models.ts'
import { type FileValue, type Inputs, isFiles, paramNamed } from '../../catalogue/parameters.ts'
import { ifPossible, Refused, Unknown } from '../../errors.ts'
import type { Ask, Media } from '../../i18n/ordering.ts'
import { codeByName, type ForeignKind, foreignIn, saveAs } from '../../media/formats.ts'
import type { About } from '../../media/inspector.ts'
import type { Html } from '../../telegram/html.ts'
import { isServiceMessage } from '../../telegram/readable.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { maxFromTelegram } from '../parameter-texts.ts'
import { linksIn } from './links.ts'
import { fileOf, type SentFile } from './sent-file.ts'

/** A message of a person, as far as an order can use it. */
export type Incoming =
  | { kind: 'text'; text: string; links: string[] }
  | { kind: 'file'; file: SentFile; caption: string | undefined; album: string | undefined; links: string[] }
  | { kind: 'other' }

/** Reads a message; undefined for what a chat says of itself (a payment, a pinned message). `links` are those in its words. */
export function incoming(ctx: BotContext): Incoming | undefined {
  const { message } = ctx
  if (!message) return undefined
  if ('text' in message) return { kind: 'text', text: message.text, links: linksIn(message.text, message.entities) }
  const caption = 'caption' in message ? message.caption : undefined
  const album = 'media_group_id' in message ? message.media_group_id : undefined
  const file = fileOf(message)
  const links = 'caption' in message ? linksIn(message.caption ?? '', message.caption_entities) : []
  if (file) return { kind: 'file', file, caption, album, links }
  return isServiceMessage(message) ? undefined : { kind: 'other' }
}

/** Returns whether a file is certainly of no accepted kind, before it is fetched. The name of a document does not count. */
export const isOther = ({ media, isSure }: SentFile, accept: readonly Media[]): boolean =>
  isSure && media !== undefined && !accept.includes(media)

/** Whose files they are, and what for. */
export type Purpose = { param: Param; ask: Ask }

/** Fetches, inspects and stores a person's file. Returns the file, or the text of a refusal. */
export function takeFile(ctx: BotContext, { files }: BotDeps, sent: SentFile, to: Purpose): Promise<FileValue | Html> {
  if (isTooBig(sent)) return Promise.resolve(tooBig(ctx, sent, to.ask))
  return orRefusal(
    ctx,
    () => files.fromTelegram(sent.fileId, sent.size, aboutOf(String(ctx.user.id), to.param)),
    to.ask,
  )
}

export const takeLink = (ctx: BotContext, { files }: BotDeps, url: string, to: Purpose): Promise<FileValue | Html> =>
  orRefusal(ctx, () => files.fromLink(url, aboutOf(String(ctx.user.id), to.param)), to.ask)

/** Stores a file that was sent without an order, in a form that most models take. Returns the file, or the text of a refusal. */
export function takeAny(ctx: BotContext, { files }: BotDeps, sent: SentFile): Promise<FileValue | Html> {
  if (isTooBig(sent)) return Promise.resolve(tooBig(ctx, sent))
  return orRefusal(ctx, () => files.fromTelegram(sent.fileId, sent.size, { owner: String(ctx.user.id) }))
}

/** The same for a link; undefined: no file is there. */
export async function takeAnyLink(ctx: BotContext, { files }: BotDeps, url: string): Promise<FileValue | undefined> {
  try {
    return await files.fromLink(url, { owner: String(ctx.user.id) })
  } catch (error) {
    if (error instanceof Refused || error instanceof Unknown) return undefined
    throw error
  }
}

export const isFile = (value: FileValue | Html): value is FileValue => 'url' in value

// Known before anything is fetched.
const isTooBig = ({ size = 0 }: SentFile) => size > maxFromTelegram
// Nobody needs to make a file smaller that cannot be taken at any size; its name is all that is known of it.
const tooBig = (ctx: BotContext, { fileName }: SentFile, ask?: Ask): Html =>
  refusal(ctx, codeByName(fileName) ?? 'too_big', ask)

async function orRefusal<Result>(ctx: BotContext, work: () => Promise<Result>, ask?: Ask): Promise<Result | Html> {
  // Two networks may take seconds: show an action meanwhile.
  void ifPossible(ctx.api.call('sendChatAction', { chat_id: ctx.chat!.id, action: 'typing' }))
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused) return refusal(ctx, error.code, ask)
    // No retry here: the person sends it again sooner.
    if (error instanceof Unknown) return ctx.t.wizard.unreachable
    throw error
  }
}

/** Why a file was not taken, and what to do: save it as something else, or send what the question wants. */
function refusal({ t }: BotContext, code: string, ask?: Ask): Html {
  const foreign = foreignIn(code)
  if (ask?.kind === 'files') {
    if (code === 'wrong_kind') return t.wizard.needed(ask)
    const kind = foreign && becomes[foreign.what]
    if (kind && !ask.media.includes(kind)) return t.wizard.foreignHere(foreign.name, ask)
  }
  return foreign ? t.wizard.foreign(foreign, saveAs) : t.wizard.refused(code)
}

// What it is when it has been saved as advised.
const becomes: Partial<Record<ForeignKind, Media>> = {
  image: 'image',
  raw: 'image',
  drawing: 'image',
  document: 'image',
  video: 'video',
  audio: 'audio',
}

/** What a question takes, for those who fetch its files. */
const aboutOf = (owner: string, { accept, max_side_px, max_megapixels, max_mb }: Param): About => ({
  owner,
  accept,
  fit: {
    ...(max_side_px !== undefined && { sidePx: max_side_px }),
    ...(max_megapixels !== undefined && { pixels: max_megapixels * 1e6 }),
    ...(max_mb !== undefined && { bytes: max_mb * 1024 * 1024 }),
  },
})

// The provider deletes uploads after a day at the earliest (docs/providers/kie.md, "Files").
const freshMs = 20 * 3_600_000
/** Returns whether the provider certainly still has files of this age, in milliseconds. */
export const isFresh = (ageMs: number): boolean => ageMs < freshMs

/**
 * The answers of an order of this age (ms), of this owner, with files that are still there: those that came through Telegram are
 * stored once more, the others are left out, and then `isWhole` is false.
 */
export async function withFreshFiles(
  { files }: BotDeps,
  model: Model,
  inputs: Inputs,
  ageMs: number,
  owner: string,
): Promise<{ inputs: Inputs; isWhole: boolean }> {
  if (isFresh(ageMs)) return { inputs, isWhole: true }
  let isWhole = true
  const again = async (file: FileValue, param: Param | undefined): Promise<FileValue[]> => {
    try {
      const about = param ? aboutOf(owner, param) : { owner }
      // What was converted is larger or smaller than what it was made of.
      if (file.fileId !== undefined) return [await files.fromTelegram(file.fileId, undefined, about)]
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error
    }
    isWhole = false
    return []
  }
  const entries = await Promise.all(
    Object.entries(inputs).map(async ([name, value]): Promise<[string, Inputs[string]]> => {
      if (!isFiles(value)) return [name, value]
      const param = paramNamed(model, name)
      return [name, (await Promise.all(value.map(file => again(file, param)))).flat()]
    }),
  )
  const left = entries.filter(([, value]) => !(Array.isArray(value) && value.length === 0))
  return { inputs: Object.fromEntries(left), isWhole }
}
