import { useEffect } from 'preact/hooks'

const waiting = new Map()
const listeners = new Set()

/** Puts a text into the field of a chat, now or once that chat is open. */
export function offerDraft(chatId, text) {
  waiting.set(chatId, text)
  for (const listener of listeners) listener()
}

/** Takes what was put into the field of this chat. */
export function useOffers(chatId, setText) {
  useEffect(() => {
    function take() {
      if (!waiting.has(chatId)) return
      setText(waiting.get(chatId))
      waiting.delete(chatId)
    }
    take()
    listeners.add(take)
    return () => listeners.delete(take)
  }, [chatId])
}

/** What a button that switches to inline mode does: it writes into this chat's field, or asks into which. */
export const switcher =
  ({ chatId, bot, setSheet }) =>
  switchTo => {
    const text = `@${bot.username} ${switchTo.query}`
    if (switchTo.chat === 'current') offerDraft(chatId, text)
    else setSheet({ switchTo, text })
  }
