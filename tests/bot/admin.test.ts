import t from 'tap'
import { parse, to } from '../../src/bot/routes.ts'
import { newId } from '../../src/id.ts'
import { actionPut, adminDo, type Change } from '../../src/operations/admin-actions.ts'
import { submit } from '../../src/payments/integration.ts'
import type { Deps } from '../../src/payments/order.ts'
import { genAccepted, genSubmit } from '../../src/payments/order-statements.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { checkoutRefusal, openTopUp, takePayment } from '../../src/payments/top-ups.ts'
import { noteLack } from '../../src/telegram/older.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions, dataOf } from '../support/messages.ts'
import { creditBonus } from '../support/money.ts'
import { noEnqueue, rates, silent } from '../support/world.ts'

const details = 'Карта 2200 0000, Иван И.'
// Refunds of Stars came after Bot API 7.1.
const stage = await chats(t, { transferDetails: details, apiVersion: '10.3' })
const { api, bot, deps, sql, owner, story, person, serve, balanceOf, running, end, telegram } = stage
const [boss, second] = [await person(), await person()]
const everyone = 1_087_968_824 // who hides behind a group
deps.adminIds = [boss.id, second.id, everyone]

const actions = async () => Number((await owner`select count(*) as n from pay.admin_actions`)[0]?.n)
const audit = async (userId: number) => [
  ...(await owner<{ kind: string; before: object | null; after: object | null; reason: string; admin_id: string }[]>`
    select kind, before, after, reason, admin_id from pay.audit_log where user_id = ${userId} order by id`),
]
const heard = (who: Person, what: RegExp) =>
  who.chat().filter(message => message.from === 'bot' && what.test(message.text ?? '')).length
const idOf = (who: Person, caption = '✅ Подтвердить') => dataOf(who.last(), caption).split(':')[1] ?? ''

let nextUpdate = 5_000_000
const handles = async (update: object) => {
  await owner`delete from pay.rates` // these people take their time
  await bot.handle({ update_id: nextUpdate++, ...update })
}
const from = (id: number, more: object = {}) => ({
  id,
  is_bot: false,
  first_name: 'Кто-то',
  language_code: 'ru',
  ...more,
})
const privately = (id: number) => ({ id, type: 'private', first_name: 'Кто-то' })
const writes = (text: string, message: object) =>
  handles({
    message: {
      message_id: nextUpdate,
      date: 1_790_000_000,
      text,
      entities: [{ type: 'bot_command', offset: 0, length: /^\S+/.exec(text)?.[0].length ?? 0 }],
      ...message,
    },
  })
const presses = (data: string, sender: object, message: object) =>
  handles({
    callback_query: {
      id: String(nextUpdate),
      from: sender,
      chat_instance: '1',
      data,
      message: { message_id: 1, date: 1_790_000_000, from: from(api.bot.id, { is_bot: true }), text: 'x', ...message },
    },
  })

/** A person pays a pack of 100 ₽ in Stars; the charge's id. */
async function buys(who: Person): Promise<string> {
  await who.presses({ data: to.stars(100, undefined) })
  t.match(await who.pays(), { ok: true })
  const [row] = await owner<{ id: string }[]>`
    select charge_id as id from pay.payments where user_id = ${who.id} order by received_at desc limit 1`
  return row!.id
}

/** Sends a receipt, the same file for the same text; what the bot says to it. */
async function receipt(who: Person, text: string): Promise<string> {
  const file = { kind: 'document' as const, fileName: 'чек.pdf', mime: 'application/pdf', bytes: Buffer.from(text) }
  await api.player.send(who.id, file)
  await serve()
  return who.last().text ?? ''
}

/** A payment in Stars of an invoice that nobody here has made; the charge's id. */
async function strays(who: Person): Promise<string> {
  const call = async (method: string, fields: object) => {
    const url = `${api.apiRoot}/bot${api.token}/${method}`
    const headers = { 'content-type': 'application/json' }
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(fields) })).json() as Promise<{
      result: string
    }>
  }
  const prices = [{ label: 'x', amount: 84 }]
  const invoice = { title: 'x', description: 'x', payload: newId(), provider_token: '', currency: 'XTR', prices }
  const { result: url } = await call('createInvoiceLink', invoice)
  const paying = api.player.payLink(who.id, url)
  const { update } = api.updates.at(-1) as { update: { pre_checkout_query: { id: string } } }
  await call('answerPreCheckoutQuery', { pre_checkout_query_id: update.pre_checkout_query.id, ok: true })
  t.match(await paying, { ok: true })
  await serve()
  t.match(who.last().text, /не совпал со счётом/)
  const [row] = await owner<{ id: string }[]>`
    select charge_id as id from pay.parked_payments where user_id = ${who.id} order by received_at desc limit 1`
  return row!.id
}

await story(
  'forged-admin: to everybody but an admin in his own chat no command and no button of theirs exists',
  async t => {
    const anna = await person({ kop: 100_00 })
    const run = await running(anna.id)
    const order = newId()
    const filled = [
      `/credit ${anna.id} 100 причина есть`,
      `/take ${anna.id} 1 причина есть`,
      `/ban ${anna.id} причина есть`,
      `/unban ${anna.id} причина есть`,
      `/write ${anna.id} причина есть`,
      '/refund charge причина есть',
      `/approve ${order} 100 причина есть`,
      `/deny ${order} причина есть`,
      '/parked_credit charge 100 причина есть',
      '/parked_refund charge причина есть',
      '/parked_close charge причина есть',
      '/admin_promo GIFT 100 5 31.12.2030 причина есть',
      '/promo_stop GIFT причина есть',
      `/give_back ${run} причина есть`,
    ]
    const commands = [
      '/admin',
      '/admin_errors',
      '/admin_models',
      '/version',
      `/find ${anna.id}`,
      '/parked',
      '/requests',
      '/admin_promo',
      ...filled,
    ]
    const ban: Change = { kind: 'ban', userId: anna.id, subject: null, amountKop: null, reason: 'причина' }
    const action = newId()
    await actionPut(deps.adminSql, action, boss.id, ban)
    const buttons = [
      to.admin(),
      to.adminFailures(),
      to.adminParked(),
      to.adminRequests(),
      to.adminVersion(),
      to.adminPerson(anna.id),
      to.adminRun(run),
      to.adminPrompt(run),
      to.adminTask(run),
      to.adminStuck(),
      to.adminSettle(run),
      to.adminStuckAll(),
      to.adminGiveBack(run),
      to.adminForm('ban', anna.id),
      to.adminRequest(order, 'approve'),
      to.adminYes(action, false),
      to.adminYes(action, true),
      to.adminNo(action),
      to.adminLoss('z-image', 0),
      to.adminSwitch('z-image', 'off'),
    ]
    const tested = new Set(buttons.map(data => parse(data)?.name))
    for (const data of [
      'a',
      'ae',
      'ak',
      'aq',
      'av',
      'au:',
      'al:',
      'am:',
      'ar:',
      'ap:',
      'at:',
      'as',
      'as:all',
      'ag:',
      'ax:',
      'af:',
      'aq:',
      'ay:',
      'an:',
    ]) {
      t.ok(
        buttons.some(button => button.startsWith(data)),
        data,
      )
    }
    t.equal(tested.size, 19)
    const before = await actions()

    const unknown = (await anna.says('/nonsense')).text
    for (const command of commands) t.equal((await anna.says(command)).text, unknown, `a stranger: ${command}`)
    for (const data of buttons) {
      t.match((await anna.presses({ data })).answer, { text: 'Этот экран устарел' }, `a stranger: ${data}`)
    }

    const group = { chat: { id: -500, type: 'supergroup', title: 'Группа' } }
    const forwarded = { forward_origin: { type: 'user', sender_user: from(anna.id), date: 1_790_000_000 } }
    const asChannel = { sender_chat: { id: -100, type: 'channel', title: 'Канал' } }
    const inGroup = api.calls.length
    for (const command of commands) await writes(command, { ...group, from: from(boss.id) })
    for (const data of buttons) await presses(data, from(boss.id), group)
    for (const command of commands)
      await writes(command, { ...group, ...asChannel, from: from(everyone, { is_bot: true }) })
    const said = api.calls.slice(inGroup).filter(({ method }) => method !== 'answerCallbackQuery')
    t.strictSame(said, [], 'an admin in a group, or a group that speaks itself')

    for (const odd of [forwarded, asChannel, { via_bot: from(9, { is_bot: true }) }]) {
      const own = { chat: privately(boss.id), from: from(boss.id) }
      for (const command of commands) {
        await writes(command, { ...own, ...odd })
        t.equal(boss.last().text?.split('\n')[0], unknown?.split('\n')[0], `${Object.keys(odd)}: ${command}`)
      }
      for (const data of buttons) {
        const seen = boss.chat().length
        await presses(data, from(boss.id), { chat: privately(boss.id), ...odd })
        t.match(boss.last().text, /^Напишите, что нарисовать/, `${Object.keys(odd)}: ${data}`)
        t.equal(boss.chat().length, seen + 1)
      }
    }
    // Nobody's own words in the private chat: edited later, of a channel, of a business, pressed below an inline result.
    const quiet = api.calls.length
    const mine = { chat: privately(boss.id), from: from(boss.id), message_id: 1, date: 1_790_000_000 }
    for (const text of commands) {
      const entities = [{ type: 'bot_command', offset: 0, length: /^\S+/.exec(text)![0].length }]
      const channel = { id: -100, type: 'channel', title: 'Канал' }
      await handles({ edited_message: { ...mine, text, entities, edit_date: 1_790_000_001 } })
      await handles({ channel_post: { ...mine, chat: channel, sender_chat: channel, text, entities } })
      await handles({ business_message: { ...mine, business_connection_id: 'x', text, entities } })
      await handles({ message: { ...mine, chat: channel, text, entities } })
      await handles({ message: { ...mine, chat: privately(anna.id), text, entities } })
    }
    for (const data of buttons) {
      const press = { id: String(nextUpdate), from: from(boss.id), chat_instance: '1', data }
      await handles({ callback_query: { ...press, inline_message_id: 'x' } })
      await handles({ callback_query: { ...press, message: { chat: privately(anna.id), message_id: 1, date: 0 } } })
    }
    const told = api.calls
      .slice(quiet)
      .filter(({ method, fields }) => !(method === 'answerCallbackQuery' || fields.chat_id === anna.id))
    t.ok(told.length > 0 && told.every(({ fields }) => /^Исправленное сообщение я не/.test(String(fields.text))))
    t.equal(heard(anna, /Подтвердить|Админка/), 0)
    // Listed by mistake, and without the mark of a bot.
    for (const command of commands) await writes(command, { chat: privately(everyone), from: from(everyone) })
    t.equal(await actions(), before)
    t.strictSame(await audit(anna.id), [])
    t.match(await sql`select banned_at from pay.users where user_id = ${anna.id}`, [{ banned_at: null }])
  },
)

await story('a credit confirmed ten times at once by two admins is one, and the person hears of it once', async t => {
  const anna = await person()
  const asked = await boss.says(`/credit ${anna.id} 100,50 за сбой`)
  t.match(asked.text, /^Начислить: 100,50\u00a0₽\nАнна · \d+ · на балансе 0\u00a0₽\nПричина: за сбой/)
  t.equal(await balanceOf(anna.id), 0)
  const id = idOf(boss)
  const hands = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? boss : second))
  await Promise.all(
    hands.map(who =>
      presses(to.adminYes(id, false), from(who.id), { chat: privately(who.id), message_id: who.last().messageId }),
    ),
  )
  t.equal(await balanceOf(anna.id), 100_50)
  t.equal(heard(anna, /^✅ Начислено 100,50\u00a0₽: за сбой\nНа балансе 100,50\u00a0₽\.$/), 1)
  const rows = await audit(anna.id)
  t.match(rows, [{ kind: 'credit', reason: 'за сбой', before: { balance_kop: 0 }, after: { balance_kop: 100_50 } }])
  t.equal(rows.length, 1)
  await boss.presses({ data: to.adminYes(id, false) })
  t.match(boss.last().text, /^✅ Начислено\./, 'later it says what came of it')
  t.equal(await balanceOf(anna.id), 100_50)
})

await story('invalid-amount: an amount that is none is refused in words, and nothing is written', async t => {
  const anna = await person()
  const before = await actions()
  const odd = [
    '-1',
    '0',
    '0,00',
    '9223372036854775808',
    '1e9',
    '１２',
    '0.001',
    'NaN',
    'Infinity',
    '1000001',
    '100,505',
    '0x10',
    '1e3',
    '-0',
    '+5',
    '1.',
    '.5',
    '1_000',
    '1,000.50',
    '٣',
    '1\u200b0',
    '0b1',
    '1n',
    '½',
    '5₽',
    '9'.repeat(400),
  ]
  for (const amount of odd) {
    t.match((await boss.says(`/credit ${anna.id} ${amount} причина есть`)).text, /^Сумма не подходит/, amount)
  }
  t.match((await boss.says(`/credit ${anna.id} 100 да`)).text, /^Нужна причина/)
  t.match((await boss.says(`/credit ${anna.id} 100 ${'х'.repeat(501)}`)).text, /^Нужна причина/)
  t.match((await boss.says('/credit 999999 100 причина есть')).text, /^Такого человека здесь нет/)
  t.match((await boss.says('/credit')).text, /\/credit ID СУММА ПРИЧИНА/)
  t.equal(await actions(), before)
  for (const bad of [0, -1, 100_000_001]) {
    await t.rejects(
      actionPut(deps.adminSql, newId(), boss.id, {
        kind: 'credit',
        userId: anna.id,
        subject: null,
        amountKop: bad,
        reason: 'причина',
      }),
    )
  }
  for (const [amount, shown] of [
    ['100', '100\u00a0₽'],
    ['100.5', '100,50\u00a0₽'],
    ['1 000', '1\u00a0000\u00a0₽'],
    ['1\u00a0000,01', '1\u00a0000,01\u00a0₽'],
    ['1\u2009000', '1\u00a0000\u00a0₽'],
    ['1\u2007000,5', '1\u00a0000,50\u00a0₽'],
  ] as const) {
    t.ok(
      (await boss.says(`/credit ${anna.id} ${amount} причина есть`)).text?.startsWith(`Начислить: ${shown}\n`),
      amount,
    )
  }
  t.equal(await balanceOf(anna.id), 0)
})

await story('a large sum is confirmed twice; a screen that was put away does nothing', async t => {
  const anna = await person()
  await boss.says(`/credit ${anna.id} 10000,01 по договору`)
  const id = idOf(boss)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^⚠️ Большая сумма: 10\u00a0000,01\u00a0₽/)
  t.equal(await balanceOf(anna.id), 0)
  await boss.presses('⚠️ Да')
  t.equal(await balanceOf(anna.id), 10_000_01)

  await boss.says(`/take ${anna.id} 5 ошибка`)
  const taken = idOf(boss)
  await boss.presses('✖️ Отменить')
  t.match(boss.last().text, /^Отменено/)
  await boss.presses({ data: to.adminYes(taken, false) })
  t.match(boss.last().text, /^Отменено раньше/)
  await owner`update pay.admin_actions set done_at = null, outcome = null, expires_at = now() where id = ${taken}`
  await boss.presses({ data: to.adminYes(taken, false) })
  t.match(boss.last().text, /^Этот экран устарел/)
  t.equal(await balanceOf(anna.id), 10_000_01)
  t.equal((await audit(anna.id)).length, 1)
  t.not(id, taken)
})

await story('what is taken back is there, or nothing is taken', async t => {
  const anna = await person({ kop: 50_00 })
  await boss.says(`/take ${anna.id} 60 начислено по ошибке`)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^Не списано: на балансе меньше\.\nНа балансе 50\u00a0₽/)
  await boss.says(`/take ${anna.id} 20 начислено по ошибке`)
  await boss.presses('✅ Подтвердить')
  t.equal(await balanceOf(anna.id), 30_00)
  t.match(anna.last().text, /^Списано 20\u00a0₽: начислено по ошибке/)
  const rows = await audit(anna.id)
  t.match(
    rows.map(({ before, after }) => ({ before, after })),
    [
      { before: { balance_kop: 50_00 }, after: { balance_kop: 50_00 } },
      { before: { balance_kop: 50_00 }, after: { balance_kop: 30_00 } },
    ],
  )
})

await story('a payment goes back: the ledger first, then the Stars, and the admin sees the end', async t => {
  const anna = await person()
  const chargeId = await buys(anna)
  await running(anna.id, { kop: 70_00 })
  await owner`select pay.move(${anna.id}, 'adjust', ${-60_00}, 'adjust', null, ${newId()})`
  const back = await balanceOf(anna.id)
  await boss.says(`/refund ${chargeId} просит вернуть`)
  const id = idOf(boss)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^✅ С баланса снято\.\nНа балансе 0\u00a0₽, долг 60\u00a0₽\.\nЗвёзды возвращены\.$/)
  t.equal(back, 40_00)
  await serve()
  t.match(anna.last().text, /Платёж возвращён/)
  t.equal(api.calls.filter(({ method }) => method === 'refundStarPayment').length, 1)
  t.match(await audit(anna.id), [
    { kind: 'refund', before: { balance_kop: 40_00 }, after: { balance_kop: 0, debt_kop: 60_00, reversal: 'asked' } },
  ])
  await boss.presses({ data: to.adminYes(id, false) })
  t.match((await boss.says(`/refund ${chargeId} ещё раз`)).text, /^Этот платёж уже возвращают или вернули/)
  t.match((await boss.says('/refund nothing просит вернуть')).text, /^Такого платежа нет/)
  t.equal(api.calls.filter(({ method }) => method === 'refundStarPayment').length, 1)
})

await story(
  'who is banned is stopped everywhere, gets the money of what waits, and may ask and be paid back',
  async t => {
    const anna = await person()
    const chargeId = await buys(anna)
    const run = await running(anna.id, { kop: 45_00 })
    const order = await openTopUp(sql, {
      userId: anna.id,
      provider: 'stars',
      amountKop: 300_00,
      total: 250,
      quoteId: null,
    })
    const balance = await balanceOf(anna.id)
    t.match((await boss.says(`/ban ${boss.id} проверка`)).text, /^Администратору доступ не закрывают/)
    await boss.says(`/ban ${anna.id} перепродажа`)
    await boss.presses('✅ Подтвердить')
    t.match(anna.last().text, /^Доступ закрыт: перепродажа\nВопросы: \/paysupport$/)

    t.equal((await anna.says('/menu')).text, 'Доступ закрыт. Вопросы: /paysupport')
    t.match((await anna.presses({ data: to.menu() })).answer, {
      text: 'Доступ закрыт. Вопросы: /paysupport',
      showAlert: true,
    })
    const checkout = { userId: anna.id, orderId: order.id, currency: 'XTR', total: order.total }
    t.equal(await checkoutRefusal(sql, checkout), 'banned')
    // Nothing but the database: an upstream that was asked would throw.
    const worker = { sql, enqueue: noEnqueue, scrub: (text: string) => text, log: silent } as unknown as Deps
    t.equal(await submit(worker, { userId: anna.id, id: run }), 'failed')
    t.equal(await balanceOf(anna.id), balance + 45_00)
    t.match((await anna.says('/paysupport за что?')).text, /^Передали/)

    // A payment that was confirmed before the ban is no less a payment.
    const paid = {
      currency: 'XTR',
      total_amount: order.total,
      invoice_payload: order.id,
      telegram_payment_charge_id: newId(),
    }
    const payment = { message_id: 77, date: 1_790_000_000, successful_payment: paid }
    await handles({ message: { ...payment, chat: privately(anna.id), from: from(anna.id) } })
    t.equal(await balanceOf(anna.id), balance + 345_00)
    await boss.says(`/refund ${chargeId} закрыли доступ`)
    await boss.presses('✅ Подтвердить')
    await serve()
    t.equal(await balanceOf(anna.id), balance + 245_00)

    await boss.says(`/unban ${anna.id} разобрались`)
    await boss.presses('✅ Подтвердить')
    t.match((await anna.says('/menu')).text, /^Напишите, что нарисовать/)
    t.match(
      (await audit(anna.id)).map(row => [row.kind, row.before !== null && row.after !== null]),
      [
        ['ban', true],
        ['refund', true],
        ['unban', true],
      ],
    )
  },
)

await story('a form names what it is for once, and is no command until it is filled in', async t => {
  const anna = await person()
  const before = await actions()
  const form = 'Написать\nСкопируйте, впишите своё и отправьте:\n/write ID ТЕКСТ'
  t.equal((await boss.says('/write')).text, form)
  await boss.presses({ data: to.adminForm('message', anna.id) })
  t.equal(boss.last().text, form.replace('ID', String(anna.id)))
  t.ok(captions(boss.last()).includes('🛠 Админ'))
  t.match((await boss.says(`/write ${anna.id} ТЕКСТ`)).text, /^Нужен текст: /)
  t.match((await boss.says(`/credit ${anna.id} 100 ПРИЧИНА`)).text, /^Нужна причина: /)
  t.match((await boss.says(`/ban ${anna.id} reason`)).text, /^Нужна причина: /)
  t.match((await boss.says('/admin_promo CODE 100 5 31.12.2030 причина есть')).text, /^Код — от 4/)
  t.equal(await actions(), before)
  t.equal(heard(anna, /ТЕКСТ/), 0)
})

await story('a model is switched after it was confirmed, and with the reason that was read', async t => {
  const state = async () =>
    (await owner`select after, reason from pay.model_switches where model_id = 'topaz/image-upscale' order by n`).map(
      row => ({ ...row }),
    )
  const command = '/admin_models off topaz/image-upscale странные\nПричина: картинки'
  t.match((await boss.says(command)).text, /^Выключить вручную: Topaz: увеличение фото\ntopaz\/image-upscale\n/)
  const asked = boss.last()
  t.strictSame(await state(), [], 'nothing has changed yet')
  await boss.presses('✖️ Отменить')
  t.match(boss.last().text, /^Отменено, ничего не изменилось/)
  t.strictSame(await state(), [])
  await boss.presses({ data: to.adminSwitch('topaz-image-upscale', 'off') })
  t.match(boss.last().text, /^Этот экран устарел, ничего не изменилось/, 'the screen that said why is gone')
  t.strictSame(await state(), [])
  t.ok(asked.messageId)
  await boss.says(command)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /выключена вручную/)
  const off = { after: 'off', reason: 'странные Причина: картинки' }
  t.strictSame(await state(), [off])
  const states = await boss.says('/admin_models')
  t.match(states.text, /^Модели: включены 41 из 42\nМодель Цена от Удались\n/)
  t.equal(states.rich?.blocks[1]?.cells?.length, 1 + 42)
  t.match(states.text, /\n⛔️ topaz\/image-upscale · вручную · странные Причина: картинки [\d,]+\u00a0₽ —\n/)
  noteLack(telegram, 'rich')
  const { text: plain } = await boss.says('/admin_models')
  noteLack(telegram, 'rich', 0)
  t.match(plain, /\n⛔️ topaz\/image-upscale · [\d,]+\u00a0₽ · вручную\n/)
  await boss.says('/admin_models auto topaz/image-upscale разобрались')
  await boss.presses('✅ Подтвердить')
  t.strictSame(await state(), [off, { after: 'on', reason: 'разобрались' }])
  t.match((await boss.says('/admin_models auto topaz/image-upscale разобрались')).text, /^Включить под присмотром/)
})

await story('a message reaches the person after it was confirmed, once', async t => {
  const anna = await person()
  await boss.says(`/write ${anna.id} Ваш <b>файл</b> готов`)
  t.equal(heard(anna, /файл/), 0)
  const id = idOf(boss)
  await boss.presses('✅ Подтвердить')
  await boss.presses({ data: to.adminYes(id, false) })
  t.equal(heard(anna, /^💬 Ответ поддержки\nВаш <b>файл<\/b> готов$/), 1)
  api.player.block(anna.id, true)
  await boss.says(`/write ${anna.id} Вы ещё тут?`)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /Человеку сообщить не удалось/)
})

await story('a run, a task, a payment, an id and a name lead to their own person and no other', async t => {
  const [anna, boris] = [await person({ kop: 7_00 }), await person({ kop: 9_00 })]
  const chargeId = await buys(anna)
  const others = await buys(boris)
  const run = await running(anna.id, { kop: 45_00, inputs: { prompt: 'тайный кот' } })
  await end(anna.id, run)
  await owner`update pay.users set username = 'Anna_K' where user_id = ${anna.id}`
  for (const what of [String(anna.id), '@anna_k', 'ANNA_K', chargeId]) {
    const card = (await boss.says(`/find ${what}`)).text ?? ''
    t.match(card, new RegExp(`^👤 Анна @Anna_K · ${anna.id}\n`), what)
    t.match(
      card,
      /Баланс: 107\u00a0₽ · в работе 0\u00a0₽ · долг 0\u00a0₽\nЗапусков: 1 · удались 1 · неудач 0 · возвратов 0\nПотрачено: /,
    )
    t.match(card, chargeId)
    t.notMatch(card, others)
  }
  for (const what of [run, `task-${run}`]) {
    const { text } = await boss.says(`/find ${what}`)
    t.match(text, new RegExp(`Запуск ${run} · человек ${anna.id}`), what)
    t.match(text, /success \/ captured/)
    t.match(text, /Заполнено: prompt/)
    t.match(text, /списан/i)
    t.notMatch(text, /тайный кот/)
  }
  t.strictSame(await audit(anna.id), [])
  await boss.presses('👁')
  t.match(boss.last().text, /тайный кот/)
  t.match(await audit(anna.id), [{ kind: 'prompt', reason: run, admin_id: String(boss.id) }])
  t.match((await boss.says(`/find ${anna.id}`)).text, /Журнал\n.*Просмотр введённого/)
  t.match((await boss.says('/find @nobody')).text, /^Ничего не нашлось/)
  t.match((await boss.says('/find')).text, /^Что найти/)
  await boss.says(`/find ${anna.id}`)
  await boss.presses('➕')
  t.match(boss.last().text, `/credit ${anna.id} СУММА ПРИЧИНА`)
})

await story('a transfer credits nothing before an admin says so, and two admins decide once', async t => {
  const anna = await person()
  await anna.says('/topup')
  await anna.presses('🏦 Переводом')
  for (const wrong of ['99,99', '50 001', '1e3', '-500', 'пятьсот']) {
    t.match((await anna.says(wrong)).text, /^Нужна сумма от 100\u00a0₽ до 50\u00a0000\u00a0₽/, wrong)
  }
  const asked = await anna.says('1 500 ₽')
  t.match(asked.text, new RegExp(`^🏦 Перевод на 1\u00a0500\u00a0₽\n${details}\n\nЗаявка № [a-z2-7]{12}`))
  const order = /№ ([a-z2-7]{12})/.exec(asked.text ?? '')?.[1] ?? ''
  t.match((await anna.says('я перевёл')).text, /^Нужен чек/)
  t.match((await anna.sends('audio/mpeg', { kind: 'voice' })).text, /^Нужен чек/)
  t.match(
    (await anna.sends('image/png', { kind: 'photo', caption: 'вот' })).text,
    new RegExp(`^Заявка № ${order} на 1\u00a0500\u00a0₽ у администратора`),
  )
  t.equal(await balanceOf(anna.id), 0)
  t.match(await checkoutRefusal(sql, { userId: anna.id, orderId: order, currency: 'RUB', total: 1500_00 }), 'outdated')

  const faked = { chargeId: newId(), userId: anna.id, orderId: order, currency: 'RUB', total: 1500_00 }
  t.match(await takePayment(sql, { ...faked, provider: 'card' }), { result: 'parked' }, 'nor does another way to pay')
  t.match((await boss.says(`/parked_refund ${faked.chargeId} не наше`)).text, /^Отсюда возвращаются только звёзды/)
  await boss.says(`/parked_close ${faked.chargeId} не наше`)
  await boss.presses('✅ Подтвердить')
  t.equal(await balanceOf(anna.id), 0)
  await boss.says('/requests')
  await boss.presses({ data: to.adminRequest(order, 'proof') })

  for (const who of [boss, second]) t.match(who.last(), { media: { kind: 'photo' }, html: /1\u00a0500\u00a0₽/ })
  await boss.presses('✅ Зачислить 1')
  await second.presses('✅ Зачислить 1')
  t.equal(await balanceOf(anna.id), 0, 'a confirm screen is no decision')
  await Promise.all(
    [boss, second].map(who =>
      presses(to.adminYes(idOf(who), false), from(who.id), {
        chat: privately(who.id),
        message_id: who.last().messageId,
      }),
    ),
  )
  t.equal(await balanceOf(anna.id), 1500_00)
  t.strictSame([boss, second].map(who => who.last().text?.split('\n')[0]).sort(), ['Уже решено.', '✅ Зачислено.'])
  t.equal(heard(anna, /^✅ Зачислено 1\u00a0500\u00a0₽\. На балансе 1\u00a0500\u00a0₽\.$/), 1)
  t.match((await boss.presses({ data: to.adminRequest(order, 'approve') })).answer, { text: 'Уже решено' })
  const rows = await audit(anna.id)
  t.ok(rows.every(({ before, after }) => before !== null && after !== null))
  t.match(rows[1], {
    kind: 'approve',
    before: { top_up: 'waiting', balance_kop: 0 },
    after: { top_up: 'paid', balance_kop: 1500_00 },
  })
})

await story(
  'a request is denied with a reason, or credited with what really came; a receipt is shown once',
  async t => {
    const anna = await person()
    const request = async (amount: string) => {
      await anna.presses({ data: to.transfer(undefined) })
      return /№ ([a-z2-7]{12})/.exec((await anna.says(amount)).text ?? '')?.[1] ?? ''
    }
    const first = await request('500')
    t.match(await receipt(anna, 'первый'), /у администратора/)
    t.match(boss.last(), { media: { kind: 'document' } })
    await boss.presses('✖️ Отклонить')
    t.match(boss.last().text, `/deny ${first} ПРИЧИНА`)
    await boss.says(`/deny ${first} перевод не пришёл`)
    await boss.presses('✅ Подтвердить')
    t.match(anna.last().text, `Заявка № ${first} отклонена: перевод не пришёл`)
    t.equal(await balanceOf(anna.id), 0)
    t.match((await boss.says(`/approve ${first} 500 передумал`)).text, /^Уже решено/)

    const other = await request('700')
    t.match(await receipt(anna, 'первый'), /^Этот файл уже был в другой заявке/)
    t.match(await receipt(anna, 'второй'), /у администратора/)
    const third = await request('800')
    t.match(await receipt(anna, 'третий'), /^Одна ваша заявка уже у администратора/)
    await boss.says(`/approve ${other} 650,50 пришло меньше`)
    await boss.presses('✅ Подтвердить')
    t.equal(await balanceOf(anna.id), 650_50)
    t.match(await owner`select state, amount_kop from pay.top_ups where id = ${other}`, [
      { state: 'paid', amount_kop: '70000' },
    ])
    t.match(await receipt(anna, 'третий'), new RegExp(`^Заявка № ${third}`), 'now it is its turn')
    t.match((await boss.says(`/approve ${newId()} 500 без заявки`)).text, /^Такой заявки нет/)
  },
)

await story('the order that a transfer was for is one press away once the transfer is credited', async t => {
  const anna = await person()
  const inputs = { prompt: 'кот' }
  const { id: quoteId } = await makeQuote(sql, {
    userId: anna.id,
    modelId: 'google/imagen4-ultra',
    category: 'text-to-image',
    inputs,
    params: inputs,
    priceKop: 11_40,
    credits: '1',
    rates,
  })
  await anna.presses({ data: to.topUp(quoteId) })
  await anna.presses('🏦 Переводом')
  const order = /№ ([a-z2-7]{12})/.exec((await anna.says('300')).text ?? '')?.[1] ?? ''
  t.match(await receipt(anna, 'за заказ'), /у администратора/)
  await boss.says(`/approve ${order} 300 деньги пришли`)
  await boss.presses('✅ Подтвердить')
  t.match(anna.last().text, /^✅ Зачислено 300/)
  await anna.presses('▶️ Вернуться к заказу')
  t.match(anna.last().text, /Описание: кот[\s\S]*Цена: 11,40/)
  t.equal(await balanceOf(anna.id), 300_00, 'nothing starts by itself')
})

await story(
  'a promo code is made with a confirm screen, listed and stopped; one that is made up cannot be guessed',
  async t => {
    t.match((await boss.says('/admin_promo')).text, /\/admin_promo КОД СУММА ЧЕЛОВЕК ДД\.ММ\.ГГГГ ПРИЧИНА/)
    for (const [odd, said] of [
      ['КОД 50 10 31.12.2030 причина', /^Код — от 4/],
      ['GIFT 0 10 31.12.2030 причина', /^Сумма не подходит/],
      ['GIFT 50 0 31.12.2030 причина', /^Сколько человек/],
      ['GIFT 50 10 31.02.2030 причина', /^Нужен день/],
      ['GIFT 50 10 31.12.2020 причина', /^Нужен день/],
    ] as const) {
      t.match((await boss.says(`/admin_promo ${odd}`)).text, said, odd)
    }
    await boss.says('/admin_promo gift 50 10 31.12.2030 к празднику')
    t.match(boss.last().text, /^Создать промокод: 50\u00a0₽\nGIFT\nНа 10 человек/)
    await boss.presses('✅ Подтвердить')
    await second.says('/admin_promo gift 70 10 31.12.2030 ещё раз')
    await second.presses('✅ Подтвердить')
    t.match(second.last().text, /^Такой код уже есть/)
    const anna = await person()
    const [claimed] = await owner`select result from pay.promo_claim(${anna.id}, 'gift', 'ask')`
    t.match(claimed, { result: 'credited' })
    t.match((await boss.says('/admin_promo')).text, /🟢 GIFT · 50\u00a0₽ · взяли 1 из 10/)
    await boss.says('/promo_stop GIFT хватит')
    await boss.presses('✅ Подтвердить')
    t.match((await boss.says('/admin_promo')).text, /✖️ GIFT/)
    await boss.says('/admin_promo - 500 100 31.12.2030 рассылка')
    t.match(boss.last().text, /\n[A-Z2-7]{12}\n/)
    await boss.presses('✅ Подтвердить')
    t.match(boss.last().text, /^⚠️ Большая сумма/, 'a hundred times five hundred')
    const rows = await owner<
      { before: object; after: object }[]
    >`select before, after from pay.audit_log where kind like 'promo%'`
    t.equal(rows.length, 3)
    t.ok(rows.every(({ before, after }) => before !== null && after !== null))
  },
)

await story('a code that was made is on the screen as people send it', async t => {
  await boss.says('/admin_promo WINTER26 100 5 31.12.2030 подарок к зиме')
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^✅ Промокод создан\.\n\/promo WINTER26 · 100\u00a0₽/)
  const anna = await person()
  t.match((await anna.says('/promo WINTER26')).text, /100\u00a0₽/)
  await boss.says('/admin_promo - 50 5 31.12.2030 подарок к весне')
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /\/promo [A-Z2-7]{12} · 50\u00a0₽/, 'also one that was made up')
  await boss.says('/promo_stop WINTER26 зима прошла')
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^✅ Промокод остановлен\.\nWINTER26/)
})

await story('a payment that fits no invoice is listed, and credited, given back or put aside, once', async t => {
  const anna = await person()
  const [credited, refunded, closed] = [await strays(anna), await strays(anna), await strays(anna)]
  t.match((await boss.says('/admin')).text, /⚠️ Отложенных платежей: 3/)
  const list = (await boss.says('/parked')).text ?? ''
  for (const chargeId of [credited, refunded, closed]) t.match(list, chargeId)
  t.match(list, /⭐ 84 · человек \d+ · счёта нет/)

  await boss.says(`/parked_credit ${credited} 100 счёт потерялся`)
  await second.says(`/parked_credit ${credited} 100 счёт потерялся`)
  await Promise.all(
    [boss, second].map(who =>
      presses(to.adminYes(idOf(who), false), from(who.id), {
        chat: privately(who.id),
        message_id: who.last().messageId,
      }),
    ),
  )
  t.equal(await balanceOf(anna.id), 100_00)
  t.equal(heard(anna, /^✅ Зачислено 100\u00a0₽/), 1)
  const [row] = await owner<
    { payload: string }[]
  >`select payload from pay.parked_payments where charge_id = ${credited} limit 1`
  await takePayment(sql, {
    provider: 'stars',
    chargeId: credited,
    userId: anna.id,
    orderId: row!.payload,
    currency: 'XTR',
    total: 84,
  })
  t.match(
    await owner`select count(*)::int as n from pay.parked_payments where charge_id = ${credited} and resolved_at is null`,
    [{ n: 0 }],
  )

  await boss.says(`/parked_refund ${refunded} ошибка человека`)
  const id = idOf(boss)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^✅ Звёзды возвращены\.\nНа балансе 100\u00a0₽\.\nЧеловеку сообщено\.$/)
  await serve()
  t.match(anna.last().text, 'Платёж возвращён: ошибка человека')
  await boss.presses({ data: to.adminYes(id, false) })
  t.match((await boss.says(`/parked_credit ${refunded} 100 ещё раз`)).text, /^Уже решено/)

  await boss.says(`/parked_close ${closed} разобрались вручную`)
  await boss.presses('✅ Подтвердить')
  t.match((await boss.says('/parked')).text, /^Отложенных платежей нет/)
  await owner`insert into pay.alarms (name, seen_at) values ('runs_overdue', now()) on conflict do nothing` // a worker looked
  t.match((await boss.says('/admin')).text, /✅ Тревог нет/)
  t.equal(await balanceOf(anna.id), 100_00)

  // Given back at Telegram itself: known, and no word of «0 ₽» to the person.
  const elsewhere = await strays(anna)
  const seen = anna.chat().length
  const refund = { message_id: 78, date: 1_790_000_000, refunded_payment: { telegram_payment_charge_id: elsewhere } }
  await handles({ message: { ...refund, chat: privately(anna.id), from: from(anna.id) } })
  t.equal(anna.chat().length, seen)
  t.match((await boss.says(`/parked_close ${elsewhere} что это`)).text, /^Уже решено/)

  // One that was told for another's invoice has its Stars on a balance already.
  const boris = await person()
  const other = await openTopUp(sql, {
    userId: boris.id,
    provider: 'stars',
    amountKop: 100_00,
    total: 84,
    quoteId: null,
  })
  const twice = {
    provider: 'stars',
    chargeId: credited,
    userId: boris.id,
    orderId: other.id,
    currency: 'XTR',
    total: 84,
  } as const
  await owner`delete from pay.parked_payments where charge_id = ${credited}`
  t.match(await takePayment(sql, twice), { reason: 'charge_reused' })
  for (const command of [`/parked_refund ${credited} что это`, `/parked_credit ${credited} 100 что это`]) {
    t.match((await boss.says(command)).text, /^Этот платёж уже зачислен/, command)
  }
  await boss.says(`/parked_close ${credited} уже зачислен другому`)
  await boss.presses('✅ Подтвердить')
  t.equal(await balanceOf(boris.id), 0)

  // What was credited goes back as any payment.
  await boss.says(`/refund ${credited} передумали`)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /Звёзды возвращены/)
  t.equal(await balanceOf(anna.id), 0)
  t.ok((await audit(anna.id)).every(({ before, after }) => before !== null && after !== null))
})

await story('a refund that Telegram refuses changes nothing in the end, and is not told as done', async t => {
  const anna = await person()
  const order = await openTopUp(sql, {
    userId: anna.id,
    provider: 'stars',
    amountKop: 100_00,
    total: 84,
    quoteId: null,
  })
  const chargeId = newId() // Telegram knows no such charge
  const paid = { provider: 'stars', chargeId, userId: anna.id, orderId: order.id, currency: 'XTR', total: 84 } as const
  await takePayment(sql, paid)
  await boss.says(`/refund ${chargeId} просит вернуть`)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /Telegram отказал: снятое возвращено на баланс/)
  t.equal(await balanceOf(anna.id), 100_00)

  const stray = newId()
  await takePayment(sql, { ...paid, chargeId: stray, orderId: newId() })
  await boss.says(`/parked_refund ${stray} просит вернуть`)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^Telegram отказал в возврате\. Ничего не изменилось\.$/)
  t.match((await boss.says('/parked')).text, stray)
  await boss.says(`/parked_close ${stray} разобрались`)
  await boss.presses('✅ Подтвердить')
})

/** Makes what is known of a run older, as time would. */
const later = (id: string, columns: string) =>
  owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx.unsafe(`update pay.generations set ${columns} where id = '${id}'`)
  })
const overdue = (id: string) => later(id, `deadline_at = now() - interval '1 minute'`)
const unanswered = async ({ id: userId }: Person, id: string) => {
  await genSubmit(sql, { userId, id }, 'token')
  await later(id, `submitted_at = now() - interval '3 minutes'`)
}
const stuckList = async () => (await boss.presses({ data: to.adminStuck() })).screen.text ?? ''

await story('a run that is stuck is listed with its trouble, and one press has it looked at once more', async t => {
  const anna = await person()
  const run = await running(anna.id, { kop: 45_00 })
  t.notMatch(await stuckList(), run)
  await overdue(run)
  t.match(
    await stuckList(),
    new RegExp(
      `${run} · .* · ${anna.id}\\nсрок прошёл · .* · 45\u00a0₽ отложены, не списаны · .*\\nУ провайдера: ещё не`,
    ),
  )
  await boss.presses({ data: to.adminTask(run) })
  const looked: string[] = []
  const { check } = deps.enqueue
  t.teardown(() => Object.assign(deps.enqueue, { check }))
  deps.enqueue.check = async ({ id }) => void looked.push(id)
  await boss.presses('⚖️ Решить')
  t.strictSame(looked, [run])
  t.equal(await balanceOf(anna.id), 0, 'the look decides, not the press')

  const lost = await running(anna.id, { kop: 5_00 })
  await unanswered(anna, lost)
  const busy = await running(anna.id, { kop: 6_00 })
  looked.length = 0
  await stuckList()
  const { answer } = await boss.presses('🔄 Проверить все')
  t.ok(looked.includes(run) && looked.includes(lost), 'all of them are looked at')
  t.notOk(looked.includes(busy))
  t.match(answer, { text: `Проверяем: ${looked.length}` })
  const many = await Promise.all(Array.from({ length: 14 }, () => running(anna.id, { kop: 1_000_000 })))
  for (const id of many) await unanswered(anna, id)
  const list = await stuckList()
  t.match(list, /^⏳ Застряло: 16\n/, 'all are counted')
  t.equal(list.match(/\n\d+\. /g)?.length, 12, 'and as many listed as a message holds')
  for (const id of [run, lost, busy, ...many]) await end(anna.id, id, 'generation_failed')
  t.equal(await stuckList(), '⏳ Ничего не застряло.')
})

await story('what the provider said is a word of its own: asked in vain, not asked yet, not to be asked', async t => {
  const anna = await person()
  const { task } = deps.operator
  t.teardown(() => Object.assign(deps.operator, { task }))
  const asked: string[] = []
  const answers = (answer: Awaited<ReturnType<typeof task>>) => {
    deps.operator.task = async id => {
      asked.push(id)
      return answer
    }
  }
  answers({ kind: 'not_found' })
  const screens = async (id: string) => {
    const card = (await boss.says(`/find ${id}`)).text ?? ''
    await boss.presses({ data: to.adminTask(id) })
    return { card, task: boss.last().text ?? '' }
  }
  const run = await running(anna.id, { kop: 45_00 })
  const queued = await screens(run)
  for (const text of Object.values(queued)) t.match(text, /У провайдера: ещё не спрашивали: запуск не отправлен/)
  await genSubmit(sql, { userId: anna.id, id: run }, 'token')
  for (const text of Object.values(await screens(run)))
    t.match(text, /У провайдера: ещё не спрашивали: на отправку ответа нет/)
  t.strictSame(asked, [], 'nobody was asked')
  for (const text of [queued.task, queued.card]) t.notMatch(text, /not_found|такой задачи у него нет/)

  await genAccepted(sql, { userId: anna.id, id: run }, 1, 'task-77')
  const found = await screens(run)
  t.match(found.task, /У провайдера сейчас: спросили: такой задачи у него нет/)
  t.strictSame(asked, ['task-77'])
  t.notMatch(found.card, /спрашивали/)
  answers({ kind: 'unclear', message: 'HTTP 502' })
  t.match((await screens(run)).task, /У провайдера сейчас: спросить не удалось: HTTP 502/)
  answers({ kind: 'running', state: 'generating' })
  t.match((await screens(run)).task, /У провайдера сейчас: generating/)
  t.notOk(
    captions(boss.last()).some(text => /вручную|Решить/.test(text)),
    'it runs: there is nothing to decide',
  )
  await end(anna.id, run, 'generation_failed')
  const never = await running(anna.id, { kop: 1_00 })
  await end(anna.id, never, 'cancelled')
  t.match((await boss.says(`/find ${never}`)).text, /У провайдера: не спрашивали: номера задачи у запуска не было/)
})

await story(
  'a stuck run may always be looked at, settled or given back, and that only when confirmed twice',
  async t => {
    const anna = await person()
    const delivered: number[] = []
    const { deliver } = deps.enqueue
    t.teardown(() => Object.assign(deps.enqueue, { deliver }))
    deps.enqueue.deliver = async id => void delivered.push(id)
    for (const make of [overdue, (id: string) => unanswered(anna, id)]) {
      const run = await running(anna.id, { kop: 45_00 })
      const balance = await balanceOf(anna.id)
      await make(run)
      for (const data of [to.adminRun(run), to.adminTask(run)]) {
        await boss.presses({ data })
        const offered = captions(boss.last()).join('|')
        t.match(offered, /☁️ Что у провайдера.*⚖️ Решить по ответу или сроку.*↩️ Вернуть деньги вручную/)
      }
      await boss.presses('↩️ Вернуть деньги вручную')
      t.match(
        boss.last().text,
        /^Вернуть деньги за запуск\n[\s\S]*45\u00a0₽ отложены, не списаны\nУ провайдера: ещё не спрашивали/,
      )
      await boss.presses('✅ Подтвердить')
      t.match(boss.last().text, /^⚠️ Вернуть деньги за запуск\?/)
      t.equal(await balanceOf(anna.id), balance, 'once is not enough')
      await boss.presses('⚠️ Да, вернуть')
      t.match(boss.last().text, /^✅ Возвращено/)
      t.equal(await balanceOf(anna.id), balance + 45_00)
      await boss.says(`/give_back ${run} ещё раз`)
      await boss.presses('✅ Подтвердить')
      t.match(boss.last().text, /^Этот запуск уже закончился/)
      t.equal(await balanceOf(anna.id), balance + 45_00, 'and no more')
      t.match((await audit(anna.id)).at(-2), {
        kind: 'give_back',
        before: { run: /debited$/ },
        after: { run: /refunded$/ },
      })
    }
    t.equal(delivered.length, 2, 'the person hears of it at once')
    const heardOf =
      await owner`select error_code from pay.generation_events where user_id = ${anna.id} and status <> 'started' order by id`
    t.strictSame(
      heardOf.map(({ error_code }) => error_code),
      ['not_submitted', 'submit_unknown'],
    )
    t.match((await boss.says('/give_back aaaaaaaaaaaa не найти')).text, /^Такого запуска нет/)
    t.match((await boss.says('/give_back 7k2m коротко')).text, /^Такого запуска нет/)
  },
)

await story('a run that goes on is neither given back nor credited by hand: the database says no', async t => {
  const anna = await person()
  const run = await running(anna.id, { kop: 45_00 })
  const stranger = await person()
  const balance = await balanceOf(anna.id)
  const did = async (change: Partial<Change>) => {
    const id = newId()
    const whole = { userId: anna.id, subject: null, amountKop: null, reason: 'причина есть', ...change } as Change
    await actionPut(deps.adminSql, id, boss.id, whole)
    const [done] = await adminDo(deps.adminSql, id, boss.id, true)
    return done!.outcome
  }
  const states = [
    async () => {},
    async () => void (await genSubmit(sql, { userId: anna.id, id: run }, 'token')),
    async () => void (await genAccepted(sql, { userId: anna.id, id: run }, 1, 'task-1')),
  ]
  for (const next of states) {
    await next()
    t.equal(await did({ kind: 'give_back', subject: run }), 'run_running')
    for (const reason of [
      `за запуск ${run}`,
      `за № ${run.slice(-4)}, ждёт`,
      `за No\u00a0${run.slice(-4).toUpperCase()}`,
    ]) {
      t.equal(await did({ kind: 'credit', amountKop: 45_00, reason }), 'run_running', reason)
    }
  }
  t.equal(await did({ kind: 'give_back', userId: stranger.id, subject: run }), 'no_run', 'whose it is not')
  t.equal(await balanceOf(anna.id), balance)
  await boss.says(`/credit ${anna.id} 45 за запуск ${run}`)
  await boss.presses('✅ Подтвердить')
  t.match(boss.last().text, /^Запуск ещё идёт: его деньги решит его конец/)
  t.equal(heard(anna, /Начислено/), 0)
  t.equal(await did({ kind: 'credit', amountKop: 1_00, reason: 'за ожидание вчера' }), 'credited', 'anything else is')
  await end(anna.id, run, 'generation_failed')
  t.equal(await did({ kind: 'credit', amountKop: 1_00, reason: `за запуск ${run}` }), 'credited', 'and after the end')
})

await story('a run is given back by ten presses at once, or ends by itself: its money moves once', async t => {
  const anna = await person()
  for (const ending of [undefined, 'generation_failed'] as const) {
    const run = await running(anna.id, { kop: 45_00 })
    const balance = await balanceOf(anna.id)
    await overdue(run)
    const ids = Array.from({ length: 10 }, () => newId())
    const change = { kind: 'give_back', userId: anna.id, subject: run, amountKop: null, reason: 'застряло' } as const
    for (const id of ids) await actionPut(deps.adminSql, id, boss.id, change)
    const acts = ids.map(id => adminDo(deps.adminSql, id, boss.id, true))
    const ended = ending ? [end(anna.id, run, ending)] : []
    await Promise.all([...acts, ...ended])
    t.equal(await balanceOf(anna.id), balance + 45_00)
  }
})

await t.test('the day says what happened and what is wrong, alarms first', async t => {
  const anna = await person()
  const run = await running(anna.id, { kop: 45_00 })
  await end(anna.id, run, 'upstream_error')
  await running(anna.id, { kop: 30_00 })
  await owner`insert into pay.alarms (name, seen_at) values ('runs_overdue', now()) on conflict do nothing`
  const screen = await boss.says('/admin')
  t.match(screen.text, /^🛠 Сегодня · .*\n✅ Тревог нет\.\n/)
  t.match(screen.text, /\nЗапуски \d+\nуспешно \d+\u00a0%\nнеудачи \d+\nВыручка /)
  t.match(screen.text, /\nВ работе \d+\nотложено .*₽\nсамый старый \d/)
  noteLack(telegram, 'rich')
  const { text: plain } = await boss.says('/admin')
  noteLack(telegram, 'rich', 0)
  t.match(plain, /Запусков: \d+ · успешно \d+\u00a0% · неудач \d+/)
  t.match(plain, /В работе: \d+ · отложено .*₽ · самому старому .*\n\nНайти: /)
  await owner`alter table pay.ledger_entries disable trigger ledger_rows`
  await owner`update pay.wallets set balance_kop = balance_kop + 1 where user_id = ${anna.id}`
  await boss.presses('🔄')
  t.match(boss.last().text, /^🛠 Сегодня · .*\n🔴 Нарушено: balance <> ledger/)
  await owner`update pay.wallets set balance_kop = balance_kop - 1 where user_id = ${anna.id}`
  await owner`alter table pay.ledger_entries enable trigger ledger_rows`
  const { broken } = deps.operator
  deps.operator.broken = async () => {
    throw new Error('too slow')
  }
  t.teardown(() => (deps.operator.broken = broken))
  t.match((await boss.says('/admin')).text, /⚠️ Обещания не проверены/)

  await boss.presses('❗️')
  t.match(boss.last().text, /^Последние неудачи/)
  await boss.presses('1')
  t.match(boss.last().text, /upstream_error: the upstream said so/)
  t.match((await boss.says('/version')).text, /^Версия 1\.2\.3 · abc1234\n.*\nВебхук: нет, длинный опрос/)
})

await story('the database itself refuses what no confirm screen would ask', async t => {
  const anna = await person()
  await creditBonus(owner, anna.id, newId(), 10_00)
  await t.rejects(adminDo(deps.adminSql, newId(), boss.id, true), { code: 'P0404' })
  const change = { kind: 'credit', userId: anna.id, subject: null, amountKop: 5_00, reason: 'причина' } as const
  await t.rejects(actionPut(deps.adminSql, newId(), boss.id, { ...change, reason: '   да   ' }))
  await t.rejects(actionPut(deps.adminSql, newId(), boss.id, { ...change, amountKop: null }))
  await t.rejects(actionPut(deps.adminSql, newId(), boss.id, { ...change, kind: 'approve' }))
  await t.rejects(sql`update pay.admin_actions set amount_kop = 1`, { code: '42501' })
  await t.rejects(
    sql`insert into pay.promo_codes (code, amount_kop, uses, expires_at, created_by)
    values ('MINE', 100, 1, now() + interval '1 day', 1)`,
    { code: '42501' },
  )
  await t.rejects(owner`delete from pay.audit_log`)
  t.equal(await balanceOf(anna.id), 10_00)
})

await story(
  'three questions an hour of one person reach the admins, and the person is told when to write again',
  async t => {
    const anna = await person()
    await owner`update pay.users set banned_at = now() where user_id = ${anna.id}`
    const asked = heard(boss, new RegExp(`^Вопрос от ${anna.id} `))
    for (const n of [1, 2, 3]) t.match((await anna.says(`/paysupport вопрос ${n}`)).text, /^Передали/)
    const later = /^Это сообщение не передано.*ещё раз через (1\u00a0ч|59\u00a0мин)/
    for (const n of [4, 5]) t.match((await anna.says(`/paysupport вопрос ${n}`)).text, later)
    t.equal(heard(boss, new RegExp(`^Вопрос от ${anna.id} `)), asked + 3)
    t.notMatch((await boss.says('/paysupport проверка')).text, later, 'an admin may always')

    await owner`update pay.rates set tat = now() - interval '2 hours' where key = ${`support:${anna.id}`}`
    t.match((await anna.says('/paysupport вопрос 6')).text, /^Передали/, 'an hour later')
  },
)

await story('many who never paid cannot keep the questions of those who did from the admins', async t => {
  const [anna, boris] = [await person(), await person()]
  await buys(anna)
  for (let n = 0; n < 30; n++) {
    await sql`select pay.rate_take(array['support:others'], array[30000000::bigint], array[30], 0)`
  }
  t.match((await boris.says('/paysupport где деньги?')).text, /^Это сообщение не передано.*через (2\d|30)\u00a0с/)
  t.match((await anna.says('/paysupport где деньги?')).text, /^Передали/)
  await owner`delete from pay.rates where key = 'support:others'`
  t.match((await boris.says('/paysupport где деньги?')).text, /^Передали/, 'a refusal took none of his own')
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(api.calls)), [])
})
