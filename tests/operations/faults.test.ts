import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { connect, untilAnswered } from '../../src/database/db.ts'
import { migrate } from '../../src/database/migrate.ts'
import { startEmbedded } from '../../src/embedded-postgres/embedded-postgres.ts'
import { Unknown } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { createLanes } from '../../src/jobs/updates/lanes.ts'
import { place, settle } from '../../src/payments/integration.ts'
import { genAccepted, genSubmit } from '../../src/payments/order-statements.ts'
import { readWallet } from '../../src/payments/wallet.ts'
import { createStore } from '../../src/telegram/inbox.ts'
import { openUser } from '../../src/users/users.ts'
import { freePort, person, stage } from '../support/service.ts'
import { limits, noEnqueue, picture, silent, until, world } from '../support/world.ts'

// Faults that nothing else brings about: docs/reliability.md lists all hundred with what shows that they are survived.
const { url, sql, owner, user, order } = await world(t)
const ends = { sql, enqueue: noEnqueue, scrub: (text: string) => text, log: silent }
const open = (t: Test, to: string, options = {}) => {
  const db = connect(to, options)
  t.teardown(() => db.close())
  return db
}
/** A paid run that the provider is at. */
async function running(userId: number, priceKop: number) {
  const wanted = await order(userId, priceKop)
  await place(sql, wanted, limits)
  const [taken] = await genSubmit(sql, wanted, newId())
  await genAccepted(sql, wanted, taken!.attempt, newId())
  return { userId, id: wanted.id }
}
const incoming = (updateId: number) => ({ updateId, lane: 'other', payload: {}, dead: null })

t.test('a statement that is cancelled in the middle is an unknown one', async t => {
  const slow = sql`select pg_sleep(20) as slept`
  const isUnknown = t.rejects(slow, Unknown)
  const sleeping = "state = 'active' and query like '%pg_sleep(20)%' and pid <> pg_backend_pid()"
  await until('the cancel', async () => {
    const rows = await owner.unsafe(`select pg_cancel_backend(pid) from pg_stat_activity where ${sleeping}`)
    return rows.length > 0
  })
  await isUnknown
})

t.test('a server that hangs up during the handshake is an unknown answer, and no wait for ever', async t => {
  const rude = createServer(socket => void socket.once('data', () => socket.end()))
  await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
  t.teardown(() => rude.close())
  const { port } = rude.address() as { port: number }
  const db = open(t, `postgres://x:x@127.0.0.1:${port}/x`, { deadlineMs: 500 })
  await t.rejects(db.sql`select 1 as one`, Unknown)
})

t.test('more connections than the server gives are unknown answers, and all are served in the end', async t => {
  const name = `few_${newId()}`
  await owner.unsafe(`create role ${name} login password 'x' connection limit 1 in role pay_app`)
  const few = new URL(url)
  few.username = name
  few.password = 'x'
  const db = connect(few.href, { max: 4 })
  t.teardown(async () => {
    await db.close()
    await owner.unsafe(`drop role ${name}`)
  })
  let refused = 0
  const one = () =>
    db.sql<{ n: number }>`select 1 as n, pg_sleep(0.05)`.catch(error => {
      refused += 1
      t.ok(error instanceof Unknown)
      throw error
    })
  const answers = await Promise.all(Array.from({ length: 8 }, () => untilAnswered(one, 20_000)))
  t.equal(answers.length, 8)
  t.ok(refused > 0, `${refused} were refused first`)
})

t.test('a database that only reads is no verdict: Telegram is asked to come again, and then it is stored', async t => {
  const [{ name } = { name: '' }] = await owner<{ name: string }[]>`select current_database() as name`
  await owner`alter database ${owner(name)} set default_transaction_read_only = on`
  t.teardown(() => owner`alter database ${owner(name)} reset default_transaction_read_only`)
  const reading = open(t, url, { max: 1 })
  await t.rejects(createStore(reading.sql)(incoming(1)), Unknown)
  await owner`alter database ${owner(name)} reset default_transaction_read_only`
  t.equal(await createStore(open(t, url, { max: 1 }).sql)(incoming(1)), true)
})

t.test('a deadlock and a failed serialization are worth the same call once more, a check is not', async t => {
  await owner`
    create function public.fail(code text) returns int language plpgsql as $$
    begin raise exception 'of a test' using errcode = code; end $$`
  await owner`grant execute on function public.fail to pay_app`
  for (const code of ['40P01', '40001', '53100', '53300', '57P01', '55P03']) {
    await t.rejects(sql`select public.fail(${code}) as n`, Unknown, code)
  }
  for (const code of ['23514', '23505', '22P02', 'P0402']) {
    const error = await sql`select public.fail(${code}) as n`.catch(error => error)
    t.notOk(error instanceof Unknown, code)
  }
})

t.test('a table that somebody has locked is waited for by the caller, and the order starts once', async t => {
  await user(11, 100_00)
  const wanted = await order(11, 10_00)
  const other = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(() => other.end({ timeout: 1 }))
  const locked = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  const locking = other.begin(async sql => {
    await sql`lock table pay.wallets in access exclusive mode`
    locked.resolve()
    await done.promise
  })
  await locked.promise
  let isOver = false
  const placing = place(sql, wanted, limits).finally(() => {
    isOver = true
  })
  await until('it waits', async () => (await owner`select from pg_locks where not granted`).length > 0)
  t.equal(isOver, false)
  done.resolve()
  await locking
  t.match(await placing, { result: 'started' })
  t.match(await place(sql, wanted, limits), { result: 'duplicate' })
  t.match(await readWallet(sql, 11), { balanceKop: 90_00 })
})

t.test('a clock of the machine that is an hour off, either way, ends nothing and makes nothing last', async t => {
  await user(12, 100_00)
  const now = Date.now
  t.teardown(() => {
    Date.now = now
  })
  for (const byMs of [3_600_000, -3_600_000]) {
    Date.now = () => now() + byMs
    const ref = await running(12, 10_00)
    const early = await settle(ends, ref, { outcome: 'timeout', code: 'deadline', message: '' })
    t.equal(early.result, 'not_due')
    t.equal((await settle(ends, ref, { outcome: 'success', results: [picture] })).result, 'settled')
    const [event] = await owner`
      select duration_ms::int as ms from pay.generation_events where request_id = ${ref.id} and status = 'success'`
    t.ok(event?.ms >= 0 && event?.ms < 60_000, `${event?.ms} ms`)
    Date.now = now
  }
})

t.test('an old snapshot that somebody holds keeps nobody from ordering', async t => {
  await user(13, 1_000_00)
  const other = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(() => other.end({ timeout: 1 }))
  await other.begin('isolation level repeatable read', async held => {
    const before = await held`select count(*)::int as n from pay.generations`
    for (let n = 0; n < 30; n++) {
      const ref = await running(13, 10_00)
      t.equal((await settle(ends, ref, { outcome: 'failed', code: 'x', message: '' })).result, 'settled')
    }
    t.strictSame([...(await held`select count(*)::int as n from pay.generations`)], [...before])
  })
  t.match(await readWallet(sql, 13), { balanceKop: 1_000_00 })
})

t.test('updates whose ids jump, go back and have gaps are all handled, in the order in which they came', async t => {
  const handled: unknown[] = []
  const lanes = createLanes({
    sql,
    log: silent,
    handle: async update => void handled.push((update as { n: number }).n),
  })
  const ids = [5_000, 17, 2 ** 52, 18, 4_999]
  for (const [n, id] of ids.entries()) {
    await createStore(sql)({ updateId: id, lane: 'u:14', payload: { n }, dead: null })
  }
  lanes.run('u:14')
  await until('all are handled', () => handled.length === ids.length)
  t.strictSame(handled, [0, 1, 2, 3, 4])
  await lanes.drain()
})

/** A server of this test alone, which may be stopped. */
async function ownServer(t: Test, settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'telegen-faults-'))
  const start = () => startEmbedded({ dataDir: join(folder, 'postgres'), settings, tied: true })
  let server = await start()
  t.teardown(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  await migrate(server.url)
  return {
    url: server.url,
    async restart() {
      await server.stop() // a fast stop: whoever is connected is sent away
      server = await start()
    },
  }
}
/** Credits of one person, each repeated until it is answered, while something happens to the server. */
async function creditsDuring(t: Test, to: string, happens: (unknown: () => number) => Promise<void>) {
  const db = open(t, to, { deadlineMs: 500 })
  await openUser(db.sql, { id: 1, firstName: 'Анна', username: null, clientLanguage: 'ru' }, 0)
  let [done, unknown, isOver] = [0, 0, false]
  const workers = Array.from({ length: 4 }, async (_, worker) => {
    for (let n = 0; !isOver; n++) {
      await untilAnswered(
        () =>
          db.sql`select pay.credit(1, 'bonus', ${`${worker}:${n}`}, 100)`.catch(error => {
            unknown += 1
            throw error
          }),
        30_000,
      )
      done += 1
    }
  })
  await until('some work', () => done > 20)
  await happens(() => unknown)
  const before = done
  await until('some work after it', () => done > before + 20, 20_000)
  isOver = true
  await Promise.all(workers)
  t.match(await untilAnswered(() => readWallet(db.sql, 1)), { balanceKop: done * 1_00 }, `${done} credits, each once`)
  t.ok(unknown > 0, `${unknown} answers did not come at first`)
}

t.test('a server that is stopped in good order and started again loses nothing and doubles nothing', async t => {
  const server = await ownServer(t)
  await creditsDuring(t, server.url, () => server.restart())
})

t.test('commits that wait for a standby that is gone are unknown, and are found when they are repeated', async t => {
  const server = await ownServer(t)
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  t.teardown(() => admin.end({ timeout: 1 }))
  await creditsDuring(t, server.url, async unknown => {
    await admin`alter system set synchronous_standby_names = 'nobody'`
    await admin`select pg_reload_conf()`
    await until('commits hang', async () => {
      const rows = await admin`select from pg_stat_activity where wait_event = 'SyncRep'`
      return rows.length > 0
    })
    await until('they are given up', () => unknown() > 0)
    await admin`alter system reset synchronous_standby_names`
    await admin`select pg_reload_conf()`
  })
})

t.test('a press whose answer Telegram refuses is an order all the same', async t => {
  const { telegram, service, owner } = await stage(t)
  const { ready } = await service()
  await ready()
  const anna = person(telegram)
  anna.open('m_flux-2-pro-text-to-image')
  await anna.press(/Начать/)
  anna.say('кот')
  await anna.press(/По умолчанию/)
  telegram.faults.serverError = 1 // the answer to the press is the first call of it
  await anna.press(/Запустить за/)
  await anna.result()
  t.equal((await owner`select from pay.generations where exec_state = 'success'`).length, 1)
})

t.test('a log that nobody reads any more holds nobody up, and what was dropped is counted', async t => {
  const { telegram, service } = await stage(t)
  const metricsPort = await freePort()
  const {
    ready,
    url,
    fetch: look,
  } = await service({ METRICS_PORT: String(metricsPort), CLIENT_ADDRESS_HEADER: 'X-Forwarded-For' }, { isRead: false })
  await ready()
  // Each is a line, and a pipe holds a few hundred. One address would be told of a hundred times and no more.
  const forged = (n: number) =>
    fetch(`${url}/callbacks/kie/aaaaaaaaaaaa/bbbb`, {
      method: 'POST',
      body: '{}',
      headers: { 'x-forwarded-for': `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` },
    })
  for (let first = 0; first < 10_000; first += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, n) => forged(first + n)))
  }
  const anna = person(telegram)
  anna.open()
  await anna.sees(/Здравствуйте, Анна/)
  t.equal((await look('/readyz')).status, 200)
  const figures = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  t.match(figures, /^telegen_log_dropped [1-9]/m)
})

t.test('a process that may open no more files refuses newcomers and serves again when there is room', async t => {
  const { service } = await stage(t)
  const { ready, url, fetch } = await service({}, { maxFiles: 100 })
  await ready()
  const { port } = new URL(url)
  const crowd = Array.from({ length: 150 }, () => new Socket().on('error', () => {}).connect(Number(port), '127.0.0.1'))
  t.teardown(() => crowd.forEach(socket => void socket.destroy()))
  await until(
    'it is full',
    async () =>
      !(await fetch('/healthz').then(
        answer => answer.ok,
        () => false,
      )),
  )
  for (const socket of crowd) socket.destroy()
  await until('it serves again', async () => (await fetch('/readyz').catch(() => undefined))?.ok, 20_000)
})

t.test('every fault of the catalogue is listed once, and what is said to show it is there', async t => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/reliability.md'), 'utf8')
  const rows = [...text.matchAll(/^\| (\d+) \| (.+) \| (.+) \|$/gm)]
  t.strictSame(
    rows.map(([, n]) => Number(n)),
    Array.from({ length: 100 }, (_, n) => n + 1),
  )
  for (const [, n, , shown = ''] of rows) {
    const cited = [...shown.matchAll(/`tests\/([\w/-]+)\.test\.ts` «([^»]+)»/g)]
    const isSaid = cited.length > 0 || /chaos|bench|not tested/.test(shown)
    t.ok(isSaid, `${n} says what shows it, or that nothing does`)
    for (const [, file, name = ''] of cited) {
      const source = readFileSync(join(import.meta.dirname, '..', `${file}.test.ts`), 'utf8')
      t.ok(source.includes(name), `${n}: ${file} has «${name}»`)
    }
  }
})
