import t from 'tap'
import { person, stage } from '../support/service.ts'

// The whole way: the upstream drops a model, one person gets the money back, nobody else can order it, an admin is told
// and puts it back.
const world = await stage(t)
const { telegram, upstream, owner } = world
const boss = person(telegram, 'Админ')
const service = await world.service({ ADMIN_IDS: String(boss.id) })
await service.ready()

const balance = async (id: number) =>
  Number((await owner`select balance_kop from pay.wallets where user_id = ${id}`)[0]?.balance_kop)

t.test('a model that the upstream no longer knows costs nobody anything, and is off at once', async t => {
  boss.open()
  await boss.sees(/Здравствуйте/)
  const anna = person(telegram, 'Анна')
  anna.open()
  await anna.sees(/Здравствуйте/)
  const model = upstream.models.get('flux-2/pro-text-to-image')!
  upstream.models.delete(model.id)

  anna.open('m_flux-2-pro-text-to-image')
  await anna.press(/Начать/)
  anna.say('кот в лодке')
  await anna.press(/По умолчанию/)
  await anna.press(/Запустить за/)
  await anna.sees(/Деньги вернулись/)
  t.equal(await balance(anna.id), 500_00)
  const alarm = await boss.sees(/Модель выключена: /, 30_000)
  t.match(alarm.text, 'Поставщик не знает модели с таким именем.')
  t.match(await owner`select who, after, cause from pay.model_switches`, [
    { who: 'auto', after: 'off', cause: 'unsupported' },
  ])

  const boris = person(telegram, 'Борис')
  boris.open('m_flux-2-pro-text-to-image')
  await boris.sees(/Модель временно недоступна\. Похожие:/)

  upstream.models.set(model.id, model)
  boss.say('/admin_models auto flux-2/pro-text-to-image имя снова есть')
  await boss.press(/Подтвердить/)
  await boss.sees(/: включена, под присмотром/)
  boris.open('m_flux-2-pro-text-to-image')
  await boris.press(/Начать/)
  boris.say('кот в лодке')
  await boris.press(/По умолчанию/)
  await boris.press(/Запустить за/)
  await boris.result()
  t.equal(upstream.tasks.length, 1)
})

t.test('the books are in order', async t => {
  t.strictSame(await world.broken(), [])
})
