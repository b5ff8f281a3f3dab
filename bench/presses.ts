import { createBot } from '../src/bot/bot.ts'
import type { BotDeps } from '../src/bot/deps.ts'
import { callAny, telegramOver } from '../src/telegram/api.ts'
import { createTelegram } from '../src/telegram/client.ts'
import { createRateLimiter } from '../src/telegram/rate-limiter.ts'

export type Press = { person: number; data: string }

/** `apiRoot` answers for Telegram. */
type Options = Pick<BotDeps, 'sql' | 'stats' | 'catalogue' | 'log'> & { apiRoot: string }

const botInfo = { id: 1, is_bot: true, first_name: 'Bench', username: 'bench_bot' } as Parameters<
  typeof createBot
>[0]['botInfo']

/** A bot in this process. Each call is a press that it handles; the call fails if the press showed no screen. */
export function openPresses({ apiRoot, ...about }: Options): (press: Press) => Promise<void> {
  const shown: string[] = []
  const bot = createBot({ telegram: telegramThrough(apiRoot, about, shown), botInfo, deps: depsOf(about) })
  let updates = 0
  return async ({ person, data }) => {
    updates += 1
    shown.length = 0
    const from = { id: person, is_bot: false, first_name: `User ${person}`, language_code: 'ru' }
    const chat = { id: person, type: 'private', first_name: from.first_name }
    const message = { message_id: 7, date: 1_700_000_000, chat, from: botInfo, text: 'the screen before' }
    await bot.handle({
      update_id: updates,
      callback_query: { id: String(updates), from, chat_instance: '1', data, message },
    })
    if (!shown.some(call => /^editMessageText ./.test(call))) throw new Error(`${data} showed no screen: ${shown}`)
  }
}

/** Writes each call down in `shown`. Rate limits are counted as usual, but no call waits for them. */
function telegramThrough(apiRoot: string, { sql, log }: Omit<Options, 'apiRoot'>, shown: string[]) {
  const rateLimiter = createRateLimiter(sql)
  const client = createTelegram({
    apiRoot,
    token: '1:bench',
    rateLimiter: async call => 0 * (await rateLimiter(call)),
    log,
  })
  return telegramOver(client, (method, payload, options) => {
    shown.push(`${method} ${'text' in payload ? payload.text : ''}`)
    return callAny(client, method, payload, options)
  })
}

/** Menus only: whatever would make an order fails. */
function depsOf({ sql, stats, catalogue, log }: Omit<Options, 'apiRoot'>): BotDeps {
  const never = () => Promise.reject(new Error('no order is made here'))
  return {
    sql,
    adminSql: sql,
    catalogue,
    forSale: catalogue,
    modelHealth: { refresh: async () => {} },
    log,
    groupLimits: { perMinute: 10, memberPerMinute: 4, memberDailyKop: 100_00 },
    limits: { maxOpen: 3, freeDaily: 10, freeHourly: 3, newFreeDaily: 1_000_000 },
    startBonusKop: 0,
    adminIds: [],
    packsKop: [100_00],
    plans: [],
    stopPlans: never,
    starRateRub: '1.2',
    card: undefined,
    transferDetails: undefined,
    findPayment: async () => undefined,
    operator: never as never,
    botUsername: () => botInfo.username,
    integration: { place: never, cancel: never },
    enqueue: { submit: never, check: never, poll: never, deliver: never, late: never },
    files: { fromTelegram: never, fromLink: never },
    stats,
    takeLate: never,
    resend: never,
    original: never,
    fileBytes: never,
    sample: never,
  }
}
