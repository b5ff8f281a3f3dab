import { setTimeout as pause } from 'node:timers/promises'
import { seeded } from '../../chaos/random.ts'
import { connect } from '../../src/database/db.ts'
import { createLanes } from '../../src/jobs/updates/lanes.ts'
import { silent } from './world.ts'

// The child of `lane-order`: a process that handles the lanes it is told of, and writes down when it begins and ends.
const [url = '', seed = '1'] = process.argv.slice(2)
const { sql } = connect(url)
const random = seeded(BigInt(seed))
const lanes = createLanes({
  sql,
  log: silent,
  everyMs: 0,
  async handle(update) {
    const { update_id: id, message } = update as { update_id: number; message: { from: { id: number } } }
    const lane = `u:${message.from.id}`
    await sql`insert into public.handled (lane, update_id, is_end) values (${lane}, ${id}, false)`
    await pause(random.int(0, 3))
    await sql`insert into public.handled (lane, update_id, is_end) values (${lane}, ${id}, true)`
  },
})
process.on('message', (lane: string) => lanes.run(lane))
process.on('disconnect', () => process.exit())
process.send?.('ready')
