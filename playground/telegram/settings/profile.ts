import { type Call, int, object, text, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { User } from '../chats/message.ts'
import { mediaContent } from '../messages/content.ts'
import type { World } from '../world.ts'
import type { BotSettings } from './settings.ts'

// The most characters: https://core.telegram.org/bots/api#setmyname and its neighbours.
const MOST: Record<string, number> = { name: 64, description: 512, short_description: 120 }
// Telegram refuses a small one (https://core.telegram.org/method/photos.uploadProfilePhoto) and does not say what is
// small: this is the smallest square that clients show.
const SMALLEST_PHOTO = 160

/** The bot with what BotFather decides about it, as far as this version of the Bot API tells it. */
export function getMe({ chats, settings, description }: World): User & Partial<BotSettings> {
  const known = description.fieldsOf('UserFromGetMe')
  const told = Object.entries(settings.bot).filter(([key]) => known.has(key))
  return {
    ...chats.bot,
    first_name: textFor(settings.texts, 'name') ?? chats.bot.first_name,
    ...Object.fromEntries(told),
  }
}

/** An empty text takes away the one of its language, and the text without a language is shown again. */
export function setText({ settings }: World, call: Call, what: string): true {
  const value = (text(call, what) ?? '').trim()
  if (value.length > MOST[what]!) throw bad(`bot ${what.replace('_', ' ')} is too long`)
  const key = `${what} ${languageOf(call)}`
  if (value === '') settings.texts.delete(key)
  else settings.texts.set(key, value)
  return true
}

export function getText({ settings, chats }: World, call: Call, what: string) {
  const fallback = what === 'name' ? chats.bot.first_name : ''
  return { [what]: textFor(settings.texts, what, languageOf(call)) ?? fallback }
}

/** Takes a JPEG that is uploaded with the call; moving pictures are not played here. */
export async function setMyProfilePhoto({ settings, files }: World, call: Call): Promise<true> {
  const photo = object(call, 'photo')!
  if (textOf(photo, 'type') !== 'static') throw bad('animated profile photos are not played here')
  const value = textOf(photo, 'photo') ?? ''
  const upload = call.uploads.get(value.replace('attach://', ''))
  if (!upload) throw bad("photo must be uploaded as a file: profile photos can't be reused")
  if (!isJpeg(upload.bytes)) throw bad('PHOTO_EXT_INVALID')
  const file = await files.resolve('photo', value, call.uploads)
  if (Math.min(file.width ?? 0, file.height ?? 0) < SMALLEST_PHOTO) throw bad('PHOTO_CROP_SIZE_SMALL')
  settings.photos.unshift(file.fileId)
  return true
}

/** The photo before it is shown again, as in every profile. */
export function removeMyProfilePhoto({ settings }: World): true {
  settings.photos.shift()
  return true
}

export function getUserProfilePhotos({ settings, files, chats }: World, call: Call) {
  const userId = int(call, 'user_id')!
  const isBot = userId === chats.bot.id
  if (!isBot && !chats.people().some(person => person.id === userId)) throw bad('user not found')
  const [offset, limit] = [int(call, 'offset') ?? 0, int(call, 'limit') ?? 100]
  if (offset < 0 || limit < 1 || limit > 100) throw bad('wrong offset or limit of profile photos')
  const ids = isBot ? settings.photos : []
  const photos = ids.slice(offset, offset + limit).map(fileId => mediaContent(files.find(fileId)!).photo)
  return { total_count: ids.length, photos }
}

/** What a person sees of the bot before the first message, in their own language. */
export function profileFor({ settings, chats }: World, languageCode: string) {
  const own = (what: string) => textFor(settings.texts, what, languageCode.slice(0, 2))
  return {
    name: own('name') ?? chats.bot.first_name,
    description: own('description') ?? '',
    shortDescription: own('short_description') ?? '',
    photo: settings.photos[0] ?? null,
  }
}

/** A two-letter code, or an empty string: all languages that have nothing of their own. Throws 400. */
export function languageOf(call: Call): string {
  const language = text(call, 'language_code') ?? ''
  if (!/^([a-z]{2})?$/.test(language)) throw bad('invalid language code specified')
  return language
}

const textFor = (texts: Map<string, string>, what: string, language = '') =>
  texts.get(`${what} ${language}`) ?? texts.get(`${what} `)

const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
