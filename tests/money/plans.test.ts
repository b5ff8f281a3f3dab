import t from 'tap'
import { stopPlans } from '../../src/jobs/plans.ts'
import { endReversals, reconcileStars } from '../../src/jobs/reconcile.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons, captions } from '../support/messages.ts'
import { silent } from '../support/world.ts'

// The bot sells a month, Telegram charges every 30 days: the strict stand-in plays both the person and Telegram. Subscriptions
// came after Bot API 7.1; what an old server makes of it is at the end.
const basic = { id: 'basic', stars: 250, amountKop: 500_00, openMore: 2, freeMore: 10, discount: 10 }
const studio = { id: 'studio', stars: 800, amountKop: 2000_00, openMore: 5, freeMore: 0, discount: 0 }
const stage = await chats(t, { plans: [basic, studio], apiVersion: '10.3' })
const { api, deps, sql, owner, telegram, serve, person, balanceOf, story, adminIds } = stage
const { player } = api
const reconcile = () => reconcileStars({ sql, telegram, log: silent, now: () => Date.now() + 300_000 })

const linkIn = (anna: Person) => buttons(anna.last()).find(({ url }) => url?.startsWith('https://t.me/$'))!.url!
/** Orders a plan by its button and pays by the link, as a person does. */
async function subscribes(anna: Person, words = '⭐ 250') {
  await anna.says('/plan')
  await anna.presses(words)
  const paying = player.payLink(anna.id, linkIn(anna))
  await serve()
  const paid = await paying
  await serve()
  return paid
}
const stateOf = async (anna: Person) =>
  (
    await owner<{ state: string }[]>`select state from pay.subscriptions where user_id = ${anna.id} order by changed_at`
  ).at(-1)?.state
const own = (anna: Person) => player.subscriptions(anna.id)[0]!

story('a person sees what a plan gives, subscribes by a link, and has it at once', async t => {
  const anna = await person()
  await anna.says('/plan')
  t.match(
    anna.last().text,
    /План на месяц[\s\S]*⭐ 250 в месяц[\s\S]*500\s₽ на баланс[\s\S]*цены на 10\s% ниже[\s\S]*⭐ 800/,
  )
  await anna.presses('⭐ 250')
  t.match(anna.last().text, /каждые 30 дней, пока вы не отмените/)
  t.match(captions(anna.last()), ['Оформить за ⭐ 250 в месяц', 'Я оплатил'])
  t.match(await subscribes(anna), { ok: true })
  t.match(anna.last().text, /Месяц по плану оплачен: зачислено 500\s₽\. На балансе 500\s₽\.[\s\S]*План действует до/)
  await anna.says('/plan')
  t.match(anna.last().text, /Ваш план: ⭐ 250 в месяц[\s\S]*Оплачен до[\s\S]*Telegram спишет ⭐ 250/)
  t.ok(captions(anna.last()).includes('Не продлевать'))
  await anna.presses({ data: 'pl:studio' })
  t.match(anna.last().text, /Ваш план/, 'one plan at a time')
  await anna.says('/balance')
  t.ok(captions(anna.last()).includes('⭐ План на месяц'))
})

story('twelve months: lost, doubled and late updates, and the Stars that were charged are the credits', async t => {
  const boris = await person({ firstName: 'Борис' })
  await subscribes(boris)
  const { id } = own(boris)
  const late: (() => void)[] = []
  for (let n = 1; n < 12; n++) {
    const how = [{}, { lost: true }, { twice: true }, { late: true }][n % 4]!
    const { deliver } = player.renew(boris.id, id, how)
    if (n % 4 === 3) late.push(deliver)
    if (n === 5) {
      player.cancelSubscription(boris.id, id)
      player.resumeSubscription(boris.id, id)
    }
    if (n === 6) player.renew(boris.id, id, { isPoor: true })
    await serve(n % 3 === 0 ? 2 : 1)
  }
  await reconcile()
  for (const deliver of late) deliver()
  await serve()
  await reconcile()
  const [sum] = await owner`
    select count(*)::int as n, sum(total)::int as stars, sum(amount_kop)::int as kop from pay.payments where user_id = ${boris.id}`
  t.strictSame({ ...sum }, { n: 12, stars: 3_000, kop: 6_000_00 })
  t.equal(await balanceOf(boris.id), 6_000_00)
  const { transactions } = await telegram.call('getStarTransactions', { limit: 100 })
  const charged = transactions.filter(({ source }) => source && 'user' in source && source.user.id === boris.id)
  t.equal(
    charged.reduce((all, { amount }) => all + amount, 0),
    3_000,
    'to the Star',
  )
  t.equal(await stateOf(boris), 'active')
})

story('«do not renew» ends the charges at Telegram, and what is paid stays', async t => {
  const vera = await person({ firstName: 'Вера' })
  await subscribes(vera)
  await vera.says('/plan')
  await vera.presses('Не продлевать')
  t.match(own(vera), { state: 'canceled', byBot: true })
  t.match(vera.last().text, /Действует до[\s\S]*дальше не продлевается/)
  t.equal(await balanceOf(vera.id), 500_00)
  await vera.presses('Продлевать снова')
  t.match(vera.last().text, /Мои звёзды/)
  t.match(own(vera), { state: 'canceled', byBot: false }, 'only the person can resume, and now may')
  player.resumeSubscription(vera.id, own(vera).id)
  await serve()
  t.equal(await stateOf(vera), 'active')
})

story('while Telegram does not answer, the wish to stop is kept, and done later', async t => {
  const gleb = await person({ firstName: 'Глеб' })
  await subscribes(gleb)
  await gleb.says('/plan')
  const { stopPlans: usual } = deps
  deps.stopPlans = async () => 0
  await gleb.presses('Не продлевать')
  deps.stopPlans = usual
  t.match(gleb.last().text, /продление отменим сами/)
  t.equal(own(gleb).state, 'active')
  t.equal(await stopPlans({ sql, telegram, log: silent }), 1)
  t.match(own(gleb), { state: 'canceled', byBot: true })
  t.equal(await stopPlans({ sql, telegram, log: silent }), 0)
})

story('who is banned, or has the last month back, is charged no more', async t => {
  const boss = await person({ firstName: 'Ольга' })
  adminIds.push(boss.id)
  for (const how of ['ban', 'refund']) {
    const dina = await person({ firstName: 'Дина' })
    await subscribes(dina)
    const charge = own(dina).id
    await boss.says(`/find ${dina.id}`)
    t.match(boss.last().text, /План: ⭐ 250 в месяц, оплачено месяцев 1[\s\S]*продлевается/)
    await boss.says(how === 'ban' ? `/ban ${dina.id} обман и спам` : `/refund ${charge} вернуть за месяц`)
    await boss.presses('✅')
    await serve()
    t.equal(await stateOf(dina), 'stopping', how)
    await stopPlans({ sql, telegram, log: silent })
    t.match(own(dina), { state: 'canceled', byBot: true }, how)
  }
  await boss.says('/admin')
  t.match(JSON.stringify(boss.last()), /⭐ \d+ в месяц/, 'the day says what is renewed')
})

story('a subscription that is not as described changes nothing', async t => {
  const zoya = await person({ firstName: 'Зоя' })
  await subscribes(zoya)
  const [order] = await owner<{ id: string }[]>`select id from pay.subscriptions where user_id = ${zoya.id}`
  const user = { id: zoya.id, is_bot: false, first_name: 'Зоя' }
  for (const subscription of [
    {},
    { user },
    { user, invoice_payload: order!.id },
    { user, invoice_payload: order!.id, state: 'paused' },
    { user, invoice_payload: 7, state: 'canceled' },
    { user: { ...user, id: 'x' }, invoice_payload: order!.id, state: 'canceled' },
    { user: { ...user, id: 1 }, invoice_payload: order!.id, state: 'canceled' },
    { user, invoice_payload: 'a'.repeat(12), state: 'canceled' },
    { user: null, invoice_payload: order!.id, state: 'canceled' },
  ]) {
    player.raw({ subscription })
    await serve()
    t.equal(await stateOf(zoya), 'active', JSON.stringify(subscription))
  }
})

story('a button of a plan that is sold no longer, or of another person, shows what there is', async t => {
  const ira = await person({ firstName: 'Ира' })
  await ira.presses({ data: 'pl:gone' })
  t.match(ira.last().text, /План на месяц/)
  await subscribes(ira)
  const kira = await person({ firstName: 'Кира' })
  const [order] = await owner<{ id: string }[]>`select id from pay.subscriptions where user_id = ${ira.id}`
  await kira.presses({ data: `pc:${order!.id}:x` })
  t.equal(await stateOf(ira), 'active')
  await subscribes(kira)
  await kira.presses({ data: `pc:${order!.id}:x` })
  t.strictSame([await stateOf(ira), await stateOf(kira)], ['active', 'active'], 'nor is their own stopped by it')
  const lena = await person({ firstName: 'Лена' })
  deps.plans = []
  await lena.says('/plan')
  t.match(lena.last().text, /Сейчас планов нет/)
  await ira.says('/plan')
  t.match(ira.last().text, /Ваш план/, 'what is paid for goes on')
  deps.plans = [basic, studio]
})

t.test('an old server sells one month, and says so when it is to be stopped', async t => {
  const old = await chats(t, { plans: [basic], apiVersion: '7.1' })
  const lena = await old.person({ firstName: 'Лена' })
  await lena.says('/plan')
  await lena.presses('⭐ 250')
  const paying = old.api.player.payLink(lena.id, linkIn(lena))
  await old.serve()
  t.match(await paying, { ok: true })
  await old.serve()
  t.equal(await old.balanceOf(lena.id), 500_00)
  await lena.says('/plan')
  t.match(lena.last().text, /Ваш план/)
  await lena.presses('Не продлевать')
  t.match(lena.last().text, /продление отменим сами/)
  t.strictSame(old.api.player.subscriptions(lena.id), [])
})

t.test('an old server cannot give Stars back: the credit is there again, and its list is no failure', async t => {
  const old = await chats(t, { apiVersion: '7.1' })
  const maja = await old.person({ firstName: 'Майя' })
  await maja.says('/topup')
  await maja.presses('100')
  t.match(await maja.pays(), { ok: true })
  const [payment] = await old.owner<{ charge_id: string }[]>`select charge_id from pay.payments`
  await old.owner`select pay.payment_reverse('stars', ${payment!.charge_id}, ${maja.id}, 'admin')`
  t.equal(await old.balanceOf(maja.id), 0)
  await endReversals({ sql: old.sql, telegram: old.telegram, log: silent })
  t.equal(await old.balanceOf(maja.id), 100_00)
  await reconcileStars({ sql: old.sql, telegram: old.telegram, log: silent })
  t.strictSame(await old.broken(), [])
})
