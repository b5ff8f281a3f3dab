import { nearlyFull, type Part, textOf } from './request.ts'

/** The last text that answered a parameter, as the messages in which it came: clients cut a long paste into several. */
export type Paste = { param: string; parts: Part[] }

// Clients send the parts one right after another.
const apartS = 2

/** Returns the paste with one more message; undefined when the message is a text of its own. */
export function grownPaste(paste: Paste | undefined, part: Part): Paste | undefined {
  if (!paste || paste.parts.some(({ messageId }) => messageId === part.messageId)) return undefined
  const parts = [...paste.parts, part]
  const isNear = paste.parts.some(({ at }) => Math.abs(at - part.at) <= apartS)
  const isCut = parts.some(({ text = '' }) => text.length > nearlyFull)
  return isNear && isCut ? { ...paste, parts } : undefined
}

/** The text as it was before it was cut, in whatever order its parts came. */
export const pastedText = (paste: Paste): string => textOf(paste) ?? ''
