import { Type } from '@sinclair/typebox'
import { crash } from '../crash.ts'
import { query, type Sql } from '../db.ts'
import type { Log } from '../log.ts'
import { genDue } from '../payments/integration.ts'
import { waitingLanes } from '../telegram/inbox.ts'
import { waitingOutbox } from '../telegram/outbox.ts'
import type { Jobs } from './boss.ts'

// More than a machine handles between two sweeps; the rest is found by the next.
const mostAtOnce = 500

/** Wakes what nobody woke: orders, messages and updates whose wake-up was lost with a process. Harmless to run anywhere, any time. */
export async function sweep(sql: Sql, wake: Jobs['wake'], log: Log): Promise<void> {
  const [due, outgoing, lanes] = await Promise.all([
    genDue(sql, mostAtOnce),
    waitingOutbox(sql, mostAtOnce),
    waitingLanes(sql, mostAtOnce),
  ])
  if (due.length > 0) crash('sweeper_leased')
  await Promise.all([
    ...due.map(({ userId, id, execState, look }) => {
      const ref = { userId, id }
      return execState === 'queued' ? wake.check(ref) : wake.follow(ref, look, 0)
    }),
    ...outgoing.map(({ id }) => wake.deliver(id)),
    ...lanes.map(({ lane }) => wake.lane(lane)),
  ])
  const found = { generations: due.length, messages: outgoing.length, lanes: lanes.length }
  if (due.length + outgoing.length + lanes.length > 0) log.info(found, 'the sweep woke what nobody had')
}

export const tidySome = query(
  Type.Object({ gone: Type.Integer() }),
  (sql, limit: number) => sql`select pay.tidy(${limit}) as gone`,
)

/** Forgets what nobody needs any more, in portions that hold nobody up. */
export async function tidy(sql: Sql, log: Log): Promise<void> {
  let total = 0
  for (;;) {
    const [row] = await tidySome(sql, 5_000)
    if (!row || row.gone === 0) break
    total += row.gone
  }
  log.info({ rows: total }, 'tidied')
}
