import type { Sql } from '../db.ts'
import { takeRate } from '../rates.ts'
import type { Pace } from './client.ts'

// About 30 messages a second for a bot, 1 a second in a chat with short bursts, 20 a minute in a group (telegram.md
// §3.1). An edit weighs half a message.
const whole = { key: 'tg', everyUs: 40_000, burst: 25 }
const inChat = { send: { everyUs: 1_000_000, burst: 4 }, edit: { everyUs: 500_000, burst: 8 } }
const inGroup = { everyUs: 3_000_000, burst: 5 }
// Below what the client is ready to wait, so that no place is taken for a call that is given up.
const mostWaitMs = 25_000

/** Telegram's limits, shared by all machines through the database. An answer to a press counts but never waits. */
export function createPace(sql: Sql): Pace {
  return async ({ chatId, isGroup, kind }) => {
    if (kind === 'other') return 0
    if (kind === 'answer' || chatId === undefined) {
      await takeRate(sql, [whole], mostWaitMs)
      return 0
    }
    const chat = isGroup ? inGroup : inChat[kind]
    return takeRate(sql, [whole, { key: `tg:${chatId}`, ...chat }], mostWaitMs)
  }
}
