import t from 'tap'
import { connect, type Sql, seal } from '../../src/database/db.ts'
import { grantAccess } from '../../src/database/migrate.ts'
import { newId } from '../../src/id.ts'
import { confirm, requestChange } from '../../src/operations/admin-actions.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { openTopUp, takePayment } from '../../src/payments/top-ups.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { openUser } from '../../src/users/users.ts'
import { accessOf } from '../support/postgres.ts'
import { rates, world } from '../support/world.ts'

// Somebody has the service's connection and writes whatever SQL he likes; the process itself, and its key, are not his.
const { url, access, sql, owner, user, order, start, finish, broken } = await world(t)
const bare = connect(access.app, { max: 2 }) // the login without the key
const admins = connect(access.admin, { max: 2, sealKey: access.sealKey })
t.teardown(() => Promise.all([bare.close(), admins.close()]))
const [{ name: database } = { name: '' }] = await owner<{ name: string }[]>`select current_database() as name`
const [{ me } = { me: '' }] = await owner<{ me: string }[]>`select current_user as me`

await user(1, 100_00)
await user(2)
const run = await start(await order(1, 10_00))
await finish({ userId: 1, id: run.id }, { outcome: 'failed', code: 'generation_failed', message: 'no' })
const top = await openTopUp(sql, { userId: 2, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null })
const chargeId = newId()
await takePayment(sql, { provider: 'stars', chargeId, userId: 2, orderId: top.id, currency: 'XTR', total: 84 })
const actionId = await requestChange(admins.sql, 7, {
  kind: 'credit',
  userId: 1,
  subject: null,
  amountKop: 5_00,
  reason: 'a gift of the test',
})

const asText = (text: string): TemplateStringsArray => Object.assign([text], { raw: [text] })
const does = (sql: Sql, text: string) => sql(asText(text))

const quote = (price: number, sealed: string) =>
  `select pay.quote_make(1, '${newId()}', 'z-image', 'text-to-image', '{}', '{}', ${price}, '0.8', '95', '2', 15, ${sealed})`
const paid = (charge: string, sealed: string) =>
  `select pay.top_up_paid('stars', '${charge}', 2, '${top.id}', 'XTR', 84, ${sealed})`

const acts: Record<string, string> = {
  // to become another
  'set role none': 'set role none; insert into pay.promo_codes (code) values (null)',
  'reset the role': 'reset role; update pay.wallets set balance_kop = 1',
  'become the owner': `set role ${me}`,
  'become an admin': 'set role pay_admin',
  'become the other login': `set role "${database}_admin"`,
  'become another by the session': `set session authorization ${me}`,
  'take part in a group': `grant pay_admin to "${database}_app"`,
  'make a superuser': 'create role evil superuser login',
  'make any role': 'create role evil',
  'make itself a superuser': `alter role "${database}_app" superuser`,
  'change the owner’s password': `alter role ${me} password 'x'`,
  // to write what only functions write
  'a balance': 'update pay.wallets set balance_kop = 99999 where user_id = 1',
  'a wallet': 'insert into pay.wallets (user_id) values (77)',
  'a ledger entry': `insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, external_ref)
    values (1, 99, 'bonus', 100, 0, 100, 'promo', 'x')`,
  'a ledger entry’s sum': 'update pay.ledger_entries set amount_kop = 1',
  'a ledger without its entries': 'delete from pay.ledger_entries',
  'an empty ledger': 'truncate pay.ledger_entries',
  'a payment': `insert into pay.payments (provider, charge_id, user_id, amount_kop) values ('stars', 'x', 1, 100)`,
  'a quote of one kopeck': `insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
    values (1, '${newId()}', 'z-image', 'x', '{}', '{}', 1, 1, 95, 2, now() + interval '1 day')`,
  'a quote’s price': 'update pay.quotes set price_kop = 1',
  'a run': `update pay.generations set exec_state = 'success'`,
  'a run that never was': 'insert into pay.generations (user_id, id) values (1, null)',
  'a result': `update pay.results set url = 'x'`,
  'an event': `insert into pay.generation_events (user_id, status) values (1, 'started')`,
  'an event’s end': 'update pay.generation_events set price_rub = 0',
  'an audit row': `insert into pay.audit_log (admin_id, kind) values (1, 'credit')`,
  'no audit row': 'delete from pay.audit_log',
  'an admin’s action': `insert into pay.admin_actions (id, admin_id, kind, user_id, amount_kop, reason) values ('${newId()}', 1, 'credit', 1, 100, 'because')`,
  'an action done': 'update pay.admin_actions set done_at = now()',
  'a promo code': `insert into pay.promo_codes (code, amount_kop, uses, expires_at, created_by) values ('EVIL', 1, 1, now(), 1)`,
  'a code’s uses': 'update pay.promo_codes set uses = 1000000',
  'bonus runs': `insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (1, 'x', 100, 100000)`,
  'free runs not taken': 'delete from pay.free_usage',
  'an invitation': 'insert into pay.referrals (invitee, inviter, runs, cap_kop) values (2, 1, 3, 5000)',
  'a reversal': `update pay.reversals set state = 'refused'`,
  'a paid order': `update pay.top_ups set state = 'paid'`,
  'a parked payment put aside': 'update pay.parked_payments set resolved_at = now()',
  'an update that never came': `insert into pay.inbox (update_id, lane, payload) values (1, 'u:1', '{}')`,
  'a message to anybody': `insert into pay.outbox (dedupe, user_id, body) values ('x', 1, '{}')`,
  'a person unbanned': 'update pay.users set banned_at = null',
  'a person gone': 'delete from pay.users',
  'a template of another': `update pay.templates set words = 'x'`,
  'templates without a bound': `insert into pay.templates (user_id, id, words, task, model_id) values (1, '${newId()}', 'x', 'image', 'z-image')`,
  'a mark of the list': `update pay.sync_marks set position = 0`,
  'a switch of a model': `insert into pay.model_switches (model_id, n) values ('z-image', 1)`,
  'an applied migration': `delete from public.schema_migrations`,
  // to call what is not for it
  'pay.credit': `select pay.credit(1, 'bonus', 'x', 100)`,
  'pay.move': `select pay.move(1, 'bonus', 100, 'promo', null, 'x')`,
  'pay.payment_take without a seal': `select pay.payment_take('stars', 'x', 2, '${top.id}', 'XTR', 84, null)`,
  'pay.event_log without a seal': `select pay.event_log(1, 1, 'm', 'c', 'started', false, 0, 'r', null, null, null, null)`,
  'pay.user_open without a seal': `select pay.user_open(77, '', null, null, 100000)`,
  'pay.payment_reverse without a seal': `select pay.payment_reverse('stars', '${chargeId}', 2, 'provider')`,
  'pay.reversal_end without a seal': `select pay.reversal_end('stars', '${chargeId}', true)`,
  'pay.referral_reward': 'select pay.referral_reward(1)',
  'pay.repay': 'select pay.repay(1)',
  'pay.admin_ask': `select pay.admin_ask('${newId()}', 7, 'credit', 1, null, 100, '{}', 'because I say so')`,
  'pay.admin_do': `select pay.admin_do('${actionId}', 7, true)`,
  'pay.admin_give_back': `select pay.admin_give_back(null, '${actionId}', 7)`,
  'pay.give_back': `select pay.give_back(g, 'x') from pay.generations g`,
  'pay.admin_drop': `select pay.admin_drop('${actionId}')`,
  'pay.audit_look': `select pay.audit_look(7, 'prompt', 1, 'x')`,
  'pay.model_switch by hand': `select pay.model_switch('z-image', null, '7', 'off', true, 'admin', 'because', 0, null, '{}', '[]')`,
  'pay.model_switch_any': `select pay.model_switch_any('z-image', 0, 'auto', 'off', true, 'x', 'y', 0, null, '{}', '[]')`,
  'pay.seal_key': `select pay.seal_key('\\x00', '\\x00')`,
  'pay.check_seal': `select pay.check_seal('x', 'quote', 'a')`,
  'pay.lane_lock': `select pay.lane_lock('u:1')`,
  // to forge what carries a seal
  'a price without a seal': quote(1, `''`),
  'a price with a made-up seal': quote(1, `'${'0'.repeat(64)}'`),
  'a price with no seal at all': quote(1, 'null'),
  'a payment without a seal': paid('forged', `''`),
  'a payment with a made-up seal': paid('forged', `'${'f'.repeat(64)}'`),
  'a welcome bonus without a seal': `select pay.user_open(78, '', null, null, 100000, null, 0, 0, '')`,
  'an invitation without a seal': `select pay.user_open(79, '', null, null, 0, 'abcdefghijkl', 1000, 100000000, '')`,
  'a reversal without a seal': `select pay.payment_reverse('stars', '${chargeId}', 2, 'admin', '')`,
  'a refused refund without a seal': `select pay.reversal_end('stars', '${chargeId}', true, '')`,
  'an event without a seal': `select pay.event_log(1, 1, 'm', 'c', 'started', false, 0, 'r', null, null, null, null, '')`,
  // to read what is not for it
  'the keys of seals': 'select * from pay.seal_keys',
  passwords: 'select * from pg_authid',
  'a file of the server': `select pg_read_file('/etc/passwd')`,
  'a folder of the server': `select pg_ls_dir('/')`,
  'a copy from a program': `copy pay.drafts from program 'id'`,
  'a copy into a program': `copy (select 1) to program 'cat'`,
  'a copy into a file': `copy (select 1) to '/tmp/x'`,
  'a large object of a file': `select lo_import('/etc/passwd')`,
  // to change how things are
  'a trigger put to sleep': 'alter table pay.ledger_entries disable trigger all',
  'triggers asleep for a session': 'set session_replication_role = replica',
  'a constraint dropped': 'alter table pay.wallets drop constraint wallets_balance_kop_check',
  'a table dropped': 'drop table pay.inbox',
  'a view of its own': 'create or replace view pay.broken as select 1',
  'a function replaced': `create or replace function pay.move(bigint, text, bigint, text, text, text) returns bigint language sql as 'select 1::bigint'`,
  'a table in our schema': 'create table pay.evil (x int)',
  'a table in public': 'create table public.evil (x int)',
  'a schema': 'create schema evil',
  'a temporary table': 'create temporary table evil (x int)',
  'an extension': 'create extension dblink',
  'a language': 'create extension plpython3u',
  'a setting of the server': `alter system set fsync = off`,
  'a setting of the database': `alter database "${database}" set default_transaction_read_only = on`,
  'a setting of the owner': `alter role ${me} set statement_timeout = 1`,
  'a right for everybody': 'grant select on pay.seal_keys to public',
  'the owner’s connection': `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${me}' and pid <> pg_backend_pid() limit 1`,
  'a log of the server': `select pg_rotate_logfile()`,
  'a checkpoint': 'checkpoint',
}

const state = async () => {
  const [row] = await owner`
    select (select json_agg(w order by w.user_id)::text from pay.wallets w) as wallets,
      (select count(*)::int from pay.ledger_entries) as entries, (select count(*)::int from pay.payments) as payments,
      (select count(*)::int from pay.quotes) as quotes, (select count(*)::int from pay.generation_events) as events,
      (select count(*)::int from pay.audit_log) as audits, (select count(*)::int from pay.users) as people,
      (select count(*)::int from pay.admin_actions where done_at is not null) as done`
  return row
}
const before = await state()

t.ok(Object.keys(acts).length >= 60, `${Object.keys(acts).length} forbidden acts`)
for (const [name, text] of Object.entries(acts)) {
  await t.test(`role-rights: refused to the service’s login: ${name}`, async t => {
    const refusal = await does(bare.sql, text).then(
      rows => `it was done: ${JSON.stringify(rows)}`,
      (error: Error & { code?: string; cause?: { code?: string } }) => error.code ?? error.cause?.code ?? error.message,
    )
    // 42501 no right · P0406 a seal · 42601 several statements in one · 55000, 0A000, 42xxx: not here for anybody
    t.match(refusal, /^(42501|P0406|42601|42P\d\d|42704|0A000|55000|25001|58P01|25006)$/)
  })
}

t.test('role-rights: nothing has changed by it', async t => {
  t.strictSame(await state(), before)
  t.strictSame(await broken(), [])
})

t.test('role-rights: no function may be called by everybody', async t => {
  const open = await owner`
    select p.oid::regprocedure::text as name from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.pronamespace = 'pay'::regnamespace and a.grantee = 0`
  t.strictSame(
    open.map(({ name }) => name),
    [],
  )
})

t.test('role-rights: the login owns nothing, and is no more than a member of its group', async t => {
  for (const login of [`${database}_app`, `${database}_admin`]) {
    const [role] = await owner`
      select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as "mayMore",
        (select count(*)::int from pg_class where relowner = r.oid) + (select count(*)::int from pg_proc where proowner = r.oid)
          + (select count(*)::int from pg_namespace where nspowner = r.oid) as owns,
        (select string_agg(g.rolname, ',') from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid) as groups
      from pg_roles r where rolname = ${login}`
    t.match(role, { mayMore: false, owns: 0, groups: login.endsWith('_app') ? 'pay_app' : 'pay_admin' })
  }
})

t.test('role-rights: a seal is good for its own values, its purpose and its key alone', async t => {
  const offer = {
    userId: 1,
    modelId: 'z-image',
    category: 'text-to-image',
    inputs: { prompt: 'кот; 5:x' },
    params: {},
    priceKop: 100,
    credits: '0.8',
    rates,
  }
  const made = await makeQuote(sql, offer)
  t.match(await owner`select price_kop::int from pay.quotes where id = ${made.id}`, [{ price_kop: 100 }])
  const forged = (price: number, purpose: string, priceSealed: number) => {
    const id = newId()
    return sql`select pay.quote_make(1, ${id}, 'z-image', 'c', '{}', '{}', ${price}, '0.8', '95', '2', 15,
      ${seal(purpose, 1, id, 'z-image', 'c', '{}', '{}', priceSealed, '0.8', '95', '2', 15)})`
  }
  await forged(100, 'quote', 100)
  await t.rejects(forged(1, 'quote', 100), { code: 'P0406' })
  await t.rejects(forged(100, 'paid', 100), { code: 'P0406' })
  const wrong = connect(access.app, { max: 1, sealKey: Buffer.alloc(32, 7) })
  t.teardown(() => wrong.close())
  await t.rejects(makeQuote(wrong.sql, offer), { code: 'P0406' })
  // The text between two values cannot be moved from one to the other.
  await t.rejects(
    sql`select pay.top_up_paid('stars', 'ab', 2, ${top.id}, 'XTR', 84, ${seal('paid', 'starsa', 'b', 2, top.id, 'XTR', 84)})`,
    { code: 'P0406' },
  )
  await openUser(wrong.sql, { id: 1, firstName: 'known', username: null, clientLanguage: null }, 100_00)
  t.equal(await balanceOf(sql, 1), 100_00, 'who is known gets nothing, and needs no seal')
})

t.test('role-rights: a new key is taken over, the one before it is good still, an older one is not', async t => {
  const keys = [1, 2, 3].map(byte => Buffer.alloc(32, byte))
  for (const sealKey of keys) await grantAccess(url, { ...accessOf(url), sealKey })
  const works = async (sealKey: Buffer) => {
    const db = connect(access.app, { max: 1, sealKey })
    const id = newId()
    return sqlOutcome(db.sql`select pay.quote_make(1, ${id}, 'm', 'c', '{}', '{}', 1, '1', '1', '1', 15,
      ${seal('quote', 1, id, 'm', 'c', '{}', '{}', 1, '1', '1', '1', 15)})`).finally(() => db.close())
  }
  t.strictSame([await works(keys[0]!), await works(keys[1]!), await works(keys[2]!)], ['P0406', 'ok', 'ok'])
  await Promise.all(Array.from({ length: 5 }, () => grantAccess(url, access)))
  t.equal(await works(access.sealKey), 'ok')
})
const sqlOutcome = (made: Promise<unknown>) =>
  made.then(
    () => 'ok',
    error => error.code as string,
  )

t.test(
  'role-rights: an admin’s login does what admins do, and moves no money without an action that was written down',
  async t => {
    for (const text of [
      `select pay.credit(1, 'bonus', 'x', 100)`,
      'update pay.wallets set balance_kop = 1',
      `insert into pay.audit_log (admin_id, kind) values (1, 'x')`,
      paid('x', `''`),
      'select * from pay.seal_keys',
      `set role ${me}`,
    ]) {
      await t.rejects(does(admins.sql, text), { code: '42501' }, text)
    }
    t.match(await confirm(admins.sql, actionId, 7, false), { isDone: true, outcome: 'credited' })
    t.match(await owner`select admin_id::int, kind from pay.audit_log where action_id = ${actionId}`, [
      { admin_id: 7, kind: 'credit' },
    ])
  },
)
