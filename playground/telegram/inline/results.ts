import { type Call, isObject, object, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Content } from '../chats/message.ts'
import type { Kind } from '../files/media.ts'
import type { StoredFile } from '../files/register.ts'
import { mediaContent, readCaption, readText, spoiler } from '../messages/content.ts'
import { readKeyboard } from '../messages/keyboard.ts'
import { readPreview } from '../messages/previews.ts'
import type { World } from '../world.ts'
import type { Result } from './queries.ts'

// The cached results, with the name of their file and whether they need a title:
// https://core.telegram.org/bots/api#inlinequeryresult
const CACHED: Record<string, { key: string; kind: Kind; titled: boolean }> = {
  photo: { key: 'photo_file_id', kind: 'photo', titled: false },
  video: { key: 'video_file_id', kind: 'video', titled: true },
  audio: { key: 'audio_file_id', kind: 'audio', titled: false },
  voice: { key: 'voice_file_id', kind: 'voice', titled: true },
  document: { key: 'document_file_id', kind: 'document', titled: true },
  mpeg4_gif: { key: 'mpeg4_file_id', kind: 'animation', titled: false },
}

/**
 * An InlineQueryResult: an article, or a file that Telegram has (by its file id). Results by an address or of other
 * kinds are refused here, as nothing of ours sends them. Throws 400.
 */
export async function readResult(world: World, call: Call, given: unknown): Promise<Result> {
  if (!isObject(given)) throw no('expected an Object')
  const type = textOf(given, 'type') ?? ''
  const id = textOf(given, 'id') ?? ''
  if (Buffer.byteLength(id) < 1 || Buffer.byteLength(id) > 64) throw bad('RESULT_ID_INVALID')
  const title = textOf(given, 'title')
  const description = textOf(given, 'description')
  const view = {
    id,
    type,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
  }
  const keyboard = readKeyboard(object({ ...call, fields: given }, 'reply_markup'), { use: 'edit', world })
  const buttons = keyboard === undefined ? {} : { reply_markup: keyboard }
  const words =
    given.input_message_content === undefined ? undefined : readWords(world, call, given.input_message_content)
  if (type === 'article') {
    if (!title) throw bad('ARTICLE_TITLE_EMPTY')
    if (!words) throw no('input_message_content is required for an article')
    return { view, content: { ...words, ...buttons } }
  }
  const file = await readFile(world, given, { type, title })
  const caption = readCaption(given, world)
  const content = words ?? { ...mediaContent(file, given), ...caption, ...spoiler(given, world) }
  const shown = { ...view, fileId: file.fileId }
  return { view: shown, content: { ...content, ...buttons }, ...(words ? {} : { file }) }
}

async function readFile(
  { files }: World,
  given: Record<string, unknown>,
  { type, title }: { type: string; title: string | undefined },
): Promise<StoredFile> {
  const cached = Object.hasOwn(CACHED, type) ? CACHED[type] : undefined
  if (!cached) throw no(`type "${type}" is not supported here`)
  const fileId = textOf(given, cached.key) ?? ''
  if (fileId === '' || /^https?:|^attach:/i.test(fileId)) throw bad('wrong file identifier/HTTP URL specified')
  if (cached.titled && !title) throw no(`title is required for a ${type}`)
  return await files.resolve(cached.kind, fileId, new Map())
}

function readWords(world: World, call: Call, given: unknown): Content {
  if (!isObject(given) || given.message_text === undefined) throw no('input_message_content must have message_text')
  const { message_text: text, ...rest } = given
  const fields = { ...rest, text: textOf({ text }, 'text') ?? '' }
  if (rest.entities !== undefined && !Array.isArray(rest.entities)) throw bad("can't parse entities JSON array")
  const inner = { ...call, fields }
  return { ...readText(inner, world), ...readPreview(inner) }
}

const no = (what: string) => bad(`can't parse inline query result: ${what}`)
