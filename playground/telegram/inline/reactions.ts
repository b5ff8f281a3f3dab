import { now } from '../chats/message.ts'
import { isAdmin, statusIn } from '../groups/group.ts'
import { enter } from '../groups/hearing.ts'
import type { Hand } from '../player/hand.ts'
import type { Player } from '../stand-in.ts'

// What anybody may put: https://core.telegram.org/bots/api#reactiontypeemoji
const EMOJI =
  '❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡'.split(
    ' ',
  )
// With Premium; everybody else one.
const MOST = 3

/** A person puts reactions on a message, or takes them off with an empty list. */
export const reactMove =
  ({ world, changed, shown, active }: Hand): Player['react'] =>
  (userId, messageId, emoji, chatId = userId) => {
    const { chats, delivery, apiVersion } = world
    const group = chats.group(chatId)
    if (group) enter(group, userId)
    else active(userId)
    const kept = chats.find(chatId, messageId)
    if (!kept) throw new Error(`message ${messageId} is not in the chat: there is nothing to react to`)
    const strange = emoji.find(one => !EMOJI.includes(one))
    if (strange !== undefined) throw new Error(`${strange} is not a reaction`)
    if (emoji.length > MOST) throw new Error(`at most ${MOST} reactions`)
    const before = kept.reactions?.[userId] ?? []
    kept.reactions = { ...kept.reactions, [userId]: emoji }
    chats.announce(chatId, messageId)
    // In groups administrators alone are told: https://core.telegram.org/bots/api#update, message_reaction
    const isTold = group ? isAdmin(statusIn(group, chats.bot.id)) : apiVersion !== '7.1'
    const { chat, message_id } = kept.message
    if (isTold) {
      const from = chats.user(userId)
      const changes = { old_reaction: before.map(typed), new_reaction: emoji.map(typed) }
      delivery.push({ message_reaction: { chat, message_id, user: from, date: now(), ...changes } })
    }
    changed()
    return shown(kept, userId)
  }

const typed = (emoji: string) => ({ type: 'emoji', emoji })
