import { setTimeout as pause } from 'node:timers/promises'
import { act } from '../chat-action.ts'
import { showSending } from '../progress.ts'
import type { Delivery } from './delivery.ts'

// Most files are there before this.
const slowMs = 1_500
// Telegram shows a chat action for 5 seconds.
const againMs = 4_500

/**
 * Shows that a result is being sent: in the head of the chat at once and while it lasts, and in the progress message when
 * it takes longer. `end` resolves when nothing more of it follows.
 */
export function announce({ options, outgoing, generation, language, chatId }: Delivery): { end(): Promise<void> } {
  const { kind } = outgoing.body
  if (generation.execState !== 'success') return { end: async () => {} }
  const stop = new AbortController()
  const what = kind === 'original' ? 'document' : 'sending'
  const wait = (ms: number) => pause(ms, undefined, { signal: stop.signal, ref: false })
  async function show(): Promise<void> {
    await act(options, chatId, generation, what)
    await wait(slowMs)
    if (kind === 'generation') await showSending(options, generation, language)
    for (;;) {
      await wait(againMs)
      await act(options, chatId, generation, what)
    }
  }
  const shown = show().catch(() => {}) // stopped, or of no consequence
  return {
    end() {
      stop.abort()
      return shown
    },
  }
}
