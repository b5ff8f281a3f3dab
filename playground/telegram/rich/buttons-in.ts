import { plainOf } from './plain.ts'
import type { RichButton, RichMessage } from './wire.ts'

/** The buttons that call back, wherever in the message they stand. */
export function buttonsIn(rich: RichMessage | undefined): { text: string; callback_data?: string }[] {
  const found: RichButton[] = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) walk(one)
    else if (typeof value === 'object' && value !== null) {
      if ('callback_data' in value && 'text' in value) found.push(value as RichButton)
      else for (const inner of Object.values(value)) walk(inner)
    }
  }
  walk(rich?.blocks)
  return found.map(({ text, callback_data }) => ({ text: plainOf(text), callback_data: String(callback_data) }))
}
