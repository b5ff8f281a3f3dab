import type { Kept } from '../chats/message.ts'

/** The reactions on a message, most frequent first. */
export function reactionsOf({ reactions = {} }: Kept) {
  const counts = new Map<string, number>()
  for (const emoji of Object.values(reactions).flat()) counts.set(emoji, (counts.get(emoji) ?? 0) + 1)
  return [...counts].map(([emoji, count]) => ({ emoji, count })).sort((a, b) => b.count - a.count)
}
