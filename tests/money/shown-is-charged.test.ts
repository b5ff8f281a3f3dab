import t, { type Test } from 'tap'
import { to } from '../../src/bot/routes.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { modelKey } from '../../src/catalogue/models.ts'
import { price, priceRange } from '../../src/catalogue/pricing.ts'
import type { HealthChange } from '../../src/health/model-health.ts'
import { stringsFor } from '../../src/i18n/strings.ts'
import { newId, shortId } from '../../src/id.ts'
import { readGeneration } from '../../src/payments/generations.ts'
import { place } from '../../src/payments/integration.ts'
import { lateFound, lateTold, takeLate } from '../../src/payments/late-results.ts'
import { genAccepted, genFinish, genSubmit } from '../../src/payments/order-statements.ts'
import { openPlan } from '../../src/payments/plans.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { takePayment } from '../../src/payments/top-ups.ts'
import { readWallet } from '../../src/payments/wallet.ts'
import type { ResultStore } from '../../src/upstream/results.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons, captions, dataOf } from '../support/messages.ts'
import { creditBonus } from '../support/money.ts'
import { amountsIn, moneyTexts, reader } from '../support/money-texts.ts'
import { picture, rates } from '../support/world.ts'

const basic = { id: 'basic', stars: 250, amountKop: 500_00, openMore: 0, freeMore: 0, discount: 10 }
const card = { providerToken: '123456789:TEST:provider', vatCode: 1 }
// Refunds of Stars came after Bot API 7.1.
const stage = await chats(t, {
  transferDetails: 'Карта 2200 0000',
  card,
  startBonusKop: 1_00,
  plans: [basic],
  apiVersion: '10.3',
})
const { api, catalogue, deps, sql, owner, story, person, serve, limits, quoteOf, generationsOf } = stage
const messages = createMessages(stage.deps)
const texts = moneyTexts()
const { places, names } = reader()
const boss = await person({ firstName: 'Ольга' })
deps.adminIds = [boss.id]

const priceKop = 3_80
type Way = 'paid' | 'free' | 'bonus'

/** A run of 3,80 ₽, of a free window or of a bonus. */
async function begun({ id: userId }: Person, way: Way): Promise<string> {
  const offer = { userId, modelId: 'z-image', category: 'text-to-image', inputs: {}, params: { prompt: 'кот' } }
  const made = await makeQuote(sql, { ...offer, priceKop: way === 'free' ? 0 : priceKop, credits: '0.8', rates })
  let quoteId = made.id
  if (way === 'paid') await creditBonus(owner, userId, newId(), priceKop)
  if (way === 'bonus') {
    await owner`insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (${userId}, ${newId()}, 1, ${priceKop})`
    quoteId = newId()
    await owner`select from pay.quote_for_bonus(${userId}, ${made.id}, ${quoteId})`
  }
  const id = newId()
  const order = { userId, id, requestKey: id, quoteId, chatId: userId, messageId: null, deadlineMs: 600_000 }
  await place(sql, order, { ...limits, maxOpen: 100, freeHourly: 100, freeDaily: 100 })
  return id
}

/** Ends it as a worker does: so many files of four, or this failure. */
async function ended({ id: userId }: Person, id: string, how: number | 'failed' | 'cancelled' | 'timeout') {
  const ref = { userId, id }
  if (how === 'timeout') {
    await owner.begin(async tx => {
      await tx`set local session_replication_role = replica`
      await tx`update pay.generations set deadline_at = now() - interval '1 minute' where id = ${id}`
    })
  }
  if (typeof how === 'string') {
    const code = { failed: 'generation_failed', cancelled: 'cancelled', timeout: 'deadline' }[how]
    return genFinish(sql, ref, how === 'timeout' ? how : 'failed', code, 'the upstream said so', [])
  }
  const [taken] = await genSubmit(sql, ref, 'token')
  await genAccepted(sql, ref, taken!.attempt, `task-${id}`)
  const files = Array.from({ length: how }, (_, n) => ({ ...picture, n: n + 1 }))
  return genFinish(sql, ref, 'success', null, null, files, 4)
}

/** The lines of the person's spreadsheet about a run: kopecks, empty where a line has none. */
async function spreadsheet(anna: Person, id: string): Promise<number[]> {
  await anna.presses({ data: to.statement() })
  const blocks = anna.chat().flatMap(({ rich }) => rich?.blocks ?? [])
  const file = api.player.file(blocks.findLast(({ type }) => type === 'document')!.document!.file_id)!
  const rows = Buffer.from(file.bytes).toString('utf8').split('\r\n')
  return rows
    .map(row => row.split(';'))
    .filter(row => row[5] === id)
    .map(row => Math.round(Number((row[2] ?? '').replace(',', '.')) * 100))
}

type Case = { name: string; way: Way; how?: Parameters<typeof ended>[2]; kept?: number; back?: number; held?: number }
const cases: Case[] = [
  { name: 'in work', way: 'paid', held: priceKop },
  { name: 'whole', way: 'paid', how: 4, kept: priceKop },
  { name: 'three files of four', way: 'paid', how: 3, kept: 2_85, back: 95 },
  { name: 'failed', way: 'paid', how: 'failed', back: priceKop },
  { name: 'too late', way: 'paid', how: 'timeout', back: priceKop },
  { name: 'cancelled', way: 'paid', how: 'cancelled', back: priceKop },
  { name: 'free, in work', way: 'free' },
  { name: 'free', way: 'free', how: 4 },
  { name: 'free, three files of four', way: 'free', how: 3 },
  { name: 'free, failed', way: 'free', how: 'failed' },
  { name: 'bonus, in work', way: 'bonus' },
  { name: 'bonus', way: 'bonus', how: 4 },
  { name: 'bonus, three files of four', way: 'bonus', how: 3 },
  { name: 'bonus, failed', way: 'bonus', how: 'failed' },
]

/** What the message of a run says when it begins, or ends. */
async function told(anna: Person, id: string) {
  const run = (await readGeneration(sql, { userId: anna.id, id }))!
  const files = await owner<{ n: number }[]>`select n from pay.results where generation_id = ${id}`
  const outputs = files.map(({ n }) => ({ ...picture, n, widthPx: 1, heightPx: 1, fileId: null, sentAs: null }))
  const wallet = await readWallet(sql, anna.id)
  const screen = !run.finishedAt
    ? messages.progress(run, 'ru')
    : run.execState === 'success'
      ? messages.result(run, outputs, wallet, { day: 7, of: 10 }, 'ru')
      : messages.failure(run, 'ru')
  return { screen, balanceKop: wallet.balanceKop, isCaption: run.execState === 'success' }
}

for (const { name, way, how, kept = 0, back = 0, held = 0 } of cases) {
  await story(`${name}: every place names what the ledger says this run cost`, async t => {
    const anna = await person()
    const id = await begun(anna, way)
    if (how !== undefined) await ended(anna, id, how)
    const paid = way === 'paid'
    const [{ kop }] = (await owner`
      select coalesce(-sum(amount_kop), 0)::int as kop from pay.ledger_entries where generation_id = ${id}`) as [
      { kop: number },
    ]
    t.equal(kop, kept + held, 'the ledger')
    const some = (...all: number[]) => all.filter(one => one > 0)
    const money = paid ? some(held, kept, back) : []

    const row = buttons(await anna.says('/history')).find(({ data }) => data === to.generation(id, undefined))
    names(t, 'history', row?.text, ...some(held, kept))
    names(t, 'its details', (await anna.presses({ data: to.generation(id, undefined) })).screen.text, ...money)
    const proof = paid ? (how === undefined ? [priceKop] : [priceKop, kept, back]) : way === 'bonus' ? [priceKop] : []
    await anna.presses({ data: to.generation(id, 'why') })
    names(t, 'the receipt', anna.last().text, ...proof)
    const { screen, balanceKop, isCaption } = await told(anna, id)
    names(t, isCaption ? 'caption' : 'message', screen.text, ...money, ...(isCaption && paid ? [balanceKop] : []))
    if (isCaption) names(t, 'buttons of a caption', captions(screen).join(' | '), ...(paid ? [priceKop] : []))
    await anna.says('/paysupport')
    names(
      t,
      'a row of /paysupport',
      captions(anna.last()).find(text => text.includes(shortId(id))),
      ...money,
    )
    await anna.says(`/paysupport № ${shortId(id)} почему так?`)
    names(t, 'a question, for the admin', boss.last().text, ...money)

    const [timeline, facts] = ((await boss.says(`/find ${id}`)).text ?? '').split('\n\n')
    names(t, 'the admin’s timeline', timeline, ...proof)
    names(t, '/find', facts, ...money)
    const failures = ((await boss.says('/admin_errors')).text ?? '').split('\n')
    const failure = failures.find(line => line.includes(id))
    if (typeof how === 'string') names(t, 'the failures of the day', failure, ...(paid ? [priceKop] : [0]))
    else t.equal(failure, undefined)
    const card = (await boss.says(`/find ${anna.id}`)).text ?? ''
    names(t, 'what a person spent', /^Потрачено: .*$/m.exec(card)?.[0], paid ? kept : 0)
    await anna.presses({ data: to.operations(0) })
    const moves = anna
      .last()
      .text!.split('\n')
      .filter(line => line.includes(shortId(id)))
    const sum = moves.flatMap(amountsIn).reduce((all, one) => all + one, 0)
    t.equal(-sum, kop, `operations: ${moves.join(' | ')}`)
    t.equal(
      moves.some(line => line.includes('отложено')),
      held > 0,
      'what is only held is not called a charge',
    )
    const lines = await spreadsheet(anna, id)
    t.equal(-lines.reduce((all, one) => all + one, 0), kop, 'the spreadsheet')
    t.ok(lines.length > 0)
    for (const place of ['operations', 'the spreadsheet']) places.add(place)
  })
}

/** Who presses «Confirm» of a command that changes money; what the screen said before and says now. */
async function confirmed(command: string) {
  const asked = (await boss.says(command)).text
  await boss.presses('✅ Подтвердить')
  return { asked, done: boss.last().text }
}
const says = (who: Person, what: RegExp) =>
  who.chat().findLast(({ from, text = '' }) => from === 'bot' && what.test(text))
const grant = (userId: number, runs: number, capKop: number) => owner`
  insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (${userId}, ${newId()}, ${runs}, ${capKop})`
const inSum = async (userId: number) => (await readWallet(sql, userId)).balanceKop

await story('welcome, menu, lists and cards name the gift, the balance and the price of each model', async t => {
  const anna = await person()
  names(t, 'welcome', anna.last().text, 1_00)
  names(t, 'menu', (await anna.says('/menu')).text, 1_00)
  const models = new Map(catalogue.models.map(model => [modelKey(model.id), model]))
  for (let page = 0; page < 6; page++) {
    await anna.presses({ data: to.list('all', page) })
    for (const { text, data = '' } of buttons(anna.last())) {
      const model = models.get(/^m:([^:]+)/.exec(data)?.[1] ?? '')
      if (!model) continue
      const isFree = catalogue.freeIds.has(model.id)
      names(t, 'a list', text, ...(isFree ? [] : [priceRange(model, catalogue.rates).minKop]))
    }
  }
  const { minKop, maxKop } = priceRange(catalogue.byId('kling-2.6/text-to-video')!, catalogue.rates)
  const card = (await anna.presses({ data: to.card('kling-2-6-text-to-video', undefined, 0) })).screen.text ?? ''
  names(t, 'a card', /^Цена: .*$/m.exec(card)?.[0], minKop, maxKop)
  const chargedFor = (sound: boolean, duration: string) =>
    price(catalogue.byId('kling-2.6/text-to-video')!, { prompt: 'кот', sound, duration }, catalogue.rates).kop
  const row = (sound: string) => new RegExp(`^${sound} .*$`, 'm').exec(card)?.[0]
  names(t, 'a row of its prices', row('Нет'), chargedFor(false, '5'), chargedFor(false, '10'))
  names(t, 'a row of its prices', row('Да'), chargedFor(true, '5'), chargedFor(true, '10'))
  const states = (await boss.says('/admin_models')).text ?? ''
  for (const model of catalogue.models) {
    const line = states.split('\n').find(one => one.includes(` ${model.id} `))
    names(t, '/admin_models', line, priceRange(model, catalogue.rates).minKop)
  }
})

await story('an order, its invoice, what it still lacks and what is held name one price', async t => {
  const anna = await person()
  await grant(anna.id, 2, 50_00)
  await anna.begins('hailuo-2-3-image-to-video-pro')
  await anna.sends('image/png', { caption: 'ветер' })
  names(t, 'a question of the order', /^Сейчас: .*$/m.exec(anna.last().text ?? '')?.[0], 42_75)
  await anna.presses('По умолчанию')
  await anna.presses('По умолчанию')
  const price = (await quoteOf(anna.id))!
  const lacks = 42_75 - 1_00
  names(t, 'too little money', anna.last().text, lacks, 42_75, 1_00)
  names(
    t,
    'the button of a bonus run',
    captions(anna.last()).find(one => one.startsWith('🎟')),
    50_00,
  )
  names(
    t,
    'packs',
    captions(anna.last()).find(one => one.includes('⭐ 84')),
    100_00,
  )
  await anna.presses({ data: to.stars(100, price.id) })
  const invoice = anna.last()
  const asked = api.calls.findLast(({ method }) => method === 'sendInvoice')!.fields as Record<string, unknown>
  names(t, 'the invoice', [asked.title, asked.description, asked.prices].map(String).join(' '), 100_00)
  t.match(await anna.pays(invoice), { ok: true })
  names(t, 'a payment came', says(anna, /^✅ Зачислено/)?.text, 100_00, 101_00)
  await anna.presses({ data: dataOf(invoice, 'Я оплатил') }, invoice)
  names(t, 'an invoice is paid', anna.last().text, 100_00, 101_00)
  await anna.presses({ data: to.quote(price.id, 'show') })
  names(t, 'the price', anna.last().text, 42_75, 101_00, 101_00 - 42_75)
  names(
    t,
    'the button of a price',
    captions(anna.last()).find(one => one.startsWith('✅')),
    42_75,
  )
  await anna.presses('✅')
  names(t, 'the beginning of a run', anna.last().text, 42_75)
  const [run] = await generationsOf(anna.id)
  const balance = await anna.says('/balance')
  names(t, 'the balance', balance.text, 42_75, 101_00 - 42_75, 50_00)
  names(
    t,
    'a run on the balance',
    captions(balance).find(one => one.startsWith('⏳')),
    42_75,
  )
  const held = (await readGeneration(sql, { userId: anna.id, id: run!.id }))!
  names(t, 'a slow run', messages.progress({ ...held, execState: 'running', ageMs: 3_600_000 }, 'ru').text, 42_75)
  names(t, 'an overdue run', messages.progress({ ...held, execState: 'running', isOverdue: true }, 'ru').text, 42_75)
  names(t, 'a run that is being checked', messages.failure(held, 'ru').text, 42_75)

  await owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx`update pay.generations set deadline_at = now() - interval '1 minute' where id = ${run!.id}`
  })
  await boss.presses({ data: to.adminStuck() })
  const stuck = boss.last().text?.split('\n') ?? []
  names(t, 'stuck runs', stuck[stuck.findIndex(one => one.includes(run!.id)) + 1], 42_75)
  await owes(t, anna)
})

/** The payment goes back while some of it is spent: what is taken, what is owed, and where that is told. */
async function owes(t: Test, anna: Person) {
  const [payment] = await owner<{ charge_id: string }[]>`select charge_id from pay.payments where user_id = ${anna.id}`
  const chargeId = payment!.charge_id
  const had = await inSum(anna.id)
  const debt = 100_00 - had
  const { asked, done } = await confirmed(`/refund ${chargeId} просит вернуть`)
  names(t, 'an admin’s refund', asked, 100_00, had)
  names(t, 'and its end', done, 0, debt)
  await serve()
  names(t, 'a payment went back', says(anna, /^Платёж возвращён/)?.text, had, debt)
  names(t, 'a debt on the balance', /^Осталось погасить.*$/m.exec((await anna.says('/balance')).text ?? '')?.[0], debt)
  await anna.presses({ data: to.topUp(undefined) })
  const amounts = anna.last()
  await anna.presses({ data: to.stars(300, undefined) })
  const below = anna.chat().find(({ messageId }) => messageId === amounts.messageId)?.text
  names(t, 'in place of the amounts', below, 300_00)
  await anna.presses({ data: to.operations(0) })
  const [{ data } = { data: '' }] = buttons(anna.last()).filter(one => one.data?.startsWith('b:p:'))
  await anna.presses({ data: data! })
  names(t, 'a payment', anna.last().text, 100_00)
  const person = (await boss.says(`/find ${anna.id}`)).text ?? ''
  names(t, 'the card of a person', /^Баланс: .*$/m.exec(person)?.[0], 0, 42_75, debt)
  names(t, 'its payments', /^.*⭐ 84 → .*$/m.exec(person)?.[0], 100_00)
  await anna.says('/paysupport')
  names(
    t,
    'a payment of /paysupport',
    captions(anna.last()).find(one => one.startsWith('💳')),
    100_00,
  )
  await anna.presses('💳')
  await anna.presses('💬 Вопрос по платежу')
  await anna.says('почему вернули?')
  names(t, 'a question about a payment', boss.last().text, 100_00)
  const offer = { userId: anna.id, modelId: 'z-image', category: 'text-to-image', inputs: {}, params: {} }
  const { id } = await makeQuote(sql, { ...offer, priceKop, credits: '0.8', rates })
  await anna.presses({ data: to.quote(id, 'show') })
  names(t, 'an order of whoever owes', anna.last().text, debt, debt + priceKop)
}

/** What came in today and what is held, by the books. */
const daySums = async () => {
  const [row] = await owner<{ paid: string; held: string }[]>`
    select (select sum(amount_kop) from pay.payments) as paid,
      (select sum(price_kop) from pay.generations where finished_at is null) as held`
  return [Number(row!.paid), Number(row!.held)]
}

await story('gifts, cards and transfers name what was given, paid and taken', async t => {
  const anna = await person()
  const until = '31.12.2030'
  const { asked } = await confirmed(`/admin_promo GIFT77 77 5 ${until} подарок людям`)
  names(t, 'a new code', asked, 77_00)
  names(t, '/admin_promo', /GIFT77.*$/m.exec((await boss.says('/admin_promo')).text ?? '')?.[0], 77_00)
  names(t, 'a code taken', (await anna.says('/promo GIFT77')).text, 77_00)
  names(t, 'an invitation', (await anna.says('/ref')).text, 50_00)
  const friend = { kind: 'notice', text: 'friendRan', values: { runs: 3, capKop: 50_00 } } as const
  names(t, 'a friend ran', messages.notice(friend, 'ru').text, 50_00)

  const credit = await confirmed(`/credit ${anna.id} 100 за ожидание`)
  names(t, 'an admin’s credit', credit.asked, 100_00, 78_00)
  names(t, 'and its end', credit.done, 178_00)
  names(t, 'what the person reads of it', says(anna, /^✅ Начислено/)?.text, 100_00, 178_00)
  names(
    t,
    'the journal of a person',
    /Начислить.*$/m.exec((await boss.says(`/find ${anna.id}`)).text ?? '')?.[0],
    100_00,
  )
  const take = await confirmed(`/take ${anna.id} 8,50 начислено лишнее`)
  names(t, 'what an admin takes', take.asked, 8_50, 178_00)
  names(t, 'what the person reads of that', says(anna, /^Списано 8/)?.text, 8_50, 169_50)
  const large = await confirmed(`/credit ${anna.id} 900000 проверка суммы`)
  names(t, 'a large sum', large.done, 900_000_00)

  await anna.presses({ data: to.cardPack(300, undefined) })
  t.match(await anna.pays(), { ok: true })
  names(t, 'a payment by card', says(anna, /^✅ Зачислено 300/)?.text, 300_00, 469_50)
  const [{ chargeId } = { chargeId: '' }] = await owner<{ chargeId: string }[]>`
    select charge_id as "chargeId" from pay.payments where user_id = ${anna.id}`
  await confirmed(`/refund ${chargeId} попросила`)
  names(t, 'a card goes back', says(anna, /^Платёж картой возвращён/)?.text, 300_00)
  await transferred(t, anna)
  names(
    t,
    'the day',
    ((await boss.says('/admin')).text ?? '').replace(/^(?:Выручка|провайдеру|остаётся) .*$/gm, ''),
    ...(await daySums()),
  )
})

async function transferred(t: Test, anna: Person) {
  await anna.presses({ data: to.transfer(undefined) })
  names(t, 'a transfer', anna.last().text, 100_00, 50_000_00)
  names(t, 'a wrong sum', (await anna.says('5')).text, 100_00, 50_000_00)
  names(t, 'where to transfer', (await anna.says('500')).text, 500_00)
  await api.player.send(anna.id, {
    kind: 'document',
    fileName: 'чек.pdf',
    mime: 'application/pdf',
    bytes: Buffer.from('чек'),
  })
  await serve()
  names(t, 'a transfer waits', anna.last().text, 500_00)
  names(t, 'a request', boss.last().text, 500_00)
  names(t, 'the button of a request', captions(boss.last())[0], 500_00)
  await boss.says('/requests')
  names(t, '/requests', captions(boss.last())[0], 500_00)
}

await t.test('what admins read of a model that lost money, and of the day, are sums of what was kept', async t => {
  const [row] = await owner<{ kept: string }[]>`select sum(kept_kop) as kept from pay.generations`
  const day = /^Выручка ([^\n]*)/m.exec((await boss.says('/admin')).text ?? '')?.[1]
  names(t, 'the turnover of the day', day, Number(row!.kept))
  const figures = { finished: 4, succeeded: 3, costKop: 3_04, keptKop: 2_85 }
  const change = {
    modelId: 'z-image',
    after: 'off',
    cause: 'loss',
    figures,
    restUntil: null,
  } as unknown as HealthChange
  names(t, 'a model is switched off', messages.healthChanged(change, false, 'ru').text, 3_04, 2_85)
})

await story('a late result names what it is taken for, and that is taken', async t => {
  const anna = await person()
  const id = await begun(anna, 'paid')
  const ref = { userId: anna.id, id }
  await genFinish(sql, ref, 'failed', 'deadline', 'too long', [])
  await lateTold(sql, ref, `task-${id}`)
  await lateFound(sql, ref, newId(), [{ ...picture, n: 1 }], 1, null)
  const file = { path: '/nowhere', bytes: 1, kind: 'image', mime: 'image/png', extension: 'png' } as const
  const fetched = async () => ({ ...file, remove: async () => {} })
  const results: ResultStore = { fetch: fetched, use: (_, work) => work(), close: async () => {} }
  deps.takeLate = one => takeLate({ sql, results, enqueue: deps.enqueue, log: deps.log }, one)
  await anna.presses({ data: to.generation(id, undefined) })
  names(t, 'the button that takes a late result', captions(anna.last())[0], priceKop)
  const { balanceKop } = await readWallet(sql, anna.id)
  const spentKop = balanceKop - 1_00
  await owner`select pay.move(${anna.id}, 'adjust', ${-spentKop}, 'adjust', null, 'of a test')`
  await anna.presses({ data: to.late(id) })
  const gapKop = priceKop - 1_00
  names(t, 'what is missing for a late result', anna.last().text, gapKop, priceKop, 1_00)
  await owner`select pay.move(${anna.id}, 'adjust', ${spentKop}, 'adjust', null, 'of a test, back')`
  await anna.presses({ data: to.late(id) })
  const after = await readWallet(sql, anna.id)
  t.equal(after.balanceKop, balanceKop - priceKop)
  const [born] = await owner<{ id: string }[]>`select id from pay.generations where late_of = ${id}`
  const run = (await readGeneration(sql, { userId: anna.id, id: born!.id }))!
  names(t, 'a late result', messages.result(run, [], after, { day: 0, of: 10 }, 'ru').text, priceKop, after.balanceKop)
})

await story('while the provider takes no orders a price, and a run that waits, name the same sums', async t => {
  const anna = await person()
  const id = await begun(anna, 'paid')
  const offer = {
    userId: anna.id,
    modelId: 'z-image',
    category: 'text-to-image',
    inputs: {},
    params: { prompt: 'кот' },
  }
  const price = await makeQuote(sql, { ...offer, priceKop, credits: '0.8', rates })
  await owner`update pay.provider_account set opened_at = now(), refused_at = now(), cause = 'auth'`
  await anna.presses({ data: to.quote(price.id, 'show') })
  names(t, 'a price while sales are paused', anna.last().text, priceKop)
  names(t, 'a run that waits for the provider', (await told(anna, id)).screen.text, priceKop)
  await owner`update pay.provider_account set opened_at = null, cause = null`
  await ended(anna, id, 4)

  await owner`
    insert into pay.model_switches (model_id, n, who, before, after, is_pinned, cause, strikes, figures)
    values ('z-image', 1, 'auto', 'on', 'off', false, 'loss', 1, ${owner.json({ runIds: [id] })})`
  await boss.presses({ data: to.adminLoss(modelKey('z-image'), 1) })
  // 0,8 of a credit, half a cent each, at 95 ₽.
  names(t, 'a run that lost money', boss.last().text, 38, priceKop)
})

await story('a series names the price of each order, their sum and what is left, and that is taken', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('кот')
  const draft = (await stage.draftOf(anna.id))!.id
  await anna.presses({ data: to.requestModel(draft, 'google-imagen4') })
  const { balanceKop } = await readWallet(sql, anna.id)
  await anna.presses({ data: to.series(draft, 'several', 2) })
  names(t, 'the price of a series', anna.last().text, 7_60, 15_20, balanceKop, balanceKop - 15_20)
  names(t, 'the button of a series', captions(anna.last())[0], 15_20)
  const { screen } = await anna.presses('✅')
  names(t, 'a series that was started', screen.text, 7_60)
  t.equal((await readWallet(sql, anna.id)).balanceKop, balanceKop - 15_20)
})

await story('a plan takes its percent off what is shown, and that is charged', async t => {
  const anna = await person({ kop: 0 })
  await anna.says('/plan')
  names(t, 'the plans', anna.last().text, 500_00)
  names(t, 'the button of a plan', captions(anna.last())[0], 500_00)
  const { plan, topUp } = stringsFor('ru')
  names(t, 'the terms of a plan', plan.order(basic), 500_00)
  names(t, 'the name of a plan on its invoice', plan.invoiceTitle(basic.amountKop), 500_00)
  names(t, 'what the invoice of a plan says', plan.invoiceAbout(basic), 500_00)
  const orderId = await openPlan(sql, anna.id, basic)
  const month = { chargeId: newId(), userId: anna.id, orderId, currency: 'XTR', total: 250 }
  const paid = await takePayment(sql, { provider: 'stars', ...month })
  const facts = { amountKop: paid.amountKop!, balanceKop: paid.balanceKop!, debtKop: 0, isSecond: false }
  names(t, 'a month that was paid', topUp.credited({ ...facts, until: new Date() }), 500_00, facts.balanceKop)
  await anna.says('/plan')
  names(t, 'the plan of a person', anna.last().text, 500_00)
  await anna.says('кот')
  await anna.presses({ data: to.requestModel((await stage.draftOf(anna.id))!.id, 'google-imagen4') })
  const { balanceKop } = await readWallet(sql, anna.id)
  names(t, 'a price with a plan', anna.last().text, 7_60, 6_84, balanceKop, balanceKop - 6_84)
  names(t, 'the button of such a price', captions(anna.last())[0], 6_84)
  await anna.presses('✅')
  t.equal((await readWallet(sql, anna.id)).balanceKop, balanceKop - 6_84)
})

// What groups are charged is held by tests/groups; here their words name what they were given, and nothing else.
await t.test('what is said in a group names the amounts that it was given', async t => {
  const { groups } = stringsFor('ru')
  const shown = { name: 'Z-Image', words: 'кот', title: undefined }
  const own = { ...shown, priceKop: 7_60, leftKop: 50_00, isByGroup: false }
  names(t, 'a price in a group', groups.price(own), 7_60, 50_00)
  names(t, 'a price that the group pays', groups.price({ ...own, leftKop: 92_40, isByGroup: true }), 7_60, 92_40)
  names(t, 'money short in a group', groups.short({ ...own, leftKop: 5_00 }), 7_60, 5_00, 2_60)
  names(t, 'the button in a group', groups.startButton(7_60), 7_60)
  names(t, 'the button of a free run in a group', groups.startButton(0))
  names(t, 'the limit of a member', groups.memberLimit(100_00), 100_00)
  names(t, 'the button of that limit', groups.limitButton(100_00), 100_00)
  const facts = { title: 'Студия', isOn: true, isByGroup: true, balanceKop: 300_00, memberDailyKop: 100_00 }
  names(t, 'the settings of a group', groups.settings(facts), 300_00, 100_00)
  names(t, 'a gift to a group', groups.give('Студия', 50_00), 50_00)
  names(t, 'a gift that was made', groups.given('Студия', 20_00), 20_00)
})

await t.test('every text that names money was read', async t => {
  t.strictSame(texts.silent(), [], 'a text that is new names its amounts here as well')
  t.comment(`${texts.count()} texts name money; read on ${places.size} screens, files and messages`)
})
