import { type Call, flag, object, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Content } from '../chats/message.ts'
import type { MessageView } from '../stand-in.ts'
import { httpUrl } from './links.ts'

const FLAGS = ['is_disabled', 'prefer_small_media', 'prefer_large_media', 'show_above_text'] as const

/** `link_preview_options`, or the older disable_web_page_preview. Throws 400. */
export function readPreview(call: Call): Content {
  const given = object(call, 'link_preview_options')
  if (!given) return flag(call, 'disable_web_page_preview') ? { link_preview_options: { is_disabled: true } } : {}
  const wrong = FLAGS.find(key => given[key] !== undefined && typeof given[key] !== 'boolean')
  if (wrong) throw bad(`can't parse LinkPreviewOptions: field "${wrong}" must be of type Boolean`)
  const address = textOf(given, 'url')
  const url = address && httpUrl(address)
  if (address && !url) throw bad('WEBPAGE_URL_INVALID')
  const set = FLAGS.filter(key => given[key] === true).map(key => [key, true])
  const options = { ...Object.fromEntries(set), ...(url ? { url } : {}) }
  return Object.keys(options).length > 0 ? { link_preview_options: options } : {}
}

/** The preview that a client shows under the text, or above it: of the link that was named, or of the first. */
export function previewOf(message: Content): MessageView['preview'] {
  const { text, entities = [], link_preview_options: options = {} } = message
  if (text === undefined || options.is_disabled) return
  const links = entities.flatMap(({ type, url, offset, length }) =>
    type === 'text_link' || type === 'url' ? [url ?? text.slice(offset, offset + length)] : [],
  )
  const url = options.url ?? links.map(httpUrl).find(link => link && /^https?:/i.test(link))
  if (!url) return
  return { url, above: options.show_above_text === true, large: options.prefer_large_media === true }
}
