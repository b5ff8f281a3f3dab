import type { Log } from '../log.ts'
import type { Generation } from '../payments/generations.ts'
import type { Telegram } from '../telegram/api.ts'

const actions = {
  image: { making: 'upload_photo', sending: 'upload_photo' },
  video: { making: 'record_video', sending: 'upload_video' },
  audio: { making: 'record_voice', sending: 'upload_voice' },
} as const
type Output = keyof typeof actions

/** The last word of a category is what it makes: `text-to-video`. */
const outputOf = ({ category }: Pick<Generation, 'category'>): Output => {
  const output = category.split('-').at(-1) ?? ''
  return output in actions ? (output as Output) : 'image'
}

/**
 * Shows in the head of the chat what is going on, for 5 seconds or until the next message
 * (https://core.telegram.org/bots/api#sendchataction). Never throws: it is dropped where it would get in the way.
 */
export async function act(
  { telegram, log }: { telegram: Telegram; log: Log },
  chatId: number,
  run: Pick<Generation, 'id' | 'category'>,
  what: 'making' | 'sending' | 'document',
): Promise<void> {
  const action = what === 'document' ? 'upload_document' : actions[outputOf(run)][what]
  await telegram
    .call('sendChatAction', { chat_id: chatId, action })
    .catch(error => log.debug({ err: error, generationId: run.id }, 'no chat action'))
}
