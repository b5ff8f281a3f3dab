import { useEffect, useRef, useState } from 'preact/hooks'
import { onNews } from '../server.js'

// https://core.telegram.org/bots/api#sendchataction: five seconds or less, and the bot's next message ends it.
const lifeMs = 5_000

/**
 * What the bot is doing in the chat of this person, as sendChatAction names it, by topic (0 is outside of all). `messages`
 * is undefined until they are loaded.
 */
export function useActions(userId, messages) {
  const [actions, setActions] = useState({})
  const before = useRef()
  const end = key => setActions(({ [key]: _, ...rest }) => rest)
  useEffect(() => {
    const timers = {}
    const deaf = onNews(news => {
      if (news.type !== 'action' || news.userId !== userId) return
      const key = news.threadId ?? 0
      setActions(current => ({ ...current, [key]: news.action }))
      clearTimeout(timers[key])
      timers[key] = setTimeout(() => end(key), lifeMs)
    })
    return () => {
      deaf()
      for (const timer of Object.values(timers)) clearTimeout(timer)
    }
  }, [userId])
  useEffect(() => {
    if (!messages) return
    const last = {}
    for (const { from, threadId = 0, messageId } of messages) if (from === 'bot') last[threadId] = messageId
    // What was there when the chat opened ends nothing.
    for (const key in last) if (before.current && before.current[key] !== last[key]) end(key)
    before.current = last
  }, [messages])
  return actions
}
