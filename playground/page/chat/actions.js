import { useEffect, useState } from 'preact/hooks'
import { onNews } from '../server.js'

// https://core.telegram.org/bots/api#sendchataction: five seconds or less, and the bot's next message ends it.
const lifeMs = 5_000

/** What the bot is doing in the chat of this person, as sendChatAction names it, or undefined. */
export function useAction(userId, messages) {
  const [action, setAction] = useState()
  const lastOfBot = messages.findLast(({ from }) => from === 'bot')?.messageId
  useEffect(
    () => onNews(news => news.type === 'action' && news.userId === userId && setAction({ name: news.action })),
    [userId],
  )
  useEffect(() => setAction(undefined), [lastOfBot])
  useEffect(() => {
    if (!action) return
    const timer = setTimeout(() => setAction(undefined), lifeMs)
    return () => clearTimeout(timer)
  }, [action])
  return action?.name
}
