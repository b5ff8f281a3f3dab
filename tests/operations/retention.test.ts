import t from 'tap'
import type { Sql } from '../../src/database/db.ts'
import { newId } from '../../src/id.ts'
import { type TidyPart, tidy, tidyParts, tidySome } from '../../src/jobs/sweep.ts'
import { silent, world } from '../support/world.ts'

const { sql, owner, user, order, start, finish, story } = await world(t)
await user(1, 1_000_00)
await user(2)

/** A row per part whose time has just passed and one whose time has not; `left` says which are there. */
const kinds: Record<
  TidyPart,
  { put(age: string, name: string): Promise<unknown>; old: string; young: string; left(): Promise<{ name: string }[]> }
> = {
  updates: {
    old: '7 days 1 minute',
    young: '6 days 23 hours',
    put: (age, name) => owner`
      insert into pay.inbox (update_id, lane, payload, done_at)
      values (${name === 'old' ? 1 : 2}, ${name}, '{}', now() - ${age}::text::interval)`,
    left: () => owner`select lane as name from pay.inbox`,
  },
  messages: {
    old: '30 days 1 minute',
    young: '29 days 23 hours',
    put: (age, name) => owner`
      insert into pay.outbox (dedupe, user_id, body, done_at) values (${name}, 1, '{}', now() - ${age}::text::interval)`,
    left: () => owner`select dedupe as name from pay.outbox where dedupe not like 'gen:%'`,
  },
  intakes: {
    old: '1 day 1 minute',
    young: '23 hours',
    put: (age, name) => owner`
      insert into pay.intakes (update_id, lane, payload, done_at)
      values (${name === 'old' ? 1 : 2}, 'u:1', '{}', now() - ${age}::text::interval)`,
    left: () => owner`select case update_id when 1 then 'old' else 'young' end as name from pay.intakes`,
  },
  quotes: {
    old: '2 days 1 minute',
    young: '1 day 23 hours',
    put: (age, name) => quote(name === 'old' ? 'aaaaaaaaaaaa' : 'bbbbbbbbbbbb', age),
    left: () =>
      owner`select case id when 'aaaaaaaaaaaa' then 'old' else 'young' end as name from pay.quotes where id in ('aaaaaaaaaaaa', 'bbbbbbbbbbbb')`,
  },
  drafts: {
    old: '7 days 1 minute',
    young: '6 days 23 hours',
    put: (age, name) => owner`
      insert into pay.drafts (user_id, id, kind, model_id, expires_at)
      values (${name === 'old' ? 1 : 2}, 'aaaaaaaaaaaa', 'order', ${name}, now() - ${age}::text::interval)`,
    left: () => owner`select model_id as name from pay.drafts`,
  },
  rates: {
    old: '61 minutes',
    young: '59 minutes',
    put: (age, name) => owner`insert into pay.rates (key, tat) values (${name}, now() - ${age}::text::interval)`,
    left: () => owner`select key as name from pay.rates`,
  },
  windows: {
    old: '40 days 1 minute',
    young: '39 days 23 hours',
    put: (age, name) => owner`
      insert into pay.free_usage (user_id, model_id, window_kind, starts_at, used, lim)
      values (1, ${name}, 'hour', now() - ${age}::text::interval, 0, 3)`,
    left: () => owner`select model_id as name from pay.free_usage`,
  },
  late: {
    old: '7 days 1 minute',
    young: '6 days 23 hours',
    async put(age, name) {
      const { id } = await start(await order(1, 1_00))
      await finish({ userId: 1, id }, { outcome: 'failed', code: 'moderation', message: 'no' })
      return owner`
        insert into pay.late_results (user_id, generation_id, task_id, open_at)
        values (1, ${id}, ${name}, now() - ${age}::text::interval)`
    },
    left: () => owner`select task_id as name from pay.late_results`,
  },
  tries: {
    old: '2 days 1 minute',
    young: '1 day 23 hours',
    put: (age, name) => owner`
      insert into pay.promo_tries (user_id, starts_at, wrong)
      values (${name === 'old' ? 1 : 2}, now() - ${age}::text::interval, 1)`,
    left: () => owner`select case user_id when 1 then 'old' else 'young' end as name from pay.promo_tries`,
  },
  days: {
    old: '41 days',
    young: '39 days',
    put: (age, name) => owner`
      insert into pay.referral_days (inviter, day, counted)
      values (${name === 'old' ? 1 : 2}, ((now() - ${age}::text::interval) at time zone 'UTC')::date, 1)`,
    left: () => owner`select case inviter when 1 then 'old' else 'young' end as name from pay.referral_days`,
  },
  actions: {
    old: '30 days 1 minute',
    young: '29 days 23 hours',
    put: (age, name) => action(age, name, null),
    left: () => owner`select reason as name from pay.admin_actions where outcome is null`,
  },
  top_ups: {
    old: '90 days 1 minute',
    young: '89 days 23 hours',
    put: (age, name) => topUp(age, name, 'open'),
    left: () => owner`select quote_id as name from pay.top_ups where state = 'open'`,
  },
  guest_words: {
    old: '1 day 1 minute',
    young: '23 hours',
    put: (age, name) => owner`
      insert into pay.guest_words (id, user_id, words, created_at)
      values (${newId()}, 1, ${name}, now() - ${age}::text::interval)`,
    left: () => owner`select words as name from pay.guest_words`,
  },
  templates: {
    old: '1 day 1 minute',
    young: '23 hours',
    put: (age, name) => owner`
      insert into pay.templates (user_id, id, words, task, model_id, deleted_at)
      values (1, ${newId()}, ${name}, 'image', 'z-image', now() - ${age}::text::interval)`,
    left: () => owner`select words as name from pay.templates`,
  },
  files: {
    old: '1 second',
    young: '-1 hour',
    put: async (age, name) => {
      const { id } = await start(await order(1, 10_00))
      const result = {
        n: 1,
        kind: 'image' as const,
        mime: name,
        extension: 'png',
        bytes: 1,
        width_px: 1,
        height_px: 1,
        seconds: null,
        url: 'https://files.example.com/1',
      }
      await finish({ userId: 1, id }, { outcome: 'success', results: [result] })
      await owner`
        insert into pay.kept_files (user_id, generation_id, n, bytes, sha256, expires_at)
        values (1, ${id}, 1, 1, repeat('a', 64), now() - ${age}::text::interval)`
      await owner`insert into pay.kept_chunks values (1, ${id}, 1, 0, 'x')`
    },
    left: () => owner`select r.mime as name from pay.kept_chunks join pay.kept_files using (user_id, generation_id, n)
      join pay.results r using (user_id, generation_id, n)`,
  },
}
const quote = (id: string, age: string) => owner`
  insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
  values (1, ${id}, 'z-image', 'image', '{}', '{}', 1, 1, 95, 2, now() - ${age}::text::interval)`
const action = (age: string, reason: string, outcome: string | null) => owner`
  insert into pay.admin_actions (id, admin_id, kind, user_id, amount_kop, reason, expires_at, done_at, outcome)
  values (${newId()}, 1, 'credit', 1, 100, ${reason.padEnd(5, '.')}, now() - ${age}::text::interval,
    case when ${outcome}::text is not null then now() end, ${outcome})`
let amount = 0
const topUp = (age: string, name: string, state: string) => owner`
  insert into pay.top_ups (user_id, id, provider, amount_kop, currency, total, quote_id, state, expires_at, decided_at)
  values (1, ${newId()}, 'stars', ${++amount}, 'XTR', 1, ${name}, ${state}, now() - ${age}::text::interval,
    case when ${state} in ('paid', 'denied') then now() end)`

await story('of each kind goes what has had its time, and nothing else', async t => {
  t.strictSame(Object.keys(kinds).sort(), [...tidyParts].sort())
  for (const kind of Object.values(kinds)) {
    await kind.put(kind.old, 'old')
    await kind.put(kind.young, 'young')
  }
  const names = async (kind: (typeof kinds)[TidyPart]) =>
    (await kind.left()).map(({ name }) => name.replaceAll('.', '')).sort()
  for (const part of tidyParts) t.strictSame(await names(kinds[part]), ['old', 'young'], part)
  t.strictSame(await tidy(sql, silent), [])
  for (const part of tidyParts) {
    t.strictSame(await names(kinds[part]), ['young'], part)
    t.strictSame([...(await tidySome(sql, part, 10))], [{ gone: 0, isDone: true }], part)
  }
})

await story('what money, an audit row or a promise stands on is kept, however old', async t => {
  const used = await order(1, 10_00)
  const { id } = await start(used)
  await finish({ userId: 1, id }, { outcome: 'failed', code: 'generation_failed', message: 'x' })
  await owner`alter table pay.quotes disable trigger user`
  await owner`update pay.quotes set expires_at = now() - interval '400 days', created_at = now() - interval '400 days' where id = ${used.quoteId}`
  await owner`alter table pay.quotes enable trigger user`
  await owner`update pay.outbox set done_at = now() - interval '400 days' where dedupe = ${`gen:${id}`}`
  await action('400 days', 'done', 'credited')
  await action('400 days', 'dropped', 'dropped')
  for (const state of ['paid', 'denied', 'cancelled']) await topUp('400 days', state, state)
  await topUp('400 days', 'paid late', 'open')
  await owner`
    insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total)
    select 'stars', 'late', 1, amount_kop, id, 'XTR', 1 from pay.top_ups where quote_id in ('paid late')`
  await owner`select pay.move(1, 'topup', ${amount}, 'cash', null, 'stars:late')`
  await owner`
    insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total)
    select 'stars', 'paid', 1, amount_kop, id, 'XTR', 1 from pay.top_ups where quote_id = 'paid'`
  await owner`select pay.move(1, 'topup', (select amount_kop from pay.top_ups where quote_id = 'paid'), 'cash', null, 'stars:paid')`

  t.strictSame(await tidy(sql, silent), [])
  t.match(await owner`select count(*)::int as n from pay.quotes where id = ${used.quoteId}`, [{ n: 1 }])
  t.match(await owner`select count(*)::int as n from pay.outbox where dedupe = ${`gen:${id}`}`, [{ n: 1 }])
  t.strictSame(
    (await owner`select outcome from pay.admin_actions where outcome is not null`).map(row => row.outcome),
    ['credited'],
  )
  t.strictSame(
    (await owner`select quote_id from pay.top_ups where expires_at < now() - interval '100 days' order by 1`).map(
      row => row.quote_id,
    ),
    ['denied', 'paid', 'paid late'],
  )
})

await story('after weeks in which nothing was tidied, old prices go all the same', async t => {
  await owner`update pay.tidy_marks set at = now() - interval '60 days', user_id = 0, key = '' where what = 'quotes'`
  for (const [id, age] of [
    ['cccccccccccc', '50 days'],
    ['dddddddddddd', '13 days'],
    ['eeeeeeeeeeee', '3 days'],
  ] as const)
    await quote(id, age)
  await tidy(sql, silent)
  t.match(
    await owner`select count(*)::int as n from pay.quotes where id in ('cccccccccccc', 'dddddddddddd', 'eeeeeeeeeeee')`,
    [{ n: 0 }],
  )
})

await story('a portion is as large as it may be, and many that end at one moment all go', async t => {
  await owner`
    insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
    select 1, 'fffff' || translate(lpad(i::text, 7, '0'), '0189', 'abcd'), 'z-image', 'image', '{}', '{}', 1, 1, 95, 2,
      date_trunc('day', now()) - interval '2 days' from generate_series(1, 25) i`
  await owner`update pay.tidy_marks set at = '-infinity', user_id = 0, key = '' where what = 'quotes'`
  const gone: number[] = []
  for (;;) {
    const [row] = await tidySome(sql, 'quotes', 10)
    gone.push(row!.gone)
    if (row!.isDone) break
  }
  t.ok(
    gone.every(n => n <= 10),
    gone.join(', '),
  )
  t.equal(
    gone.reduce((sum, n) => sum + n),
    25,
  )
})

await story('a part that fails is named, and stops no other', async t => {
  for (const part of tidyParts) {
    const other = tidyParts[(tidyParts.indexOf(part) + 1) % tidyParts.length]!
    const asked: string[] = []
    const failing: Sql = (text, ...values) => {
      if (text.join('').includes('pay.tidy')) asked.push(String(values[0]))
      return values[0] === part ? Promise.reject(new Error('it fails')) : sql(text, ...values)
    }
    t.strictSame(await tidy(failing, silent), [part])
    t.ok(asked.includes(other), `${other} has its turn`)
  }
})

await story('two machines tidy at once, and each row goes once', async t => {
  await owner`insert into pay.inbox (update_id, lane, payload, done_at) select 1000 + i, 'u:1', '{}', now() - interval '8 days' from generate_series(1, 12000) i`
  t.strictSame(await Promise.all([1, 2, 3].map(() => tidy(sql, silent))), [[], [], []])
  t.match(await owner`select count(*)::int as n from pay.inbox where update_id > 1000`, [{ n: 0 }])
})

await story('what is no part and no portion is refused', async t => {
  await t.rejects(tidySome(sql, 'ledger' as TidyPart, 10), /nothing is called ledger/)
  for (const limit of [0, -1]) await t.rejects(tidySome(sql, 'updates', limit), /bad limit/)
})
