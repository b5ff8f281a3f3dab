import type { FileValue, Inputs } from '../catalogue/parameters.ts'
import { isFiles } from '../catalogue/parameters.ts'
import { Refused, Unknown } from '../errors.ts'
import type { Media } from '../i18n/ordering.ts'
import type { Kind } from '../media/inspector.ts'
import type { Html } from '../telegram/html.ts'
import { isOfChat } from '../telegram/readable.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { linksIn } from './links.ts'
import { mostFromTelegram } from './values.ts'

/** What a person sent, as far as an order can use it. */
export type Incoming =
  | { kind: 'text'; text: string; links: string[] }
  | { kind: 'file'; file: SentFile; caption: string | undefined; album: string | undefined; links: string[] }
  | { kind: 'other' }
/** `media` of a document is what its sender's program says of it; unknown, the content decides. */
export type SentFile = { fileId: string; size: number | undefined; media: Media | undefined; isDocument?: boolean }

/** Reads a message; undefined for what a chat says of itself (a payment, a pinned message). `links` are those in its words. */
export function incoming(ctx: BotContext): Incoming | undefined {
  const { message } = ctx
  if (!message) return undefined
  if ('text' in message) return { kind: 'text', text: message.text, links: linksIn(message.text, message.entities) }
  const caption = 'caption' in message ? message.caption : undefined
  const album = 'media_group_id' in message ? message.media_group_id : undefined
  const file = (sent: { file_id: string; file_size?: number | undefined }, media: Media | undefined): Incoming => ({
    kind: 'file',
    file: { fileId: sent.file_id, size: sent.file_size, media },
    caption,
    album,
    links: 'caption' in message ? linksIn(message.caption ?? '', message.caption_entities) : [],
  })
  if ('photo' in message) {
    const largest = message.photo.at(-1)
    return largest ? file(largest, 'image') : { kind: 'other' }
  }
  if ('animation' in message) return file(message.animation, 'video') // before document: Telegram sends both
  if ('video' in message) return file(message.video, 'video')
  if ('video_note' in message) return file(message.video_note, 'video')
  if ('audio' in message) return file(message.audio, 'audio')
  if ('voice' in message) return file(message.voice, 'audio')
  if ('document' in message) {
    const said = /^(image|video|audio)\//.exec(message.document.mime_type ?? '')?.[1] as Media | undefined
    const sent = file(message.document, said)
    return sent.kind === 'file' ? { ...sent, file: { ...sent.file, isDocument: true } } : sent
  }
  return isOfChat(message) ? undefined : { kind: 'other' }
}

/**
 * Whether a file is surely of no accepted kind, before it is fetched. A document called a film may be sound alone, in a
 * container of films, and the other way round; a picture is a picture.
 */
export function isOther({ media, isDocument }: SentFile, accept: readonly Media[]): boolean {
  if (!media) return false
  const mayBe: readonly Media[] = isDocument && media !== 'image' ? ['video', 'audio'] : [media]
  return !mayBe.some(kind => accept.includes(kind))
}

/** A person's file, fetched, looked at and stored; or, in words, why not. */
export function takeFile(
  ctx: BotContext,
  { files }: BotDeps,
  sent: SentFile,
  accept?: readonly Kind[],
): Promise<FileValue | Html> {
  // Known before anything is fetched.
  if ((sent.size ?? 0) > mostFromTelegram) return Promise.resolve(ctx.t.wizard.refused('too_big'))
  return taken(ctx, () => files.fromTelegram(sent.fileId, sent.size, { owner: String(ctx.user.id), accept }))
}

export const takeLink = (
  ctx: BotContext,
  { files }: BotDeps,
  url: string,
  accept?: readonly Kind[],
): Promise<FileValue | Html> => taken(ctx, () => files.fromLink(url, { owner: String(ctx.user.id), accept }))

export const isFile = (taken: FileValue | Html): taken is FileValue => 'url' in taken

async function taken(ctx: BotContext, work: () => Promise<FileValue>): Promise<FileValue | Html> {
  // Two networks may take seconds; a person should see that something is going on.
  void ctx.sendChatAction('typing').catch(() => {})
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused) return ctx.t.wizard.refused(error.code)
    // Sending it again is quicker for the person than our trying again behind their back.
    if (error instanceof Unknown) return ctx.t.wizard.unreachable
    throw error
  }
}

// Uploads vanish upstream after a day at the earliest (kie-api.md K15).
const freshMs = 20 * 3_600_000
/** Whether files of this age are still there for sure. */
export const isFresh = (ageMs: number): boolean => ageMs < freshMs

/**
 * The answers of an order of this age (ms), of this owner, with files that are still there: those that came through Telegram are
 * stored once more, the others are left out, and then `isWhole` is false.
 */
export async function withFreshFiles(
  { files }: BotDeps,
  inputs: Inputs,
  ageMs: number,
  owner: string,
): Promise<{ inputs: Inputs; isWhole: boolean }> {
  if (isFresh(ageMs)) return { inputs, isWhole: true }
  let isWhole = true
  const again = async (file: FileValue): Promise<FileValue[]> => {
    try {
      if (file.fileId !== undefined) return [await files.fromTelegram(file.fileId, file.bytes, { owner })]
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error
    }
    isWhole = false
    return []
  }
  const entries = await Promise.all(
    Object.entries(inputs).map(async ([name, value]): Promise<[string, Inputs[string]]> => {
      return [name, isFiles(value) ? (await Promise.all(value.map(again))).flat() : value]
    }),
  )
  const left = entries.filter(([, value]) => !(Array.isArray(value) && value.length === 0))
  return { inputs: Object.fromEntries(left), isWhole }
}
