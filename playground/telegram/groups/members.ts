import type { User } from '../chats/message.ts'
import type { Status } from './group.ts'

const RIGHTS = [
  'can_manage_chat',
  'can_delete_messages',
  'can_manage_video_chats',
  'can_restrict_members',
  'can_promote_members',
  'can_change_info',
  'can_invite_users',
  'can_post_stories',
  'can_edit_stories',
  'can_delete_stories',
  'can_pin_messages',
]
const KEPT_FROM_SILENT = [
  'can_send_messages',
  'can_send_audios',
  'can_send_documents',
  'can_send_photos',
  'can_send_videos',
  'can_send_video_notes',
  'can_send_voice_notes',
  'can_send_polls',
  'can_send_other_messages',
  'can_add_web_page_previews',
  'can_change_info',
  'can_invite_users',
  'can_pin_messages',
  'can_manage_topics',
]
const all = (keys: string[], value: boolean) => Object.fromEntries(keys.map(key => [key, value]))

/** A ChatMember: https://core.telegram.org/bots/api#chatmember */
export function chatMember(user: User, status: Status): object {
  switch (status) {
    case 'creator':
      return { user, status, is_anonymous: false }
    case 'administrator':
      return {
        user,
        status,
        can_be_edited: false,
        is_anonymous: false,
        ...all(RIGHTS, true),
        can_promote_members: false,
      }
    case 'restricted':
      return { user, status, is_member: true, ...all(KEPT_FROM_SILENT, false), until_date: 0 }
    case 'kicked':
      return { user, status, until_date: 0 }
    default:
      return { user, status }
  }
}
