import t from 'tap'
import { connect, type Sql } from '../../src/database/db.ts'
import { EventRefused, sqlState } from '../../src/errors.ts'
import {
  columnOf,
  EventRow,
  eventText,
  type GenerationEvent,
  getUserStats,
  logGenerationEvent,
  rowOf,
} from '../../src/events/repository.ts'
import { newId } from '../../src/id.ts'
import { adminGiveBack, confirm, requestChange } from '../../src/operations/admin-actions.ts'
import { givenBackRow, keptKop, startedRow } from '../../src/payments/event-rows.ts'
import { settle } from '../../src/payments/integration.ts'
import { genAccepted, genAttach, genFinish, genStart, genSubmit } from '../../src/payments/order-statements.ts'
import { balanceOf } from '../../src/payments/wallet.ts'
import { limits, picture, world } from '../support/world.ts'

const { sql, owner, access, user, order, start, finish, events, story, ends } = await world(t)
const files = (n: number) => Array.from({ length: n }, (_, index) => ({ ...picture, n: index + 1 }))
const rowsOf = async (id: string) => [
  ...(await owner`
    select user_id::int, chat_id::int, model_id, category, status, is_free_applied, price_rub, request_id, task_id, error_code,
      error_message, duration_ms from pay.generation_events where request_id = ${id} order by id`),
]
const event: GenerationEvent = {
  userId: 1,
  chatId: null,
  modelId: 'z-image',
  category: 'text-to-image',
  status: 'failed',
  isFreeApplied: false,
  priceKop: 3_80,
  requestId: 'imported',
  taskId: 'task-1',
  errorCode: 'moderation',
  errorMessage: 'no',
  durationMs: 1_000,
}

t.test('the table has the 14 columns of the shape, in its order and with its types', async t => {
  const columns = await owner`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
    where a.attrelid = 'pay.generation_events'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`
  const shape = Object.entries(EventRow.properties).map(([name, { column }]) => ({
    name: columnOf(name),
    type: column,
  }))
  t.strictSame([...columns], shape)
  t.equal(shape.length, 14)
})

t.test('one function writes the table, and in the service one file names its row', async t => {
  const writers = await owner`
    select proname || '/' || pronargs as name from pg_proc p join pg_namespace n on n.oid = pronamespace
    where nspname = 'pay' and prosrc ~* 'insert\\s+into\\s+pay\\.generation_events'`
  t.strictSame(
    writers.map(({ name }) => name),
    ['event_log/12'],
  )
})

await story('place and settle write the row that they were made of, to the column', async t => {
  await user(1, 1000_00)
  const begun = await order(1, 3_80, { chatId: 77 })
  const { id } = await start(begun)
  const whole = { user_id: 1, chat_id: 77, model_id: 'z-image', category: 'text-to-image', request_id: id }
  const started = { ...whole, status: 'started', is_free_applied: false, price_rub: '3.80', task_id: null }
  t.match(await rowsOf(id), [{ ...started, error_code: null, error_message: null, duration_ms: null }])
  await genSubmit(sql, { userId: 1, id }, 'token')
  await genAccepted(sql, { userId: 1, id }, 1, 'task-1')
  await finish({ userId: 1, id }, { outcome: 'success', results: files(3), promised: 4 })
  t.match((await rowsOf(id))[1], {
    ...whole,
    status: 'success',
    price_rub: '2.85',
    task_id: 'task-1',
    error_code: null,
  })
  const [{ ms }] = (await owner`
    select duration_ms - extract(epoch from g.finished_at - g.created_at) * 1000 as ms
    from pay.generation_events e join pay.generations g on g.id = e.request_id where e.request_id = ${id} and e.status = 'success'`) as [
    { ms: string },
  ]
  t.ok(Math.abs(Number(ms)) < 5_000, `${ms} ms from what the run says`)

  const free = await start(await order(1, 0))
  await finish({ userId: 1, id: free.id }, { outcome: 'failed', code: 'moderation', message: 'no \0 \ud83d way' })
  const end = { status: 'failed', is_free_applied: true, price_rub: '0.00', error_message: 'no  \ufffd way' }
  t.match(await rowsOf(free.id), [{ status: 'started', is_free_applied: true, price_rub: '0.00' }, end])
})

t.test('what is kept of a price is what the database keeps', async t => {
  for (const [price, arrived, promised] of [
    [3_80, 3, 4],
    [33_33, 1, 2],
    [1, 1, 32],
    [100_000_000, 31, 32],
    [5, 5, 5],
  ] as const) {
    const [row] =
      await owner`select ((${price}::bigint * ${arrived}::int + ${promised}::int - 1) / ${promised}::int)::int as kop`
    t.equal(keptKop(price, arrived, promised), row?.kop)
  }
})

const wrong: Record<string, unknown> = {
  user_id: 2,
  chat_id: 999,
  model_id: 'other',
  category: 'other',
  is_free_applied: true,
  price_rub: '3.79',
  request_id: 'another',
  task_id: 'task-9',
  error_code: 'no_credit',
  error_message: 'other words',
}
const refused = (call: () => Promise<unknown>) =>
  call().then(
    () => ({ state: 'taken', field: '' }),
    error => ({ state: sqlState(error), field: error.detail as string }),
  )

await story('a row that does not fit what moves is refused by its column, and nothing moves', async t => {
  await user(10, 100_00)
  const begun = await order(10, 3_80)
  const row = (await startedRow(sql, begun))!
  for (const [column, value] of Object.entries({ ...wrong, status: 'success', duration_ms: 5 })) {
    const answer = await refused(() => genStart(sql, begun, limits, { ...row, [column]: value }))
    t.strictSame(answer, { state: 'P0422', field: column })
  }
  t.equal(await balanceOf(sql, 10), 100_00)
  t.strictSame(await events(10, begun.id), [])
  t.equal((await owner`select from pay.generations where user_id = 10`).length, 0)

  const { id } = await start(begun)
  const failure = { status: 'failed', error_code: 'moderation', error_message: 'no', duration_ms: 5 }
  const ref = { userId: 10, id }
  for (const [column, value] of Object.entries({ ...wrong, status: 'success', duration_ms: null })) {
    const end = { ...row, ...failure, [column]: value }
    const answer = await refused(() => genFinish(sql, ref, 'failed', 'moderation', 'no', [], null, null, end))
    t.strictSame(answer, { state: 'P0422', field: column })
  }
  t.equal(await balanceOf(sql, 10), 96_20)
  t.strictSame(await events(10, id), ['started'])
  await genFinish(sql, ref, 'failed', 'moderation', 'no', [], null, null, { ...row, ...failure })
  t.equal(await balanceOf(sql, 10), 100_00)
})

await story('a row that has not its shape is not sent at all, and says which field it is', async t => {
  const fields: [Partial<Record<keyof GenerationEvent, unknown>>, string][] = [
    [{ userId: 0 }, 'user_id'],
    [{ userId: '1' }, 'user_id'],
    [{ chatId: 1.5 }, 'chat_id'],
    [{ modelId: '' }, 'model_id'],
    [{ modelId: 'a\0b' }, 'model_id'],
    [{ category: null }, 'category'],
    [{ status: 'done' }, 'status'],
    [{ isFreeApplied: 'no' }, 'is_free_applied'],
    [{ isFreeApplied: true }, 'price_rub'],
    [{ priceKop: -1 }, 'price_rub'],
    [{ priceKop: 0.5 }, 'price_rub'],
    [{ priceKop: Number.NaN }, 'price_rub'],
    [{ priceKop: 2 ** 53 }, 'price_rub'],
    [{ priceKop: 10 ** 13 }, 'price_rub'],
    [{ requestId: '' }, 'request_id'],
    [{ requestId: undefined }, 'request_id'],
    [{ taskId: '' }, 'task_id'],
    [{ errorCode: null }, 'error_code'],
    [{ errorMessage: 'x'.repeat(501) }, 'error_message'],
    [{ errorMessage: 'half \ud83d' }, 'error_message'],
    [{ durationMs: null }, 'duration_ms'],
    [{ durationMs: -1 }, 'duration_ms'],
    [{ durationMs: 2 ** 31 }, 'duration_ms'],
    [{ status: 'started' }, 'duration_ms'],
  ]
  const sent: unknown[] = []
  const unsent = (async () => sent.push('something') && [{ isFirst: true }]) as unknown as Sql
  for (const [more, field] of fields) {
    const odd = { ...event, ...more } as GenerationEvent
    t.throws(() => rowOf(odd), { name: 'EventRefused', field }, JSON.stringify(more))
    if (field !== 'error_message') await t.rejects(logGenerationEvent(unsent, odd), { name: 'EventRefused', field })
  }
  t.throws(() => rowOf({ ...event, surprise: 1 } as GenerationEvent), { name: 'EventRefused', field: 'surprise' })
  t.strictSame(sent, [])
  t.match(rowOf({ ...event, errorMessage: '🐈'.repeat(500), priceKop: 10 ** 12 - 1 }), { price_rub: '9999999999.99' })

  await user(11, 100_00)
  const begun = await order(11, 3_80)
  const quote = { modelId: '', category: 'text-to-image', priceKop: 3_80 }
  await t.rejects(start({ ...begun, quote }), { name: 'EventRefused', field: 'model_id' })
  await t.rejects(start({ ...begun, quote: { ...quote, modelId: 'other' } }), {
    name: 'EventRefused',
    field: 'model_id',
  })
  await t.rejects(start({ ...begun, quote: { ...quote, modelId: 'z-image', priceKop: 1 } }), {
    name: 'EventRefused',
    field: 'price_rub',
  })
  t.equal(await balanceOf(sql, 11), 100_00)
  t.strictSame(await events(11, begun.id), [])
  t.equal((await start({ ...begun, quote: { ...quote, modelId: 'z-image' } })).result, 'started')
  t.equal((await start(begun)).result, 'duplicate')
  t.strictSame(await events(11, begun.id), ['started'])
})

await story('a task that is named while a run ends is in the row of its ending', async t => {
  await user(12, 100_00)
  const { id } = await start(await order(12, 3_80))
  const ref = { userId: 12, id }
  await genSubmit(sql, ref, 'token')
  let named = false
  const between = (async (text: TemplateStringsArray, ...values: never[]) => {
    if (!named && text.join('').includes('pay.settle(')) {
      named = true
      await genAttach(sql, id, 'task-late')
    }
    return sql(text, ...values)
  }) as Sql
  const ending = { outcome: 'failed', code: 'generation_failed', message: 'no' } as const
  t.equal((await settle({ ...ends, sql: between }, ref, ending)).result, 'settled')
  t.match((await rowsOf(id))[1], { status: 'failed', task_id: 'task-late' })
})

await story('an ending whose row is refused moves its money all the same, and the log names the column', async t => {
  await user(17, 100_00)
  const ending = { outcome: 'failed', code: 'generation_failed', message: 'no' } as const
  const odd = { chatId: 17, modelId: 'other', category: 'text-to-image', isFree: false, priceKop: 3_80, taskId: null }
  for (const known of [
    { ...odd, ageMs: 5 },
    { ...odd, ageMs: Number.NaN },
  ]) {
    const { id } = await start(await order(17, 3_80))
    const said: unknown[] = []
    const log = { ...ends.log, error: (about: object) => void said.push(about) } as typeof ends.log
    const settled = await settle({ ...ends, log }, { userId: 17, id }, ending, known)
    t.equal(settled.result, 'settled')
    t.match(said, [{ err: { name: 'EventRefused', field: Number.isNaN(known.ageMs) ? 'duration_ms' : 'model_id' } }])
    t.match(await rowsOf(id), [{ status: 'started' }, { status: 'failed', model_id: 'z-image', price_rub: '3.80' }])
  }
  t.equal(await balanceOf(sql, 17), 100_00)
})

await story('the build before this one starts and settles without a row, and the events are the same', async t => {
  await user(13, 100_00)
  const db = connect(access.app, { sealKey: access.sealKey })
  t.teardown(() => db.close())
  const { id, requestKey, quoteId } = await order(13, 3_80)
  await db.sql`
    select result from pay.gen_start(13, ${id}, ${requestKey}, 13, 5, ${quoteId}, '10 minutes', 100, 10, 3, 1000)`
  await db.sql`select result from pay.gen_finish(13, ${id}, 'failed', 'moderation', ${'x'.repeat(900)}, '[]', null, null)`
  const rows = await rowsOf(id)
  t.match(rows, [
    { status: 'started', price_rub: '3.80' },
    { status: 'failed', error_code: 'moderation' },
  ])
  t.equal(rows[1]?.error_message.length, 500)
  t.strictSame(await getUserStats(sql, 13), { total: 1, success: 0, failed: 1, timeout: 0, spentKop: 0 })
})

await story('a row that was handed over serves one statement and none after it on that connection', async t => {
  await user(14, 100_00)
  const db = connect(access.app, { sealKey: access.sealKey, max: 1 })
  t.teardown(() => db.close())
  const one = await order(14, 3_80)
  const row = (await startedRow(sql, one))!
  await genStart(db.sql, one, limits, row)
  t.equal((await genStart(db.sql, one, limits, row))[0]?.result, 'duplicate', 'which has no use for its row')
  const next = await order(14, 1_00)
  await genStart(db.sql, next, limits)
  t.match(await rowsOf(next.id), [{ request_id: next.id, price_rub: '1.00' }])
  t.ok(new EventRefused('price_rub', newId()).message.endsWith(': price_rub'))
})

await story(
  'a run that an admin gives back has a row of the repository too, and a wrong one moves nothing',
  async t => {
    await user(15, 100_00)
    const { id } = await start(await order(15, 3_80))
    const ref = { userId: 15, id }
    await owner.begin(async tx => {
      await tx`set local session_replication_role = replica`
      await tx`update pay.generations set deadline_at = now() - interval '1 minute' where id = ${id}`
    })
    const admins = connect(access.admin, { max: 1 })
    t.teardown(() => admins.close())
    const change = {
      kind: 'give_back',
      userId: 15,
      subject: id,
      amountKop: null,
      reason: 'застряло \ud83d навсегда',
    } as const
    const action = await requestChange(admins.sql, 7, { ...change, reason: eventText(change.reason) })
    const row = (await givenBackRow(sql, ref, change.reason))!
    for (const [column, value] of Object.entries({ ...wrong, status: 'failed' })) {
      const odd = { ...row, [column]: value }
      t.strictSame(await refused(() => adminGiveBack(admins.sql, odd, action, 7)), { state: 'P0422', field: column })
    }
    t.equal(await balanceOf(sql, 15), 96_20)
    t.equal((await confirm(admins.sql, action, 7, false)).outcome, 'unsure')
    t.match(await confirm(admins.sql, action, 7, true, row), {
      outcome: 'given_back',
      isDone: true,
      balanceKop: 100_00,
    })
    t.match((await rowsOf(id))[1], {
      status: 'timeout',
      error_code: 'not_submitted',
      error_message: 'given back by an admin: застряло \ufffd навсегда',
    })
  },
)
