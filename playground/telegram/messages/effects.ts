import { type Call, text } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Chat, Content } from '../chats/message.ts'
import type { World } from '../world.ts'

/** The effects that any bot may use, by their ids. */
export const EFFECTS: Record<string, string> = {
  '5104841245755180586': '🔥',
  '5107584321108051014': '👍',
  '5104858069142078462': '👎',
  '5159385139981059251': '❤️',
  '5046509860389126442': '🎉',
  '5046589136895476101': '💩',
}

/** `message_effect_id`, for private chats only: https://core.telegram.org/bots/api#sendmessage. Throws 400. */
export function readEffect({ apiVersion }: World, call: Call, to: Chat): Content {
  const effect_id = text(call, 'message_effect_id')
  if (!effect_id || apiVersion === '7.1') return {}
  if (to.type !== 'private') throw bad("can't use message effects in the chat")
  if (!Object.hasOwn(EFFECTS, effect_id)) throw bad('EFFECT_ID_INVALID')
  return { effect_id }
}
