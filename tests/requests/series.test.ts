import t from 'tap'
import { modelKey } from '../../src/catalogue/models.ts'
import { SalesPaused, TooManyOpen, Unknown } from '../../src/errors.ts'
import { place } from '../../src/payments/integration.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons, captions } from '../support/messages.ts'

// Several orders of one request: their prices together, one press, and each of them an order of its own.
const stage = await chats(t)
const { balanceOf, deps, draftOf, end, generationsOf, owner, person, quoteOf, running, sql, story, switches, woken } =
  stage

const textOf = (who: Person) => who.last().html
const plain = (who: Person) => who.last().text!.replace(/\u00a0/g, ' ')
const startOf = (who: Person) => captions(who.last())[0]!.replace(/\u00a0/g, ' ')
/** The choices under the price of these words, with a model of this key. */
async function asks(who: Person, words = 'кот в лодке', key?: string) {
  await who.says(words)
  if (key) await who.presses({ data: `ru:${(await draftOf(who.id))!.id}:${key}` })
  await who.presses('➕ Ещё')
}
/** Three free runs an hour: then the first choice has its price. */
async function withoutFree(who: Person, modelId = 'z-image') {
  for (let n = 0; n < 3; n++) await end(who.id, await running(who.id, { kop: 0, modelId }))
}
const paidOf = async (who: Person) => (await generationsOf(who.id)).filter(({ price_kop }) => price_kop > 0)
const openQuotes = async (who: Person) =>
  (
    await owner<{ n: number }[]>`
      select count(*)::int as n from pay.quotes q where user_id = ${who.id} and closed_at is null and expires_at > now()
        and not exists (select from pay.generations g where g.user_id = q.user_id and g.quote_id = q.id)`
  )[0]!.n

story('the choices under a price: several of the same, a comparison, with the price of all together', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  t.match(textOf(anna), /^<b>Картинка по вашим словам<\/b>\nСразу несколько/)
  t.match(captions(anna.last()), [
    /^2 варианта · 15,20\s₽$/,
    /^3 варианта · 22,80\s₽$/,
    /^Сравнить с .+ · /,
    '💾 Сохранить как шаблон',
    '‹ К цене',
    '🏠 Меню',
  ])
  await anna.presses('‹ К цене')
  t.match(startOf(anna), /^✅ Запустить за 7,60/)
})

story(
  'two of the same: a list, the sum, what is left, and one press starts two orders with a message each',
  async t => {
    const anna = await person({ kop: 100_00 })
    await asks(anna, 'кот', 'google-imagen4')
    await anna.presses('2 варианта')
    t.match(
      plain(anna),
      /^2 варианта\n1\. Imagen 4: .* · 7,60 ₽\n2\. Imagen 4: .* · 7,60 ₽\n\nВсего: 15,20 ₽\nНа балансе: 100 ₽ · останется: 84,80 ₽/,
    )
    t.equal(startOf(anna), '✅ Запустить все за 15,20 ₽')
    t.equal(await openQuotes(anna), 2, 'the single price is closed')
    const before = woken.length
    const { screen } = await anna.presses('✅')
    const runs = await generationsOf(anna.id)
    t.strictSame(
      runs.map(({ price_kop }) => price_kop),
      [7_60, 7_60],
    )
    t.equal(await balanceOf(anna.id), 84_80)
    t.equal(new Set(runs.map(run => run.message_id)).size, 2, 'a message each')
    t.equal(woken.length - before, 2)
    t.match(screen.text, /^Запущено: 2/)
    for (const run of runs) {
      const message = anna.chat().find(one => one.messageId === run.message_id)!
      t.match(message.text, /Принято\. В очереди/)
      t.strictSame(captions(message), ['Отменить'])
      t.not(run.message_id, screen.messageId)
    }
    t.equal(await draftOf(anna.id), undefined, 'the request is used')
  },
)

story('one of two fails and only its money comes back', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  await anna.presses('✅')
  const [first, second] = await generationsOf(anna.id)
  await end(anna.id, first!.id, 'generation_failed')
  await end(anna.id, second!.id)
  t.equal(await balanceOf(anna.id), 92_40)
})

story('only as many as are left are free: the sum says so, and so much is taken', async t => {
  const anna = await person({ kop: 100_00 })
  for (let n = 0; n < 2; n++) await end(anna.id, await running(anna.id, { kop: 0 }))
  const before = await balanceOf(anna.id)
  await asks(anna)
  t.match(captions(anna.last())[0], /^2 варианта · 0,76/)
  await anna.presses('2 варианта')
  t.match(plain(anna), /1\. Z-Image: .* · бесплатно\n2\. Z-Image: .* · 0,76 ₽/)
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 4)
  t.equal(await balanceOf(anna.id), before - 76)
})

story('a comparison is the same request with two models', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('Сравнить')
  t.match(plain(anna), /^Сравнение моделей/)
  await anna.presses('✅')
  const runs = await generationsOf(anna.id)
  t.equal(new Set(runs.map(({ model_id }) => model_id)).size, 2)
  const quotes =
    await owner`select inputs ->> 'prompt' as words from pay.quotes where user_id = ${anna.id} and closed_at is null`
  t.ok(quotes.every(({ words }) => words === 'кот'))
})

story('each photo by itself, in its own order with its own file', async t => {
  const anna = await person({ kop: 100_00 })
  for (let n = 0; n < 3; n++) {
    await anna.sends('image/png', { kind: 'photo', albumId: 'a', caption: n === 0 ? 'зима' : '' })
  }
  await withoutFree(anna, 'google/nano-banana-edit')
  await anna.presses('➕')
  t.ok(captions(anna.last()).some(one => one.startsWith('Каждое фото отдельно: 3 ·')))
  await anna.presses('Каждое фото отдельно')
  t.match(plain(anna), /1\. Фото 1 · .*\n2\. Фото 2 · .*\n3\. Фото 3 · /)
  await anna.presses('✅')
  const runs = await generationsOf(anna.id)
  const files = await owner<{ url: string; n: number }[]>`
    select inputs -> 'image_urls' -> 0 ->> 'url' as url, json_array_length(inputs -> 'image_urls') as n from pay.quotes
    where user_id = ${anna.id} and id = any(${runs.slice(3).map(run => run.quote_id)})`
  t.equal(new Set(files.map(({ url }) => url)).size, 3)
  t.ok(files.every(({ n }) => n === 1))
})

story('a model with a seed gets another one for each, and an order that is repeated later gets none', async t => {
  const anna = await person({ kop: 1000_00 })
  const seeded = deps.catalogue.models.find(
    model => model.category === 'text-to-video' && model.params.some(({ name, hidden }) => name === 'seed' && !hidden),
  )!
  await asks(anna, 'видео: кот бежит', modelKey(seeded.id))
  await anna.presses('2 варианта')
  await anna.presses('✅')
  const quotes = await owner<{ seed: number; answered: number | null }[]>`
    select (q.params ->> 'seed')::bigint as seed, q.inputs ->> 'seed' as answered from pay.quotes q
    join pay.generations g on g.user_id = q.user_id and g.quote_id = q.id where q.user_id = ${anna.id}`
  t.equal(new Set(quotes.map(({ seed }) => String(seed))).size, 2)
  t.ok(quotes.every(({ seed, answered }) => Number(seed) > 0 && answered === null))
})

story('no more are offered than may be under way at once', async t => {
  const anna = await person({ kop: 100_00 })
  await running(anna.id)
  await asks(anna, 'кот', 'google-imagen4')
  t.match(captions(anna.last()), [/^2 варианта/, /^Сравнить/, /^💾/, '‹ К цене', '🏠 Меню'])
  await running(anna.id)
  await anna.presses('‹ К цене')
  await anna.presses('➕')
  t.match(textOf(anna), 'Сейчас есть место для одного')
  t.strictSame(captions(anna.last()), ['💾 Сохранить как шаблон', '‹ К цене', '🏠 Меню'])
})

story('the press that comes twice, or again later, starts nothing twice', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  const { data } = buttons(anna.last())[0]!
  const screen = anna.last()
  await anna.presses('✅', screen, 2)
  t.equal((await generationsOf(anna.id)).length, 2)
  const { answer } = await anna.presses({ data: data! }, screen)
  t.match(answer, { text: 'Уже запущено' })
  t.equal((await generationsOf(anna.id)).length, 2)
  t.equal(await balanceOf(anna.id), 84_80)
})

for (const isPlaced of [true, false])
  story(
    `a press that breaks off ${isPlaced ? 'after' : 'before'} the second order goes on when it is handled again`,
    async t => {
      const anna = await person({ kop: 100_00 })
      await asks(anna, 'кот', 'google-imagen4')
      await anna.presses('3 варианта')
      const screen = anna.last()
      const { place: usual } = deps.integration
      let n = 0
      deps.integration.place = async order => {
        const isSecond = ++n === 2
        const placed = isSecond && !isPlaced ? undefined : await usual(order)
        if (isSecond || !placed) throw new Unknown('the answer was lost')
        return placed
      }
      await anna.presses('✅').catch(error => t.ok(error instanceof Unknown))
      t.equal((await generationsOf(anna.id)).length, isPlaced ? 2 : 1)
      deps.integration.place = usual
      await anna.presses('✅', screen)
      const runs = await generationsOf(anna.id)
      t.equal(runs.length, 3)
      t.equal(new Set(runs.map(run => run.message_id)).size, 3)
      t.equal(await balanceOf(anna.id), 77_20)
      t.equal(await draftOf(anna.id), undefined)
      t.equal(anna.chat().filter(one => one.text?.startsWith('⏳')).length, 3, 'no message is left over')
    },
  )

story('two presses handled at the same moment start each order once', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  const { data } = buttons(anna.last())[0]!
  const from = { id: anna.id, is_bot: false, first_name: 'Анна' }
  const chat = { id: anna.id, type: 'private' }
  const message = { message_id: anna.last().messageId, date: 1, chat, text: 'x' }
  const press = (n: number) =>
    stage.bot.handle({
      update_id: 2_000_000_000 + n,
      callback_query: { id: String(n), from, chat_instance: '1', message, data },
    })
  await Promise.all([press(1), press(2), press(3)])
  t.equal((await generationsOf(anna.id)).length, 2)
  t.equal(await balanceOf(anna.id), 84_80)
})

story('money that is short starts nothing, and after the top-up the series is there again', async t => {
  const anna = await person()
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  t.match(plain(anna), /2 варианта[\s\S]*Не хватает 15,20 ₽/)
  await anna.presses(captions(anna.last()).find(one => one.includes('⭐'))!)
  await anna.pays()
  t.equal(startOf(anna), '✅ Запустить все за 15,20 ₽')
  t.equal((await generationsOf(anna.id)).length, 0)
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 2)
})

/** Another order of the person takes so much of the balance at once. */
async function spend(who: Person, priceKop: number) {
  const quote = { userId: who.id, modelId: 'z-image', category: 'text-to-image', inputs: {}, params: {}, priceKop }
  const { id } = await makeQuote(sql, { ...quote, credits: '1', rates: stage.catalogue.rates })
  const order = { userId: who.id, id, requestKey: `q:${id}`, quoteId: id, chatId: who.id, messageId: null }
  await place(sql, { ...order, deadlineMs: 600_000 }, { ...stage.limits, maxOpen: 100 })
  await end(who.id, id)
}

story('a balance that another order uses up before the press starts nothing and says what is missing', async t => {
  const anna = await person({ kop: 20_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  await spend(anna, 10_00)
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 1)
  t.match(plain(anna), 'Не хватает 5,20 ₽')
})

story('a balance that another order uses up in the middle stops there, and only what started is paid', async t => {
  const anna = await person({ kop: 20_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  const { place: usual } = deps.integration
  let n = 0
  deps.integration.place = async order => {
    if (++n === 2) await spend(anna, 10_00)
    return usual(order)
  }
  const { screen } = await anna.presses('✅')
  deps.integration.place = usual
  t.match(screen.text, /^Запущено 1 из 2[\s\S]*не хватает денег/)
  t.equal(await balanceOf(anna.id), 2_40)
  const rest = (await anna.presses('🔁', screen)).screen
  t.match(rest.text!.replace(/\u00a0/g, ' '), 'Не хватает 5,20 ₽')
})

story('new words replace the series: its old button starts nothing', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  const old = anna.last()
  const { data } = buttons(old)[0]!
  await anna.says('пёс')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'пёс' } })
  t.equal(await openQuotes(anna), 1)
  const pressed = await anna.presses({ data: data! }, old)
  t.equal((await generationsOf(anna.id)).length, 0)
  t.match(pressed.screen.text, 'Эта кнопка больше не запускает')
})

story('prices that have expired are renewed as a whole, and nothing starts at a sum that was not shown', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna)
  await anna.presses('2 варианта')
  t.equal(startOf(anna), '✅ Запустить все бесплатно')
  await withoutFree(anna)
  const before = (await generationsOf(anna.id)).length
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, before)
  t.match(textOf(anna), /^Ничего не запущено: цены пришлось посчитать заново/)
  t.equal(startOf(anna), '✅ Запустить все за 1,52 ₽')
  await owner`alter table pay.quotes disable trigger user`
  await owner`update pay.quotes set expires_at = now() - interval '1 second' where user_id = ${anna.id} and closed_at is null`
  await owner`alter table pay.quotes enable trigger user`
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, before)
  t.equal(startOf(anna), '✅ Запустить все за 1,52 ₽')
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, before + 2)
})

story('a model that goes off between is left out, and that is said before anything starts', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('Сравнить')
  await switches('google/imagen4', 'off')
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 0)
  t.match(textOf(anna), /^Часть моделей сейчас выключена/)
  t.notMatch(plain(anna), /Imagen/)
  await switches('google/imagen4', 'on')
})

for (const [Refusal, why] of [
  [SalesPaused, 'Запуски временно приостановлены'],
  [TooManyOpen, 'Столько запусков сразу нельзя'],
] as const)
  story(`a refusal in the middle (${Refusal.name}) says what was started, and the rest is one press away`, async t => {
    const anna = await person({ kop: 100_00 })
    await asks(anna, 'кот', 'google-imagen4')
    await anna.presses('3 варианта')
    const { place: usual } = deps.integration
    let n = 0
    deps.integration.place = async order => {
      if (++n === 2) throw new Refusal('of the test')
      return usual(order)
    }
    const { screen } = await anna.presses('✅')
    deps.integration.place = usual
    t.match(screen.text, /^Запущено 1 из 3\n✅ 1\..*\n✖️ 2\..*\n✖️ 3\./)
    t.match(screen.text, why)
    t.equal((await generationsOf(anna.id)).length, 1)
    t.equal(await balanceOf(anna.id), 92_40)
    t.notOk(
      anna.chat().some(one => (one.html ?? '').startsWith('⏳ 2 из 3')),
      'no message waits for a run that is none',
    )
    const rest = (await anna.presses('🔁 Цена оставшихся: 2', screen)).screen
    t.match(captions(rest)[0], /^✅ Запустить все за 15,20\s₽$/)
    await anna.presses('✅', rest)
    t.equal((await generationsOf(anna.id)).length, 3)
    t.equal(await balanceOf(anna.id), 77_20)
  })

story('no room at the press: nothing starts, and the price stays for later', async t => {
  const anna = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  await anna.presses('2 варианта')
  const screen = anna.last()
  const ids = [await running(anna.id, { kop: 0 }), await running(anna.id, { kop: 0 })]
  await anna.presses('✅')
  t.match(textOf(anna), 'нужно место для 2, а сейчас есть для 1')
  t.equal((await paidOf(anna)).length, 0)
  for (const id of ids) await end(anna.id, id)
  await anna.presses('✅', screen)
  t.equal((await paidOf(anna)).length, 2)
})

story('buttons of another person, and of a series that is none, start nothing', async t => {
  const anna = await person({ kop: 100_00 })
  const boris = await person({ kop: 100_00 })
  await asks(anna, 'кот', 'google-imagen4')
  const draft = (await draftOf(anna.id))!.id
  await boris.presses({ data: `rs:${draft}:n:2` })
  t.equal(await openQuotes(boris), 0)
  await anna.presses('2 варианта')
  await boris.presses({ data: buttons(anna.last())[0]!.data! })
  await boris.presses({ data: `rp:${'a'.repeat(12)}:ok` })
  await anna.presses({ data: `rs:${draft}:n:99` })
  t.equal((await generationsOf(boris.id)).length + (await generationsOf(anna.id)).length, 0)
  t.equal(await openQuotes(anna), 3, 'more than may run at once is what may')
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(stage.api.calls)), [])
})
