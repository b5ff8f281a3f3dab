import t from 'tap'
import { connect } from '../src/db.ts'
import { createLanes } from '../src/jobs/lanes.ts'
import { createStore, inboxDone, inboxTake, readUpdate, waitingLanes } from '../src/telegram/inbox.ts'
import { silent, until, world } from './support/world.ts'

const { url, sql, owner } = await world(t)
const arrive = (id: number, user: number, text = '') =>
  createStore(sql)(
    readUpdate(JSON.stringify({ update_id: id, message: { from: { id: user }, chat: { id: user }, text } })),
  )
const undone = async (lane: string) =>
  (await owner`select update_id from pay.inbox where lane = ${lane} and done_at is null`).length

t.test('updates of one person take effect one at a time and in order, on two machines at once', async t => {
  const second = connect(url)
  t.teardown(() => second.close())
  const seen: number[] = []
  let atOnce = 0
  let most = 0
  const handle = async (update: object) => {
    most = Math.max(most, ++atOnce)
    await new Promise(resolve => setImmediate(resolve))
    seen.push((update as { update_id: number }).update_id)
    atOnce -= 1
  }
  const machines = [sql, second.sql].map(sql => createLanes({ sql, handle, log: silent }))
  // Ids come out of order: arrival counts.
  const ids = [105, 103, 110, 101, 109, 102, 108, 104, 107, 106]
  for (const id of ids) {
    await arrive(id, 1)
    for (const machine of machines) machine.run('u:1')
  }
  await until('all are handled', async () => {
    for (const machine of machines) machine.run('u:1')
    return (await undone('u:1')) === 0
  })
  t.strictSame(seen, ids)
  t.equal(most, 1)
})

t.test('S51: a person whose update hangs does not hold up others', async t => {
  const release = Promise.withResolvers<void>()
  const done: number[] = []
  const lanes = createLanes({
    sql,
    log: silent,
    handle: async update => {
      const { update_id: id } = update as { update_id: number }
      if (id === 200) await release.promise
      done.push(id)
    },
  })
  await arrive(200, 2)
  await arrive(201, 3)
  lanes.run('u:2')
  lanes.run('u:3')
  await until('the other one is served', () => done.includes(201))
  t.strictSame(done, [201])
  release.resolve()
  await lanes.drain()
  t.strictSame(done, [201, 200])
})

t.test('an update that cannot be handled is parked at the fifth failure, and the next one is served', async t => {
  const tries: number[] = []
  const lanes = createLanes({
    sql,
    log: silent,
    handle: async update => {
      const { update_id: id } = update as { update_id: number }
      tries.push(id)
      if (id === 300) throw new Error('poison')
    },
  })
  await arrive(300, 4)
  await arrive(301, 4)
  await until('both are over', async () => {
    await owner`update pay.inbox set next_at = now() where lane = 'u:4' and next_at > now()` // the pauses pass
    lanes.run('u:4')
    return (await undone('u:4')) === 0
  })
  t.strictSame(tries, [300, 300, 300, 300, 300, 301])
  t.match(await owner`select dead_reason from pay.inbox where update_id = 300`, [{ dead_reason: /poison/ }])
})

t.test('a worker that died leaves its update to the next; one that overslept cannot mark it', async t => {
  await arrive(400, 5)
  const [taken] = await inboxTake(sql, 'u:5')
  t.match(taken, { updateId: 400, attempts: 1 })
  t.equal((await inboxTake(sql, 'u:5')).length, 0, 'nobody else is let in')
  await owner`update pay.inbox set next_at = now() - interval '1 second' where update_id = 400`
  t.match(await waitingLanes(sql, 10), [{ lane: 'u:5' }], 'the sweep sees it')
  t.match(await inboxTake(sql, 'u:5'), [{ attempts: 2 }])
  t.match(await inboxDone(sql, 400, 1), [{ isMine: false }])
  t.match(await inboxDone(sql, 400, 2), [{ isMine: true }])
})

t.test('an update that felled every worker that took it is parked', async t => {
  await arrive(410, 8)
  await arrive(411, 8)
  await owner`update pay.inbox set attempts = 8 where update_id = 410`
  t.match(await inboxTake(sql, 'u:8'), [{ updateId: 411 }])
  t.match(await owner`select dead_reason from pay.inbox where update_id = 410`, [
    { dead_reason: 'never came to an end' },
  ])
})

t.test('a failure is tried again after its pause, not with the next sweep', async t => {
  let tries = 0
  const lanes = createLanes({
    sql,
    log: silent,
    handle: async () => {
      tries += 1
      if (tries === 1) throw new Error('a blip')
    },
  })
  await arrive(420, 9)
  lanes.run('u:9')
  await until('the second try', () => tries === 2, 5_000)
  await lanes.drain()
  t.equal(tries, 2)
})

t.test('the sweep sees every waiting lane, however much one person sends', async t => {
  await owner`insert into pay.inbox (update_id, lane, payload) select n, 'u:77', '{}' from generate_series(100000, 100599) n`
  await arrive(430, 78)
  const lanes = (await waitingLanes(sql, 10)).map(({ lane }) => lane)
  t.ok(lanes.includes('u:77') && lanes.includes('u:78'))
})

t.test('while draining what has begun is finished and nothing new begins', async t => {
  const started = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const done: number[] = []
  const lanes = createLanes({
    sql,
    log: silent,
    handle: async update => {
      started.resolve()
      await release.promise
      done.push((update as { update_id: number }).update_id)
    },
  })
  await arrive(500, 6)
  await arrive(501, 6)
  lanes.run('u:6')
  await started.promise
  const drained = lanes.drain()
  release.resolve()
  await drained
  lanes.run('u:6')
  t.strictSame(done, [500])
  t.equal(await undone('u:6'), 1)
})
