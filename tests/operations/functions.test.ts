import { execFile } from 'node:child_process'
import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { connect } from '../../src/database/db.ts'
import { functionParts, type Part, type PartName, partOf } from '../../src/database/functions.ts'
import { migrate, migrations, missingSchema } from '../../src/database/migrate.ts'
import { place } from '../../src/payments/integration.ts'
import { freshDatabase } from '../support/postgres.ts'
import { limits, world } from '../support/world.ts'

const parts = await functionParts()

/** A database as `npm run migrate` leaves it. */
async function migrated(t: Test) {
  const { url, drop } = await freshDatabase(async url => void (await migrate(url)), 'migrate')
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const db = connect(url, { max: 1 })
  t.teardown(async () => {
    await sql.end({ timeout: 1 })
    await db.close()
    await drop()
  })
  return { url, sql, missing: (build?: Part[]) => missingSchema(db.sql, build) }
}

/** The build with one of its texts changed. */
function changed(name: PartName, from: string, to: string, build = parts): Part[] {
  return build.map(part => {
    if (part.name !== name) return part
    const files = part.files.map(file => ({ ...file, text: file.text.replace(from, () => to) }))
    if (files.every(({ text }, n) => text === part.files[n]?.text)) throw new Error(`${name} has no «${from}»`)
    return partOf(name, files)
  })
}
const noted = (name: PartName, note: string, build = parts) =>
  build.map(part =>
    part.name === name ? partOf(name, [...part.files, { name: 'a-note.sql', text: `-- ${note}\n` }]) : part,
  )

// Of user_forget_some.
const lastWord = "\n  end if;\n  return 'forgotten';"

/** All rights of others than the owner, as text; of everybody as `-`. */
const rights = async (sql: Sql) => {
  const rows = await sql<{ given: string }[]>`
    select grantee::regrole::text || ' ' || privilege_type || ' ' || thing as given from (
      select p.oid::regprocedure::text as thing, coalesce(p.proacl, acldefault('f', p.proowner)) as acl from pg_proc p where p.pronamespace = 'pay'::regnamespace
      union all select c.oid::regclass::text, c.relacl from pg_class c where c.relnamespace = 'pay'::regnamespace
      union all select a.attrelid::regclass || '.' || a.attname, a.attacl from pg_attribute a where a.attacl is not null
      union all select 'pay', nspacl from pg_namespace where nspname = 'pay') x,
    aclexplode(x.acl) where grantee <> to_regrole(quote_ident(current_user)) order by 1`
  return rows.map(({ given }) => given)
}
const bodyOf = async (sql: Sql, name: string) =>
  (await sql<{ body: string }[]>`select prosrc as body from pg_proc where oid = ${name}::regproc`)[0]?.body
const rowsOf = (sql: Sql) => sql`select n, part, hash, applied_at, xmin from public.schema_functions order by n`

t.test('a function whose text has changed is replaced, and every right stays what it was', async t => {
  const { url, sql } = await migrated(t)
  const before = await rights(sql)
  const newer = changed('functions', lastWord, `${lastWord} -- as ever`)
  t.strictSame(await migrate(url, { parts: newer }), ['functions'])
  t.match(await bodyOf(sql, 'pay.user_forget_some'), /as ever/)
  t.strictSame(await rights(sql), before)
  t.ok(before.length > 100, `${before.length} rights`)
})

t.test('a build that was applied already changes nothing', async t => {
  const { url, sql } = await migrated(t)
  const state = async () => [
    await rowsOf(sql),
    await sql`select oid, xmin from pg_proc where pronamespace = 'pay'::regnamespace order by oid`,
    await sql`select oid, xmin from pg_class where relnamespace = 'pay'::regnamespace and relkind = 'v' order by oid`,
    await sql`select oid, xmin from pg_trigger order by oid`,
  ]
  const before = await state()
  t.strictSame(await migrate(url), [])
  t.strictSame(await state(), before)
})

t.test('a change of functions leaves triggers and views alone, which others would have to wait for', async t => {
  const { url, sql } = await migrated(t)
  const state = async () => [
    await sql`select oid, xmin from pg_class where relnamespace = 'pay'::regnamespace and relkind = 'v' order by oid`,
    await sql`select oid, xmin from pg_trigger order by oid`,
  ]
  const before = await state()
  t.strictSame(await migrate(url, { parts: noted('functions', 'another build') }), ['functions'])
  t.strictSame(await state(), before)
})

t.test('orders go on while functions are replaced under them: none fails', async t => {
  const { url, sql, user, order, broken } = await world(t)
  for (const id of [1, 2, 3]) await user(id, 1_000_00)
  let isOver = false
  let count = 0
  const workers = [1, 2, 3].map(async id => {
    for (; !isOver && count < 900; count++) await place(sql, await order(id, 1_00), limits)
  })
  for (const note of ['one', 'two', 'three', 'four'])
    t.strictSame(await migrate(url, { parts: noted('functions', note) }), ['functions'])
  isOver = true
  await Promise.all(workers)
  t.ok(count > 3, `${count} orders`)
  t.strictSame(await broken(), [])
})

t.test('an older build that starts again does not put its functions back, and says so', async t => {
  const { url, sql, missing } = await migrated(t)
  const newer = changed('functions', lastWord, `${lastWord} -- newer`)
  const said: unknown[] = []
  const log = { warn: (...words: unknown[]) => void said.push(words) }
  t.strictSame(await missing(newer), ['functions'], 'what was never applied is not ready')
  await migrate(url, { parts: newer, log })
  t.strictSame(said, [])
  t.strictSame(await migrate(url, { log }), [], 'the older one')
  t.match(JSON.stringify(said), /"parts":\["functions"\].*a newer build has replaced these functions/)
  t.match(await bodyOf(sql, 'pay.user_forget_some'), /newer/)
  t.strictSame([await missing(), await missing(newer)], [[], []], 'both serve while one takes the place of the other')

  const back = noted('functions', 'put back')
  t.strictSame(await migrate(url, { parts: back }), ['functions'], 'a text that differs by a comment is a newer one')
  t.notMatch(await bodyOf(sql, 'pay.user_forget_some'), /newer/)
})

t.test('a right that the text no longer gives is taken away', async t => {
  const { url, sql } = await migrated(t)
  const before = await rights(sql)
  const fewer = changed(
    'functions',
    'grant execute on function pay.promo_claim to pay_app;',
    '',
    changed('views', 'grant update (language, is_reachable) on pay.users to pay_app;', ''),
  )
  t.strictSame(await migrate(url, { parts: fewer }), ['functions', 'views'])
  t.strictSame(
    await rights(sql),
    before.filter(one => !one.includes('pay.promo_claim(') && !/ UPDATE pay\.users\./.test(one)),
  )
})

t.test('nobody but who is named may call a new function', async t => {
  const { url, sql } = await migrated(t)
  const more = 'create function pay.added() returns int language sql as $$ select 1 $$;'
  await migrate(url, {
    parts: parts.map(part =>
      part.name === 'functions' ? partOf('functions', [...part.files, { name: 'z.sql', text: more }]) : part,
    ),
  })
  t.strictSame(
    (await rights(sql)).filter(one => one.includes('added')),
    [],
  )
})

t.test('a function that fails leaves all as it was, and is named', async t => {
  const { url, sql, missing } = await migrated(t)
  const [before, rows] = [await rights(sql), await rowsOf(sql)]
  const broken = changed('functions', 'create or replace function pay.webhook_set(', 'create function pay.webhook_set(')
  await t.rejects(migrate(url, { parts: broken }), /sql\/functions\/operations\.sql failed: .*already exists/)
  t.strictSame([await rights(sql), await rowsOf(sql), await missing()], [before, rows, []])
})

t.test('functions that are killed in the middle leave nothing, and the next start does it all', async t => {
  const { url, drop } = await freshDatabase(async () => {}, 'empty')
  t.teardown(drop)
  const files = await migrations()
  const run = (env: Record<string, string>) =>
    new Promise<unknown>(resolve => {
      execFile(
        process.execPath,
        ['src/main.ts', 'migrate'],
        { env: { PATH: process.env.PATH, DATABASE_URL: url, ...env } },
        error => resolve(error?.signal ?? error?.code ?? 0),
      )
    })
  t.equal(await run({ CRASH: `migrate_mid:${files.length + 7}` }), 'SIGKILL')
  const sql = postgres(url, { max: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  t.match(await sql`select to_regnamespace('pay') is null as clean`, [{ clean: true }])
  t.ok((await migrate(url)).length > files.length)
})

t.test('a view that a migration had to drop is there again, with its rights', async t => {
  const { url, sql } = await migrated(t)
  const before = await rights(sql)
  const text = 'drop view pay.broken, pay.suspects; alter table pay.outbox add column note text;'
  const files = [...(await migrations()), { name: '9999_note.sql', hash: 'x', text }]
  t.strictSame(await migrate(url, { files }), ['9999_note.sql', 'functions', 'views'])
  t.strictSame(await rights(sql), before)
  t.strictSame([...(await sql`select promise from pay.broken`)], [])
})

t.test('rights that are missing, as after a restore without them, are given at the next start', async t => {
  const { url, sql } = await migrated(t)
  const before = await rights(sql)
  await sql.unsafe(`revoke all on all functions in schema pay from pay_app, pay_admin;
    revoke all on all tables in schema pay from pay_app, pay_admin; revoke all on schema pay from pay_app, pay_admin`)
  t.strictSame(await migrate(url), ['functions', 'views'])
  t.strictSame(await rights(sql), before)
})

t.test('a database from before the first release is met by a sentence that says what to do', async t => {
  const { url, drop } = await freshDatabase(async () => {}, 'empty')
  const sql = postgres(url, { max: 1 })
  t.teardown(async () => {
    await sql.end({ timeout: 1 })
    await drop()
  })
  await sql.unsafe(`create table public.schema_migrations (name text primary key, hash text not null, applied_at timestamptz);
    insert into public.schema_migrations values ('0001_users_and_money.sql', 'x', now())`)
  await t.rejects(migrate(url), /from before the first release .*name an empty database/)
  t.match(await sql`select to_regclass('public.schema_functions') is null as clean`, [{ clean: true }])
})
