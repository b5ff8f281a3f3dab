import { createServer } from 'node:http'
import t from 'tap'
import { openLink } from '../../chaos/link.ts'
import { seeded } from '../../chaos/random.ts'
import { connect } from '../../src/database/db.ts'
import { Unknown } from '../../src/errors.ts'
import { createStore } from '../../src/telegram/inbox.ts'
import { world } from '../support/world.ts'

const { url, owner } = await world(t)

t.test('an answer that is dropped on the way from Postgres is an unknown one, and was committed', async t => {
  const dropped: string[] = []
  const { hostname: host, port } = new URL(url)
  const link = await openLink({
    speaks: 'postgres',
    to: () => ({ host, port: Number(port) }),
    dropped: what => dropped.push(what),
  })
  const through = new URL(url)
  through.port = String(link.port)
  const db = connect(through.href, { max: 1 })
  t.teardown(() => Promise.all([db.close(), link.close()]))
  const update = (updateId: number) => ({ updateId, lane: 'u:1', payload: {}, dead: null })

  t.equal(await createStore(db.sql)(update(1)), true)
  link.dropAck(1)
  await db.sql`select 1 as one` // not one of those that change something
  await t.rejects(createStore(db.sql)(update(2)), Unknown)
  t.strictSame(dropped, ['inbox_put'])
  t.equal((await owner`select from pay.inbox where update_id = 2`).length, 1)
  t.equal(await createStore(db.sql)(update(2)), false, 'the repeat meets its own commit')
})

t.test('a request whose answer is dropped has arrived', async t => {
  const arrived: string[] = []
  const server = createServer((request, response) => {
    arrived.push(request.url ?? '')
    response.end('done')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const link = await openLink({ speaks: 'http', to: () => ({ host: '127.0.0.1', port }), dropped: () => {} })
  t.teardown(async () => {
    await link.close()
    server.close()
  })
  const ask = (path: string) => fetch(`http://127.0.0.1:${link.port}/${path}`, { headers: { connection: 'close' } })
  t.equal(await (await ask('a')).text(), 'done')
  link.dropAck(1)
  await t.rejects(ask('b'))
  t.strictSame(arrived, ['/a', '/b'])
})

t.test('one seed is one schedule, and its streams do not shift each other', t => {
  const draw = (from: ReturnType<typeof seeded>) => Array.from({ length: 20 }, () => from.int(1, 1_000_000))
  t.strictSame(draw(seeded(7n)), draw(seeded(7n)))
  const greedy = seeded(7n)
  draw(greedy)
  t.strictSame(draw(greedy.fork('a')), draw(seeded(7n).fork('a')))
  t.not(String(draw(seeded(7n).fork('a'))), String(draw(seeded(7n).fork('b'))))
  t.end()
})
