// A process of its own that does what it is given, all at once, and prints what became of each.
import { connect } from '../../src/db.ts'
import type { Ref } from '../../src/payments/generations.ts'
import { claimPromo } from '../../src/payments/gifts.ts'
import { cancel, check, type Limits, type Order, place } from '../../src/payments/integration.ts'
import { worker } from './upstream.ts'
import { limits } from './world.ts'

const [url = '', given = '[]', startAt = '0', what = 'orders', about = '{}'] = process.argv.slice(2)
export type Claim = { userId: number; code: string; ask: string }

const db = connect(url, { max: 20 })
await db.sql`select 1 as warm`
// Only who works on orders needs an upstream.
const { baseUrl = 'http://127.0.0.1:9', ...within } = JSON.parse(about) as Partial<Limits> & { baseUrl?: string }
const { deps, close } = worker(db.sql, baseUrl)
const works: Record<string, (one: never) => Promise<{ result: string } | { state: string }>> = {
  orders: (one: Order) => place(db.sql, one, { ...limits, ...within }),
  claims: ({ userId, code, ask }: Claim) => claimPromo(db.sql, userId, code, ask),
  looks: (ref: Ref) => check(deps, ref),
  cancels: (ref: Ref) => cancel(deps, ref),
}
const work = works[what]!
await new Promise(resolve => setTimeout(resolve, Math.max(0, Number(startAt) - Date.now())))
const results = await Promise.all(
  (JSON.parse(given) as never[]).map(one =>
    work(one).then(
      done => ('result' in done ? done.result : done.state),
      error => error.name as string,
    ),
  ),
)
process.stdout.write(JSON.stringify(results))
await close()
await db.close()
