import { useEffect, useState } from 'preact/hooks'

/** A short text over the chat that goes by itself: [text, show]. */
export function useToast() {
  const [toast, setToast] = useState(null)
  useEffect(() => {
    if (!toast) return
    // Long enough to read at 15 characters a second. Milliseconds.
    const timer = setTimeout(() => setToast(null), Math.max(3_000, toast.text.length * 65))
    return () => clearTimeout(timer)
  }, [toast])
  return [toast?.text, text => setToast({ text })]
}
