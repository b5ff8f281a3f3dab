import t from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { newId } from '../../src/id.ts'
import { auditLedger } from '../../src/jobs/audit.ts'
import { auditReport, findings, starFindings } from '../../src/payments/audit.ts'
import { claimPromo } from '../../src/payments/gifts.ts'
import { openTopUp, takeBack, takePayment } from '../../src/payments/top-ups.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { openUser } from '../../src/users/users.ts'
import { race, second } from '../support/second.ts'
import { picture, silent, world } from '../support/world.ts'

const { url, sql, owner, user, order, start, finish } = await world(t)
const other = await second(t, url)
const failed = { outcome: 'failed', code: 'generation_failed', message: 'no' } as const
const success = { outcome: 'success' as const, results: [picture] }
const audit = async (within = sql) => findings((await auditReport(within))[0]!)

/** Fifty runs of ten people begin and end in two processes at once. */
async function aRush() {
  for (let n = 0; n < 10; n++) await user(100 + n, 40_00)
  const orders = await Promise.all(Array.from({ length: 50 }, (_, n) => order(100 + (n % 10), 10_00)))
  const begun = await race(50, (n, isOurs) => (isOurs ? start : other.start)(orders[n]!))
  const ended = await race(100, (n, isOurs) => {
    const { userId, id } = orders[n >> 1]!
    return (isOurs ? finish : other.finish)({ userId, id }, n % 3 ? success : failed)
  })
  const count = (results: string[], one: string) => results.filter(result => result === one).length
  return { started: count(begun, 'started'), settled: count(ended, 'settled') }
}
/** Money of every kind has moved: runs that were kept, kept in part, given back and free; payments, debts, gifts. */
async function aBusyDay() {
  await user(1, 1000_00)
  for (const ending of [success, { ...success, promised: 2 }, failed]) {
    const { id } = await start(await order(1, 33_33))
    await finish({ userId: 1, id }, ending)
  }
  const free = await start(await order(1, 0))
  await finish({ userId: 1, id: free.id }, success)
  await start(await order(1, 10_00)) // runs on
  const charges: string[] = []
  for (const chargeId of [newId(), newId()]) {
    const top = await openTopUp(sql, { userId: 1, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null })
    const { id: orderId, currency, total } = top
    await takePayment(sql, { provider: 'stars', chargeId, userId: 1, orderId, currency, total })
    charges.push(chargeId)
  }
  await takeBack(sql, 'stars', charges[0]!, 1)
  const rush = await aRush()
  await user(2)
  const top = await openTopUp(sql, { userId: 2, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null })
  const paid = { provider: 'stars' as const, chargeId: newId(), userId: 2, orderId: top.id, currency: 'XTR', total: 84 }
  await takePayment(sql, paid)
  const { id } = await start(await order(2, 70_00))
  await finish({ userId: 2, id }, success)
  await takeBack(sql, 'stars', paid.chargeId, 2) // 70 rubles are owed
  await owner`insert into pay.promo_codes (code, amount_kop, uses, expires_at, created_by)
    values ('SUMMER', 5000, 10, now() + interval '1 day', 1)`
  await claimPromo(sql, 1, 'summer', 'ask')
  await owner`update pay.users set ref_code = 'abcdefghijkl' where user_id = 1`
  const friend = { id: 3, firstName: 'Friend', username: null, clientLanguage: 'ru', refCode: 'abcdefghijkl' }
  await openUser(sql, friend, 100_00)
  const theirs = await openTopUp(sql, { userId: 3, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null })
  const ofFriend = newId()
  await takePayment(sql, { ...paid, chargeId: ofFriend, userId: 3, orderId: theirs.id })
  const first = await start(await order(3, 10_00))
  await finish({ userId: 3, id: first.id }, success)
  return { rush, kept: charges[1]!, ofFriend, back: [charges[0]!, paid.chargeId] }
}
const { rush, kept, ofFriend, back } = await aBusyDay()

t.test('after a busy day of two processes the books agree', async t => {
  t.strictSame(rush, { started: 40, settled: 40 }, 'as many as the money was for')
  t.strictSame(await audit(), [])
})

// What a hand in the database could do, each in a transaction that is taken back. Triggers and foreign keys sleep, as
// under a restore; a constraint that stands in the way is dropped.
const corruptions: Record<string, string> = {
  'a balance grows by a kopeck': `update pay.wallets set balance_kop = balance_kop + 1 where user_id = 1`,
  'a ledger entry is gone': `delete from pay.ledger_entries where user_id = 1 and seq = 2`,
  'the newest entry is gone': `delete from pay.ledger_entries where user_id = 1 and seq = (select seq from pay.wallets where user_id = 1)`,
  'an entry is larger than what it moved': `alter table pay.ledger_entries drop constraint ledger_entries_check;
    update pay.ledger_entries set amount_kop = amount_kop + 5 where user_id = 1 and kind = 'bonus' and seq = 1`,
  'an entry says another balance after it': `alter table pay.ledger_entries drop constraint ledger_entries_check;
    update pay.ledger_entries set balance_after = balance_after + 5 where user_id = 1 and seq = 1`,
  'a debit stands three times': `alter table pay.ledger_entries drop constraint ledger_entries_pkey, drop constraint ledger_entries_user_id_generation_id_kind_key cascade;
    insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, generation_id)
    select user_id, seq, kind, amount_kop, balance_before, balance_after, contra, generation_id from pay.ledger_entries, generate_series(1, 2)
    where kind = 'debit' and user_id = 2`,
  'an event stands twice': `drop index pay.event_started_once;
    insert into pay.generation_events (user_id, chat_id, model_id, category, status, is_free_applied, price_rub, request_id)
    select user_id, chat_id, model_id, category, status, is_free_applied, price_rub, request_id from pay.generation_events where id = 1`,
  'a message tells of an ending that was none': `insert into pay.outbox (dedupe, user_id, body) select 'gen:' || id, user_id, '{}'
    from pay.generations where finished_at is null`,
  'an entry belongs to another': `update pay.ledger_entries set user_id = 3, seq = 99 where user_id = 1 and seq = 3`,
  'a refund without its generation’s word': `update pay.generations set money_state = 'captured', exec_state = 'success', kept_kop = price_kop where money_state = 'refunded'`,
  'a run refunded on paper only': `update pay.generations set money_state = 'refunded', exec_state = 'failed', kept_kop = null where money_state = 'captured' and user_id = 2`,
  'a part kept that is not the part': `update pay.generations set kept_kop = kept_kop - 1 where kept_kop < price_kop`,
  'a price after the fact': `update pay.generations set price_kop = price_kop + 1, kept_kop = null, money_state = 'debited', exec_state = 'queued', finished_at = null where user_id = 3`,
  'a started event is gone': `delete from pay.generation_events where id = (select min(id) from pay.generation_events where status = 'started')`,
  'a final event is gone': `delete from pay.generation_events where id = (select min(id) from pay.generation_events where status = 'success')`,
  'a final event tells another price': `update pay.generation_events set price_rub = price_rub + 1 where id = (select min(id) from pay.generation_events where status = 'success')`,
  'a message of an ending is gone': `delete from pay.outbox where dedupe like 'gen:%'`,
  'a late result sold for more than its run': `update pay.generations set late_of = (select id from pay.generations where money_state = 'refunded' limit 1),
    price_kop = 99999900, kept_kop = 99999900 where user_id = 2 and exec_state = 'success' and late_of is null and id = (select min(id) from pay.generations where user_id = 2 and exec_state = 'success')`,
  'a late result taken without a run': `insert into pay.late_results (user_id, generation_id, state, open_at, take_id)
    select user_id, id, 'taken', now(), 'aaaaaaaaaaaa' from pay.generations where money_state = 'refunded' limit 1`,
  'a result of a success is gone': `delete from pay.results where user_id = 2`,
  'a run open for a day': `update pay.generations set deadline_at = now() - interval '1 day' where finished_at is null`,
  'a payment is gone': `delete from pay.payments where charge_id = '${kept}'`,
  'a payment of another amount': `update pay.payments set amount_kop = amount_kop + 100 where charge_id = '${kept}'`,
  'a payment of somebody else': `update pay.payments set user_id = 3 where charge_id = '${kept}'`,
  'a top-up without a payment': `insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, external_ref)
    select user_id, seq + 1, 'topup', 100, balance_kop, balance_kop + 100, 'cash', 'stars:made-up' from pay.wallets where user_id = 1;
    update pay.wallets set seq = seq + 1, balance_kop = balance_kop + 100 where user_id = 1`,
  'a paid order without payment': `insert into pay.top_ups (user_id, id, provider, amount_kop, currency, total, state, expires_at, decided_at)
    values (1, 'aaaaaaaaaaaa', 'stars', 100, 'XTR', 1, 'paid', now(), now())`,
  'a debt is forgotten': `update pay.wallets set debt_kop = 0 where debt_kop > 0`,
  'a reversal is gone': `delete from pay.reversals where charge_id = '${back[0]}'`,
  'a free run too many': `update pay.free_usage set used = used + 1 where used < lim`,
  'a use of a code too many': `update pay.promo_codes set used = used + 1`,
  'a claim of a code is gone': `delete from pay.promo_claims`,
  'a bonus run was never given back': `update pay.bonus_grants set used = used + 1`,
  'a grant of a friend is gone': `delete from pay.bonus_grants`,
  'a bonus has no cause': `with w as (update pay.wallets set balance_kop = balance_kop + 700, seq = seq + 1 where user_id = 1 returning *)
    insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, external_ref)
    select user_id, seq, 'bonus', 700, balance_kop - 700, balance_kop, 'promo', 'promo:NEVER' from w`,
  'an adjustment was made by no admin': `with w as (update pay.wallets set balance_kop = balance_kop + 700, seq = seq + 1 where user_id = 1 returning *)
    insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, external_ref)
    select user_id, seq, 'adjust', 700, balance_kop - 700, balance_kop, 'adjust', 'admin:aaaaaaaaaaaa' from w`,
  'a top-up stands against sales': `alter table pay.ledger_entries drop constraint entry_account;
    update pay.ledger_entries set contra = 'sales' where kind = 'topup' and user_id = 1`,
  'a gift stands against cash': `alter table pay.ledger_entries drop constraint entry_account;
    update pay.ledger_entries set contra = 'cash' where kind = 'bonus' and user_id = 1`,
  'an entry stands against no account': `alter table pay.ledger_entries drop constraint entry_account;
    update pay.ledger_entries set contra = 'nowhere' where kind = 'debit' and user_id = 1`,
  'a payment was for no order': `insert into pay.payments (provider, charge_id, user_id, amount_kop) values ('stars', 'made-up', 1, 700);
    with w as (update pay.wallets set balance_kop = balance_kop + 700, seq = seq + 1 where user_id = 1 returning *)
    insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, external_ref)
    select user_id, seq, 'topup', 700, balance_kop - 700, balance_kop, 'cash', 'stars:made-up' from w`,
}

for (const [name, statement] of Object.entries(corruptions)) {
  t.test(`it is found when ${name}`, async t => {
    const undo = new Error('undo')
    const found: string[] = []
    await owner
      .begin(async tx => {
        await tx`set local session_replication_role = replica`
        await tx.unsafe(statement)
        found.push(...(await audit(tx as unknown as typeof sql)))
        throw undo
      })
      .catch(error => {
        if (error !== undo) throw error
      })
    t.ok(found.length > 0, found[0] ?? 'nothing was found')
  })
}

t.test('the kind of an entry fixes the account of its other leg', async t => {
  const of: Record<string, string> = { topup: 'cash', reversal: 'cash', repayment: 'cash', bonus: 'promo' }
  Object.assign(of, { referral: 'promo', debit: 'sales', refund: 'sales', part_refund: 'sales', adjust: 'adjust' })
  const kinds = [...Object.entries(of), ['adjust', 'cash', 'unreversed:stars:1'] as const]
  const taken: string[] = []
  for (const [kind, own, cause = 'x'] of kinds) {
    const isRun = own === 'sales'
    const kop = ['debit', 'reversal', 'repayment'].includes(kind) ? -100 : 100
    for (const account of ['cash', 'promo', 'sales', 'adjust', 'none', null]) {
      const write = owner.begin(async tx => {
        await tx`set local session_replication_role = replica`
        await tx`insert into pay.ledger_entries
          (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, generation_id, external_ref)
          values (1, 999, ${kind}, ${kop}, 100, ${100 + kop}, ${account}, ${isRun ? newId() : null}, ${isRun ? null : cause})`
        throw new Error('undo')
      })
      const { code, message } = await write.then(() => ({ code: '', message: '' })).catch(error => error)
      if (message === 'undo') taken.push(`${kind} ${account} ${cause}`)
      else t.equal(code, account === null ? '23502' : '23514', `${kind} against ${account}: ${message}`)
    }
  }
  t.strictSame(
    taken,
    kinds.map(([kind, own, cause = 'x']) => `${kind} ${own} ${cause}`),
  )
})

t.test('both legs of every entry add up: by account, and to nothing together', async t => {
  const { accounts } = (await auditReport(sql))[0]!
  t.strictSame(
    accounts.map(({ account }) => account),
    ['cash', 'promo', 'sales', 'wallets'],
  )
  t.equal(
    accounts.reduce((sum, { kop }) => sum + kop, 0),
    0,
  )
  const [{ kop }] = (await owner`select sum(balance_kop)::int as kop from pay.wallets`) as [{ kop: number }]
  t.equal(accounts.at(-1)?.kop, kop)
  const [run] = await owner`select coalesce(sum(kept_kop), 0)::int
    + coalesce(sum(price_kop) filter (where finished_at is null), 0)::int as kop from pay.generations`
  t.equal(accounts.find(({ account }) => account === 'sales')?.kop, run?.kop)
})

t.test('Stars that Telegram counts otherwise are named', async t => {
  const list = [
    ...[kept, ofFriend, ...back].map(id => ({ id, amount: 84, isRefund: false })),
    ...back.map(id => ({ id, amount: 84, isRefund: true })),
  ]
  t.strictSame(await starFindings(sql, list), [])
  t.match(await starFindings(sql, list.slice(1)), [/the books have the payment/])
  t.match(await starFindings(sql, [...list, { id: 'new', amount: 5, isRefund: false }]), [/the books do not/])
  t.match(await starFindings(sql, [...list, { id: kept, amount: 84, isRefund: true }]), [/went back at Telegram/])
  t.match(await starFindings(sql, [{ ...list[0]!, amount: 85 }, ...list.slice(1)]), [/is ⭐ 85 at Telegram/])
  t.match(await starFindings(sql, list.slice(0, -1)), [/not given back at Telegram/])
})

t.test('every admin is told when the books disagree, and nobody while they agree', async t => {
  const api = await startTelegram({ seed: 3 })
  t.teardown(() => api.close())
  api.faults.limits = false
  const telegram = createTelegram({ token: api.token, apiRoot: api.apiRoot, rateLimiter: async () => 0, log: silent })
  const admin = api.player.addPerson({ firstName: 'Админ' }).id
  api.player.open(admin)
  const options = { ledger: sql, sql, telegram, adminIds: [admin], log: silent }
  await auditLedger(options)
  t.strictSame(
    api.player.chat(admin).filter(({ from }) => from === 'bot'),
    [],
  )
  await owner`alter table pay.wallets disable trigger all`
  await owner`update pay.wallets set balance_kop = balance_kop + 1 where user_id = 3`
  await auditLedger(options)
  await owner`update pay.wallets set balance_kop = balance_kop - 1 where user_id = 3`
  t.match(api.player.chat(admin).at(-1)?.text, /^🔴 The books disagree: 3\n• balance <> ledger: 1, for example 3\n/)
})
