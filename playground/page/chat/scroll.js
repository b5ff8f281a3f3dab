import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Follows the newest message only while the reader is at the end; `unseen` counts the messages since then. */
export function useScroll(messages) {
  const box = useRef()
  const inner = useRef()
  const atEnd = useRef(true)
  const seen = useRef()
  const [unseen, setUnseen] = useState(0)

  function settle() {
    // The box is gone if another person's chat was opened meanwhile.
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight
  }
  function onScroll() {
    if (!box.current) return // an event of the chat that was left
    const { scrollHeight, scrollTop, clientHeight } = box.current
    atEnd.current = scrollHeight - scrollTop - clientHeight < 40
    if (atEnd.current) setUnseen(0)
  }
  function toEnd() {
    atEnd.current = true
    setUnseen(0)
    settle()
  }
  useEffect(() => {
    const observer = new ResizeObserver(settle) // pictures and players take their height later
    observer.observe(inner.current)
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    const last = messages.at(-1)?.messageId ?? 0
    const before = seen.current ?? last
    seen.current = last
    if (atEnd.current) settle()
    else if (last > before) setUnseen(n => n + messages.filter(m => m.messageId > before).length)
  }, [messages])
  /** Brings a message into view and lights it up. */
  function show(messageId) {
    const found = inner.current.querySelector(`[data-message-id="${messageId}"]`)
    found?.scrollIntoView({ block: 'center' })
    found?.animate([{ opacity: 0.4 }, { opacity: 1 }], { duration: 900 })
  }
  return { box, inner, onScroll, toEnd, unseen, show }
}
