import { Type } from '@sinclair/typebox'
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
  await Promise.all([
    ...due.map(({ userId, id, execState }) => {
      const ref = { userId, id }
      return execState === 'queued' ? wake.check(ref) : wake.follow(ref, 0)
    }),
    ...outgoing.map(({ id }) => wake.deliver(id)),
    ...lanes.map(({ lane }) => wake.lane(lane)),
  ])
  const found = { generations: due.length, messages: outgoing.length, lanes: lanes.length }
  if (due.length + outgoing.length + lanes.length > 0) log.info(found, 'the sweep woke what nobody had')
}

/** Forgets what nobody needs any more. */
export const tidy = query(Type.Object({}), sql => sql`select pay.tidy() as "nothing"`)
