import { randomInt } from 'node:crypto'
import t, { type Test } from 'tap'
import { seeded } from '../../chaos/random.ts'
import type { MessageView } from '../../playground/telegram/server.ts'
import { parse, to } from '../../src/bot/routes.ts'
import { connect } from '../../src/database/db.ts'
import { QuoteClosed } from '../../src/errors.ts'
import { overrideHealth } from '../../src/health/model-health.ts'
import { newId } from '../../src/id.ts'
import { place } from '../../src/payments/integration.ts'
import { bonusQuote, closeQuotes, makeQuote, quoteShown, readQuote } from '../../src/payments/quotes.ts'
import { openTopUp } from '../../src/payments/top-ups.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons, captions } from '../support/messages.ts'
import { until } from '../support/world.ts'

// «Отменено. Деньги не тратились.» is true: what ends a dialogue closes its prices in the database, and takes their buttons.
const stage = await chats(t, { card: { providerToken: '1:TEST:x', vatCode: undefined } })
const {
  access,
  api,
  balanceOf,
  catalogue,
  deps,
  draftOf,
  end,
  generationsOf,
  limits,
  links,
  owner,
  person,
  running,
  sql,
} = stage
const { quoteOf, serve, story } = stage
const machine = connect(access.app, { sealKey: access.sealKey })
t.teardown(() => machine.close())
const seed = randomInt(2 ** 31)
const rng = seeded(BigInt(seed))
const random = () => rng.int(0, 999) / 1_000
t.comment(`seed ${seed}`)

const model = catalogue.byId('seedream/4.5-text-to-image')!
const inputs = { prompt: 'кот' }
const offer = (userId: number, priceKop = 6_18) => ({
  userId,
  modelId: model.id,
  category: model.category,
  inputs,
  params: inputs,
  priceKop,
  credits: '1',
  rates: catalogue.rates,
})
const orderOf = (userId: number, quoteId: string, id = quoteId) => ({
  userId,
  id,
  requestKey: `q:${id}`,
  quoteId,
  chatId: userId,
  messageId: null,
  deadlineMs: 600_000,
})
const grant = (userId: number) => owner`
  insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (${userId}, ${newId()}, 100, 5000)`

await story('a closed price starts nothing on any machine, and one that was started is not closed', async t => {
  const { id: userId } = await person({ kop: 100_00 })
  const [first, second] = [await makeQuote(sql, offer(userId)), await makeQuote(sql, offer(userId))]
  await place(sql, orderOf(userId, second.id), limits)
  t.strictSame(
    (await closeQuotes(machine.sql, userId)).map(({ id }) => id),
    [first.id],
  )
  for (const on of [sql, machine.sql]) await t.rejects(place(on, orderOf(userId, first.id), limits), QuoteClosed)
  t.match(await readQuote(sql, userId, first.id), { isClosed: true, generationId: null })
  t.match(await readQuote(sql, userId, second.id), { isClosed: false, generationId: second.id })
  t.match(await place(machine.sql, orderOf(userId, second.id), limits), { result: 'duplicate' })
  t.strictSame([...(await closeQuotes(sql, userId))], [], 'once')
  t.equal(await bonusQuote(sql, userId, first.id), undefined, 'nor does a bonus run of it')
  for (const change of ['closed_at = null', 'bonus_of = null, closed_at = null', "params = '{}'", 'price_kop = 1']) {
    await t.rejects(owner.unsafe(`update pay.quotes set ${change} where id = '${first.id}'`), /never rewritten/, change)
  }
  const other = await person({ kop: 100_00 })
  const { id } = await makeQuote(sql, offer(other.id))
  await closeQuotes(sql, userId)
  await closeQuotes(sql, userId, { quoteId: id })
  t.match(await readQuote(sql, other.id, id), { isClosed: false }, 'another person’s stays')
})

await story('whoever is first: a start or its cancel, paid, free or with a bonus, on two machines', async t => {
  const { id: userId } = await person({ kop: 100_000_00 })
  await grant(userId)
  const outcomes = { started: 0, closed: 0 }
  const bySeed = <T>(list: T[]) => (random() < 0.5 ? list : list.reverse())
  for (let n = 0; n < 60; n++) {
    const kind = ['paid', 'free', 'bonus'][n % 3]!
    await owner`delete from pay.free_usage where user_id = ${userId}`
    const before = await balanceOf(userId)
    const { id } = await makeQuote(sql, offer(userId, kind === 'free' ? 0 : 6_18))
    const start = async () => {
      if (random() < 0.5) await new Promise(setImmediate)
      const quoteId = kind === 'bonus' ? await bonusQuote(sql, userId, id) : id
      if (quoteId === undefined) throw new QuoteClosed('no bonus run')
      return place(sql, orderOf(userId, quoteId, id), { ...limits, maxOpen: 1_000 })
    }
    const close = () => closeQuotes(machine.sql, userId, random() < 0.5 ? { quoteId: id } : {})
    const results = new Map<string, PromiseSettledResult<unknown>>()
    const both: [string, () => Promise<unknown>][] = bySeed([
      ['start', start],
      ['close', close],
    ])
    const settled = await Promise.allSettled(both.map(([, act]) => act()))
    for (const [at, [name]] of both.entries()) results.set(name, settled[at]!)
    const started = results.get('start')!
    const quote = (await readQuote(sql, userId, id))!
    if (started.status === 'fulfilled') outcomes.started += 1
    else {
      outcomes.closed += 1
      t.type(started.reason, QuoteClosed)
      t.equal(await balanceOf(userId), before, 'nothing was taken')
      t.equal(quote.isClosed, true)
    }
    t.equal(quote.generationId !== null, started.status === 'fulfilled', 'what the canceller reads is what is so')
    t.equal(results.get('close')!.status, 'fulfilled')
  }
  t.comment(`${outcomes.started} started, ${outcomes.closed} closed before`)
})

await story(
  'a start that comes while a closing waits for its turn starts nothing: paid, free or with a bonus',
  async t => {
    const { id: userId } = await person({ kop: 100_00 })
    await grant(userId)
    const waiting = (n: number) =>
      until(`${n} wait for the wallet`, async () => {
        const rows = await owner`
        select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
        return rows.length === n
      })
    for (const kind of ['paid', 'free', 'bonus'] as const) {
      const { id } = await makeQuote(sql, offer(userId, kind === 'free' ? 0 : 6_18))
      const start = async () => {
        const quoteId = kind === 'bonus' ? await bonusQuote(sql, userId, id) : id
        if (quoteId === undefined) throw new QuoteClosed('no bonus run')
        return place(sql, orderOf(userId, quoteId, id), limits)
      }
      const both: Promise<unknown>[] = []
      await owner.begin(async held => {
        await held`select from pay.wallets where user_id = ${userId} for update`
        both.push(closeQuotes(machine.sql, userId))
        await waiting(1)
        both.push(start())
        for (const one of both) one.catch(() => {})
        await waiting(2)
      })
      t.match(await both[0], [{ id }], kind)
      await t.rejects(both[1]!, QuoteClosed, kind)
      t.match(await readQuote(sql, userId, id), { isClosed: true, generationId: null }, kind)
    }
    t.equal(await balanceOf(userId), 100_00)
  },
)

await story('a cancelled order takes its invoices along; a payment that comes all the same is credited', async t => {
  const { id: userId } = await person()
  const { id: quoteId } = await makeQuote(sql, offer(userId))
  const wanted = { userId, provider: 'stars', amountKop: 100_00, total: 84 } as const
  const [own, ofOrder] = [
    await openTopUp(sql, { ...wanted, quoteId: null, amountKop: 300_00, total: 250 }),
    await openTopUp(sql, { ...wanted, quoteId }),
  ]
  await closeQuotes(sql, userId)
  const states = async () =>
    Object.fromEntries(
      (await owner`select id, state from pay.top_ups where user_id = ${userId}`).map(r => [r.id, r.state]),
    )
  t.strictSame(await states(), { [own.id]: 'open', [ofOrder.id]: 'open' })
  await closeQuotes(sql, userId, { withInvoices: true })
  t.strictSame(await states(), { [own.id]: 'open', [ofOrder.id]: 'cancelled' })
})

await story('a price that was closed before it was shown loses its buttons at once', async t => {
  const { id: userId } = await person()
  const { id } = await makeQuote(sql, offer(userId))
  t.strictSame([...(await quoteShown(sql, userId, id, 5))], [{ before: null, isOpen: true }])
  t.strictSame([...(await closeQuotes(sql, userId))], [{ id, messageId: 5 }])
  t.strictSame([...(await quoteShown(sql, userId, id, 6))], [{ before: 5, isOpen: false }])
})

/** Data of the buttons that start a run, and of those that pay for one. */
const startsOf = (message: MessageView) => dataOf(message).filter(data => /^q:\w+:(ok|fr|rf)$/.test(data))
const paysOf = (message: MessageView) => dataOf(message).filter(data => /^(ts|tk|t|tb|tm):.*[a-z2-7]{12}$/.test(data))
const dataOf = (message: MessageView) => buttons(message).flatMap(({ data }) => data ?? [])

async function priced(anna: Person, key = 'seedream-4-5-text-to-image') {
  await anna.begins(key)
  return anna.says('рыжий кот')
}
/** The price of a repeat, which no draft stands behind. */
async function repeated(anna: Person) {
  const id = await running(anna.id, { modelId: model.id, inputs, params: inputs, kop: 6_18 })
  await end(anna.id, id)
  await anna.presses({ data: to.generation(id, 'repeat') })
  return anna.last()
}

/** Every screen with a paying button, and how a person comes to it. */
const screens: Record<string, { kop: number; show: (anna: Person) => Promise<MessageView> }> = {
  'a paid price': { kop: 100_00, show: priced },
  'a free price': { kop: 0, show: anna => priced(anna, 'z-image') },
  'a price with a bonus run': {
    kop: 100_00,
    async show(anna) {
      await grant(anna.id)
      return priced(anna)
    },
  },
  'a price that the balance does not cover': { kop: 1_00, show: priced },
  'the same order once more': { kop: 100_00, show: repeated },
  'an example': {
    kop: 100_00,
    async show(anna) {
      await anna.presses({ data: 'me:seedream-4-5-text-to-image' })
      return anna.last()
    },
  },
  'a follow-up of a result': {
    kop: 100_00,
    async show(anna) {
      const id = await running(anna.id, { modelId: model.id, inputs, params: inputs, kop: 6_18 })
      await end(anna.id, id)
      links.set('https://files.example.com/1.png', { widthPx: 600, heightPx: 400 })
      await anna.presses({ data: `fu:${id}:1:seedream-4-5-edit` })
      return anna.says('в шляпе')
    },
  },
  'a price that was renewed': {
    kop: 100_00,
    async show(anna) {
      await priced(anna)
      await expire(anna)
      await anna.presses('✅')
      return anna.last()
    },
  },
  'an order that comes back after a payment': {
    kop: 1_00,
    async show(anna) {
      await priced(anna)
      await anna.presses('100')
      await anna.pays()
      return anna.last()
    },
  },
  'changed settings': {
    kop: 100_00,
    async show(anna) {
      await priced(anna)
      await anna.presses('✏️ Изменить')
      await anna.presses('Готово')
      return anna.last()
    },
  },
  'ways to pay for an order': {
    kop: 1_00,
    async show(anna) {
      await priced(anna)
      await anna.presses({ data: to.topUp((await quoteOf(anna.id))!.id) })
      return anna.last()
    },
  },
  'cards to pay for an order with': {
    kop: 1_00,
    async show(anna) {
      await priced(anna)
      await anna.presses({ data: to.cardPacks((await quoteOf(anna.id))!.id) })
      return anna.last()
    },
  },
}
const expire = async (anna: Person) => {
  await owner`alter table pay.quotes disable trigger quote_rows`
  await owner`update pay.quotes set expires_at = now() - interval '1 second' where user_id = ${anna.id}`
  await owner`alter table pay.quotes enable trigger quote_rows`
}

const off = async (isOff: boolean) => {
  const change = { modelId: model.id, adminId: 1, reason: 'проверяем', to: isOff ? 'off' : 'auto' } as const
  await overrideHealth(deps.adminSql, change)
  await deps.modelHealth.refresh()
}
/** What ends a price; those that end it without a word about it are seen when its button is pressed. */
const endings: Record<string, (anna: Person, price: MessageView) => Promise<unknown>> = {
  '/cancel': anna => anna.says('/cancel'),
  '/menu': anna => anna.says('/menu'),
  '/start': anna => anna.says('/start'),
  'the menu button': anna => anna.presses({ data: to.menu() }, anna.chat()[1]),
  'its cancel button': async anna => anna.presses({ data: to.quote((await quoteOf(anna.id))!.id, 'cancel') }),
  'a change of settings': async anna => anna.presses({ data: to.quote((await quoteOf(anna.id))!.id, 'change') }),
  'another order': anna => anna.presses({ data: 'w:google-imagen4' }, anna.chat()[1]),
  'another price': repeated,
  'the wish to be forgotten': async anna => {
    await anna.says('/delete_me')
    await anna.presses('Удалить')
    await anna.presses('Да')
  },
}

const walked = { screens: new Set<string>(), pressed: 0, pairs: 0 }
/** Ends the price that stands on a screen, and presses each paying button that it had. */
async function walk(t: Test, screen: string, ending: string) {
  const { kop, show } = screens[screen]!
  const anna = await person({ kop })
  const price = await show(anna)
  const old = [...startsOf(price), ...paysOf(price)]
  const place = `${screen}, then ${ending}`
  t.ok(old.length > 0, `${place}: ${captions(price).join(' | ')}`)
  const quoteIds = new Set(old.map(data => data.split(':').find(part => /^[a-z2-7]{12}$/.test(part))!))
  await endings[ending]!(anna, price)
  const alive = anna
    .chat()
    .flatMap(startsOf)
    .filter(data => [...quoteIds].some(id => data.includes(id)))
  t.strictSame(alive, [], `${place}: no button that starts it is left`)
  const before = [await generationsOf(anna.id), await balanceOf(anna.id)]
  const invoices = async () =>
    Number((await owner`select count(*) as n from pay.top_ups where user_id = ${anna.id}`)[0]!.n)
  const billed = await invoices()
  for (const data of old) {
    await anna.presses({ data }, price)
    walked.pressed += 1
    t.match(anna.last().text ?? anna.chat().find(one => one.messageId === price.messageId)?.text, /./)
    const said = [price.messageId, anna.last().messageId].flatMap(
      id => anna.chat().find(one => one.messageId === id) ?? [],
    )
    const isTold = said.some(one => /Деньги не тратились|Напишите, что нарисовать/.test(one.text ?? ''))
    t.ok(isTold, `${place}, ${data}: ${said.map(({ text }) => text).join(' / ')}`)
  }
  t.strictSame([await generationsOf(anna.id), await balanceOf(anna.id)], before, `${place}: nothing started or taken`)
  t.equal(await invoices(), billed, `${place}: and nothing billed`)
  walked.screens.add(screen)
  walked.pairs += 1
}

await story(
  'every screen with a paying button, every way to end it: no old button starts or takes anything',
  async t => {
    const all = Object.keys(endings)
    const full = new Set(['a paid price', 'a price that the balance does not cover'])
    for (const [n, screen] of Object.keys(screens).entries()) {
      const some = full.has(screen) ? all : ['/cancel', all[1 + (n % (all.length - 1))]!]
      for (const ending of some) await walk(t, screen, ending)
    }
    t.comment(`walked ${walked.screens.size} screens in ${walked.pairs} ways, ${walked.pressed} old buttons pressed`)
    t.equal(walked.screens.size, Object.keys(screens).length)
  },
)

await story('a closed price leads to a price of now, which starts', async t => {
  const anna = await person({ kop: 100_00 })
  const price = await priced(anna)
  t.match(captions(price)[0], '✅ Запустить за 6,18\u00a0₽')
  await anna.says('/cancel')
  t.match(anna.last().text, /^Отменено\. Деньги не тратились\.\n/)
  const { answer } = await anna.presses({ data: startsOf(price)[0]! }, price)
  t.match(answer, { text: 'Эта цена закрыта' })
  const shown = anna.chat().find(one => one.messageId === price.messageId)!
  t.match(shown.text, /^Эта кнопка больше не запускает/)
  await anna.presses('🔁 Узнать цену заново', shown)
  const fresh = anna.chat().find(one => startsOf(one).length > 0)!
  await anna.presses('✅', fresh)
  t.equal((await generationsOf(anna.id)).length, 1)
  t.equal(await balanceOf(anna.id), 100_00 - 6_18)
  await anna.says('/cancel')
  t.match(anna.last().text, /^Запущенное \/cancel не останавливает/)
})

await story('a run that began before the cancel is told to have begun', async t => {
  const anna = await person({ kop: 100_00 })
  await priced(anna)
  const quote = (await quoteOf(anna.id))!
  await place(machine.sql, orderOf(anna.id, quote.id), limits) // by a press that another machine is still at
  for (const say of ['/cancel', 'cancel', 'change'] as const) {
    await (say === '/cancel' ? anna.says(say) : anna.presses({ data: to.quote(quote.id, say) }))
    t.match(anna.last().text, /^Уже запущено, №/, say)
  }
})

await story(
  'a model that is switched off closes the price at the press, and it stays closed when the model is back',
  async t => {
    const anna = await person({ kop: 100_00 })
    const price = await priced(anna)
    await off(true)
    await anna.presses('✅')
    t.match(anna.last().text, /^Модель временно недоступна/)
    await off(false)
    await anna.presses({ data: startsOf(price)[0]! }, price)
    t.strictSame(await generationsOf(anna.id), [])
    t.match(anna.last().text, /^Эта кнопка больше не запускает/)
  },
)

await story('after a cancel the invoice is refused, and after a payment the old screen has no buttons', async t => {
  const anna = await person({ kop: 1_00 })
  await priced(anna)
  await anna.presses('100')
  const invoice = anna.last()
  await anna.says('/cancel')
  t.notOk(
    anna.chat().some(({ messageId }) => messageId === invoice.messageId),
    'it has left the chat',
  )
  await priced(anna)
  await anna.presses('100')
  const unnoted = anna.last()
  await owner`update pay.top_ups set message_id = null where user_id = ${anna.id}`
  await anna.says('/cancel')
  t.match(await anna.pays(unnoted), { ok: false, error: /./ })
  t.equal(await balanceOf(anna.id), 1_00)

  const short = await priced(anna)
  await anna.presses('100')
  await anna.pays()
  t.match(captions(anna.last())[0], '✅ Запустить за 6,18')
  t.strictSame(anna.chat().find(one => one.messageId === short.messageId)!.buttons, [])
})

await story('a payment for an order that another has replaced brings the other one back', async t => {
  const anna = await person({ kop: 1_00 })
  await priced(anna)
  await anna.presses('100')
  const invoice = anna.last()
  await anna.begins('google-imagen4')
  await anna.says('закат')
  await anna.pays(invoice)
  t.match(anna.last().text, /^Imagen 4: /)
  t.equal(anna.chat().flatMap(startsOf).length, 1, 'one price, one button')
})

await story('a press that comes twice, or after the cancel on the way, says what is so', async t => {
  const anna = await person({ kop: 100_00 })
  const price = await priced(anna)
  const pressed = api.player.press(anna.id, price.messageId, { data: startsOf(price)[0]! }, true)
  pressed.catch(() => {})
  api.player.say(anna.id, '/cancel')
  await serve(2)
  t.equal((await generationsOf(anna.id)).length, 1)
  t.match(anna.last().text, /^(Запущенное \/cancel не останавливает|Уже запущено)/)
  t.equal(await draftOf(anna.id), undefined)
  t.ok(parse(startsOf(price)[0]!))
})

await story(
  'what /cancel can do is said as it is: in the help, under a run that was sent, and in answer to it',
  async t => {
    const anna = await person({ kop: 100_00 })
    await anna.presses({ data: 'hp:start' })
    t.match(anna.last().text, /До запуска — \/cancel, а пока запуск в очереди — «Отменить» под ним\./)
    t.match(anna.last().text, /Отправленный заказ отменить нельзя: модель уже работает\./)
    t.notMatch(anna.last().text, /в любой момент/)
    const queued = await running(anna.id, { modelId: model.id, inputs, params: inputs, kop: 6_18 })
    await anna.presses({ data: to.generation(queued, 'status') })
    t.ok(captions(anna.last()).includes('Отменить'))
    const sent = await running(anna.id, { modelId: model.id, inputs, params: inputs, kop: 6_18 })
    await owner`update pay.generations set exec_state = 'running', task_id = ${`task-${sent}`} where id = ${sent}`
    await anna.presses({ data: to.generation(sent, 'status') })
    t.match(anna.last().text, /Отменить уже нельзя: модель работает\./)
    t.notOk(captions(anna.last()).includes('Отменить'))
    await anna.says('/cancel')
    t.match(anna.last().text, /^Запущенное \/cancel не останавливает\. Пока запуск в очереди, под ним есть «Отменить»/)
    t.equal((await generationsOf(anna.id)).length, 2, 'and they go on')
  },
)
