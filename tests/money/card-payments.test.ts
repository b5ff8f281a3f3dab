import t from 'tap'
import { to } from '../../src/bot/routes.ts'
import type { Sql } from '../../src/database/db.ts'
import { leaveReceipt, noteInvoice } from '../../src/delivery/invoices.ts'
import { Unknown } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { removeOutdatedInvoices } from '../../src/jobs/reconcile.ts'
import { auditReport, findings, starFindings } from '../../src/payments/audit.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { openTopUp, takePayment } from '../../src/payments/top-ups.ts'
import { chats } from '../support/chat.ts'
import { buttons, captions, isOldServer } from '../support/messages.ts'
import { rates, silent } from '../support/world.ts'

// Cards through a payment provider of Telegram, off unless the operator has one; and what becomes of invoices in the chat.
const stage = await chats(t, { card: { providerToken: '123456789:TEST:provider', vatCode: 1 } })
const { api, deps, sql, owner, story, person, balanceOf } = stage
const boss = await person()
deps.adminIds = [boss.id]
type Person = Awaited<ReturnType<typeof person>>

const isShown = (who: Person, { messageId }: { messageId: number }) =>
  who.chat().some(message => message.messageId === messageId)
/** Asks for an invoice over so many rubles. */
async function asks(who: Person, rubles: number, how: 'stars' | 'cardPack' = 'stars') {
  await who.presses({ data: to[how](rubles, undefined) })
  return who.last()
}
const heard = (who: Person, what: RegExp) =>
  who.chat().filter(message => message.from === 'bot' && what.test(message.text ?? '')).length
const paymentsOf = (who: Person) => owner<{ provider: string; charge_id: string; currency: string; total: string }[]>`
  select provider, charge_id, currency, total::text from pay.payments where user_id = ${who.id}`
/** A price that was shown to the person. */
const quoted = async ({ id: userId }: Person, priceKop: number) => {
  const inputs = { prompt: 'кот' }
  const offer = { userId, modelId: 'google/imagen4-ultra', category: 'text-to-image', inputs, params: inputs, priceKop }
  return (await makeQuote(sql, { ...offer, credits: '1', rates })).id
}
/** Asks for this pack by card and pays its invoice. */
async function buys(who: Person, rubles = 300, quoteId?: string): Promise<string> {
  await who.presses({ data: to.cardPack(rubles, quoteId) })
  t.match(await who.pays(), { ok: true })
  return (await paymentsOf(who)).at(-1)!.charge_id
}

await story('a pack is paid by card in rubles, credited to the kopeck and once', async t => {
  const anna = await person()
  await anna.says('/topup')
  await anna.presses('💳 Картой')
  t.match(anna.last().text, /^Пополнение картой\nСколько добавить\?$/)
  await anna.presses('300')
  const asked = api.calls.findLast(({ method }) => method === 'sendInvoice')!.fields as Record<string, unknown>
  t.match(asked, {
    currency: 'RUB',
    provider_token: '123456789:TEST:provider',
    need_email: true,
    send_email_to_provider: true,
  })
  t.strictSame(JSON.parse(String(asked.provider_data)), {
    receipt: {
      items: [
        { description: '300\u00a0₽', quantity: '1.00', amount: { value: '300.00', currency: 'RUB' }, vat_code: 1 },
      ],
    },
  })
  const invoice = anna.last()
  const choice = anna.chat().findLast(({ text }) => text?.startsWith('Пополнение'))!
  t.equal(choice.text, 'Пополнение\nСчёт на 300\u00a0₽ — ниже.')
  t.strictSame(captions(choice), ['Другая сумма', '🏠 Меню'], 'no list of amounts is left above the invoice')
  await anna.presses('Я оплатил')
  t.match(anna.last().text, /^Платёж пока не виден\. Обычно он приходит за минуту/)
  t.match(await anna.pays(invoice), { ok: true })
  t.match(anna.last().text, /^✅ Зачислено 300\u00a0₽\. На балансе 300\u00a0₽\./)
  t.match(await paymentsOf(anna), [{ provider: 'card', currency: 'RUB', total: '30000' }])
  const [{ charge_id: chargeId } = { charge_id: '' }] = await paymentsOf(anna)
  const [top] = await owner<{ id: string }[]>`select id from pay.top_ups where user_id = ${anna.id}`
  const again = {
    provider: 'card' as const,
    chargeId,
    userId: anna.id,
    orderId: top!.id,
    currency: 'RUB',
    total: 300_00,
  }
  const invoiceNow = () => anna.chat().find(({ messageId }) => messageId === invoice.messageId)!
  t.equal(buttons(invoiceNow()).length, 1, 'the receipt is left')
  await anna.presses({ data: to.paid(top!.id) }, invoice)
  t.match(anna.last().text, /^✅ Этот счёт оплачен/)
  t.equal(buttons(invoiceNow()).length, 1, 'the receipt is left')
  const told = await Promise.all(Array.from({ length: 10 }, () => takePayment(sql, again)))
  t.ok(told.every(({ result }) => result === 'duplicate'))
  t.equal(await balanceOf(anna.id), 300_00)
})

await story('the order that was short of money comes back after a payment by card', async t => {
  const anna = await person({ kop: 1_00 })
  const quote = await quoted(anna, 45_00)
  await buys(anna, 100, quote)
  t.match(anna.last().text, /Цена: /)
  t.ok(heard(anna, /Зачислено 100/))
})

await story(
  'an invoice gives way to the next one, whatever its amount and way, and stays good for a payment',
  async t => {
    const anna = await person()
    const first = await asks(anna, 300)
    const second = await asks(anna, 300)
    t.strictSame(
      [first, second].map(one => isShown(anna, one)),
      [false, true],
      'the same again',
    )
    const third = await asks(anna, 500, 'cardPack')
    t.strictSame(
      [second, third].map(one => isShown(anna, one)),
      [false, true],
      'another amount, by card',
    )
    const [stars] = await owner<{ id: string; total: string }[]>`
    select id, total::text from pay.top_ups where user_id = ${anna.id} and provider = 'stars'`
    const payment = {
      provider: 'stars' as const,
      chargeId: newId(),
      userId: anna.id,
      orderId: stars!.id,
      currency: 'XTR',
    }
    t.match(
      await takePayment(sql, { ...payment, total: Number(stars!.total) }),
      { result: 'credited' },
      'it was under way',
    )
    t.match(await anna.pays(third), { ok: true })
    t.ok(isShown(anna, third), 'a receipt is no invoice')
    await asks(anna, 300)
    t.ok(isShown(anna, third), 'and stays')
    t.equal(await balanceOf(anna.id), 800_00)
  },
)

await story('a paid invoice is its receipt and nothing else, at the moment of the payment', async t => {
  const anna = await person()
  const invoice = await asks(anna, 100)
  t.equal(buttons(invoice).length, 3)
  await anna.pays(invoice)
  const now = anna.chat().find(({ messageId }) => messageId === invoice.messageId)!
  t.strictSame(
    now.buttons,
    [[{ text: 'Заплатить ⭐ 84', pay: true, ...(isOldServer ? {} : { style: 'success' }) }]],
    'Telegram turns this one into the receipt',
  )
})

const removing = { sql, telegram: stage.telegram, log: silent }
const outdate = (who: Person) => owner`
  update pay.top_ups set expires_at = now() - interval '1 minute' where user_id = ${who.id}`
await story('an invoice leaves the chat when its time has passed, and one that is open or paid stays', async t => {
  const [anna, boris, vera] = [await person(), await person(), await person()]
  const [old, open, paid] = [await asks(anna, 300), await asks(boris, 300), await asks(vera, 300, 'cardPack')]
  await vera.pays(paid)
  await Promise.all([outdate(anna), outdate(vera)])
  const deleted = () => api.calls.filter(({ method }) => method === 'deleteMessage').length
  const before = deleted()
  await Promise.all([removeOutdatedInvoices(removing), removeOutdatedInvoices(removing)])
  t.strictSame([isShown(anna, old), isShown(boris, open), isShown(vera, paid)], [false, true, true])
  await removeOutdatedInvoices(removing)
  t.equal(deleted(), before + 1, 'once')
  t.match(await boris.pays(open), { ok: true })
})

await story('what Telegram or the database refuses of this harms no payment and no invoice', async t => {
  const anna = await person()
  const lost = () => Promise.reject(new Unknown('no answer'))
  const order = { userId: anna.id, orderId: newId(), messageId: 1, threadId: null }
  await noteInvoice({ ...removing, sql: lost as unknown as Sql }, order)
  await leaveReceipt({ ...removing, sql: lost as unknown as Sql }, order.orderId, 'ru')
  const first = await asks(anna, 300)
  await owner`update pay.top_ups set message_id = 999999 where user_id = ${anna.id}`
  const second = await asks(anna, 500)
  t.ok(isShown(anna, first), 'a message that is not noted merely stays')
  await owner`update pay.top_ups set message_id = 999999 where user_id = ${anna.id}`
  t.match(await anna.pays(second), { ok: true })
  t.match(anna.last().text, /^✅ Зачислено 500/)
  await outdate(anna)
  await removeOutdatedInvoices(removing)
  t.match(await anna.pays(first), { ok: false, error: /Счёт устарел/ }, 'it is refused in words')
  t.equal(await balanceOf(anna.id), 500_00)
})

await story('a payment by card of another sum, currency, order or person is parked', async t => {
  const [anna, boris] = [await person(), await person()]
  const wanted = { userId: anna.id, provider: 'card', amountKop: 300_00, total: 300_00, quoteId: null } as const
  const order = await openTopUp(sql, wanted)
  const right = { provider: 'card' as const, userId: anna.id, orderId: order.id, currency: 'RUB', total: 300_00 }
  for (const wrong of [
    { total: 299_99 },
    { currency: 'USD' },
    { userId: boris.id },
    { orderId: newId() },
    { provider: 'stars' as const, currency: 'XTR' },
  ]) {
    const paid = await takePayment(sql, { ...right, chargeId: newId(), ...wrong })
    t.equal(paid.result, 'parked', JSON.stringify(wrong))
  }
  t.equal((await balanceOf(anna.id)) + (await balanceOf(boris.id)), 0)
})

await story(
  'an admin’s refund takes the credit once, sends the admin to the provider, and the person hears of it',
  async t => {
    const anna = await person()
    const chargeId = await buys(anna)
    await anna.presses({ data: to.cardPack(100, undefined) }) // an open invoice is in nobody's way
    t.match((await boss.says(`/find ${anna.id}`)).text, `/refund ${chargeId} `)
    const { text } = await boss.says(`/refund ${chargeId} попросила`)
    t.match(text, /^Вернуть платёж: 300\u00a0₽\n[\s\S]*Платёж картой: Telegram его не вернёт/)
    const calls = () => api.calls.filter(({ method }) => method === 'refundStarPayment').length
    const before = calls()
    await boss.presses('✅ Подтвердить', boss.last(), 2)
    t.match(boss.last().text, /С баланса снято\.[\s\S]*сделайте возврат в его кабинете/)
    t.equal(calls(), before, 'Telegram is not asked for Stars')
    t.equal(await balanceOf(anna.id), 0)
    t.equal(heard(anna, /^Платёж картой возвращён: 300\u00a0₽\./), 1)
    t.match((await boss.says(`/refund ${chargeId} ещё раз`)).text, /уже возвращают или вернули/)
    t.match(await owner`select state, cause from pay.reversals where charge_id = ${chargeId}`, [
      { state: 'done', cause: 'provider' },
    ])
  },
)

await story('what was spent of a payment that goes back is owed, and the books agree without any Stars', async t => {
  const anna = await person()
  const chargeId = await buys(anna)
  await deps.integration.place({
    userId: anna.id,
    id: newId(),
    requestKey: newId(),
    quoteId: await quoted(anna, 200_00),
    chatId: anna.id,
    messageId: null,
    deadlineMs: 600_000,
  })
  // What the people here started with came from no code: the accountant finds that before and after.
  const before = findings((await auditReport(sql))[0]!)
  await boss.says(`/refund ${chargeId} отозван банком`)
  await boss.presses('✅ Подтвердить')
  t.ok(heard(anna, /Осталось погасить: 200\u00a0₽/))
  t.strictSame(findings((await auditReport(sql))[0]!), before)
  const missing = await starFindings(sql, [])
  t.notOk(
    missing.some(one => one.includes(chargeId)),
    'it is not looked for in Telegram’s list of Stars',
  )
})

await story('a pack below what a provider takes is not offered for cards', async t => {
  const anna = await person()
  const { packsKop } = deps
  t.teardown(() => Object.assign(deps, { packsKop }))
  Object.assign(deps, { packsKop: [50_00, 100_00] })
  await anna.presses({ data: to.cardPacks(undefined) })
  const datas = buttons(anna.last()).map(({ data }) => data)
  t.ok(datas.includes(to.cardPack(100, undefined)))
  t.notOk(datas.includes(to.cardPack(50, undefined)))
})

t.test(
  'without a provider there is no such button, and a press on an old one leads to the packs for Stars',
  async t => {
    const plain = await chats(t)
    const anna = await plain.person()
    t.notMatch(JSON.stringify(await anna.says('/topup')), 'Картой')
    await anna.presses({ data: to.cardPack(300, undefined) })
    t.match(anna.last().text, /^Пополнение\nСколько добавить/)
    t.equal(plain.api.calls.filter(({ method }) => method === 'sendInvoice').length, 0)
  },
)
