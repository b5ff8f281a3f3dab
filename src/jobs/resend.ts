import { NotFound } from '../errors.ts'
import { freeLeft, type Output, outputsOf, type Ref, readGeneration } from '../payments/generations.ts'
import { readWallet } from '../payments/wallet.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { sendOriginal, sendResult } from '../telegram/delivery.ts'
import { languageFor } from '../users/users.ts'
import { type DeliverOptions, itemOf } from './deliver.ts'

/** Sends a result once more, free of charge: by Telegram's file ids where it has them. Throws NotFound, or as the gateway does. */
export async function resend(options: Omit<DeliverOptions, 'wake'>, ref: Ref): Promise<void> {
  const { generation, outputs, caption } = await prepared(options, ref)
  const send = async (files: Output[]) => {
    const items = await Promise.all(files.map(file => itemOf(options, generation, file)))
    await sendResult(options.telegram, generation.chatId, items, caption)
  }
  try {
    await send(outputs)
  } catch (error) {
    // A file id that Telegram no longer takes: the bytes, while they can be had.
    if (!(error instanceof TelegramRefused && error.code === 'file_rejected')) throw error
    await send(outputs.map(output => ({ ...output, fileId: null })))
  }
}

/** Sends the files of a result as they were made, without Telegram's compression. */
export async function sendOriginals(options: Omit<DeliverOptions, 'wake'>, ref: Ref): Promise<void> {
  const { generation, outputs, caption } = await prepared(options, ref)
  for (const output of outputs) {
    // A photo's file id leads to the recompressed copy; only a document's leads to the original.
    const item = await itemOf(options, generation, output.sentAs === 'document' ? output : { ...output, fileId: null })
    await sendOriginal(options.telegram, generation.chatId, item, caption)
  }
  await options.results.drop(ref.id)
}

async function prepared({ sql, messages, limits }: Omit<DeliverOptions, 'wake'>, ref: Ref) {
  const generation = await readGeneration(sql, ref)
  const outputs = await outputsOf(sql, ref)
  if (!generation || outputs.length === 0) throw new NotFound(`result of generation ${ref.id}, user ${ref.userId}`)
  const [wallet, left, language] = await Promise.all([
    readWallet(sql, ref.userId),
    freeLeft(sql, ref.userId, { daily: limits.freeDaily, hourly: limits.freeHourly }),
    languageFor(sql, ref.userId),
  ])
  const caption = messages.result(generation, outputs, wallet, left(generation.modelId).day, language)
  return { generation, outputs, caption }
}
