import { bad, forbidden, Refusal } from '../api/refusal.ts'
import type { Chat, Content } from '../chats/message.ts'

/** What somebody is in a group: https://core.telegram.org/bots/api#chatmember. `restricted` here means silent. */
export type Status = 'creator' | 'administrator' | 'member' | 'restricted' | 'left' | 'kicked'
export type Group = {
  id: number
  title: string
  isForum?: boolean
  /** Not a supergroup yet. */
  isBasic?: boolean
  /** Only its members write in it; anybody writes in a public one. */
  isClosed?: boolean
  /** A chat of two people. */
  isTalk?: boolean
  /** The supergroup that it has become. */
  migratedTo?: number
  /** By the id of the person, or of the bot. */
  members: Record<string, Status>
}

export const statusIn = ({ members }: Group, id: number): Status => members[id] ?? 'left'
export const isInside = (status: Status) => status !== 'left' && status !== 'kicked'
export const isAdmin = (status: Status) => status === 'creator' || status === 'administrator'
export const insiders = ({ members }: Group) => Object.entries(members).filter(([, status]) => isInside(status))

export function chatOfGroup({ id, title, isForum, isBasic, isTalk }: Group): Chat {
  if (isTalk) return { id, type: 'private', first_name: title }
  return { id, type: isBasic ? 'group' : 'supergroup', title, ...(isForum ? { is_forum: true } : {}) }
}

/** Throws what a call to this group is refused with: 400 after an upgrade, 403 when the bot is not in it. */
export function refuseAway(group: Group, botId: number) {
  if (group.isTalk) throw bad('chat not found')
  if (group.migratedTo !== undefined) {
    throw new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
      migrateTo: group.migratedTo,
    })
  }
  const kind = group.isBasic ? 'group' : 'supergroup'
  const status = statusIn(group, botId)
  if (status === 'kicked') throw forbidden(`bot was kicked from the ${kind} chat`)
  if (status === 'left') throw forbidden(`bot is not a member of the ${kind} chat`)
}

/** Throws 400 if the bot was made silent in the group. */
export function refuseSilent(group: Group | undefined, botId: number, content: Content) {
  if (group && statusIn(group, botId) === 'restricted') {
    throw bad(`not enough rights to send ${nameOf(content)} to the chat`)
  }
}

function nameOf({ photo, video, audio, voice, animation, document }: Content): string {
  if (photo) return 'photos'
  if (video) return 'videos'
  if (audio) return 'music'
  if (voice) return 'voice notes'
  if (animation) return 'animations'
  return document ? 'documents' : 'text messages'
}
