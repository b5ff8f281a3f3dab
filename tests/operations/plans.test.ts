import { globSync } from 'node:fs'
import postgres from 'postgres'
import t from 'tap'
import { fillGrowth } from '../../bench/fill-growth.ts'
import type { Query, Sql } from '../../src/database/db.ts'
import { tidyParts } from '../../src/jobs/sweep.ts'
import { world } from '../support/world.ts'

// What runs by the clock or for a press costs no more after years than on the first day: no statement of the service, and
// none in the functions that it calls, reads a table that grows from end to end.
const { owner, url } = await world(t)
const rows = 40_000
const one = postgres(url, { max: 1, onnotice: () => {}, ...{ fetch_types: false } })
t.teardown(() => one.end({ timeout: 1 }))
await fillGrowth(one, { rows, entries: 100_000, due: 10_000, modelIds: ['z-image', 'flux-2', 'veo'], seed: 1 })

/** Tables that have as many rows as there are models, voices, alarms or kinds of something, however long the service runs. */
const small = new Set([
  'examples', // four of a model
  'alarms',
  'kept_total',
  'model_days',
  'model_stats',
  'model_stats_clock',
  'provider_account',
  'samples',
  'sync_marks',
  'tidy_marks',
  'webhook',
])
/** Statements that may read a whole table, and why. */
const allowed: Record<string, string> = {
  auditReport: 'the audit reads everything: once an hour, on a connection and with a deadline of its own',
  brokenPromises: 'the same for an admin, on the same kind of connection',
  starsReceived: 'a page of the comparison with Telegram’s list, by hand (npm run audit)',
  promoCodes: 'as many rows as admins have made by hand',
  appliedSchema: 'a row a file of sql/migrations/, and one for each text that functions have had',
  forgettings: 'those who are being forgotten now; their rows go with the work',
}

type Node = Record<string, unknown> & { Plans?: Node[] }
/** What of a plan reads a table or an index without a condition that narrows it. */
function wholeReads(node: Node, isLimited = false): string[] {
  const below = isLimited || node['Node Type'] === 'Limit'
  const deeper = (node.Plans ?? []).flatMap(plan => wholeReads(plan, below))
  const table = String(node['Relation Name'] ?? '')
  if (small.has(table)) return deeper
  const kind = String(node['Node Type'])
  const isWhole =
    kind === 'Seq Scan' || (/^Index (Only )?Scan$/.test(kind) && !node['Index Cond'] && !below && !isPartial(node))
  return isWhole ? [`${kind} on ${table}`, ...deeper] : deeper
}
const partial = new Set(
  (
    await owner<{ name: string }[]>`
      select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid where i.indpred is not null`
  ).map(({ name }) => name),
)
const isPartial = (node: Node) => partial.has(String(node['Index Name']))

const root = new URL('../../', import.meta.url)
const quiet = /^src\/(main|doctor|audit|catalogue\/(list|check))/
type AnyQuery = Query<unknown[], import('@sinclair/typebox').TObject>
const isQuery = (value: unknown): value is AnyQuery =>
  typeof value === 'function' && 'row' in value && 'statement' in value

await t.test('no statement of the service has a plan that reads a growing table from end to end', async t => {
  await one`set plan_cache_mode = force_generic_plan` // whatever the values are
  let count = 0
  for (const file of globSync('src/**/*.ts', { cwd: root }).sort()) {
    if (quiet.test(file)) continue
    const module: Record<string, unknown> = await import(new URL(file, root).href)
    for (const [name, statement] of Object.entries(module)) {
      if (!isQuery(statement) || allowed[name]) continue
      count += 1
      let asked = ''
      let values = 0
      const record = (async (text: TemplateStringsArray, ...given: unknown[]) => {
        asked = text.reduce((all, part, n) => `${all}$${n}${part}`)
        values = given.length
        return []
      }) as unknown as Sql
      const anything: object = new Proxy(
        {},
        { get: (_, key) => (key === Symbol.toPrimitive || key === 'join' ? () => '0' : anything) },
      )
      await statement.statement(record, ...Array.from({ length: statement.statement.length }, () => anything))
      await one.unsafe(`prepare asked as ${asked}`)
      const call = values > 0 ? `asked(${Array(values).fill('null').join(', ')})` : 'asked'
      const [explained] = await one.unsafe(`explain (format json) execute ${call}`)
      await one.unsafe('deallocate asked')
      const [{ Plan: plan }] = JSON.parse(JSON.stringify(explained!['QUERY PLAN'])) as [{ Plan: Node }]
      t.strictSame(wholeReads(plan), [], `${file} ${name}`)
    }
  }
  await one`set plan_cache_mode = auto`
  t.ok(count > 60, `${count} statements`)
})

/** How many rows of growing tables a statement reads, in its functions too; nothing of it stays. */
async function readBy(statement: string): Promise<Record<string, number>> {
  const read: Record<string, number> = {}
  const undo = new Error('undo')
  // The connection counts on through its transactions.
  const counts = (tx: postgres.TransactionSql) => tx<{ name: string; n: number }[]>`
    select relname as name, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as n from pg_stat_xact_user_tables
    where schemaname = 'pay'`
  await one
    .begin(async tx => {
      const before = new Map((await counts(tx)).map(({ name, n }) => [name, n]))
      await tx.unsafe(statement)
      for (const { name, n } of await counts(tx)) {
        const more = n - (before.get(name) ?? 0)
        if (!small.has(name) && more > 0) read[name] = more
      }
      throw undo
    })
    .catch(error => {
      if (error !== undo) throw error
    })
  return read
}

const some = 100
const statements: Record<string, string> = {
  ...Object.fromEntries(tidyParts.map(part => [`tidy ${part}`, `select pay.tidy('${part}', ${some})`])),
  'the wish to be forgotten': `select pay.user_forget(30)`,
  ...Object.fromEntries(
    ['updates', 'quotes', 'files', 'results', 'events', 'proofs'].map(step => [
      `forgetting ${step}`,
      `with a as (insert into pay.forgettings (user_id, asked_at, step) values (1, now(), '${step}')) select 1;
       select pay.user_forget_some(1, ${some})`,
    ]),
  ),
  'the sweep': `select pay.gen_due(500, '1 minute')`,
  'a person who is back': `select pay.outbox_revive(30)`,
  'an update': `select pay.inbox_put(1000000000, 'u:30', '{}', null); select pay.inbox_take('u:30', '1 minute')`,
  'a code that is none': `select pay.promo_claim(30, 'NOSUCHCODE', 'm:1')`,
  'an order to pay': `select pay.top_up_open(30, 'abcdefghijkl', 'stars', 100, 'XTR', 1, null, '1 day')`,
  'a payment': `select pay.top_up_open(30, 'abcdefghijkl', 'stars', 100, 'XTR', 1, null, '1 day');
    select pay.payment_take('stars', 'a new charge', 30, 'abcdefghijkl', 'XTR', 1, null)`,
  'a month of a plan': `select pay.plan_open(30, 'abcdefghijkm', 'basic', 100, 1, 1, 1, 1, '1 day');
    select pay.payment_take('stars', 'a month', 30, 'abcdefghijkm', 'XTR', 1, null); select pay.plan_changed(30, 'abcdefghijkm', 'canceled')`,
  'an action that an admin confirms': `
    insert into pay.admin_actions (id, admin_id, kind, user_id, amount_kop, reason) values ('abcdefghijkl', 1, 'credit', 30, 100, 'a reason');
    select pay.admin_do('abcdefghijkl', 1, true)`,
  'a switch of a model': `
    select pay.model_switch('z-image', 0, 'auto', 'off', false, 'failing', null, 1, '30 minutes', '{}', '[1]')`,
  'a file to keep': `select pay.kept_begin(r.user_id, r.generation_id, r.n, 100, repeat('b', 64))
    from (select * from pay.results where user_id = 31 limit 1) r`,
  'figures of the models': `select pay.model_stats_refresh(now() + interval '2 minutes')`,
}
// A portion, what its keys lead to, and the rows of one person; a model's figures stand on its last 1,000 runs.
const most = 2_000
const maxOf: Record<string, number> = { 'figures of the models': 8_000 }

for (const [name, statement] of Object.entries(statements))
  await t.test(`${name}: the functions read no table from end to end`, async t => {
    const read = await readBy(statement)
    t.comment(JSON.stringify(read))
    for (const [table, n] of Object.entries(read)) t.ok(n < (maxOf[name] ?? most), `${n} rows of ${table}`)
  })

await t.test('the test sees a whole read: what it is for', async t => {
  t.ok((await readBy(`select count(*) from pay.free_usage where lim = 7`)).free_usage! >= most)
  const [explained] = await one`explain (format json) select * from pay.inbox where lane like 'c:%:7'`
  const [{ Plan: plan }] = JSON.parse(JSON.stringify(explained!['QUERY PLAN'])) as [{ Plan: Node }]
  t.strictSame(wholeReads(plan), ['Seq Scan on inbox'])
})
