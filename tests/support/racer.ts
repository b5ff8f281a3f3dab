// A process of its own that does what it is given, all at once, and prints what became of each.
import { connect } from '../../src/db.ts'
import { claimPromo } from '../../src/payments/gifts.ts'
import { type Limits, type Order, place } from '../../src/payments/integration.ts'
import { limits } from './world.ts'

const [url = '', given = '[]', startAt = '0', what = 'orders', within = '{}'] = process.argv.slice(2)
export type Claim = { userId: number; code: string; ask: string }

const db = connect(url, { max: 20 })
await db.sql`select 1 as warm`
const own: Limits = { ...limits, ...(JSON.parse(within) as Partial<Limits>) }
const order = (one: Order) => place(db.sql, one, own)
const claim = ({ userId, code, ask }: Claim) => claimPromo(db.sql, userId, code, ask)
const work = (what === 'orders' ? order : claim) as (one: object) => Promise<{ result: string }>
await new Promise(resolve => setTimeout(resolve, Math.max(0, Number(startAt) - Date.now())))
const results = await Promise.all(
  (JSON.parse(given) as object[]).map(one =>
    work(one).then(
      done => done.result,
      error => error.name as string,
    ),
  ),
)
process.stdout.write(JSON.stringify(results))
await db.close()
