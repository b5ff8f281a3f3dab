import { shortId } from '../../id.ts'
import type { Output } from '../../payments/generations.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import { type Item, type Sent, sendOriginal, sendResult } from '../../telegram/delivery.ts'
import type { Screen } from '../../telegram/screen.ts'
import { arrived, bytesOf, type Delivery } from './delivery.ts'

// A small part of the lease: within it no renewal is needed.
const longAgoMs = 10_000

/** Sends these outputs, by file id where Telegram has one. Throws the errors of the Telegram client and the downloader. */
export async function sendFiles(delivery: Delivery, missing: Output[], caption: Screen): Promise<number | null> {
  const isOriginal = delivery.outgoing.body.kind === 'original'
  try {
    const items = await Promise.all(missing.map(output => itemOf(delivery, output)))
    if (performance.now() - delivery.heldAt > longAgoMs) await arrived(delivery, [])
    return isOriginal
      ? await sendOriginals(delivery, missing, items, caption)
      : await sendShown(delivery, missing, items, caption)
  } catch (error) {
    // Telegram no longer accepts a file id: send the bytes.
    const isRejected = error instanceof TelegramRefused && error.code === 'file_rejected'
    if (!isRejected || missing.every(({ fileId }) => fileId === null)) throw error
    const bytes = missingOf(delivery, missing).map(output => ({ ...output, fileId: null }))
    return sendFiles(delivery, bytes, caption)
  }
}

async function sendShown(delivery: Delivery, outputs: Output[], items: Item[], caption: Screen): Promise<number> {
  const { options, chatId, files } = delivery
  const filesOf = (part: Sent[]) =>
    part.map(({ item, fileId, sentAs, messageId }) => ({
      n: outputs[items.indexOf(item)]!.n,
      file_id: fileId,
      sent_as: sentAs,
      message_id: messageId,
    }))
  let isNoted = false
  const remember = (part: Sent[]) => {
    isNoted = true
    return arrived(delivery, filesOf(part))
  }
  const { captionMessageId, sent } = await sendResult(options.telegram, chatId, items, caption, remember)
  if (!isNoted) files.push(...filesOf(sent)) // a single message: the mark follows at once
  return captionMessageId
}

async function sendOriginals(delivery: Delivery, outputs: Output[], items: Item[], caption: Screen) {
  let messageId: number | null = null
  for (const [index, item] of items.entries()) {
    ;({ messageId } = await sendOriginal(delivery.options.telegram, delivery.chatId, item, caption))
    // The file id of a document is not stored: the next delivery shows the result as a photo or video.
    await arrived(delivery, [{ n: outputs[index]!.n, file_id: null, sent_as: null, message_id: messageId }])
  }
  return messageId
}

/** Returns the outputs that have not arrived. The file id of a photo is a recompressed copy, so originals do not use it. */
export const missingOf = ({ outgoing }: Delivery, outputs: Output[]): Output[] =>
  outputs
    .filter(({ n }) => !outgoing.sent.includes(n))
    .map(output =>
      outgoing.body.kind === 'original' && output.sentAs !== 'document' ? { ...output, fileId: null } : output,
    )

/** Returns an output as an item to send: by file id, else by its bytes. Throws the errors of the downloader. */
async function itemOf(delivery: Delivery, output: Output): Promise<Item> {
  const about = {
    kind: output.kind as Item['kind'],
    mime: output.mime,
    extension: output.extension,
    bytes: output.bytes,
    ...(output.widthPx === null ? {} : { widthPx: output.widthPx }),
    ...(output.heightPx === null ? {} : { heightPx: output.heightPx }),
    ...(output.seconds === null ? {} : { seconds: output.seconds }),
    fileName: `telegen-${shortId(delivery.generation.id)}-${output.n}.${output.extension}`,
  }
  const { fileId, sentAs } = output
  if (fileId !== null && sentAs !== null) return { ...about, source: { fileId, sentAs } }
  const { path } = await bytesOf(delivery, output)
  return { ...about, source: { path } }
}
