import { execFile } from 'node:child_process'
import { createServer, connect as dial } from 'node:net'
import t, { type Test } from 'tap'
import { accessTo, roleName } from '../../src/database/access.ts'
import { connect } from '../../src/database/db.ts'
import { grantAccess, migrate, rolesSql } from '../../src/database/migrate.ts'
import { transaction } from '../../src/database/transaction.ts'
import { Unknown } from '../../src/errors.ts'
import { accessOf, freshDatabase } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { stage } from '../support/service.ts'
import { until } from '../support/world.ts'

/** A database without our schema, and one TCP link to it that closes as `closesAfter` says. */
async function emptyBehind(t: Test, closesAfter: Parameters<typeof startProxy>[1]) {
  const { url, drop } = await freshDatabase(async () => {}, 'empty')
  const { hostname: host, port } = new URL(url)
  const proxy = await startProxy({ host, port: Number(port) }, closesAfter)
  t.teardown(async () => {
    await proxy.close()
    await drop()
  })
  const through = new URL(url)
  through.port = String(proxy.port)
  return { url, through: through.href }
}

/** Closes once, after the first bytes from that side that hold (the answer to) this text. */
const once = (sender: 'client' | 'server', text: string) => {
  let [isAsked, isOver] = [false, false]
  return (from: 'client' | 'server', data: Buffer) => {
    if (from === 'client' && data.includes(text)) isAsked = true
    if (isOver || !isAsked || from !== sender) return false
    isOver = true
    return true
  }
}

const moments: Record<string, ['client' | 'server', string]> = {
  'in the middle of a migration': ['client', 'create schema pay'],
  'between two statements': ['server', 'insert into public.schema_migrations'],
  'in the middle of the functions': ['client', 'function pay.gen_finish'],
  'after the begin': ['server', 'begin'],
  'when it is committed': ['client', 'commit'],
}
for (const [moment, [sender, text]] of Object.entries(moments)) {
  await t.test(
    `a server that closes the connection ${moment} is a clear error, and the same again does it all`,
    async t => {
      const { url, through } = await emptyBehind(t, once(sender, text))
      const failure = await migrate(through).catch(error => error)
      t.ok(failure instanceof Unknown, String(failure))
      t.match(failure.message, /connection to the database was lost/)
      if (sender !== 'client' || text !== 'commit') {
        const db = connect(url)
        t.teardown(() => db.close())
        t.match(await db.sql`select to_regnamespace('pay') is null as clean`, [{ clean: true }])
      }
      await migrate(through)
      t.strictSame(await migrate(through), [], 'all is there')
    },
  )
}

await t.test('the rights are given whole or not at all when the connection is closed between', async t => {
  const { url, through } = await emptyBehind(t, once('server', 'role'))
  await migrate(url)
  await t.rejects(grantAccess(through, accessOf(url)), Unknown)
  await grantAccess(through, accessOf(url))
  const db = connect(accessOf(url).app, { max: 1 })
  t.teardown(() => db.close())
  t.match(await db.sql`select 1 as n`, [{ n: 1 }])
})

await t.test('a server that takes passwords and no verifiers, as Neon does, is given them', async t => {
  const { url, drop } = await freshDatabase(async () => {}, 'empty')
  const { hostname: host, port } = new URL(url)
  const query = (text: string) => {
    const body = Buffer.from(`${text}\0`)
    const head = Buffer.from('Q    ')
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  }
  // It says so when the transaction is committed, and not before.
  let verifiers = 0
  const refusal = query(`do $$ begin raise 'Neon only supports being given plaintext passwords'; end $$`)
  const server = createServer(client => {
    const upstream = dial({ host, port: Number(port) })
    let hasVerifier = false
    client.on('data', data => {
      if (data.includes("password 'SCRAM-SHA-256$")) hasVerifier = true
      if (hasVerifier && data.equals(query('commit'))) {
        verifiers += 1
        upstream.write(refusal)
      } else upstream.write(data)
    })
    upstream.pipe(client)
    for (const socket of [client, upstream])
      socket.on('error', () => {}).on('close', () => [client, upstream].map(one => one.destroy()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    server.close()
    await drop()
  })
  const through = new URL(url)
  through.port = String((server.address() as { port: number }).port)
  await migrate(url)
  t.strictSame(await grantAccess(through.href, accessOf(url)), [])
  t.equal(verifiers, 1)
  const db = connect(accessOf(url).app, { max: 1 })
  t.teardown(() => db.close())
  t.match(await db.sql`select 1 as n`, [{ n: 1 }])
})

await t.test('behind a pooler that knows projects by the user, the logins name theirs', async t => {
  const owner = 'postgres://postgres.abcdefgh:secret@aws-0-eu-central-1.pooler.supabase.com:5432/postgres'
  const { app, admin } = accessTo(owner, 'a secret')
  t.equal(new URL(app).username, 'postgres_app.abcdefgh')
  t.equal(roleName(app), 'postgres_app')
  t.equal(roleName(admin), 'postgres_admin')
  t.equal(roleName('postgres://me.too:secret@db.example.com/x'), 'me.too')
  t.match(rolesSql(owner, accessTo(owner, 'a secret')), /grant pay_app to "postgres_app";/)
})

await t.test('a migration that is killed in the middle leaves nothing, and the next one does it all', async t => {
  const { url } = await emptyBehind(t, undefined)
  const run = (more: Record<string, string>) =>
    new Promise<unknown>(resolve => {
      const env = { PATH: process.env.PATH, DATABASE_URL: url, ...more }
      execFile(process.execPath, ['src/main.ts', 'migrate'], { env }, error =>
        resolve(error?.signal ?? error?.code ?? 0),
      )
    })
  t.equal(await run({ CRASH: 'migrate_mid:5' }), 'SIGKILL')
  const db = connect(url, { max: 1 })
  t.teardown(() => db.close())
  t.match(await db.sql`select to_regclass('public.schema_migrations') is null as clean`, [{ clean: true }])
  t.equal(await run({}), 0)
  t.strictSame(await migrate(url), [])
})

await t.test('a failure that a transaction does not pass on is no success', async t => {
  const { url } = await emptyBehind(t, undefined)
  await t.rejects(
    transaction(url, async run => void (await run('select 1 / 0').catch(() => {}))),
    /nothing of it was kept/,
  )
})

await t.test('a start whose connection is closed in the middle of the migration tries again and is ready', async t => {
  const { databaseUrl, service } = await stage(t, { migrated: false })
  const { hostname: host, port } = new URL(databaseUrl)
  const proxy = await startProxy({ host, port: Number(port) }, once('client', 'create schema pay'))
  t.teardown(() => proxy.close())
  const through = new URL(databaseUrl)
  through.port = String(proxy.port)
  const { ready, output } = await service({ DATABASE_URL: through.href })
  await ready()
  await until('it says what it met', () => /the migration failed, to be tried again/.test(output()))
  t.match(output(), /connection to the database was lost/)
})
