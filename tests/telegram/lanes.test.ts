import t from 'tap'
import { connect } from '../../src/database/db.ts'
import { newId } from '../../src/id.ts'
import { createLanes } from '../../src/jobs/updates/lanes.ts'
import { createStore, inboxDone, inboxFail, inboxTake, readUpdate, waitingLanes } from '../../src/telegram/inbox.ts'
import { silent, until, world } from '../support/world.ts'

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

t.test('fair-share: a person whose update hangs does not hold up others', async t => {
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
  const [taken] = await inboxTake(sql, 'u:5', newId(), true)
  t.match(taken, { updateId: 400, attempts: 1 })
  t.equal((await inboxTake(sql, 'u:5', newId(), true)).length, 0, 'nobody else is let in')
  await owner`update pay.inbox set next_at = now() - interval '1 second' where update_id = 400`
  t.match(await waitingLanes(sql, 10), [{ lane: 'u:5' }], 'the sweep sees it')
  t.match(await inboxTake(sql, 'u:5', newId(), true), [{ attempts: 2 }])
  t.match(await inboxDone(sql, 400, 1), [{ isMine: false }])
  t.match(await inboxDone(sql, 400, 2), [{ isMine: true }])
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

t.test('an update that was in work when two processes died is set aside, and its person is told', async t => {
  await arrive(600, 10)
  await arrive(601, 10)
  const die = () => owner`update pay.inbox set next_at = now() where update_id = 600` // its hold passes
  t.match(await inboxTake(sql, 'u:10', newId(), false), [{ updateId: 600, attempts: 1 }])
  await die()
  t.match(await inboxTake(sql, 'u:10', newId(), false), [{ updateId: 600, payload: null }], 'under suspicion')
  t.match(await inboxTake(sql, 'u:10', newId(), true), [{ updateId: 600, attempts: 2, payload: { update_id: 600 } }])
  await die()
  t.match(await inboxTake(sql, 'u:10', newId(), false), [{ updateId: 601 }], 'the next one is served')
  t.match(await owner`select dead_reason from pay.inbox where update_id = 600`, [{ dead_reason: 'felled the process' }])
  t.match(await owner`select user_id, body from pay.outbox where dedupe = 'aside:600'`, [
    { user_id: '10', body: { kind: 'aside' } },
  ])
})

t.test('a failure that was reported is no death, and neither is a lost answer', async t => {
  await arrive(610, 11)
  const again = () => owner`update pay.inbox set next_at = now() where update_id = 610`
  for (let attempt = 1; attempt <= 4; attempt++) {
    const token = newId()
    for (let asked = 0; asked < 3; asked++) {
      t.match(await inboxTake(sql, 'u:11', token, false), [{ updateId: 610, attempts: attempt, payload: {} }])
    }
    await inboxFail(sql, 610, attempt, 'a blip', 0)
    await again()
  }
  t.match(await owner`select unended, done_at from pay.inbox where update_id = 610`, [{ unended: 0, done_at: null }])
})

t.test('those that were in work when a process died are handled one after another', async t => {
  const ids = [620, 621, 622, 623, 624]
  for (const id of ids) {
    await arrive(id, id)
    await inboxTake(sql, `u:${id}`, newId(), true)
  }
  await owner`update pay.inbox set next_at = now() where done_at is null and unended = 1`
  let atOnce = 0
  let most = 0
  const done: number[] = []
  const handle = async (update: object) => {
    most = Math.max(most, ++atOnce)
    await new Promise(resolve => setImmediate(resolve))
    atOnce -= 1
    done.push((update as { update_id: number }).update_id)
  }
  const lanes = createLanes({ sql, handle, log: silent })
  for (const id of ids) lanes.run(`u:${id}`)
  await until('all are handled', () => done.length === ids.length)
  await lanes.drain()
  t.strictSame(done.toSorted(), ids)
  t.equal(most, 1)
})

t.test('an update is held for as long as it is handled', async () => {
  await arrive(630, 12)
  const release = Promise.withResolvers<void>()
  const lanes = createLanes({ sql, handle: () => release.promise, log: silent })
  lanes.run('u:12')
  const until630 = async () => (await owner`select next_at from pay.inbox where update_id = 630`)[0]!.next_at as Date
  await until('it is taken', async () => (await until630()) > new Date())
  const first = await until630()
  await until('its hold is prolonged', async () => (await until630()) > first)
  release.resolve()
  await lanes.drain()
})

t.test('a lane with much to do takes turns with the others', async t => {
  for (let n = 0; n < 20; n++) await arrive(700 + n, 13)
  await arrive(730, 14)
  const order: number[] = []
  const handle = async (update: object) => void order.push((update as { update_id: number }).update_id)
  const lanes = createLanes({ sql, handle, log: silent, maxAtOnce: 1 })
  lanes.run('u:13')
  lanes.run('u:14')
  await until('all are handled', () => order.length === 21)
  await lanes.drain()
  t.ok(order.indexOf(730) <= 1, `after one of the others: ${order}`)
})

t.test('a lane that sends faster than a person can is slowed down, and the others are not', async t => {
  for (let n = 0; n < 80; n++) await arrive(800 + n, 15)
  await arrive(890, 16)
  const order: number[] = []
  const handle = async (update: object) => void order.push((update as { update_id: number }).update_id)
  const lanes = createLanes({ sql, handle, log: silent, maxAtOnce: 1, everyMs: 60_000 })
  lanes.run('u:15')
  await until('its burst is used up', () => order.length >= 31)
  for (let n = 0; n < 10; n++) lanes.run('u:15')
  lanes.run('u:16')
  await until('the other one is served', () => order.includes(890))
  await lanes.drain()
  t.equal(order.length, 32)
})

t.test('nothing is taken before an earlier update of the lane is committed', async t => {
  const first = Promise.withResolvers<void>()
  const isPut = Promise.withResolvers<void>()
  const putting = owner.begin(async tx => {
    await tx`select pay.inbox_put(900, 'u:17', '{"update_id": 900}', null)`
    isPut.resolve()
    await first.promise
  })
  await isPut.promise
  const later = arrive(901, 17)
  const taking = inboxTake(sql, 'u:17', newId(), false)
  await until('both wait for the lane', async () => {
    const [row] = await owner`select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted`
    return row?.n === 2
  })
  first.resolve()
  await putting
  await later
  t.match([...(await taking), ...(await inboxTake(sql, 'u:17', newId(), false))], [{ updateId: 900 }])
})
