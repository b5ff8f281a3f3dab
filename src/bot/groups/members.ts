import type { Telegram } from '../../telegram/api.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import type { Answered } from '../context.ts'

// The account that Telegram reports as the sender for anonymous admins.
const anonymousAdmin = 1_087_968_824

/** Whether the group itself is the sender: only its admins can write so, and who of them did is not told. */
export function isAnonymousAdmin({ message, chat }: Answered): boolean {
  const sender = message && 'sender_chat' in message ? message.sender_chat : undefined
  return sender !== undefined && sender.id === chat?.id && message?.from?.id === anonymousAdmin
}

/** Whether a channel, a group or a bot is the sender: there is nobody to show a price to. */
export const isNobody = ({ message, from }: Answered): boolean =>
  from === undefined || from.is_bot || (message !== undefined && 'sender_chat' in message)

/** Asks Telegram whether a person is in a group. `nobody`: not there, or the bot is not there to see it. */
export async function roleIn(
  telegram: Telegram,
  chatId: number,
  userId: number,
): Promise<'admin' | 'member' | 'nobody'> {
  try {
    const member = await telegram.call('getChatMember', { chat_id: chatId, user_id: userId })
    if (member.status === 'creator' || member.status === 'administrator') return 'admin'
    const isIn = member.status === 'member' || (member.status === 'restricted' && member.is_member)
    return isIn ? 'member' : 'nobody'
  } catch (error) {
    if (!(error instanceof TelegramRefused) || error.code === 'rate_limited') throw error
    return 'nobody'
  }
}
