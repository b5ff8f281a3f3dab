import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PgBoss } from 'pg-boss'
import postgres from 'postgres'
import t from 'tap'
import { BadAddress, forPg, readAddress } from '../../src/address.ts'
import { readConfig, secretsOf } from '../../src/config.ts'
import { connect } from '../../src/database/db.ts'
import { transaction } from '../../src/database/transaction.ts'
import { selfSigned } from '../support/certificate.ts'
import { freshDatabase } from '../support/postgres.ts'
import { startFront } from '../support/tls-front.ts'

const { url, drop } = await freshDatabase(async () => {}, 'empty')
const owner = postgres(url, { max: 1, onnotice: () => {} })
const { hostname: host, port, username, pathname } = new URL(url)
const password = decodeURIComponent(new URL(url).password)
const to = { host, port: Number(port) }
const [named, plain] = [await startFront(to, selfSigned('localhost')), await startFront(to)]
const folder = await mkdtemp(join(tmpdir(), 'telegen-address-'))
t.teardown(async () => {
  await Promise.all([named.close(), plain.close(), owner.end({ timeout: 1 })])
  await rm(folder, { recursive: true, force: true })
  await drop()
})

/** What each of the drivers says to an address: who answered, or that nobody did. */
async function answers(address: string): Promise<string[]> {
  const db = connect(address, { max: 1, deadlineMs: 3_000 })
  const boss = async () => {
    const boss = new PgBoss({ ...(await forPg(address)), max: 1, migrate: false, supervise: false, schedule: false })
    boss.on('error', () => {})
    // It connects, and then finds no tables of its own.
    return boss.start().then(
      () => 'in',
      error => (/pg-?boss|schema|version|relation/i.test(error.message) ? 'in' : Promise.reject(error)),
    )
  }
  const all = [
    db.sql`select 1 as n`.finally(() => db.close()),
    transaction(address, run => run('select 1 as n')),
    boss(),
  ]
  return (await Promise.allSettled(all)).map(({ status }) => (status === 'fulfilled' ? 'in' : 'out'))
}

const login = `${username}:${encodeURIComponent(password)}`
const base = (front: { port: number }, at = 'localhost') => `${login}@${at}:${front.port}${pathname}`

const printed: Record<string, string> = {
  Neon: `postgresql://${base(named)}?sslmode=require&channel_binding=require`,
  'Neon, for clients without SNI': `postgres://${base(named)}?sslmode=require&options=endpoint%3Dep-cool-darkness-123456`,
  'Neon, for JDBC': `postgresql://${base(named)}?sslmode=require&channelBinding=require&user=${username}&password=${password}`,
  'Supabase through its pooler': `postgres://${base(named)}?pgbouncer=true&connection_limit=1`,
  'Supabase by Vercel': `postgres://${base(named)}?sslmode=require&supa=base-pooler.x`,
  'Supabase for drizzle': `postgres://${base(named)}?workaround=supabase-pooler.vercel`,
  Railway: `postgresql://${base(plain)}`,
  Render: `postgresql://${base(named)}?ssl=no-verify`,
  Heroku: `postgres://${base(named)}`,
  DigitalOcean: `postgresql://${base(named)}?sslmode=require`,
  Aiven: `postgres://${base(named)}?sslmode=require`,
  Timescale: `postgres://${base(named)}?sslmode=require&application_name=tsdb`,
  Yandex: `postgres://${base(named)}?sslmode=require&target_session_attrs=read-write`,
  Prisma: `postgresql://${base(named)}?schema=public&connection_limit=5&pool_timeout=10&connect_timeout=5&socket_timeout=30&sslmode=prefer&sslaccept=accept_invalid_certs&statement_cache_size=0`,
  libpq: `postgresql://${base(plain)}?gssencmode=disable&target_session_attrs=any&connect_timeout=10&keepalives=1&keepalives_idle=30&krbsrvname=postgres&sslmode=prefer&fallback_application_name=x`,
  'a server’s settings': `postgresql://${base(plain)}?options=-c%20geqo%3Doff%20--work_mem%3D8MB&sslmode=disable`,
}
const ours =
  /^(user|database|options|application_name|client_encoding|fallback_application_name|statement_timeout|lock_timeout|idle_in_transaction_session_timeout|tcp_user_timeout)$/

for (const [who, text] of Object.entries(printed)) {
  await t.test(
    `the address as ${who} prints it is understood alike by all who connect, and no foreign setting is sent`,
    async t => {
      named.startups.length = 0
      plain.startups.length = 0
      const { databaseUrl = '' } = readConfig({
        TELEGRAM_BOT_TOKEN: `123456:${'a'.repeat(35)}`,
        KIE_API_KEY: 'a-key-of-tests',
        DATABASE_URL: text,
      })
      t.strictSame(await answers(databaseUrl), ['in', 'in', 'in'])
      t.strictSame(await answers(text), ['in', 'in', 'in'], 'as it was printed, too')
      const all = [...named.startups, ...plain.startups]
      t.ok(all.length >= 6)
      t.strictSame(
        [...new Set(all.flatMap(({ settings }) => Object.keys(settings)))].filter(name => !ours.test(name)),
        [],
      )
      t.equal(new Set(all.map(({ isSecure }) => isSecure)).size, 1, 'all with TLS, or all without')
    },
  )
}

await t.test('what libpq calls options reaches the server by either driver', async t => {
  const address = printed['a server’s settings']!
  const db = connect(address, { max: 1 })
  t.teardown(() => db.close())
  t.match(await db.sql`select current_setting('geqo') as geqo, current_setting('work_mem') as mem`, [
    { geqo: 'off', mem: '8MB' },
  ])
  t.match(await transaction(address, run => run(`select current_setting('geqo') as geqo`)), [{ geqo: 'off' }])
})

await t.test('sslmode means the same to all who connect, and what libpq says it means', async t => {
  const { cert } = selfSigned('localhost')
  const { cert: right, ...key } = selfSigned('localhost')
  const known = await startFront(to, { cert: right, ...key })
  t.teardown(() => known.close())
  const [root, other] = [join(folder, 'root.crt'), join(folder, 'other.crt')]
  await writeFile(root, right)
  await writeFile(other, cert)
  const by = (front: { port: number }, query: string, at?: string) => `postgres://${base(front, at)}?${query}`
  const table: [address: string, expected: 'in' | 'out'][] = [
    [by(plain, 'sslmode=disable'), 'in'],
    [by(plain, 'sslmode=allow'), 'in'],
    [by(plain, 'sslmode=prefer'), 'in'],
    [by(plain, 'sslmode=require'), 'out'],
    [by(plain, 'sslmode=no-verify'), 'out'],
    [by(plain, 'sslmode=verify-ca'), 'out'],
    [by(plain, 'sslmode=verify-full'), 'out'],
    [by(known, ''), 'in'],
    [by(known, 'sslmode=prefer'), 'in'],
    [by(known, 'sslmode=require'), 'in'],
    [by(known, 'sslmode=no-verify'), 'in'],
    [by(known, 'sslmode=verify-ca'), 'out'],
    [by(known, 'sslmode=verify-full'), 'out'],
    [by(known, 'ssl=true'), 'out'],
    [by(known, 'sslrootcert=system'), 'out'],
    [by(known, 'sslmode=require&sslaccept=strict'), 'out'],
    [by(known, `sslmode=verify-full&sslrootcert=${root}`), 'in'],
    [by(known, `sslmode=verify-full&sslrootcert=${root}`, '127.0.0.1'), 'out'],
    [by(known, `sslmode=verify-ca&sslrootcert=${root}`, '127.0.0.1'), 'in'],
    [by(known, `sslmode=require&sslrootcert=${root}`, '127.0.0.1'), 'in'],
    [by(known, `sslmode=require&sslrootcert=${other}`), 'out'],
    [by(known, `sslmode=verify-full&sslcert=${root}`), 'in'],
  ]
  for (const [address, expected] of table) {
    t.strictSame(await answers(address), [expected, expected, expected], address.slice(address.indexOf('?')))
  }
  const { tls } = readAddress('postgres://u:secret@h/d?sslmode=disable', 'verify-full')
  t.equal(tls, 'none', 'the address comes before PGSSLMODE')
  t.not(readAddress('postgres://u:secret@h/d', 'verify-full').tls, 'if offered')
})

await t.test('a password of any signs opens, once it is escaped', async t => {
  const odd = `p%#@/?:& "'\\=+[ü]`
  const name = `${pathname.slice(1)}_odd`
  await owner.unsafe(`create role "${name}" login password '${odd.replaceAll("'", "''")}'`)
  t.teardown(() => owner.unsafe(`drop role "${name}"`).catch(() => {}))
  const address = `postgres://${name}:${encodeURIComponent(odd)}@${host}:${port}${pathname}`
  t.strictSame(await answers(address), ['in', 'in', 'in'])
  t.strictSame(await answers(readAddress(address).href), ['in', 'in', 'in'])
  t.ok(secretsOf({ DATABASE_URL: address }).includes(odd))
  t.strictSame(await answers(address.replace(encodeURIComponent(odd), 'wrong')), ['out', 'out', 'out'])
  await owner.unsafe(`drop role "${name}"`)
})

const refused: [text: string, says: RegExp][] = [
  ['postgres://u:se%cret9@h/d', /holds a % .* % is written %25/],
  ['postgres://u:secret9%@h/d', /% is written %25/],
  ['postgres://u:secret9%FF@h/d', /escapes are those of UTF-8/],
  ['postgres://u:se#cret9@h/d', /# is written %23/],
  ['postgres://u:12#3secret9@h/d', /# is written %23/],
  ['postgres://u:secret9@h/d#x', /# is written %23/],
  ['postgres://u:se@cret9@h/d', /@ is written %40/],
  ['postgres://u:se/cret9@h/d', /\/ is written %2F/],
  ['postgres://u:5432/cret9@h/d', /\/ is written %2F/],
  ['postgres://u:se?cret9@h/d', /\? is written %3F/],
  ['postgres://u:se?cret9=1@h/d', /\? is written %3F/],
  ['postgres://u:se cret9@h/d', /a blank in the password is written %20/],
  ['postgres://u:se\ncret9@h/d', /a blank or a line end/],
  ['"postgres://u:secret9@h/d"', /stands in quotes/],
  ["'postgres://u:secret9@h/d'", /stands in quotes/],
  ["psql 'postgres://u:secret9@h/d'", /stands in quotes|of the form/],
  ['host=h user=u password=secret9', /a blank or a line end|of the form/],
  ['mysql://u:secret9@h/d', /of the form postgres:\/\/user:password@host\/database/],
  ['jdbc:postgresql://u:secret9@h/d', /of the form/],
  ['postgres://u:[YOUR-PASSWORD]@h/d', /placeholder/],
  ['postgres://u:<password>@h/d', /placeholder/],
  ['postgres://u:****************@h/d', /placeholder/],
  ['postgres://u:secret9@h1:5432,h2:5432/d', /several hosts/],
  ['postgres://u:secret9@/d', /names no host/],
  ['postgres://u:secret9@h:port/d', /port that is none/],
  ['postgres://u:secret9@h:99999/d', /port that is none/],
  ['postgres://u:secret9@h/d?sslmode=requir', /sslmode that is none of disable/],
  ['postgres://u:secret9@h/d?sslmode=verify-ca&sslrootcert=/no/such', /file in sslrootcert that cannot be read/],
]
await t.test('what cannot be read is refused in words that say how to write it, and show nothing of it', async t => {
  for (const [text, says] of refused) {
    try {
      readAddress(text)
      t.fail(`it was read: ${text}`)
    } catch (error) {
      t.ok(error instanceof BadAddress)
      t.match((error as Error).message, says, text)
      t.notMatch((error as Error).message, /cret9/, text)
    }
  }
})

await t.test('what is odd and can be told is read', async t => {
  const read = (text: string) => readAddress(text)
  t.match(read('postgres://u:p@/d?host=/cloudsql/a:b:c'), { host: '/cloudsql/a:b:c', tls: 'none', database: 'd' })
  t.match(read('postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d'), { host: '/var/run/postgresql' })
  t.match(read('postgres://u:p@[::1]:6000/d'), { host: '::1', port: 6000 })
  t.match(read('postgres://u@h'), { user: 'u', password: undefined, port: 5432, database: undefined })
  t.match(read('postgres://h/d?application_name=me@example.com'), { host: 'h', leftOut: ['application_name'] })
  t.match(read('postgres://u:p@h/d?sslmode=require&supa=x'), { leftOut: ['supa'] })
  for (const text of [
    'postgres://u:p@/d?host=/cloudsql/a:b:c',
    'postgres://u:p%40%2F@[::1]:6000/d?options=-c%20a%3Db',
  ]) {
    const { href, leftOut: _, ...rest } = read(text)
    t.match(read(href), rest, 'the one spelling says the same')
    t.ok(URL.canParse(href))
  }
})
