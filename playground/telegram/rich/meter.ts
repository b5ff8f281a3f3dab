import { bad } from '../api/refusal.ts'

// https://core.telegram.org/bots/api#rich-message-limits
const MOST_CHARACTERS = 32_768
const MOST_BLOCKS = 500
const MOST_LEVELS = 16
const MOST_MEDIA = 50

/** Counts what a rich message holds against the published limits; each count throws 400 above its limit. */
export type Meter = {
  characters(text: string): void
  /** A block, an item of a list or a row of a table. */
  block(): void
  media(): void
  /** Runs `read` one level deeper. */
  inside<T>(read: () => T): T
}

export const no = (what: string) => bad(`can't parse rich message: ${what}`)

export function openMeter(): Meter {
  let characters = 0
  let blocks = 0
  let media = 0
  let level = 0
  return {
    characters(text) {
      characters += [...text].length
      if (characters > MOST_CHARACTERS) throw no(`the text is longer than ${MOST_CHARACTERS} characters`)
    },
    block() {
      if (++blocks > MOST_BLOCKS) throw no(`more than ${MOST_BLOCKS} blocks`)
    },
    media() {
      if (++media > MOST_MEDIA) throw no(`more than ${MOST_MEDIA} media`)
    },
    inside(read) {
      if (++level > MOST_LEVELS) throw no(`more than ${MOST_LEVELS} levels of blocks and formatting`)
      const result = read()
      level--
      return result
    },
  }
}
