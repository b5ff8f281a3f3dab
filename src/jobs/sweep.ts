import { Type } from '@sinclair/typebox'
import { crash } from '../crash.ts'
import { only, query, type Sql } from '../database/db.ts'
import type { Log } from '../log.ts'
import { lateDue } from '../payments/late-results.ts'
import { genDue } from '../payments/order-statements.ts'
import { waitingLanes } from '../telegram/inbox.ts'
import { intakeDue } from '../telegram/intakes.ts'
import { waitingOutbox } from '../telegram/outbox.ts'
import { forgetRest, forgettings } from '../users/users.ts'
import type { Jobs } from './queue.ts'

// More than a machine handles between two sweeps. The next sweep finds the rest.
const maxAtOnce = 500
// Nobody waits for these: a few at a time.
const maxLate = 20

/** Enqueues the jobs of orders, messages and updates that lost theirs with a process. Safe to run at any time, on any machine. */
export async function sweep(sql: Sql, enqueue: Jobs['enqueue'], log: Log): Promise<void> {
  const [due, late, outgoing, lanes, files] = await Promise.all([
    genDue(sql, maxAtOnce),
    lateDue(sql, maxLate),
    waitingOutbox(sql, maxAtOnce),
    waitingLanes(sql, maxAtOnce),
    intakeDue(sql, maxAtOnce),
  ])
  if (due.length > 0) crash('sweeper_leased')
  await Promise.all([
    ...due.map(({ userId, id, execState, pollAttempt }) => {
      const ref = { userId, id }
      return execState === 'queued' ? enqueue.check(ref) : enqueue.poll(ref, pollAttempt, 0)
    }),
    ...late.map(ref => enqueue.late(ref)),
    ...outgoing.map(({ id }) => enqueue.deliver(id)),
    ...lanes.map(({ lane }) => enqueue.lane(lane)),
    ...files.map(({ updateId, source }) => enqueue.intake(updateId, source)),
  ])
  const found = { generations: due.length, messages: outgoing.length, lanes: lanes.length }
  if (due.length + outgoing.length + lanes.length > 0) log.info(found, 'the sweep woke what nobody had')
}

/** Kinds of rows that expire; docs/reliability.md has the retention of each. */
export const tidyParts = [
  'updates',
  'messages',
  'intakes',
  'quotes',
  'drafts',
  'rates',
  'windows',
  'tries',
  'days',
  'actions',
  'top_ups',
  'templates',
  'guest_words',
  'late',
  'files',
] as const
export type TidyPart = (typeof tidyParts)[number]

export const tidySome = query(
  Type.Object({ gone: Type.Integer(), isDone: Type.Boolean() }),
  (sql, part: TidyPart, limit: number) => sql`
    select gone, is_done as "isDone" from pay.tidy(${part}, ${limit})`,
)

// All parts together stay below the time of a job. The next run, in an hour, deletes the rest.
const maxPartMs = 20_000
const perPortion = 5_000

/**
 * Deletes expired rows in portions small enough to block no one. A part that fails is logged and does not stop the others.
 * Returns the parts that failed.
 */
export async function tidy(sql: Sql, log: Log, maxMs = maxPartMs): Promise<TidyPart[]> {
  const gone: Partial<Record<TidyPart, number>> = {}
  const failed: TidyPart[] = []
  for (const part of tidyParts) {
    const end = performance.now() + maxMs
    try {
      do {
        const row = only(await tidySome(sql, part, perPortion))
        if (row.gone > 0) gone[part] = (gone[part] ?? 0) + row.gone
        if (row.isDone) break
      } while (performance.now() < end)
    } catch (error) {
      failed.push(part)
      log.error({ err: error, part }, 'a part of tidy failed')
    }
  }
  log.info({ gone, failed }, 'tidied')
  return failed
}

const maxForgettings = 10
const maxForgetMs = 5_000

/** Continues unfinished deletions of people: the process died, or they left many rows. Idempotent. */
export async function goOnForgetting(sql: Sql, log: Log): Promise<void> {
  for (const { userId } of await forgettings(sql, maxForgettings)) {
    const result = await forgetRest(sql, userId, maxForgetMs)
    log.info({ userId, result }, 'forgetting went on')
  }
}
