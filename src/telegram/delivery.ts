import { crashUnderWay } from '../crash.ts'
import { Unknown } from '../errors.ts'
import type { Payload, Telegram } from './api.ts'
import { TelegramRefused } from './client.ts'
import { effectIn } from './effects.ts'
import { html, plainLength } from './html.ts'
import { isAboutChat } from './refused.ts'
import { formatted, keyboard, type Screen, show } from './screen.ts'

/**
 * One output: a file on disk, or a file that Telegram already has. A file id can only be sent as the kind it was sent
 * as before.
 */
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
// Telegram may store another kind than the one you sent: a silent video becomes an animation.
type Way = 'photo' | 'video' | 'audio' | 'document' | 'animation'

export type Sent = {
  item: Item
  messageId: number
  fileId: string
  fileUniqueId: string
  sentAs: Way
}

/**
 * Sends a result. One item goes out with caption and buttons. Several go out as albums, then a message with the caption
 * and the buttons, since albums cannot have buttons. If an album is refused, its items are sent one by one. If an item
 * is refused as a photo or a video, it is sent as a document. After each part, `remember` is called with what has
 * arrived, and the next part waits for it. It is not called for one item with the caption.
 * Throws TelegramRefused `too_big` above 50 MB, before anything is sent. If an item is refused by itself, the others
 * are sent first and then its refusal is thrown.
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
 * Sends an item uncompressed, as a document. A file id must belong to a document, otherwise it throws TypeError:
 * Telegram cannot change the kind. Throws TelegramRefused `too_big` above 50 MB.
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

/** Returns whether a bot may upload this many bytes. The limit does not apply to file ids. */
export const mayUpload = (bytes: number): boolean => bytes <= 50 * MB

/** Throws TelegramRefused `too_big` for a file above the upload limit. */
function checkUpload({ bytes, fileName }: Item): void {
  if (!mayUpload(bytes)) {
    throw new TelegramRefused('too_big', `${fileName}: ${bytes} bytes are over the 50 MB that a bot may upload`)
  }
}

/**
 * Telegram plays MP4 and common audio formats, and limits the size of photos. Everything else is sent as a document.
 */
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
// Telegram promises to play MP3 and M4A. WAV is tried too: at worst it is sent as a document.
const audioTypes = /^audio\/(mpeg|mp3|mp4|m4a|x-m4a|aac|wav|wave|x-wav|vnd\.wave)$/

async function sendOne(telegram: Telegram, chatId: number, item: Item, way: Way, caption: Screen): Promise<Sent> {
  try {
    const message = await formatted(caption.text, ({ text, ...mode }) =>
      sendAs(telegram, chatId, item, way, {
        ...(text === '' ? {} : { caption: text, ...mode }),
        ...keyboard(caption),
        ...effectIn(chatId, caption.effect),
      }),
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
      return telegram.call('sendPhoto', { chat_id: chatId, photo: media, ...extra })
    case 'video':
      return telegram.call('sendVideo', { chat_id: chatId, video: media, ...facts, ...extra })
    case 'audio':
      return telegram.call('sendAudio', { chat_id: chatId, audio: media, ...facts, ...extra })
    case 'document':
      return telegram.call('sendDocument', { chat_id: chatId, document: media, ...facts, ...extra })
    case 'animation':
      return telegram.call('sendAnimation', { chat_id: chatId, animation: media, ...facts, ...extra })
  }
}

type Caption = { caption?: string; parse_mode?: 'HTML'; message_effect_id?: string } & ReturnType<typeof keyboard>

/** The file and the properties we know. Telegram finds out the others itself. */
function mediaOf({ source, fileName, widthPx, heightPx, seconds }: Item, way: Way) {
  const media = 'path' in source ? { source: source.path, filename: fileName } : source.fileId
  const duration = seconds === undefined ? {} : { duration: Math.max(1, Math.round(seconds)) }
  if (way === 'document') return { media, disable_content_type_detection: true }
  if (way === 'audio') return { media, ...duration, title: fileName.replace(/\.\w+$/, '') }
  if (way === 'photo' || way === 'animation') return { media }
  const size = widthPx === undefined || heightPx === undefined ? {} : { width: widthPx, height: heightPx }
  return { media, ...duration, ...size, supports_streaming: true }
}

/**
 * Groups neighbours that may share an album: photos with videos, audio, documents. At most 10 each, evenly split. An
 * animation is sent alone.
 */
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

/** Returns the refusals of items that Telegram accepts in no form. */
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

/** Returns what was sent; undefined where Telegram refuses the files, as opposed to the chat. Throws whatever else fails. */
export async function unlessRefused<Result>(send: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await send()
  } catch (error) {
    if (!isOfItem(error)) throw error
    return undefined
  }
}

/** Whether the refusal is about the item and not about the chat: another item may still be accepted. */
const isOfItem = (error: unknown) => error instanceof TelegramRefused && !isAboutChat(error)

/**
 * Returns the items that have arrived. Telegram refuses a whole album for one bad file, with varying texts («group send
 * failed»). Sent one by one, only the bad file fails.
 */
async function sendAlbum(telegram: Telegram, chatId: number, items: Item[]): Promise<Sent[]> {
  try {
    const media = items.map(item => ({ type: wayOf(item), ...mediaOf(item, wayOf(item)) }))
    return paired(items, await telegram.call('sendMediaGroup', { chat_id: chatId, media: media as Album }))
  } catch (error) {
    if (!isOfItem(error)) throw error
    return []
  }
}

/** An album's messages come in the order of its items. If some are missing, file names match messages to items. */
function paired(items: Item[], messages: object[]): Sent[] {
  const left = [...items]
  return messages.flatMap(message => {
    const words = JSON.stringify(message)
    const named = left.findIndex(({ fileName }) => words.includes(JSON.stringify(fileName)))
    const [item] = left.splice(messages.length < items.length && named > 0 ? named : 0, 1)
    return item ? [sentOf(item, message)] : []
  })
}

type Album = Payload<'sendMediaGroup'>['media']

type File = { file_id: string; file_unique_id: string }

/** Reads the kind and the file id from Telegram's message. An animation has a `document` field too. */
function sentOf(item: Item, message: object): Sent {
  const { message_id: messageId } = message as { message_id: number }
  const file = fileIn(message)
  if (!file) throw new Unknown(`message ${messageId} was sent with a file and came back without one`)
  return { item, messageId, ...file }
}

/** Returns the file of a message that was sent, and how Telegram sent it; undefined: there is none. */
export function fileIn(message: object): Pick<Sent, 'fileId' | 'fileUniqueId' | 'sentAs'> | undefined {
  const content = message as Record<string, unknown>
  for (const sentAs of ['animation', 'photo', 'video', 'audio', 'document'] as const) {
    const found = content[sentAs]
    if (found === undefined) continue
    // Photos come in several sizes, the largest last.
    const file = (Array.isArray(found) ? found.at(-1) : found) as File
    return { fileId: file.file_id, fileUniqueId: file.file_unique_id, sentAs }
  }
  return undefined
}
