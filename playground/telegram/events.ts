import type { TelegramEvent } from './stand-in.ts'

/** Events of the stand-in and their listeners. */
export function openEvents() {
  const listeners = new Set<(event: TelegramEvent) => void>()
  return {
    emit(event: TelegramEvent) {
      for (const listener of [...listeners]) listener(event)
    },
    /** Returns the function that ends it. */
    on(listener: (event: TelegramEvent) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
