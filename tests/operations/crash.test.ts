import t from 'tap'
import { seeded } from '../../chaos/random.ts'
import type { CrashPoint } from '../../src/crash.ts'
import { person, type Service, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

// The process dies by SIGKILL at a step of an order and is started again. Whatever was acknowledged must end once.
type Point = { at: CrashPoint; mayRepeat?: true }
const always: Point[] = [
  { at: 'update_received' },
  { at: 'inbox_committed' },
  { at: 'after_debit' },
  { at: 'submit_acked' },
  { at: 'before_settle' },
  { at: 'settle_sent' },
  { at: 'telegram_sent', mayRepeat: true }, // its answer was lost with the process: a second copy may come, never a charge
]
// Two of these, drawn from SEED, or all with POINTS=all; `npm run chaos -- --short` meets each of them in a crowd.
const drawn: Point[] = [
  { at: 'before_debit' },
  { at: 'debit_sent' },
  { at: 'before_submit' },
  { at: 'task_id_saved' },
  { at: 'poll_ok' },
  { at: 'after_settle' },
  { at: 'outbox_leased' },
  { at: 'telegram_acked', mayRepeat: true },
  { at: 'outbox_marked' },
]
const seed = BigInt(process.env.SEED ?? Date.now())
t.comment(`SEED=${seed}`)
const points = [
  ...always,
  ...seeded(seed)
    .shuffled(drawn)
    .slice(0, process.env.POINTS === 'all' ? drawn.length : 2),
]

for (const { at, mayRepeat } of points) {
  t.test(`killed at ${at}: after a restart the order ends once and the books agree`, async t => {
    const { telegram, upstream, owner, service, broken } = await stage(t, { timeScale: 0.3 })
    // The provider's callback comes after the restart, so that it can name a task whose answer died with the process.
    if (at === 'submit_acked') upstream.speed.runMs = 4_000
    let running: Service = await service({ CRASH: at })
    let deaths = 0
    let isOver = false
    const keeper = (async () => {
      while (!isOver) {
        const end = await running.ended
        if (isOver) return
        t.equal(end, 'SIGKILL')
        // What the dead process held is due at once instead of after its time.
        await owner`update pay.inbox set next_at = now() where done_at is null`
        await owner`update pay.outbox set next_at = now() where done_at is null`
        await owner`update pay.generations set next_at = now() where finished_at is null`
        running = await service()
        deaths += 1 // counted once its successor is there
      }
    })()

    await running.ready()
    const anna = person(telegram)
    anna.open()
    await anna.sees(/Здравствуйте/, 30_000)
    anna.open('m_flux-2-pro-text-to-image')
    await anna.press(/Начать/, 30_000)
    anna.say('маяк в шторм')
    await anna.press(/По умолчанию/, 30_000)
    await anna.press(/Запустить за/, 30_000)
    // Had the process died before the task was known, only the deadline could end it.
    if (at === 'before_submit') {
      await until('the crash', () => deaths === 1)
      await until('the restart', () => running.ready().then(() => true), 30_000)
      await owner`alter table pay.generations disable trigger generation_rows`
      await owner`update pay.generations set deadline_at = now(), next_at = now()`
      await owner`alter table pay.generations enable trigger generation_rows`
      running.signal('SIGKILL')
    }
    await until(
      'everything has ended',
      async () => {
        const [row] = await owner`
          select (select count(*) from pay.inbox where done_at is null) + (select count(*) from pay.outbox where done_at is null)
            + (select count(*) from pay.generations where finished_at is null) as open,
            (select count(*) from pay.generations) as orders`
        return deaths >= 1 && Number(row?.open) === 0 && Number(row?.orders) === 1
      },
      60_000,
    )
    isOver = true

    t.ok(deaths >= 1, `it died ${deaths} times`)
    const [generation] = await owner`select id, exec_state, money_state, price_kop from pay.generations`
    const events = await owner`select status from pay.generation_events order by id`
    const ending = at === 'before_submit' ? 'timeout' : 'success'
    t.match(generation, { exec_state: ending, money_state: ending === 'success' ? 'captured' : 'refunded' })
    t.strictSame(
      events.map(event => event.status),
      ['started', ending],
    )
    const [wallet] = await owner`select balance_kop from pay.wallets where user_id = ${anna.id}`
    t.equal(Number(wallet?.balance_kop), ending === 'success' ? 500_00 - Number(generation?.price_kop) : 500_00)
    t.ok(
      [...upstream.tasksPerCallbackPath().values()].every(tasks => tasks === 1),
      'nothing was submitted twice',
    )
    const told = anna
      .fromBot()
      .filter(message => (ending === 'success' ? message.media : /вернулись/.test(message.text ?? ''))).length
    t.ok(told === 1 || (mayRepeat && told === 2), `the person was told ${told} times`)
    t.strictSame(await broken(), [])
    await running.ready()
    running.signal('SIGTERM')
    t.equal(await running.ended, 0)
    await keeper
  })
}

t.test(
  'a press that fells the process twice is set aside: its person is told, an admin too, and the next press works',
  async t => {
    const { telegram, owner, service, broken } = await stage(t, { timeScale: 0.3 })
    const admin = person(telegram, 'Оператор')
    let running = await service({ CRASH: 'before_debit', ADMIN_IDS: String(admin.id) })
    await running.ready()
    admin.open()
    const anna = person(telegram)
    anna.open()
    await anna.sees(/Здравствуйте/, 30_000)
    anna.open('m_flux-2-pro-text-to-image')
    await anna.press(/Начать/, 30_000)
    anna.say('маяк в шторм')
    await anna.press(/По умолчанию/, 30_000)
    await anna.press(/Запустить за/, 30_000)
    t.equal(await running.ended, 'SIGKILL')
    running = await service({ CRASH: 'before_debit', ADMIN_IDS: String(admin.id) })
    await owner`update pay.inbox set next_at = now() where done_at is null`
    t.equal(await running.ended, 'SIGKILL', 'tried once more')
    running = await service({ CRASH: 'before_debit:2', ADMIN_IDS: String(admin.id) })
    await owner`update pay.inbox set next_at = now() where done_at is null`
    await anna.sees(/обработать не удалось/, 60_000)
    await admin.sees(/дважды остановило процесс/, 90_000)
    await anna.press(/Запустить за/)
    await until('the picture', () => anna.fromBot().find(({ media }) => media), 60_000)
    t.strictSame(await broken(), [])
  },
)
