import { connect } from '../../src/database/db.ts'
import { confirm } from '../../src/operations/admin-actions.ts'
import type { Limits, Ref } from '../../src/payments/generations.ts'
import { claimPromo } from '../../src/payments/gifts.ts'
import { cancel, check, news, place, settle, submit } from '../../src/payments/integration.ts'
import { lookForLate, takeLate } from '../../src/payments/late-results.ts'
import type { Ending, Order } from '../../src/payments/order.ts'
import { genAccepted, genAttach, genPoll, genRequeue, genSubmit } from '../../src/payments/order-statements.ts'
import { makeQuote, type NewQuote } from '../../src/payments/quotes.ts'
import { type Payment, type PaymentProvider, takeBack, takePayment } from '../../src/payments/top-ups.ts'
import { accessOf } from './postgres.ts'
import { worker } from './upstream.ts'
import { limits } from './world.ts'

// The child of `second`: a process of its own, with connections of its own, that does what it is told.
const [url = '', baseUrl = ''] = process.argv.slice(2)
const { app, admin, sealKey } = accessOf(url)
const db = connect(app, { max: 20, sealKey })
const admins = connect(admin, { max: 4, sealKey })
const { sql } = db
const { deps, close } = worker(sql, baseUrl)
const works = {
  makeQuote: (quote: NewQuote) => makeQuote(sql, quote),
  start: (order: Order, within: Partial<Limits> = {}) => place(sql, order, { ...limits, ...within }),
  finish: (ref: Ref, ending: Ending) => settle(deps, ref, ending),
  submit: (ref: Ref) => submit(deps, ref),
  check: (ref: Ref) => check(deps, ref),
  cancel: (ref: Ref) => cancel(deps, ref),
  news: (id: string, taskId: string | undefined) => news(deps, id, taskId),
  lookForLate: (ref: Ref) => lookForLate(deps, ref),
  takeLate: (ref: Ref) => takeLate(deps, ref),
  genSubmit: (ref: Ref, token: string) => genSubmit(sql, ref, token),
  genAccepted: (ref: Ref, attempt: number, taskId: string) => genAccepted(sql, ref, attempt, taskId),
  genRequeue: (ref: Ref, attempt: number, afterMs: number) => genRequeue(sql, ref, attempt, afterMs),
  genAttach: (id: string, taskId: string) => genAttach(sql, id, taskId),
  genPoll: (ref: Ref, pollAttempt: number) => genPoll(sql, ref, pollAttempt),
  takePayment: (payment: Payment) => takePayment(sql, payment),
  takeBack: (provider: PaymentProvider, chargeId: string, userId: number) => takeBack(sql, provider, chargeId, userId),
  claimPromo: (userId: number, code: string, key: string) => claimPromo(sql, userId, code, key),
  confirm: (id: string, adminId: number) => confirm(admins.sql, id, adminId, false),
}
export type Works = typeof works

process.on('message', async ({ n, what, args }: { n: number; what: keyof Works; args: never[] }) => {
  const work = works[what] as (...args: never[]) => Promise<unknown>
  try {
    process.send!({ n, done: await work(...args) })
  } catch (error) {
    const { name, message } = error as Error
    process.send!({ n, error: { name, message } })
  }
})
process.on('disconnect', async () => {
  await close()
  await db.close()
  await admins.close()
})
await sql`select 1 as warm`
process.send!({ n: 0 })
