import type { Telegram } from 'telegraf'
import type { InputMediaAudio, InputMediaDocument, InputMediaPhoto, InputMediaVideo } from 'telegraf/types'
import { crashUnderWay } from '../crash.ts'
import { Unknown } from '../errors.ts'
import { TelegramRefused } from './client.ts'
import { html, plainLength } from './html.ts'
import { isAboutChat } from './refused.ts'
import { formatted, keyboard, type Screen, show } from './screen.ts'

/** One output, as bytes in a file or as something Telegram has already. A file id keeps the kind it was sent as. */
export type Item = {
  kind: 'image' | 'video' | 'audio'
  mime: string
  extension: string
  bytes: number
  widthPx?: number
  heightPx?: number
  seconds?: number
  fileName: string
  source: { path: string } | { fileId: string; sentAs: Way }
}
// What Telegram made of it may differ from what was asked for: a silent video is an animation.
type Way = 'photo' | 'video' | 'audio' | 'document' | 'animation'

export type Sent = {
  item: Item
  messageId: number
  fileId: string
  fileUniqueId: string
  sentAs: Way
}

/**
 * Sends a result: one item with caption and buttons; several as albums, and then a message with the caption and the
 * buttons, which an album cannot have. An album that is refused goes one by one, and what Telegram does not take as a
 * picture or a film as a document. After each part `remember` is told what has arrived, and the next one waits for it;
 * one item with the caption is the whole. Throws TelegramRefused `too_big` over 50 MB, before anything is sent, and what
 * was said of an item that is refused by itself, after all the others.
 */
export async function sendResult(
  telegram: Telegram,
  chatId: number,
  items: Item[],
  caption: Screen,
  remember: (sent: Sent[]) => Promise<void> = async () => {},
): Promise<{ captionMessageId: number; sent: Sent[] }> {
  for (const item of items) if ('path' in item.source) checkUpload(item)
  const [first, ...others] = items
  if (first && others.length === 0 && plainLength(caption.text) <= maxCaption) {
    const sent = await sendOne(telegram, chatId, first, wayOf(first), caption)
    return { captionMessageId: sent.messageId, sent: [sent] }
  }
  const sent: Sent[] = []
  const arrived = async (part: Sent[]) => {
    sent.push(...part)
    await remember(part)
  }
  const refusals: unknown[] = []
  for (const group of albums(items)) refusals.push(...(await sendGroup(telegram, chatId, group, arrived)))
  if (refusals.length > 0) throw refusals[0]
  return { captionMessageId: await show(telegram, { chatId }, caption), sent }
}

/**
 * Sends an item uncompressed, as a document. A file id works only if it was a document already (TypeError otherwise):
 * its kind cannot change. Throws TelegramRefused `too_big` over 50 MB.
 */
export async function sendOriginal(telegram: Telegram, chatId: number, item: Item, caption: Screen): Promise<Sent> {
  if ('path' in item.source) checkUpload(item)
  else if (item.source.sentAs !== 'document') {
    throw new TypeError(`${item.fileName} was sent as ${item.source.sentAs}: the original needs its bytes`)
  }
  if (plainLength(caption.text) <= maxCaption) return sendOne(telegram, chatId, item, 'document', caption)
  const sent = await sendOne(telegram, chatId, item, 'document', silent)
  await show(telegram, { chatId }, caption)
  return sent
}

const MB = 1024 * 1024
const maxCaption = 1024
const silent: Screen = { text: html``, buttons: [] }

/** Whether a bot may upload so much; a file id may be of any size. */
export const mayUpload = (bytes: number): boolean => bytes <= 50 * MB

/** Throws TelegramRefused `too_big` for what a bot may not upload. */
function checkUpload({ bytes, fileName }: Item): void {
  if (!mayUpload(bytes)) {
    throw new TelegramRefused('too_big', `${fileName}: ${bytes} bytes are over the 50 MB that a bot may upload`)
  }
}

/** Telegram plays MP4 and common sounds; a picture has limits of its own. Everything else is a document. */
function wayOf({ kind, mime, bytes, widthPx: w, heightPx: h, source }: Item): Way {
  if ('fileId' in source) return source.sentAs
  switch (kind) {
    case 'image': {
      const fits = w === undefined || h === undefined || (w + h <= 10_000 && Math.max(w, h) <= 20 * Math.min(w, h))
      return photoTypes.has(mime) && bytes <= 10 * MB && fits ? 'photo' : 'document'
    }
    case 'video':
      return mime === 'video/mp4' ? 'video' : 'document'
    case 'audio':
      return audioTypes.test(mime) ? 'audio' : 'document'
  }
}

const photoTypes = new Set(['image/jpeg', 'image/png', 'image/webp'])
// MP3 and M4A are what Telegram promises to play. A WAV is tried as well: at worst it comes back as a document.
const audioTypes = /^audio\/(mpeg|mp3|mp4|m4a|x-m4a|aac|wav|wave|x-wav|vnd\.wave)$/

async function sendOne(telegram: Telegram, chatId: number, item: Item, way: Way, caption: Screen): Promise<Sent> {
  try {
    const message = await formatted(caption.text, ({ text, ...mode }) =>
      sendAs(telegram, chatId, item, way, { ...(text === '' ? {} : { caption: text, ...mode }), ...keyboard(caption) }),
    )
    return sentOf(item, message)
  } catch (error) {
    if (way === 'document' || !isRejected(error) || 'fileId' in item.source) throw error
    return sendOne(telegram, chatId, item, 'document', caption)
  }
}

const isRejected = (error: unknown) => error instanceof TelegramRefused && error.code === 'file_rejected'

function sendAs(telegram: Telegram, chatId: number, item: Item, way: Way, extra: Caption): Promise<object> {
  crashUnderWay('telegram_sent')
  const { media, ...facts } = mediaOf(item, way)
  switch (way) {
    case 'photo':
      return telegram.sendPhoto(chatId, media, extra)
    case 'video':
      return telegram.sendVideo(chatId, media, { ...facts, ...extra })
    case 'audio':
      return telegram.sendAudio(chatId, media, { ...facts, ...extra })
    case 'document':
      return telegram.sendDocument(chatId, media, { ...facts, ...extra })
    case 'animation':
      return telegram.sendAnimation(chatId, media, { ...facts, ...extra })
  }
}

type Caption = { caption?: string; parse_mode?: 'HTML' } & ReturnType<typeof keyboard>

/** The file, and what may be said about it; Telegram finds out the rest by itself. */
function mediaOf({ source, fileName, widthPx, heightPx, seconds }: Item, way: Way) {
  const media = 'path' in source ? { source: source.path, filename: fileName } : source.fileId
  const duration = seconds === undefined ? {} : { duration: Math.max(1, Math.round(seconds)) }
  if (way === 'document') return { media, disable_content_type_detection: true }
  if (way === 'audio') return { media, ...duration, title: fileName.replace(/\.\w+$/, '') }
  if (way === 'photo' || way === 'animation') return { media }
  const size = widthPx === undefined || heightPx === undefined ? {} : { width: widthPx, height: heightPx }
  return { media, ...duration, ...size, supports_streaming: true }
}

/** Neighbours that Telegram lets stand in one album: pictures with films, sounds, documents; 10 at most, evenly. An animation stands alone. */
function albums(items: readonly Item[]): Item[][] {
  const runs: Item[][] = []
  for (const item of items) {
    const run = runs.at(-1)
    const family = familyOf(item)
    if (run && family !== 'animation' && familyOf(run[0]!) === family) run.push(item)
    else runs.push([item])
  }
  return runs.flatMap(run => {
    const size = Math.ceil(run.length / Math.ceil(run.length / 10))
    return Array.from({ length: Math.ceil(run.length / size) }, (_, n) => run.slice(n * size, (n + 1) * size))
  })
}

const familyOf = (item: Item) => {
  const way = wayOf(item)
  return way === 'video' ? 'photo' : way
}

/** Gives what was said of those that Telegram takes in no way. */
async function sendGroup(
  telegram: Telegram,
  chatId: number,
  items: Item[],
  arrived: (part: Sent[]) => Promise<void>,
): Promise<unknown[]> {
  const together = items.length > 1 ? await sendAlbum(telegram, chatId, items) : []
  if (together.length > 0) await arrived(together)
  const refusals: unknown[] = []
  for (const item of items.filter(item => together.every(one => one.item !== item))) {
    try {
      await arrived([await sendOne(telegram, chatId, item, wayOf(item), silent)])
    } catch (error) {
      if (!isOfItem(error)) throw error
      refusals.push(error)
    }
  }
  return refusals
}

/** Said of what was sent, and not of the chat: something else may go there. */
const isOfItem = (error: unknown) => error instanceof TelegramRefused && !isAboutChat(error)

/**
 * Gives what has arrived. A refusal goes for the whole album, whichever file is at fault and whatever the words are («group
 * send failed»): one by one only that one suffers.
 */
async function sendAlbum(telegram: Telegram, chatId: number, items: Item[]): Promise<Sent[]> {
  try {
    const media = items.map(item => ({ type: wayOf(item), ...mediaOf(item, wayOf(item)) }))
    return paired(items, await telegram.sendMediaGroup(chatId, media as Album))
  } catch (error) {
    if (!isOfItem(error)) throw error
    return []
  }
}

/** The messages of an album are in the order of its items. Where some are missing, a message is known by its file's name. */
function paired(items: Item[], messages: object[]): Sent[] {
  const left = [...items]
  return messages.flatMap(message => {
    const words = JSON.stringify(message)
    const named = left.findIndex(({ fileName }) => words.includes(JSON.stringify(fileName)))
    const [item] = left.splice(messages.length < items.length && named > 0 ? named : 0, 1)
    return item ? [sentOf(item, message)] : []
  })
}

type Album = (InputMediaPhoto | InputMediaVideo)[] | InputMediaAudio[] | InputMediaDocument[]

type File = { file_id: string; file_unique_id: string }

/** Reads what Telegram made of it from its own message. An animation names its file as a document too. */
function sentOf(item: Item, message: object): Sent {
  const { message_id: messageId, ...content } = message as { message_id: number } & Record<string, unknown>
  for (const sentAs of ['animation', 'photo', 'video', 'audio', 'document'] as const) {
    const found = content[sentAs]
    if (found === undefined) continue
    // Photos come in several sizes, the largest last.
    const file = (Array.isArray(found) ? found.at(-1) : found) as File
    return { item, messageId, fileId: file.file_id, fileUniqueId: file.file_unique_id, sentAs }
  }
  throw new Unknown(`message ${messageId} was sent with a file and came back without one`)
}
