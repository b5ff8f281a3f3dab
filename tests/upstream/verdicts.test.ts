import t from 'tap'
import { freePort, person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

// A refusal of content, and an upstream that has another view of a run than we: what the person and the admin are told.
const { telegram, upstream, owner, service, broken } = await stage(t)
const boss = person(telegram, 'Админ')
const settings = { ADMIN_IDS: String(boss.id) }
// Two machines: what one has begun the other may end.
for (const more of [{}, { PORT: String(await freePort()) }]) await (await service({ ...settings, ...more })).ready()

/** A person who has ordered a picture; the provider will behave like this. */
async function ordered(behaviour: Parameters<typeof upstream.next>[0]) {
  const anna = person(telegram, 'Анна')
  anna.open()
  await anna.sees(/Здравствуйте/)
  anna.open('m_flux-2-pro-text-to-image')
  await anna.press(/Начать/)
  anna.say('кот в лодке')
  await anna.press(/По умолчанию/)
  upstream.next(behaviour)
  await anna.press(/Запустить за/)
  const run = await until('the run', async () => {
    const [row] = await owner<{ id: string; exec_state: string }[]>`
      select id, exec_state from pay.generations where user_id = ${anna.id}`
    return row
  })
  return { anna, id: run.id }
}
const endOf = async (id: string) => {
  const [row] = await owner`
    select g.exec_state, g.money_state, e.error_code, w.balance_kop::int as balance from pay.generations g
    join pay.generation_events e on e.request_id = g.id and e.status <> 'started'
    join pay.wallets w on w.user_id = g.user_id where g.id = ${id}`
  return row && { ...row }
}

t.test('refused-content: refused content gives the hold back, under a code and in words of its own', async t => {
  const { anna, id } = await ordered('moderation')
  const told = await anna.sees(/Деньги вернулись/)
  t.match(told.text, /Модель отказалась выполнять этот запрос\. Измените описание или фото\./)
  t.strictSame(await endOf(id), {
    exec_state: 'failed',
    money_state: 'refunded',
    error_code: 'moderation',
    balance: 500_00,
  })
  const other = await ordered('fail')
  t.notMatch((await other.anna.sees(/Деньги вернулись/)).text, /Измените описание/)
  t.match(await endOf(other.id), { error_code: 'generation_failed' })
  t.strictSame(await broken(), [])
})

t.test(
  'a refusal of our key reaches one person alone, the admin at once, and sales open with the next order',
  async t => {
    boss.open()
    await boss.sees(/Здравствуйте/)
    const first = await ordered('unauthorized')
    await first.anna.sees(/Деньги вернулись/)
    t.match(await endOf(first.id), { error_code: 'auth', money_state: 'refunded' })
    await boss.sees(/🔴 Провайдер отказывает нашему счёту, запуски приостановлены/)
    const isHalfOpen = async () =>
      (await owner`select half_open_at from pay.provider_account`)[0]?.half_open_at !== null
    await until('the balance was answered', isHalfOpen)
    const next = await ordered('normal')
    await until('the picture', () => next.anna.fromBot().find(({ media }) => media), 30_000)
    t.strictSame(
      [...(await owner`select opened_at, cause from pay.provider_account`)],
      [{ opened_at: null, cause: null }],
    )
    t.strictSame(await broken(), [])
  },
)

t.test('our state decides, and an admin sees the provider’s own word beside it', async t => {
  const { anna, id } = await ordered('silent')
  await until(
    'the provider has it',
    async () => (await owner`select task_id from pay.generations where id = ${id}`)[0]?.task_id,
  )
  await owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx`update pay.generations set deadline_at = now(), next_at = now() where id = ${id}`
  })
  await anna.sees(/Деньги вернулись/, 30_000)
  boss.open()
  await boss.sees(/Здравствуйте/)
  boss.say(`/find ${id}`)
  await boss.sees(new RegExp(`Запуск ${id}`))
  await boss.press(/Что у провайдера/)
  const shown = await boss.sees(/У провайдера сейчас/)
  t.match(shown.text, /У нас: timeout \/ refunded/)
  t.match(shown.text, /У провайдера сейчас: (waiting|queuing|generating)/)
  t.match(await endOf(id), { exec_state: 'timeout', money_state: 'refunded', balance: 500_00 }, 'and nothing moves')
  t.strictSame(await broken(), [])
})
