import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { type Access, accessTo } from '../../src/database/access.ts'
import { connect } from '../../src/database/db.ts'
import { startEmbedded } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrateAll } from '../../src/migrate-all.ts'
import { no15, startPostgres15 } from '../support/postgres-15.ts'
import { person, stage } from '../support/service.ts'
import { silent, until } from '../support/world.ts'

// Many managed servers give a login that owns its database and may make no roles.
const token = `123456:${'a'.repeat(35)}`

async function startEmbedded18(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'telegen-no-roles-'))
  const server = await startEmbedded({ dataDir: join(folder, 'postgres'), settings: { fsync: 'off' }, tied: true })
  t.teardown(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  return server.url
}

/** A program of ours as an operator runs it. */
const operator = (args: string[], env: Record<string, string>) =>
  new Promise<{ code: number; text: string; out: string }>(resolve => {
    execFile(process.execPath, args, { env: { PATH: process.env.PATH, ...env } }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), text: out + err, out }),
    )
  })

/** What the service's groups may, thing by thing. */
const rights = (sql: postgres.Sql) =>
  sql<{ given: string }[]>`
  select g.rolname || ' ' || a.privilege_type || ' ' || x.thing as given from (
    select 'schema ' || nspname as thing, nspacl as acl from pg_namespace where nspname in ('pay', 'public', 'pgboss')
    union all select c.oid::regclass::text, c.relacl from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('pay', 'public', 'pgboss') and c.relname !~ '^j[0-9a-f]{20}'
    union all select att.attrelid::regclass || '.' || att.attname, att.attacl from pg_attribute att where att.attacl is not null
    union all select p.oid::regprocedure::text, p.proacl from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('pay', 'pgboss')) x
  cross join lateral aclexplode(x.acl) a join pg_roles g on g.oid = a.grantee
  where g.rolname in ('pay_app', 'pay_admin') and a.privilege_type <> 'MAINTAIN' order by 1`.then(rows =>
    rows.map(({ given }) => given),
  )

const servers: [name: string, start: (t: Test) => Promise<string>, why: string | undefined][] = [
  ['Postgres 18', startEmbedded18, undefined],
  ['Postgres 15', startPostgres15, no15],
]
for (const [server, start, why] of servers) {
  if (why) {
    t.comment(`${server}: not asked, ${why}`)
    continue
  }
  await t.test(`${server}: a login that may make no roles`, async t => {
    const root = await start(t)
    const admin = postgres(root, { max: 1, onnotice: () => {} })
    t.teardown(() => admin.end({ timeout: 1 }))
    const make = async (database: string, login: string, more = 'nocreaterole', owner = login) => {
      await admin.unsafe(`create role ${login} login ${more} password 'pw-of-${login}'`).catch(() => {})
      await admin.unsafe(`create database ${database} owner ${owner}`)
      const url = new URL(root)
      Object.assign(url, { username: login, password: `pw-of-${login}`, pathname: `/${database}` })
      return url.href
    }
    const asRoot = (url: string) => {
      const to = new URL(root)
      to.pathname = new URL(url).pathname
      return to.href
    }
    const shop = await make('shop', 'plain')

    await t.test('migrates with the address of the database alone, again without change', async t => {
      for (let n = 0; n < 2; n++) {
        const { code, text } = await operator(['src/main.ts', 'migrate'], {
          NODE_ENV: 'production',
          DATABASE_URL: shop,
        })
        t.equal(code, 0, text)
        t.match(text, /the logins of the service are made at its start/)
      }
      t.equal((await admin`select from pg_roles where rolname like 'pay%'`).length, 0, 'no role was made')
    })

    await t.test('serves, and says once what is weaker and how to change it', async t => {
      const { telegram, service } = await stage(t, { migrated: false })
      const { ready, output } = await service({ DATABASE_URL: shop })
      await ready()
      t.match(output(), /works as the owner of its tables.*npm run migrate -- sql/)
      const anna = person(telegram)
      anna.open('m_flux-2-pro-text-to-image')
      await anna.press(/Начать/)
      anna.say('маяк')
      await anna.press(/По умолчанию/)
      await anna.press(/Запустить за/)
      await until('the picture', () => anna.fromBot().find(({ media }) => media), 30_000)
      const owner = postgres(shop, { max: 1 })
      t.teardown(() => owner.end({ timeout: 1 }))
      t.strictSame([...(await owner`select promise, key from pay.broken`)], [])
      const doctor = await operator(['src/doctor.ts'], {
        DATABASE_URL: shop,
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_API_ROOT: telegram.apiRoot,
        KIE_API_KEY: 'a-key-of-tests',
        KIE_BASE_URL: 'http://127.0.0.1:1',
      })
      t.match(
        doctor.text,
        /shop_app and shop_admin cannot log in[^\n]*may make no roles[^\n]*\n {2}→ npm run migrate -- sql/,
      )
    })

    await t.test(
      'role-rights: once an administrator has run what is printed, all rights are as they would have been',
      async t => {
        const env = { DATABASE_URL: shop, TELEGRAM_BOT_TOKEN: token }
        const { code, out: sql } = await operator(['src/main.ts', 'migrate', 'sql'], env)
        t.equal(code, 0)
        t.notMatch(sql, new URL(accessTo(shop, token).app).password, 'the passwords are not in it')
        for (let n = 0; n < 2; n++) await admin.unsafe(sql) // twice is no harm
        const lines: string[] = []
        const log = pino({ level: 'warn' }, { write: line => void lines.push(line) })
        const reached = await migrateAll(shop, accessTo(shop, token), log)
        t.strictSame(lines, [])
        t.equal(new URL(reached.app).username, 'shop_app')
        t.equal(new URL(reached.admin).username, 'shop_admin')
        const full = await make('whole', 'telegen')
        await migrateAll(asRoot(full), accessTo(full, token), silent)
        const [late, whole] = [postgres(asRoot(shop), { max: 1 }), postgres(asRoot(full), { max: 1 })]
        t.teardown(() => Promise.all([late.end({ timeout: 1 }), whole.end({ timeout: 1 })]))
        const expected = await rights(whole)
        t.ok(expected.length > 100, `${expected.length} rights`)
        t.strictSame(await rights(late), expected)
        const app = connect(reached.app, { max: 1 })
        t.teardown(() => app.close())
        await t.rejects(app.sql`update pay.wallets set balance_kop = 1`, { code: '42501' })
        t.equal((await app.sql`select promise from pay.broken`).length, 0)
      },
    )

    await t.test('a new token, whose passwords its logins do not have, is served as before, with a word', async t => {
      const lines: string[] = []
      const log = pino({ level: 'warn' }, { write: line => void lines.push(line) })
      const reached: Access = await migrateAll(shop, accessTo(shop, `${token}b`), log)
      t.equal(reached.app, shop)
      t.match(lines.join(), /works as the owner of its tables/)
    })

    await t.test(
      'a second database beside groups that are there is served without logins, with their rights',
      async t => {
        const second = await make('second', 'plain')
        const reached = await migrateAll(second, accessTo(second, token), silent)
        t.equal(reached.app, second)
        const owner = postgres(second, { max: 1 })
        t.teardown(() => owner.end({ timeout: 1 }))
        t.ok((await rights(owner)).length > 100)
      },
    )

    await t.test('a login that may make roles, and is no superuser, makes its own', async t => {
      const third = await make('third', 'maker', 'createrole')
      // On a server of its own it made the groups too; here others did, and an administrator lets it give them.
      await admin.unsafe('grant pay_app, pay_admin to maker with admin option')
      const reached = await migrateAll(third, accessTo(third, token), silent)
      t.equal(new URL(reached.app).username, 'third_app')
      await migrateAll(third, accessTo(third, `${token}b`), silent)
    })

    await t.test('a login that may make nothing is told what an administrator runs', async t => {
      const fourth = await make('fourth', 'plain', 'nocreaterole', 'telegen')
      const { code, text } = await operator(['src/main.ts', 'migrate'], { DATABASE_URL: fourth })
      t.equal(code, 1)
      t.match(text, /grant create on database fourth to plain; grant create on schema public to plain;/)
      t.notMatch(text, /\n {4}at /, 'no stack')
      const to = postgres(asRoot(fourth), { max: 1, onnotice: () => {} })
      t.teardown(() => to.end({ timeout: 1 }))
      await to.unsafe('grant create on database fourth to plain; grant create on schema public to plain')
      t.equal((await operator(['src/main.ts', 'migrate'], { DATABASE_URL: fourth })).code, 0)
    })
  })
}

t.test('a migration refuses what is wrong in its own variables, and asks for no others', async t => {
  const { code, text } = await operator(['src/main.ts', 'migrate'], { NODE_ENV: 'production', KIE_API_KEY: 'x' })
  t.equal(code, 1)
  t.match(text, /1 problem:\n {2}- DATABASE_URL is missing in production/)
  const wrong = await operator(['src/main.ts', 'migrate'], { DATABASE_URL: 'postgres://u:pa#ss@h/d' })
  t.match(wrong.text, /# is written %23/)
  const away = await operator(['src/main.ts', 'migrate'], { DATABASE_URL: 'postgres://u:secret9@127.0.0.1:1/d' })
  t.equal(away.code, 1)
  t.match(away.text, /the database was not migrated: .*ECONNREFUSED/)
  t.notMatch(away.text, /secret9/)
})
