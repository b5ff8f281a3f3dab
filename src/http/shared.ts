/** The answer of `look`, asked for once by all who want it within `freshMs` milliseconds. A failure is not kept. */
export function shared<T>(look: () => Promise<T>, freshMs: number): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined
  return () => {
    const now = performance.now()
    if (!last || now - last.at > freshMs) {
      const answer = look()
      last = { at: now, answer }
      answer.catch(() => {
        if (last?.answer === answer) last = undefined
      })
    }
    return last.answer
  }
}
