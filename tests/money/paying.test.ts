import t, { type Test } from 'tap'
import { connect } from '../../src/database/db.ts'
import { endReversals, reconcileStars } from '../../src/jobs/reconcile.ts'
import { paymentReverse } from '../../src/payments/top-ups.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { person, stage } from '../support/service.ts'
import { silent, until } from '../support/world.ts'

// Refunds and the list of payments came after Bot API 7.1.
const world = await stage(t, { apiVersion: '10.3' })
const { telegram, owner } = world
const service = await world.service({ START_BONUS_RUB: '1' })
await service.ready()
const db = connect(world.databaseUrl)
t.teardown(() => db.close())
const gateway = createTelegram({
  token: telegram.token,
  apiRoot: telegram.apiRoot,
  rateLimiter: async () => 0,
  log: silent,
})
// Telegram's list is read but for the last two minutes; so it is read as of later.
const reconciling = { sql: db.sql, telegram: gateway, log: silent, now: () => Date.now() + 300_000 }

type Person = ReturnType<typeof person>
const balance = async ({ id }: Person) =>
  Number((await owner`select balance_kop from pay.wallets where user_id = ${id}`)[0]?.balance_kop)
const charges = async ({ id }: Person) =>
  (await owner<{ charge_id: string }[]>`select charge_id from pay.payments where user_id = ${id}`).map(
    row => row.charge_id,
  )
const invoiceOf = (anna: Person) => until('an invoice', () => anna.fromBot().findLast(({ invoice }) => invoice))
async function starts(name: string) {
  const anna = person(telegram, name)
  anna.open()
  await anna.sees(/Здравствуйте/)
  return anna
}
async function invoiced(name: string) {
  const anna = await starts(name)
  anna.say('/topup')
  await anna.press(/^100\s₽ — ⭐ 84$/)
  return { anna, invoice: await invoiceOf(anna) }
}

const story = (name: string, tell: (t: Test) => Promise<void>) =>
  t.test(name, async t => {
    await tell(t)
    t.strictSame(await world.broken(), [], 'no promise is broken')
  })

story('an order that is short says by how much, and goes on from there once Stars have come', async t => {
  const anna = await starts('Анна')
  anna.open('m_kling-2-6-text-to-video')
  await anna.press(/Начать/)
  anna.say('кот на крыше')
  for (let step = 0; step < 4; step++) {
    await anna.press(/По умолчанию|✓|Нет|^5/).catch(() => undefined)
    if (anna.fromBot().some(({ text }) => /Не хватает/.test(text ?? ''))) break
  }
  await anna.sees(/Не хватает 51,25\s₽: цена 52,25\s₽, можно тратить 1\s₽/)
  await anna.press(/^100\s₽ — ⭐ 84$/)
  const invoice = await invoiceOf(anna)
  t.match(invoice.invoice, { title: 'Пополнение на 100\u00a0₽', currency: 'XTR', amount: 84 })
  t.match(await telegram.player.pay(anna.id, invoice.messageId), { ok: true })
  await anna.sees(/✅ Зачислено 100\s₽\. На балансе 101\s₽/)
  await anna.press(/Запустить за 52,25/)
  await until('the film', () => anna.fromBot().find(({ media }) => media))
  t.equal(await balance(anna), 48_75)
})

story('one invoice paid twice is two credits; the same update ten times is one', async t => {
  const { anna: boris, invoice } = await invoiced('Борис')
  await telegram.player.pay(boris.id, invoice.messageId)
  await boris.sees(/Зачислено 100/)
  await telegram.player.payCopy(boris.id, { userId: boris.id, messageId: invoice.messageId })
  await boris.sees(/второй раз/)
  const told = telegram.updates.filter(({ update }) => JSON.stringify(update).includes('successful_payment'))
  for (let n = 0; n < 10; n++) for (const { updateId } of told) telegram.player.redeliver(updateId)
  await until(
    'all are acknowledged',
    async () => (await owner`select from pay.inbox where done_at is null`).length === 0,
  )
  t.equal(await balance(boris), 201_00)
})

story('somebody else’s invoice is refused in words before anything is charged', async t => {
  const { anna: vera, invoice } = await invoiced('Вера')
  const gleb = await starts('Глеб')
  const refused = await telegram.player.payCopy(gleb.id, { userId: vera.id, messageId: invoice.messageId })
  t.match(refused, { ok: false, error: 'Этот счёт выставлен другому человеку' })
  t.equal(await balance(vera), 1_00)
  t.equal(await balance(gleb), 1_00)
})

story('a payment that no update told is found in Telegram’s list, once, and the person is told', async t => {
  const { anna: dina, invoice } = await invoiced('Дина')
  telegram.faults.paymentLost = 1
  await telegram.player.pay(dina.id, invoice.messageId)
  t.equal(await balance(dina), 1_00, 'nobody has told it')
  await Promise.all([reconcileStars(reconciling), reconcileStars(reconciling)])
  await dina.sees(/Зачислено 100/)
  const receipt = () => dina.fromBot().find(({ messageId }) => messageId === invoice.messageId)!
  await until('the receipt alone', () => receipt().buttons.length === 1)
  await reconcileStars(reconciling)
  t.equal(await balance(dina), 101_00)
})

story('who says «I have paid» is answered from Telegram’s list at once: not yet, credited, paid already', async t => {
  const { anna: inna, invoice } = await invoiced('Инна')
  t.match(invoice.buttons, [[{ text: 'Заплатить ⭐ 84', pay: true }], [{ text: 'Я оплатил' }]])
  await inna.press(/Я оплатил/)
  await inna.sees(/Платёж пока не виден\. Проверяем каждую минуту, деньги не потеряются\./)
  telegram.faults.paymentLost = 1
  await telegram.player.pay(inna.id, invoice.messageId)
  t.equal(await balance(inna), 1_00, 'nobody has told it')
  await inna.press(/Я оплатил/)
  await inna.sees(/✅ Зачислено 100\s₽\. На балансе 101\s₽/)
  const data = invoice.buttons[1]![0]!.data!
  await telegram.player.press(inna.id, invoice.messageId, { data }, true)
  await inna.sees(/✅ Этот счёт оплачен, 100\s₽ зачислено\. На балансе 101\s₽\./)
  const { anna: liza } = await invoiced('Лиза')
  await telegram.player.press(liza.id, (await invoiceOf(liza)).messageId, { data }).catch(() => undefined)
  t.equal(await balance(liza), 1_00, 'somebody else’s payment is not theirs')
  t.equal(await balance(inna), 101_00)
})

t.test(
  'Stars that an admin gives back leave the balance first, and the list of Telegram changes nothing more',
  async t => {
    const { anna: egor, invoice } = await invoiced('Егор')
    await telegram.player.pay(egor.id, invoice.messageId)
    await egor.sees(/Зачислено 100/)
    const [chargeId = ''] = await charges(egor)
    await paymentReverse(db.sql, 'stars', chargeId, egor.id, 'admin')
    t.equal(await balance(egor), 1_00)
    await endReversals(reconciling)
    await egor.sees(/Платёж возвращён/)
    await endReversals(reconciling)
    await reconcileStars(reconciling)
    t.equal(await balance(egor), 1_00)
    const [row] = await owner`select state from pay.reversals where charge_id = ${chargeId}`
    t.equal(row?.state, 'done')
  },
)

story('a refund made elsewhere is found in the list too', async () => {
  const { anna: zoya, invoice } = await invoiced('Зоя')
  await telegram.player.pay(zoya.id, invoice.messageId)
  await zoya.sees(/Зачислено 100/)
  const [chargeId = ''] = await charges(zoya)
  telegram.faults.paymentLost = 1
  await gateway.call('refundStarPayment', { user_id: zoya.id, telegram_payment_charge_id: chargeId })
  await reconcileStars(reconciling)
  await until('the credit is gone', async () => (await balance(zoya)) === 1_00)
})
