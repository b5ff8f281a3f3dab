import { type Call, int, isObject, list, object, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { World } from '../world.ts'
import { languageOf } from './profile.ts'
import type { Command } from './settings.ts'

export function setMyCommands({ settings, apiVersion }: World, call: Call): true {
  const commands = list(call, 'commands')!.map(item => readCommand(item, apiVersion !== '7.1'))
  if (commands.length > 100) throw bad('BOT_COMMANDS_TOO_MUCH')
  settings.commands.set(scopeOf(call), commands)
  return true
}

export const getMyCommands = ({ settings }: World, call: Call): Command[] => settings.commands.get(scopeOf(call)) ?? []

export function deleteMyCommands({ settings }: World, call: Call): true {
  settings.commands.delete(scopeOf(call))
  return true
}

export function setChatMenuButton({ settings }: World, call: Call): true {
  const button = object(call, 'menu_button') ?? { type: 'default' }
  if (!['commands', 'web_app', 'default'].includes(textOf(button, 'type') ?? '')) throw bad('MENU_BUTTON_INVALID')
  settings.menuButtons.set(String(int(call, 'chat_id') ?? ''), button)
  return true
}

export const getChatMenuButton = ({ settings }: World, call: Call): object =>
  settings.menuButtons.get(String(int(call, 'chat_id') ?? '')) ?? settings.menuButtons.get('') ?? { type: 'default' }

export function getChat({ chats }: World, call: Call) {
  const chat = known(chats, call)
  return { ...chat, accent_color_id: 1, max_reaction_count: 11, accepted_gift_types: {} }
}

/** Reading about a chat works even when the person has blocked the bot. */
function known(chats: World['chats'], call: Call) {
  const chatId = call.fields.chat_id
  const person = chats.people().find(p => p.id === chatId)
  return person?.started ? chats.chat(person.id) : chats.target(chatId)
}

function scopeOf(call: Call) {
  const scope = object(call, 'scope')
  const type = scope ? (textOf(scope, 'type') ?? '') : 'default'
  const language = languageOf(call)
  const isChat = type === 'chat' || type === 'chat_administrators' || type === 'chat_member'
  return `${isChat ? `${type}:${String(scope?.chat_id)}` : type} ${language}`
}

function readCommand(item: unknown, mayBeEphemeral: boolean): Command {
  if (!isObject(item)) throw bad("can't parse BotCommand: expected an Object")
  const command = (textOf(item, 'command') ?? '').replace(/^\//, '')
  const description = (textOf(item, 'description') ?? '').trim()
  if (!/^[a-z0-9_]{1,32}$/.test(command)) throw bad('BOT_COMMAND_INVALID')
  if (description.length < 1 || description.length > 256) throw bad('BOT_COMMAND_DESCRIPTION_INVALID')
  return { command, description, ...(mayBeEphemeral && item.is_ephemeral === true ? { is_ephemeral: true } : {}) }
}
