// A process of its own that places the orders it is given, all at once, and prints what became of each.
import { connect } from '../../src/db.ts'
import { type Limits, type Order, place } from '../../src/payments/integration.ts'
import { limits } from './world.ts'

const [url = '', orders = '[]', startAt = '0', within = JSON.stringify(limits)] = process.argv.slice(2)
const db = connect(url, { max: 20 })
await db.sql`select 1 as warm`
await new Promise(resolve => setTimeout(resolve, Math.max(0, Number(startAt) - Date.now())))
const results = await Promise.all(
  (JSON.parse(orders) as Order[]).map(order =>
    place(db.sql, order, JSON.parse(within) as Limits).then(
      started => started.result,
      error => error.name as string,
    ),
  ),
)
process.stdout.write(JSON.stringify(results))
await db.close()
