import type { Content } from '../chats/message.ts'
import { detect, toWire } from '../messages/entities.ts'

// docs/providers/telegram.md, "Sizes"; in UTF-16 units.
const MOST_TEXT = 4096
const MOST_CAPTION = 1024

/** What a client sends: trimmed, never empty, never longer than one message. */
export function textContent(text: string): Content {
  const trimmed = text.trim()
  if (trimmed === '') throw new Error('an empty message cannot be sent')
  if (trimmed.length > MOST_TEXT) throw new Error(`a message has at most ${MOST_TEXT} characters`)
  const entities = toWire(detect(trimmed))
  return { text: trimmed, ...(entities.length === 0 ? {} : { entities }) }
}

/** The words under a file, which may be none. */
export function captionContent(text: string): Content {
  const caption = text.trim()
  if (caption === '') return {}
  if (caption.length > MOST_CAPTION) throw new Error(`a caption has at most ${MOST_CAPTION} characters`)
  const entities = toWire(detect(caption))
  return { caption, ...(entities.length === 0 ? {} : { caption_entities: entities }) }
}

/**
 * Cuts a text into messages as clients do: at the last line break in the second half of what fits, else at the
 * last space there, else hard, but never inside a surrogate pair.
 */
export function cut(text: string): string[] {
  const parts: string[] = []
  let rest = text.trim()
  while (rest.length > MOST_TEXT) {
    const at = placeToCut(rest)
    parts.push(rest.slice(0, at).trim())
    rest = rest.slice(at).trim()
  }
  return [...parts, rest]
}

function placeToCut(text: string) {
  for (const mark of ['\n', ' ']) {
    const at = text.lastIndexOf(mark, MOST_TEXT)
    if (at >= MOST_TEXT / 2) return at
  }
  const isInsideOfPair = /^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(MOST_TEXT - 1))
  return isInsideOfPair ? MOST_TEXT - 1 : MOST_TEXT
}
