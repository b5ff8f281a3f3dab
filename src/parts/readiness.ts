import type { Sql } from '../database/db.ts'
import { missingSchema } from '../database/migrate.ts'
import { pause } from '../errors.ts'
import type { Check, Readiness } from '../http/health.ts'
import { webhookCheck } from '../jobs/webhook.ts'
import { alarmRows, alarmsNow } from '../operations/alarms.ts'
import { type WebhookRow, webhookRow } from '../telegram/webhook-state.ts'
import type { JobsPart } from './jobs.ts'
import type { Settings } from './part.ts'
import type { TelegramPart } from './telegram.ts'
import type { Updates } from './updates.ts'

type Options = {
  config: Settings
  /** A connection for these checks alone. */
  probe: Sql
  telegram: TelegramPart
  jobs: JobsPart
  updates: Updates
}

/** The checks of /readyz, in parallel, each with a limit of a second. */
export function createReadiness(options: Options) {
  const { probe, telegram, jobs } = options
  const late = { ok: false, detail: 'no answer within 1 s' }
  return {
    async checkReadiness(): Promise<Readiness> {
      const engine = jobs.engine()
      const isEngineUp = engine?.answers().then(() => true)
      const [state, queue] = await Promise.all([soon(readState(probe)), isEngineUp && soon(isEngineUp)])
      const me = telegram.me()
      return {
        database: state ? { ok: true } : late,
        schema: state ? state.schema : late,
        jobs: queue ? { ok: true } : engine ? late : { ok: false, detail: 'not started' },
        bot: me ? { ok: true, detail: `@${me.username}` } : { ok: false, detail: 'getMe has not answered' },
        webhook: webhookReadiness(options, state?.hook),
      }
    },
    /** How many alarms are on; undefined when they cannot be read. */
    async alarms(): Promise<number | undefined> {
      const rows = await soon(alarmRows(probe))
      return rows && alarmsNow(rows).on.length
    },
  }
}

const soon = <T>(what: Promise<T>): Promise<T | undefined> =>
  Promise.race([what, pause(1_000).then(() => undefined)]).catch(() => undefined)

async function readState(probe: Sql): Promise<{ schema: Check; hook: WebhookRow | undefined }> {
  // A newer build may have migrated already while this one still serves.
  const isReady = (await missingSchema(probe)).length === 0
  if (!isReady)
    return { schema: { ok: false, detail: 'migrations or functions of this build are missing' }, hook: undefined }
  const [row] = await webhookRow(probe)
  return { schema: { ok: true }, hook: row }
}

function webhookReadiness({ config, telegram, updates }: Options, row: WebhookRow | undefined): Check {
  const { hook } = telegram
  if (!hook || !config.roles.web) return { ok: true }
  if (!updates.isWebhookSet()) return { ok: false, detail: 'not registered' }
  // Without the database the state is unknown, and the check of the database reports that.
  return row ? webhookCheck(row, hook) : { ok: true }
}
