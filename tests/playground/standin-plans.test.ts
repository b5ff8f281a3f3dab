import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { caller } from '../support/standin.ts'

type Answer = { ok: boolean; result: unknown; error_code?: number; description?: string }
type Update = { update_id: number } & Record<string, Record<string, unknown>>

const month = 2_592_000
const terms = {
  title: 'План',
  description: 'Месяц',
  payload: 'plan1',
  currency: 'XTR',
  prices: [{ label: 'Месяц', amount: 250 }],
  subscription_period: month,
}

/** A stand-in with a person, and a bot that polls and agrees to every payment. */
async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= telegram.close())
  t.teardown(close)
  const { player } = telegram
  const anna = player.addPerson({ firstName: 'Анна' })
  player.open(anna.id)
  const call = caller<Answer>(telegram)
  let offset = 0
  const allowed_updates = ['message', 'pre_checkout_query', 'subscription']
  async function updates(): Promise<Update[]> {
    const { result } = await call('getUpdates', { offset, allowed_updates })
    const got = result as Update[]
    offset = (got.at(-1)?.update_id ?? offset - 1) + 1
    return got
  }
  await updates()
  async function subscribe(fields: object = {}) {
    const link = String((await call('createInvoiceLink', { ...terms, ...fields })).result)
    const paying = player.payLink(anna.id, link)
    const asked = (await updates()).find(({ pre_checkout_query }) => pre_checkout_query)!
    await call('answerPreCheckoutQuery', { pre_checkout_query_id: asked.pre_checkout_query!.id, ok: true })
    t.match(await paying, { ok: true })
    const [paid] = await updates()
    return { payment: paid!.message!.successful_payment as Record<string, unknown>, link }
  }
  return { player, anna, call, updates, subscribe, close }
}

t.test('a subscription has one period and one currency, and a bound on its price', async t => {
  const { call } = await standIn(t)
  const asks = (fields: object) => call('createInvoiceLink', { ...terms, ...fields })
  t.match(await asks({}), { ok: true, result: /^https:\/\/t\.me\/\$/ })
  const wrong = 'Bad Request: SUBSCRIPTION_PERIOD_INVALID'
  t.match(await asks({ subscription_period: 86_400 }), { description: wrong })
  const card = { currency: 'RUB', provider_token: '123:TEST:1', prices: [{ label: 'x', amount: 100_00 }] }
  t.match(await asks(card), { description: wrong })
  t.match(await asks({ prices: [{ label: 'x', amount: 10_000 }] }), { ok: true })
  t.match(await asks({ prices: [{ label: 'x', amount: 10_001 }] }), { error_code: 400 })
  t.match(await asks({ prices: [{ label: 'x', amount: 0 }] }), { error_code: 400 })
  t.match(await asks({ prices: [terms.prices[0], terms.prices[0]] }), { error_code: 400 }, 'one price')
  t.match(await asks({ provider_token: '123:TEST:1' }), { error_code: 400 }, 'Stars have no provider')
})

t.test('each month is a payment with its own id, and Telegram lists all of them', async t => {
  const { player, anna, call, updates, subscribe } = await standIn(t)
  const { payment } = await subscribe()
  t.match(payment, { is_recurring: true, is_first_recurring: true, invoice_payload: 'plan1', total_amount: 250 })
  const until = Number(payment.subscription_expiration_date)
  t.ok(Math.abs(until - Date.now() / 1000 - month) < 60)
  const [begun] = player.subscriptions(anna.id)
  t.match(begun, { id: payment.telegram_payment_charge_id, amount: 250, state: 'active', until })

  const second = player.renew(anna.id, begun!.id)
  const [told, ...rest] = await updates()
  t.equal(rest.length, 0)
  const renewal = told!.message!.successful_payment as Record<string, unknown>
  t.match(renewal, {
    is_recurring: true,
    invoice_payload: 'plan1',
    telegram_payment_charge_id: second.chargeId,
    subscription_expiration_date: until + month,
  })
  t.notOk('is_first_recurring' in renewal)
  t.not(second.chargeId, begun!.id)

  player.renew(anna.id, begun!.id, { lost: true })
  t.strictSame(await updates(), [], 'a lost update')
  player.renew(anna.id, begun!.id, { twice: true })
  t.equal((await updates()).length, 2, 'one that comes twice')
  const late = player.renew(anna.id, begun!.id, { late: true })
  t.strictSame(await updates(), [], 'one that is late')
  late.deliver()
  t.equal((await updates()).length, 1)

  const { result } = await call('getStarTransactions')
  const listed = (result as { transactions: { source: object }[] }).transactions
  t.equal(listed.length, 5)
  for (const { source } of listed) t.match(source, { subscription_period: month, invoice_payload: 'plan1' })
})

t.test('a person cancels and resumes, too few Stars are a failure, and the bot is told of each', async t => {
  const { player, anna, updates, subscribe } = await standIn(t)
  await subscribe()
  const { id } = player.subscriptions(anna.id)[0]!
  const told = async () => (await updates()).map(({ subscription }) => subscription)
  const said = (state: string) => [{ user: { id: anna.id }, invoice_payload: 'plan1', state }]

  t.match(player.cancelSubscription(anna.id, id), { state: 'canceled' })
  t.match(await told(), said('canceled'))
  player.cancelSubscription(anna.id, id)
  t.strictSame(await told(), [], 'nothing changes twice')
  t.throws(() => player.renew(anna.id, id), /canceled/)
  t.match(player.resumeSubscription(anna.id, id), { state: 'active' })
  t.match(await told(), said('active'))
  t.match(player.renew(anna.id, id, { isPoor: true }), { ok: false, error: 'BALANCE_TOO_LOW' })
  t.match(await told(), said('failed'))
  t.throws(() => player.resumeSubscription(anna.id, id), /not canceled/)
  t.strictSame(await told(), [], 'it lacks Stars, not a wish')
  t.match(player.renew(anna.id, id), { ok: true }, 'the money comes, and it goes on')
})

t.test('a bot stops the renewals and allows them again; the rest is the person’s', async t => {
  const { player, anna, call, updates, subscribe } = await standIn(t)
  await subscribe()
  const { id } = player.subscriptions(anna.id)[0]!
  const edit = (is_canceled: boolean, fields: object = {}) =>
    call('editUserStarSubscription', { user_id: anna.id, telegram_payment_charge_id: id, is_canceled, ...fields })
  t.match(await edit(true, { user_id: 1 }), { description: 'Bad Request: USER_ID_INVALID' })
  t.match(await edit(true, { telegram_payment_charge_id: 'x' }), { description: 'Bad Request: CHARGE_ID_INVALID' })
  t.match(await call('editUserStarSubscription', { user_id: anna.id }), { error_code: 400 })
  t.match(await edit(true), { result: true })
  t.match(player.subscriptions(anna.id), [{ state: 'canceled', byBot: true }])
  t.throws(() => player.resumeSubscription(anna.id, id), /the bot has stopped/)
  t.match(await edit(false), { result: true })
  t.match(player.subscriptions(anna.id), [{ state: 'canceled', byBot: false }], 'not resumed by itself')
  t.strictSame(await updates(), [], 'a bot is not told of what it did')
  t.match(player.resumeSubscription(anna.id, id), { state: 'active' })
})

t.test('what is canceled ends with its month, for the person and for the bot', async t => {
  const { player, anna, call, updates, subscribe } = await standIn(t)
  await subscribe()
  const { id } = player.subscriptions(anna.id)[0]!
  t.throws(() => player.lapse(anna.id, id), /goes on/)
  player.cancelSubscription(anna.id, id)
  await updates()
  t.match(player.lapse(anna.id, id), { state: 'ended' })
  t.strictSame(await updates(), [], 'no state is told: the bot knows the day from the payment')
  for (const move of [player.resumeSubscription, player.cancelSubscription, player.renew, player.lapse]) {
    t.throws(() => move(anna.id, id), /is over/)
  }
  for (const is_canceled of [true, false]) {
    const edit = { user_id: anna.id, telegram_payment_charge_id: id, is_canceled }
    t.match(await call('editUserStarSubscription', edit), { description: 'Bad Request: CHARGE_ID_INVALID' })
  }
  await subscribe()
  t.match(player.subscriptions(anna.id), [{ state: 'ended' }, { state: 'active' }], 'a new one may begin')
  player.renew(anna.id, player.subscriptions(anna.id)[1]!.id, { isPoor: true })
  t.match(player.lapse(anna.id, player.subscriptions(anna.id)[1]!.id), { state: 'ended' }, 'nor is it waited for Stars')
})

t.test(
  'subscriptions and their links outlive a restart, and the chat tells renewals from the first payment',
  async t => {
    const dataDir = t.testdir()
    const { player, anna, subscribe, close } = await standIn(t, { dataDir })
    const { link } = await subscribe()
    player.renew(anna.id, player.subscriptions(anna.id)[0]!.id)
    const said = player.chat(anna.id).flatMap(({ service }) => service ?? [])
    t.strictSame(said, ['Подписка оформлена: ⭐ 250', 'Подписка продлена: ⭐ 250'])
    const before = player.subscriptions(anna.id)
    await close()
    const again = await startTelegram({ dataDir, seed: 7, apiVersion: '10.3' })
    t.strictSame(again.player.subscriptions(anna.id), before)
    t.match(again.player.invoiceOf(link), { isMonthly: true, amount: 250 })
    t.match(again.player.renew(anna.id, before[0]!.id), { ok: true })
    await again.close()
  },
)

t.test('a payment of a subscription goes back once', async t => {
  const { player, anna, call, updates, subscribe } = await standIn(t)
  await subscribe()
  const { id } = player.subscriptions(anna.id)[0]!
  const { chargeId } = player.renew(anna.id, id)
  await updates()
  const refund = { user_id: anna.id, telegram_payment_charge_id: chargeId }
  t.match(await call('refundStarPayment', refund), { result: true })
  t.match(await updates(), [{ message: { refunded_payment: { telegram_payment_charge_id: chargeId } } }])
  t.match(await call('getMyStarBalance'), { result: { amount: 250 } }, 'the Stars are back')
  t.match(await call('refundStarPayment', refund), { description: 'Bad Request: CHARGE_ALREADY_REFUNDED' })
  t.match(await call('getMyStarBalance'), { result: { amount: 250 } })
  t.match(await call('refundStarPayment', { ...refund, telegram_payment_charge_id: id }), { result: true })
})

t.test('an old server sells the month once and knows no subscription', async t => {
  const { player, anna, call, subscribe } = await standIn(t, { apiVersion: '7.1' })
  const { payment } = await subscribe()
  t.notOk('is_recurring' in payment)
  t.strictSame(player.subscriptions(anna.id), [])
  const edit = { user_id: anna.id, telegram_payment_charge_id: 'x', is_canceled: true }
  t.match(await call('editUserStarSubscription', edit), { error_code: 404 })
})
