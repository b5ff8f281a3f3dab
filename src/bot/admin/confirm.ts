import { type ActionKind, type Change, requestChange } from '../../operations/admin-actions.ts'
import { paymentByCharge, personCard } from '../../operations/lookup.ts'
import { button, type Screen, type Style } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { personName } from '../names.ts'
import { to } from '../routes.ts'
import { runFacts, runOf } from './run-facts.ts'

/** What takes something away from a person or ends it. */
const takesAway = new Set<ActionKind>([
  'take',
  'ban',
  'refund',
  'deny',
  'parked_refund',
  'parked_close',
  'promo_stop',
  'give_back',
])
/** The colour of the button that confirms a change. */
export const styleOf = (kind: ActionKind): Style => (takesAway.has(kind) ? 'danger' : 'success')

/** Writes the change down and shows what it would do. */
export async function confirmScreen({ sql, adminSql }: BotDeps, ctx: BotContext, change: Change): Promise<Screen> {
  const { admin } = ctx.t
  const [person] = change.userId === null ? [] : await personCard(sql, change.userId)
  const [payment] = change.kind === 'refund' ? await paymentByCharge(sql, change.subject ?? '') : []
  const run = change.kind === 'give_back' ? await runOf({ sql }, change.subject ?? '') : undefined
  const id = await requestChange(adminSql, ctx.user.id, change)
  return {
    text: admin.confirm({
      ...change,
      amountKop: change.amountKop ?? payment?.amountKop ?? null,
      isCard: payment?.provider === 'card',
      run: run && runFacts(ctx, run),
      person: person && { id: person.userId, name: personName(person), balanceKop: person.balanceKop },
      promo: change.promo && { uses: change.promo.uses, until: new Date(change.promo.until) },
    }),
    buttons: [
      [button(admin.yesButton, to.adminYes(id, false), styleOf(change.kind)), button(admin.noButton, to.adminNo(id))],
    ],
  }
}
