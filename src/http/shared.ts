/**
 * Returns a function that calls `load` and shares its result with all callers for `freshMs` milliseconds. A failure is
 * not kept.
 */
export function shared<T>(load: () => Promise<T>, freshMs: number): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined
  return () => {
    const now = performance.now()
    if (!last || now - last.at > freshMs) {
      const answer = load()
      last = { at: now, answer }
      answer.catch(() => {
        if (last?.answer === answer) last = undefined
      })
    }
    return last.answer
  }
}
