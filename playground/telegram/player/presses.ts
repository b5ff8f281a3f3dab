import { bad } from '../api/refusal.ts'
import type { Random } from '../random.ts'
import type { Press } from '../stand-in.ts'

export type Presses = ReturnType<typeof openPresses>

// docs/providers/telegram.md, "Button presses".
const ANSWER_MS = 15_000
const MOST_TEXT = 200
const TOO_OLD = 'query is too old and response timeout expired or query ID is invalid'

/** `messageId` is below zero for an ephemeral message. */
type Pressed = { userId: number; chatId: number; messageId: number; at: number }

/** Button presses that wait for answerCallbackQuery. */
export function openPresses({ scale, random }: { scale: number; random: Random }) {
  const pressed = new Map<string, Pressed>()
  const waiting = new Map<string, (press: Press) => void>()

  /** A new press: its id for the update, and what the person will see. */
  function open(by: Omit<Pressed, 'at'>): { id: string; answered: Promise<Press> } {
    const id = random.digits(18)
    forgetOld()
    pressed.set(id, { ...by, at: Date.now() })
    const answered = new Promise<Press>(resolve => {
      const timer = setTimeout(() => settle('expired'), ANSWER_MS * scale)
      const settle = (press: Press) => {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(press)
      }
      waiting.set(id, settle)
    })
    return { id, answered }
  }

  /** Throws 400 for a press that is too old, was answered before, or never was. */
  function answer(id: string, text: string | undefined, showAlert: boolean) {
    const settle = waiting.get(id)
    if (!settle) throw bad(TOO_OLD)
    if (text !== undefined && text.length > MOST_TEXT) throw bad('MESSAGE_TOO_LONG')
    settle({ ...(text ? { text } : {}), showAlert })
  }

  const isOld = ({ at }: Pressed) => Date.now() - at > ANSWER_MS * scale

  function forgetOld() {
    for (const [id, press] of pressed) {
      if (!isOld(press)) return
      pressed.delete(id)
    }
  }

  /** Who pressed where, answered or not. Throws 400 once it is too old. */
  function fresh(id: string): Pressed {
    const found = pressed.get(id)
    if (!found || isOld(found)) throw bad(TOO_OLD)
    return found
  }

  return {
    open,
    fresh,
    answer,
    close() {
      for (const settle of [...waiting.values()]) settle('expired')
    },
  }
}
