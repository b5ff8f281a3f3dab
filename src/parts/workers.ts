import type { Sql } from '../database/db.ts'
import { startWorkers } from '../jobs/workers.ts'
import type { BotPart } from './bot.ts'
import type { JobsPart } from './jobs.ts'
import type { Orders } from './orders.ts'
import type { Part, Settings } from './part.ts'
import type { TelegramPart } from './telegram.ts'

type Options = {
  config: Settings
  ledger: Sql
  telegram: TelegramPart
  orders: Orders
  bot: BotPart
  jobs: JobsPart
}

/** Runs the jobs on this machine, if it has the worker role. */
export function openWorkers({ config, ledger, telegram, orders, bot, jobs }: Options) {
  let working: Awaited<ReturnType<typeof startWorkers>> | undefined
  return {
    async start(signal) {
      const engine = jobs.engine()
      if (!config.roles.worker || !engine) return
      const { running, delivery, healthJob } = orders
      const { lanes, fetcher } = bot
      const { hook } = telegram
      const options = { ...running, ...delivery, ...healthJob, ledger, lanes, jobs: engine, fetcher, hook }
      working = await startWorkers(options, signal)
    },
    drain: async () => working?.drain(),
  } satisfies Part
}
