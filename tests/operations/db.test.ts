import t from 'tap'
import { connect, untilAnswered } from '../../src/database/db.ts'
import { functionParts } from '../../src/database/functions.ts'
import { migrate, migrations } from '../../src/database/migrate.ts'
import { sqlState, Unknown } from '../../src/errors.ts'
import { place } from '../../src/payments/integration.ts'
import { readWallet } from '../../src/payments/wallet.ts'
import { freshDatabase } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { limits, until, world } from '../support/world.ts'

const { url, sql, owner, user, order, broken } = await world(t)
const one = (from: typeof sql) => from<{ n: number }>`select 1 as n`

t.test(
  'a database that goes silent is given up at the deadline, and a new connection answers after the heal',
  async t => {
    const { hostname: host, port } = new URL(url)
    const proxy = await startProxy({ host, port: Number(port) })
    const through = new URL(url)
    through.port = String(proxy.port)
    const db = connect(through.href, { deadlineMs: 300 })
    t.teardown(async () => {
      await db.close()
      await proxy.close()
    })
    t.match(await one(db.sql), [{ n: 1 }])
    proxy.stall()
    const tries = await Promise.allSettled([one(db.sql), one(db.sql), one(db.sql)])
    for (const one of tries) t.ok(one.status === 'rejected' && one.reason instanceof Unknown)
    t.equal(db.replaced(), 1, 'the pool was thrown away once')
    proxy.heal()
    t.match(await untilAnswered(() => one(db.sql)), [{ n: 1 }])
    proxy.cut()
    t.match(await untilAnswered(() => one(db.sql)), [{ n: 1 }], 'cut connections are made anew')
  },
)

t.test(
  'backends killed under 16 workers: every acknowledged order is there once, nothing hangs, the books agree',
  async t => {
    for (let id = 100; id < 116; id++) await user(id, 1_000_00)
    const acknowledged: string[] = []
    let isOver = false
    const workers = Array.from({ length: 16 }, async (_, n) => {
      while (!isOver) {
        const next = await untilAnswered(() => order(100 + n, 1_00))
        const { id } = await untilAnswered(() => place(sql, next, limits))
        acknowledged.push(id)
        if (acknowledged.length > 1_200) isOver = true
      }
    })
    let kills = 0
    while (!isOver) {
      await owner`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'telegen' and datname = current_database()`
      kills += 1
      await until('some more work', () => acknowledged.length > kills * 80 || isOver)
    }
    await Promise.all(workers)
    const found = await owner`select id from pay.generations where id = any (${acknowledged})`
    t.equal(found.length, new Set(acknowledged).size, `${acknowledged.length} orders, ${kills} massacres`)
    t.strictSame(await broken(), [])
    const { balanceKop, atWorkKop } = await readWallet(sql, 100)
    t.equal(balanceKop + atWorkKop, 1_000_00)
  },
)

t.test('who waits for a connection is not late: a slow spell fails the slow, and the pool stays', async t => {
  const db = connect(url, { deadlineMs: 3_000, max: 2 })
  t.teardown(() => db.close())
  const tries = await Promise.all(
    Array.from({ length: 6 }, () => db.sql<{ n: number }>`select 1 as n from pg_sleep(0.8)`),
  )
  t.equal(tries.length, 6, 'each has its own time once it has a connection')
  const slow = Array.from({ length: 2 }, () => db.sql`select pg_sleep(2)`)
  const [late] = await Promise.allSettled([db.sql`select 1 as n from pg_sleep(0.3)`, ...slow])
  t.equal(late.status, 'fulfilled')
  t.equal(db.replaced(), 0)
})

t.test('what Postgres says no to is a verdict, and what it cannot say is not', async t => {
  const verdict = await sql`select 1 / 0`.catch(error => error)
  t.equal(sqlState(verdict), '22012')
  t.notOk(verdict instanceof Unknown)
  const nowhere = connect('postgres://x@127.0.0.1:1/x', { deadlineMs: 400 })
  t.teardown(() => nowhere.close())
  await t.rejects(one(nowhere.sql), Unknown)
})

t.test('a bigint that a number cannot hold is refused, not rounded', async t => {
  await t.rejects(sql`select 9007199254740993::bigint as big`, /out of range/)
})

t.test('five machines that migrate at once apply each file once', async t => {
  const { url, drop } = await freshDatabase(async () => {}, 'empty')
  t.teardown(drop)
  const [files, parts] = await Promise.all([migrations(), functionParts()])
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url)))
  t.strictSame(
    applied.flat(),
    [...files, ...parts].map(({ name }) => name),
  )
  t.strictSame(await migrate(url), [])

  const [first, ...rest] = files
  await t.rejects(
    migrate(url, { files: [{ ...first!, hash: 'other' }, ...rest] }),
    /0001_\w+\.sql was changed after it had been applied/,
  )
  await t.rejects(migrate(url, { files: rest }), /has the migration 0001_\w+\.sql, which this build does not know/)
})

t.test('a migration that fails half way leaves nothing, and can be run again', async t => {
  const { url, drop } = await freshDatabase(async () => {}, 'empty')
  t.teardown(drop)
  const files = await migrations()
  const bad = { name: '9999_bad.sql', hash: 'x', text: 'create table public.half (x int); select 1 / 0;' }
  await t.rejects(migrate(url, { files: [...files, bad] }), /9999_bad\.sql failed: division by zero/)
  const db = connect(url)
  t.teardown(() => db.close())
  t.match(await db.sql`select to_regclass('public.half') is null as gone, to_regnamespace('pay') is null as clean`, [
    { gone: true, clean: true },
  ])
  t.ok((await migrate(url)).length > files.length)
})

t.test('a statement that has to be prepared anew sends its values as they were', async t => {
  const db = connect(url, { max: 1 })
  t.teardown(() => db.close())
  const ask = () => db.sql`
    select ${{ word: 'да' }}::json ->> 'word' as word, ${'{"n":1}'}::json ->> 'n' as text, ${true}::boolean as yes,
      ${false}::boolean as no, encode(${new Uint8Array([1, 255])}::bytea, 'hex') as bytes, ${5n}::bigint as big,
      ${[{ n: 2 }]}::json -> 0 ->> 'n' as list, ${null}::text as nothing`
  const answer = { word: 'да', text: '1', yes: true, no: false, bytes: '01ff', big: 5, list: '2', nothing: null }
  t.strictSame([...(await ask())], [answer])
  await db.sql`deallocate all` // as behind a pooler, or after a migration
  t.strictSame([...(await ask())], [answer])
})
