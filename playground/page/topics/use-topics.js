import { useMemo, useRef, useState } from 'preact/hooks'

/** The key of what is outside of all topics. */
const general = 0
const keyOf = ({ threadId }) => threadId ?? general

/**
 * The topics of a chat and the one that is open: its `messages` of `all`, its `threadId` (undefined outside of all) and for each key
 * in `unread` how many messages of the bot came since it was open. A chat that is not shown by topics is one list.
 */
export function useTopics({ person, chat }) {
  const [chosen, choose] = useState()
  const read = useRef({})
  const topics = chat?.topics ?? []
  const isShown = person.topics === true
  // A topic that was deleted meanwhile leads outside.
  const threadId = isShown && topics.some(topic => topic.threadId === chosen) ? chosen : undefined
  const all = useMemo(() => chat?.messages ?? [], [chat])
  const messages = useMemo(
    () => (isShown ? all.filter(message => message.threadId === threadId) : all),
    [all, isShown, threadId],
  )
  return {
    isShown,
    topics,
    threadId,
    all,
    messages,
    choose,
    unread: isShown && chat ? countUnread(chat, read.current, threadId ?? general) : {},
  }
}

/** `read` holds the newest message of each topic that was on the screen, and is brought up to date. */
function countUnread({ messages, topics }, read, open) {
  const unread = {}
  for (const key of [general, ...topics.map(keyOf)]) {
    const inside = messages.filter(message => keyOf(message) === key)
    const newest = inside.at(-1)?.messageId ?? 0
    if (key === open || read[key] === undefined) read[key] = newest
    unread[key] = inside.filter(({ from, messageId }) => from === 'bot' && messageId > read[key]).length
  }
  return unread
}
