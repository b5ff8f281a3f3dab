import t from 'tap'
import { createQuote, quoteScreen } from '../../src/bot/order/quote.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { type Model, modelKey } from '../../src/catalogue/models.ts'
import type { EarlierValue, Inputs, Value } from '../../src/catalogue/parameters.ts'
import { priceRange } from '../../src/catalogue/pricing.ts'
import { newId } from '../../src/id.ts'
import { formatKop } from '../../src/money.ts'
import { outputsOf, readGeneration } from '../../src/payments/generations.ts'
import { genAccepted, genFinish, genSubmit } from '../../src/payments/order-statements.ts'
import { readWallet } from '../../src/payments/wallet.ts'
import { toPlain } from '../../src/telegram/html.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons } from '../support/messages.ts'
import { picture } from '../support/world.ts'

const stage = await chats(t)
const { catalogue, person, deps, end, limits, owner, running, sql, story } = stage
const messages = createMessages(stage.deps)
const rub = (kop: number) => formatKop(kop, 'ru')

/** Every row of «All models» by the key of its model. */
async function rowsOf(anna: Person): Promise<Map<string, string>> {
  const rows = new Map<string, string>()
  for (let page = 0; page < 6; page++) {
    await anna.presses({ data: `f:all:${page}` })
    for (const { text, data } of buttons(anna.last())) {
      if (data?.startsWith('m:')) rows.set(data.split(':')[1]!, text)
    }
  }
  return rows
}

/** What anyone could answer who takes the usual values. */
async function answersFor(userId: number, model: Model): Promise<Inputs> {
  const answers: Inputs = {}
  const isEither = (name: string) => model.rules.some(rule => rule.type === 'exactly_one_of' && rule.params[0] === name)
  for (const param of model.params) {
    if (param.hidden || param.default !== undefined || !(param.required || isEither(param.name))) continue
    answers[param.name] = await valueFor(userId, param)
  }
  return answers
}

async function valueFor(userId: number, param: Model['params'][number]): Promise<Value> {
  const [modelId] = param.previous_models ?? []
  if (modelId) {
    const params = { resolution: '480p' }
    const generationId = await running(userId, { modelId, params })
    await end(userId, generationId)
    return { generationId, taskId: `task-${generationId}`, modelId, params } satisfies EarlierValue
  }
  const mime = { image: 'image/png', video: 'video/mp4', audio: 'audio/mpeg' }
  if (param.accept) return [stage.file(mime[param.accept[0]!])]
  if (param.type === 'string') return param.pattern ? 'https://sora.chatgpt.com/p/s_example' : 'рыжий кот в лодке'
  throw new Error(`${param.name} wants an answer`)
}

/** All that one person reads of the price of a model, from the list to the receipt. */
async function readings(anna: Person, model: Model) {
  const card = (await anna.presses({ data: `m:${modelKey(model.id)}` })).screen.text!
  const result = await createQuote(deps, anna.id, model, await answersFor(anna.id, model))
  if (result === 'no_price' || 'problem' in result) throw new Error(`${model.id}: ${JSON.stringify(result)}`)
  const { quote } = result
  const price = toPlain((await quoteScreen(deps, anna.id, quote, 'ru')).text)
  const id = newId()
  const order = {
    userId: anna.id,
    id,
    requestKey: `q:${quote.id}`,
    quoteId: quote.id,
    chatId: anna.id,
    messageId: null,
  }
  await deps.integration.place({ ...order, deadlineMs: 600_000 })
  const ref = { userId: anna.id, id }
  const [taken] = await genSubmit(sql, ref, 'token')
  await genAccepted(sql, ref, taken!.attempt, `task-${id}`)
  const promised = (await readGeneration(sql, ref))?.promised ?? 1
  const outputs = Array.from({ length: promised }, (_, index) => ({ ...picture, n: index + 1 }))
  await genFinish(sql, ref, 'success', null, null, outputs)
  const run = (await readGeneration(sql, ref))!
  const caption = messages.result(
    run,
    await outputsOf(sql, ref),
    await readWallet(sql, anna.id),
    { day: 9, of: 10 },
    'ru',
  )
  const receipt = toPlain(caption.text)
  const [charged] = await owner<{ kop: string }[]>`
    select -amount_kop as kop from pay.ledger_entries where user_id = ${anna.id} and generation_id = ${id}`
  const history = buttons(await anna.says('/history')).find(({ data }) => data === `g:${id}`)!.text
  return { card, price, receipt, history, quote, chargedKop: charged ? Number(charged.kop) : 0 }
}

for (const model of catalogue.models) {
  const isFree = catalogue.freeIds.has(model.id)
  const { minKop, maxKop } = priceRange(model, catalogue.rates)
  const isExact = minKop === maxKop

  await story(`${model.id}: list, card, price, receipt and history name one price to the kopeck`, async t => {
    const anna = await person({ kop: 1_000_000_00 })
    for (let n = 0; isFree && n < limits.freeHourly; n++) {
      await end(anna.id, await running(anna.id, { modelId: model.id, kop: 0 }))
    }
    const row = (await rowsOf(anna)).get(modelKey(model.id))!
    const { card, price, receipt, history, quote, chargedKop } = await readings(anna, model)
    const kop = quote.priceKop
    t.ok(kop >= minKop && kop <= maxKop, `${kop} of ${minKop} to ${maxKop}`)
    const label = `${model.short.ru} ·\u00a0${isExact ? rub(kop) : `от\u00a0${rub(minKop)}`}`
    t.match(row, isFree ? `${label} · 🎁\u00a0с\u00a0` : new RegExp(`${label.replaceAll('.', '\\.')}( · [^₽]+)?$`))
    t.match(card, `\nЦена: ${isExact ? rub(kop) : `от\u00a0${rub(minKop)} до\u00a0${rub(maxKop)}`}`)
    t.equal(card.includes('🎁 Бесплатно: осталось 7 из 10 сегодня, 0 в этот час'), isFree)
    t.match(price, `\nЦена: ${rub(kop)}\n`)
    t.equal(price.includes(`Бесплатные запуски закончились.`), isFree)
    t.match(receipt, `\nСписано ${rub(kop)} · осталось `)
    t.match(history, ` ·\u00a0${rub(kop)}`)
    t.equal(chargedKop, kop)
  })

  if (!isFree) continue
  await story(`${model.id}: with free runs left, every place says so and counts the same`, async t => {
    const anna = await person()
    const row = (await rowsOf(anna)).get(modelKey(model.id))!
    const { card, price, receipt, history, quote, chargedKop } = await readings(anna, model)
    t.equal(quote.priceKop, 0)
    t.match(row, `${model.short.ru} ·\u00a0🎁\u00a0ещё 10 сегодня`)
    t.match(card, `\nЦена: ${rub(minKop)}\n`)
    t.match(card, `\n🎁 Бесплатно: осталось ${limits.freeDaily} из 10 сегодня, 3 в этот час`)
    t.match(price, '\nЦена: бесплатно · останется 9 из 10 сегодня\n')
    t.match(receipt, '\nБесплатно · осталось 9 из 10 · №')
    t.match(history, ' ·\u00a0бесплатно')
    t.equal(chargedKop, 0)
  })
}
