import { isBlank } from '../visible.ts'
import { readRich } from './rich-text.ts'

/**
 * Returns the update as the handlers read it. NUL and halves of surrogate pairs are removed from all texts: they are
 * invisible, and Postgres refuses them. In a private chat, the words of a rich message become its `text`, and a text or
 * a caption without visible characters is removed.
 */
export function readable(update: object): object {
  const read = JSON.parse(JSON.stringify(update), (_, value) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '') : value,
  ) as { message?: Message | null; edited_message?: Message | null }
  for (const message of [read.message, read.edited_message]) {
    if (message?.chat?.type === 'private') wordsOf(message)
  }
  return read
}

type Message = Record<string, unknown> & { chat?: { type?: unknown } | null }

function wordsOf(message: Message): void {
  if (message.rich_message !== undefined && message.text === undefined) {
    const { text, links } = readRich(message.rich_message)
    message.text = text
    message.entities = links.map(link => ({ type: 'text_link', ...link }))
  }
  forgetBlank(message, 'text', 'entities')
  // Also after a command.
  const [command, rest] =
    /^(\/\S+)(\s[\s\S]*)$/.exec(typeof message.text === 'string' ? message.text : '')?.slice(1) ?? []
  if (command && isBlank(rest ?? '')) message.text = command
  forgetBlank(message, 'caption', 'caption_entities')
}

function forgetBlank(message: Message, name: string, entities: string): void {
  const text = message[name]
  if (text === undefined || (typeof text === 'string' && !isBlank(text))) return
  delete message[name]
  delete message[entities]
}

// Service messages, by the fields of Message (Bot API 10.3). A person did not send them, so they need no answer.
// Payments have their own handler. Fields that are in no list here come from a person or from a later Bot API.
const ofTheChat = new Set(
  `new_chat_members left_chat_member new_chat_title new_chat_photo delete_chat_photo group_chat_created
  supergroup_chat_created channel_chat_created migrate_to_chat_id migrate_from_chat_id pinned_message
  message_auto_delete_timer_changed users_shared chat_shared connected_website write_access_allowed passport_data
  proximity_alert_triggered boost_added chat_background_set chat_owner_left chat_owner_changed community_chat_added
  community_chat_removed community_chat_joined managed_bot_created poll_option_added poll_option_deleted
  checklist_tasks_done checklist_tasks_added forum_topic_created forum_topic_edited forum_topic_closed
  forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway_completed
  suggested_post_approved suggested_post_approval_failed suggested_post_declined suggested_post_paid
  suggested_post_refunded paid_message_price_changed direct_message_price_changed video_chat_scheduled
  video_chat_started video_chat_ended video_chat_participants_invited successful_payment refunded_payment`.split(/\s+/),
)

/** Returns whether a message is a service message, which needs no answer. */
export const isServiceMessage = (message: object): boolean => Object.keys(message).some(name => ofTheChat.has(name))
