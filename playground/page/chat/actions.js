import { useEffect, useRef, useState } from 'preact/hooks'
import { onNews } from '../server.js'

// https://core.telegram.org/bots/api#sendchataction: five seconds or less, and the bot's next message ends it.
const lifeMs = 5_000

/**
 * What the bot is doing in the chat of this person, as sendChatAction names it, or undefined. `messages` is undefined until
 * they are loaded.
 */
export function useAction(userId, messages) {
  const [action, setAction] = useState()
  const lastOfBot = messages && (messages.findLast(({ from }) => from === 'bot')?.messageId ?? 0)
  const before = useRef()
  useEffect(
    () => onNews(news => news.type === 'action' && news.userId === userId && setAction({ name: news.action })),
    [userId],
  )
  useEffect(() => {
    // What was there when the chat opened ends nothing.
    if (before.current !== undefined) setAction(undefined)
    before.current = lastOfBot
  }, [lastOfBot])
  useEffect(() => {
    if (!action) return
    const timer = setTimeout(() => setAction(undefined), lifeMs)
    return () => clearTimeout(timer)
  }, [action])
  return action?.name
}
