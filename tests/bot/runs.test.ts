import t from 'tap'
import { freeAgain } from '../../src/bot/browse/display-price.ts'
import { fits } from '../../src/bot/button-width.ts'
import { quoteScreen } from '../../src/bot/order/quote.ts'
import { to } from '../../src/bot/routes.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { timelineScreen } from '../../src/bot/runs/timeline.ts'
import { modelKey } from '../../src/catalogue/models.ts'
import { orderingEn } from '../../src/i18n/ordering.en.ts'
import { orderingRu } from '../../src/i18n/ordering.ru.ts'
import { newId, shortId } from '../../src/id.ts'
import { type Generation, readGeneration } from '../../src/payments/generations.ts'
import { genFinish, genSubmit } from '../../src/payments/order-statements.ts'
import { readQuote } from '../../src/payments/quotes.ts'
import { plainLength, toPlain } from '../../src/telegram/html.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons, captions, dataOf } from '../support/messages.ts'

const stage = await chats(t)
const {
  api,
  person,
  deps,
  draftOf,
  generationsOf,
  quoteOf,
  balanceOf,
  running,
  end,
  story,
  found,
  sentAgain,
  sql,
  owner,
} = stage
const messages = createMessages(stage.deps)

/** A paid order up to its price: 42.75 rubles. */
async function priced(anna: Person) {
  await anna.begins('hailuo-2-3-image-to-video-pro')
  await anna.sends('image/png', { caption: 'ветер' })
  await anna.presses('По умолчанию')
  await anna.presses('По умолчанию')
  return (await quoteOf(anna.id))!
}

/** The same price as it will be once its time has passed; `kop` as if the rate had been another. */
async function expired(quoteId: string, kop: number, ago = '1 minute') {
  const id = newId()
  await owner`
    insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
    select user_id, ${id}, model_id, category, inputs, params, ${kop}, credits, usd_rub_rate, markup, now() - ${ago}::interval
    from pay.quotes where id = ${quoteId}`
  return id
}

await story('a double press on start begins one run', async t => {
  const anna = await person({ kop: 100_00 })
  await priced(anna)
  const price = anna.last()
  await anna.presses('✅')
  const { answer } = await anna.presses({ data: dataOf(price, '✅') }, price)
  t.match(answer, { text: 'Уже запущено' })
  t.match(anna.last().text, /^⏳ Принято/, 'and the progress stays where it is')
  t.equal((await generationsOf(anna.id)).length, 1)
  t.equal(await balanceOf(anna.id), 57_25)
  await anna.says('/menu')
  await anna.presses({ data: dataOf(price, '✅') })
  t.match(anna.last().text, /^Уже запущено, №\u00a0/, 'from elsewhere the way to it is shown')
  await anna.presses('Статус')
  t.match(anna.last().text, /^⏳ Принято/)
})

await story('forged-button: a price that has run out is made anew and charged only when pressed again', async t => {
  const anna = await person({ kop: 100_00 })
  const quote = await priced(anna)
  await anna.presses({ data: to.quote(await expired(quote.id, 40_00), 'start') })
  t.match(anna.last().text, /Цена обновлена: было 40\u00a0₽, стало 42,75\u00a0₽\.\nЦена: 42,75\u00a0₽/)
  t.equal((await generationsOf(anna.id)).length, 0)
  await anna.presses('✅ Запустить за 42,75')
  t.match(await generationsOf(anna.id), [{ price_kop: 42_75 }])

  const old = await expired(quote.id, 42_75, '2 days')
  found.push({ widthPx: 700 })
  await anna.presses({ data: to.quote(old, 'start') })
  const { inputs } = (await quoteOf(anna.id))!
  t.match(inputs, { image_url: [{ widthPx: 700 }] }, 'files of days ago were stored once more')
})

await story('a fresh price stands as it was shown, whatever a deploy has changed since', async t => {
  const anna = await person({ kop: 100_00 })
  await priced(anna)
  const model = stage.catalogue.byId('hailuo/2-3-image-to-video-pro')!
  const { variants } = model.price
  model.price.variants = variants.map(variant => ({ ...variant, credits: variant.credits * 2 }))
  t.teardown(() => (model.price.variants = variants))
  await anna.presses('✅ Запустить за 42,75')
  t.match(await generationsOf(anna.id), [{ price_kop: 42_75 }])
  t.equal(await balanceOf(anna.id), 57_25)
})

await story(
  'answers that the model takes no more are not sent: they are asked for again, and nothing is charged',
  async t => {
    const anna = await person({ kop: 100_00 })
    await priced(anna)
    const duration = stage.catalogue
      .byId('hailuo/2-3-image-to-video-pro')!
      .params.find(({ name }) => name === 'duration')!
    const before = { ...duration }
    Object.assign(duration, { enum: ['8', '10'], default: '10' })
    t.teardown(() => Object.assign(duration, before))
    await anna.presses('✅')
    t.match(
      anna.last().text,
      /^Настройки модели изменились\. Проверьте ответы, пожалуйста\.\n\nШаг 3 из 4 · Длительность/,
    )
    t.equal((await generationsOf(anna.id)).length, 0)
    t.equal(await balanceOf(anna.id), 100_00)
    await anna.presses('По умолчанию')
    t.match((await quoteOf(anna.id))?.params, { duration: '10', prompt: 'ветер' })
    await anna.presses('✅')
    t.equal((await generationsOf(anna.id)).length, 1)
  },
)

await story('an order that would be sent otherwise today is priced anew before it starts', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.begins('kling-v2-5-turbo-text-to-video-pro')
  await anna.says('ветер')
  await anna.presses('По умолчанию')
  const shown = await quoteOf(anna.id)
  const model = stage.catalogue.byId('kling/v2-5-turbo-text-to-video-pro')!
  const scale = model.params.find(({ name }) => name === 'cfg_scale')!
  const before = { ...scale }
  Object.assign(scale, { always_send: true })
  t.teardown(() => Object.assign(scale, before, { always_send: before.always_send }))
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 0, 'nothing has started')
  const renewed = await quoteOf(anna.id)
  t.not(renewed?.id, shown?.id)
  t.equal(renewed?.price_kop, shown?.price_kop)
  await anna.presses('✅')
  t.match(await generationsOf(anna.id), [{ quote_id: renewed?.id }])
})

await story('a model that is free no more is not run for free', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.begins('z-image')
  await anna.says('кот')
  const { freeIds } = stage.catalogue
  stage.catalogue.freeIds = new Set([...freeIds].filter(id => id !== 'z-image'))
  t.teardown(() => (stage.catalogue.freeIds = freeIds))
  await anna.presses('✅ Запустить бесплатно')
  t.match(anna.last().text, /\nЦена: 0,76\u00a0₽\n/)
  t.equal((await generationsOf(anna.id)).length, 0)
})

await story('a price that has risen beyond the balance says so as well', async t => {
  const anna = await person({ kop: 41_00 })
  const quote = await priced(anna)
  await anna.presses({ data: to.quote(await expired(quote.id, 40_00), 'start') })
  t.match(
    anna.last().text,
    /^Цена обновлена: было 40\u00a0₽, стало 42,75\u00a0₽\.\nНе хватает 1,75\u00a0₽: цена 42,75\u00a0₽, можно тратить 41\u00a0₽\./,
  )
})

await story('what the balance does not cover is said to the kopeck, and the order waits', async t => {
  const anna = await person({ kop: 50_00 })
  await anna.begins('wan-2-5-text-to-video')
  await anna.says('кот')
  await anna.presses('По умолчанию: 5')
  await anna.presses('По умолчанию')
  t.match(anna.last().text, /^Не хватает 45\u00a0₽: цена 95\u00a0₽, можно тратить 50\u00a0₽\.\nПополните/)
  const quote = (await quoteOf(anna.id))!
  t.equal(dataOf(anna.last(), 'Другие способы'), `t:${quote.id}`)
  await anna.presses({ data: to.quote(quote.id, 'start') })
  t.match(anna.last().text, /^Не хватает 45/)
  t.equal((await generationsOf(anna.id)).length, 0)
  await anna.presses('✏️ Изменить')
  await anna.presses('Разрешение')
  await anna.presses('720p')
  await anna.presses('Готово')
  t.match(anna.last().text, /^Не хватает 7\u00a0₽: цена 57\u00a0₽/)
  await anna.presses('✖️ Отмена')
  t.match(anna.last().text, /^Отменено/)
})

await story('free runs end, and then there is a price and the time when they come back', async t => {
  const anna = await person({ kop: 100_00 })
  for (let n = 0; n < 3; n++) await end(anna.id, await running(anna.id, { kop: 0 }))
  await anna.begins('z-image')
  await anna.says('кот')
  t.match(
    anna.last().text,
    /Бесплатные запуски закончились\. Новые: (завтра )?в \d\d:00\u00a0МСК\. Можно сейчас за 0,76\u00a0₽\.\nЦена: 0,76\u00a0₽/,
  )
  await anna.presses('✅ Запустить за 0,76')
  t.match((await generationsOf(anna.id)).at(-1), { price_kop: 76 })

  const boris = await person({ kop: 100_00 })
  await boris.begins('z-image')
  await boris.says('кот')
  const price = boris.last()
  for (let n = 0; n < 3; n++) await end(boris.id, await running(boris.id, { kop: 0 }))
  await boris.presses('✅ Запустить бесплатно', price)
  t.match(boris.last().text, /Бесплатные запуски закончились/, 'used up between price and press')
  t.equal((await generationsOf(boris.id)).length, 3)
})

t.test('free runs come back with the hour, or with the day in which they are counted', async t => {
  const at = new Date('2026-11-24T12:20:00Z')
  t.strictSame(freeAgain(at, true), { at: new Date('2026-11-24T13:00:00Z'), isTomorrow: false })
  t.strictSame(freeAgain(at, false), { at: new Date('2026-11-25T00:00:00Z'), isTomorrow: true })
  t.strictSame(freeAgain(new Date('2026-11-24T22:00:00Z'), false).isTomorrow, false, 'in Moscow it is that day already')
})

await story('at the limit of runs the person sees which to wait for, and the price stays', async t => {
  const anna = await person({ kop: 100_00 })
  for (let n = 0; n < 3; n++) await running(anna.id)
  await priced(anna)
  const price = anna.last()
  await anna.presses('✅')
  t.match(anna.last().text, /^Сейчас идут 3 запуска, это предел/)
  t.equal(captions(anna.last()).length, 4, 'and the menu')
  t.match(captions(price)[0], /^✅/)
  await anna.presses(captions(anna.last())[0]!)
  t.match(anna.last().text, /^⏳ Принято/)
  const [first] = await generationsOf(anna.id)
  await end(anna.id, first!.id)
  await anna.presses('✅', price)
  t.equal((await generationsOf(anna.id)).length, 4)
})

await story('an order is taken back while nothing was sent, and not after', async t => {
  const anna = await person({ kop: 100_00 })
  await priced(anna)
  await anna.presses('✅')
  await anna.presses('Отменить')
  const [run] = await generationsOf(anna.id)
  t.equal(
    anna.last().text,
    `Отменено.\nДеньги вернулись: 42,75\u00a0₽.\nHailuo 2.3 Pro: видео из фото · №\u00a0${shortId(run!.id)}`,
  )
  t.strictSame(captions(anna.last()), ['🔁 Повторить', '🧾 Что с деньгами', '💬 Поддержка', '🏠 Меню'])
  t.equal(await balanceOf(anna.id), 100_00)
  t.match((await anna.presses({ data: to.generation(run!.id, 'cancel') })).answer, { text: 'Этот запуск уже закончен' })

  const id = await running(anna.id)
  await genSubmit(sql, { userId: anna.id, id }, 'token')
  const { answer } = await anna.presses({ data: to.generation(id, 'cancel') })
  t.match(answer, { text: /^Остановить уже нельзя/, showAlert: true })
})

await story('a run can be repeated and changed at today’s price, below its result', async t => {
  const anna = await person({ kop: 500_00 })
  const inputs = { prompt: 'кот', duration: '10', resolution: '720p' }
  const id = await running(anna.id, { modelId: 'wan/2-5-text-to-video', kop: 90_00, inputs })
  await end(anna.id, id)
  const before = anna.chat().length
  await anna.presses({ data: to.generation(id, 'repeat') })
  t.match(anna.last().text, /Описание: кот\nДлительность: 10\u00a0с · Разрешение: 720p\n\nЦена: 114\u00a0₽/)
  t.equal(anna.chat().length, before + 1, 'a message of its own')
  await anna.presses({ data: to.generation(id, 'change') })
  t.ok(captions(anna.last()).includes('Длительность: 10\u00a0с'))
  await anna.presses('Длительность')
  await anna.presses('По умолчанию: 5')
  await anna.presses('Готово')
  t.match(await quoteOf(anna.id), { params: { prompt: 'кот', duration: '5', resolution: '720p' } })

  await owner`alter table pay.quotes disable trigger user`
  await owner`alter table pay.generations disable trigger user`
  const photo = await running(anna.id, {
    modelId: 'recraft/remove-background',
    inputs: { image: [stage.file('image/png')] },
  })
  await owner`update pay.generations set created_at = now() - interval '2 days' where id = ${photo}`
  await owner`alter table pay.generations enable trigger user`
  await owner`alter table pay.quotes enable trigger user`
  await anna.presses({ data: to.generation(photo, 'repeat') })
  t.match(anna.last().text, /^Файлы этого заказа уже удалены\. Пришлите их ещё раз, пожалуйста\.\n\nRecraft/)
  await end(anna.id, photo)
})

await story('why charged: what happened, with times, from what was committed', async t => {
  const anna = await person({ kop: 500_00 })
  const inputs = { prompt: 'кот', duration: '5', resolution: '720p' }
  const id = await running(anna.id, { modelId: 'wan/2-5-text-to-video', kop: 57_00, inputs })
  await end(anna.id, id)
  await anna.presses({ data: to.generation(id, 'why') })
  const time = String.raw`\d\d:\d\d:\d\d`
  const steps = [
    `цена 57\u00a0₽ \\(Длительность: 5\u00a0с · Разрешение: 720p\\)`,
    'отложено 57\u00a0₽',
    `отправлено модели, задача №\u00a0…${id.slice(-4)}`,
    'результат получен \\(1 файл\\)',
    'списано 57\u00a0₽ · возвращено 0\u00a0₽',
  ]
  t.match(
    anna.last().text,
    new RegExp(
      `^🧾 Запуск №\u00a0${shortId(id)} · Wan 2\\.5: видео по тексту\n${steps.map(step => `${time} ${step}`).join('\n')}\n`,
    ),
  )
  const failed = await running(anna.id, { kop: 45_00 })
  await end(anna.id, failed, 'moderation')
  await anna.presses({ data: to.generation(failed, 'why') })
  t.match(anna.last().text, /отложено 45\u00a0₽\n.* не получилось\n.* списано 0\u00a0₽ · возвращено 45\u00a0₽/)
  await anna.presses('💬 Вопрос в поддержку')
  t.match(anna.last().text, new RegExp(`№\u00a0${shortId(failed)}`))
  const boris = await person()
  await boris.presses({ data: to.generation(id, 'why') })
  t.notMatch(boris.last().text, /Запуск №/, 'another person’s run is nobody’s')
})

await story('a result is sent once more and as the original, a failed run has none', async t => {
  const anna = await person()
  const id = await running(anna.id)
  t.match((await anna.presses({ data: to.generation(id, 'resend') })).answer, { showAlert: true })
  await end(anna.id, id)
  await anna.presses({ data: to.generation(id, 'resend') })
  await anna.presses({ data: to.generation(id, 'original') })
  t.strictSame(sentAgain, [id, `original ${id}`])
})

await story('the status of a run comes as a message of its own, and the screen of the history stays', async t => {
  const anna = await person()
  const id = await running(anna.id)
  await anna.presses({ data: to.generation(id, undefined) })
  const item = anna.last()
  const before = anna.chat().length
  await anna.presses('Статус')
  t.match(anna.last().text, /^⏳ Принято/)
  t.ok(captions(anna.last()).includes('🏠 Меню'))
  t.equal(anna.chat().length, before + 1)
  t.equal(anna.chat().find(one => one.messageId === item.messageId)!.text, item.text)
})

await story('a row of the history begins with what was ordered, and keeps its price however long that is', async t => {
  const anna = await person()
  const long = `рыжий кот\n${'читает газету на подоконнике '.repeat(20)}`
  await running(anna.id, { kop: 104_25, inputs: { prompt: long } })
  await running(anna.id, { modelId: 'topaz/image-upscale', kop: 38_00, inputs: {} })
  await running(anna.id, {
    modelId: 'elevenlabs/text-to-speech-turbo-2-5',
    kop: 0,
    inputs: { text: '  Добрый день!  ' },
  })
  await anna.says('/history')
  const [voice = '', upscale = '', cat = ''] = buttons(anna.last())
    .filter(({ data }) => data?.startsWith('g:'))
    .map(({ text }) => text)
  t.equal(voice, '⏳ Добрый день! ·\u00a0бесплатно')
  t.match(upscale, /^⏳ Topaz: увеличение фото, \d\d\.\d\d \d\d:\d\d ·\u00a038\u00a0₽$/)
  t.match(cat, /^⏳ рыжий кот читает газету.*… ·\u00a0104,25\u00a0₽$/)
  for (const text of [voice, upscale, cat]) t.ok(fits(text), text)
})

await story('a run taken back in the queue is called so, and nobody says that it was sent', async t => {
  const anna = await person()
  const id = await running(anna.id)
  await anna.presses({ data: to.generation(id, 'cancel') })
  await anna.says('/history')
  t.match(
    captions(anna.last()).find(text => text.startsWith('✖️')),
    /^✖️ кот ·\u00a0отменено$/,
  )
  await anna.presses({ data: to.generation(id, undefined) })
  t.match(anna.last().text, /\n✖️ Отменено · .*\nДеньги вернулись: 45/)
  await anna.presses('🧾')
  t.match(anna.last().text, /отменено вами/)
  t.notMatch(anna.last().text, /отправлено/)

  const late = await running(anna.id)
  await genSubmit(sql, { userId: anna.id, id: late }, 'token')
  await genFinish(sql, { userId: anna.id, id: late }, 'failed', 'not_submitted', null, [])
  await anna.presses({ data: to.generation(late, 'why') })
  t.notMatch(anna.last().text, /отправлено/, 'a submit that never left')
})

await story('what a text costs is told by its length, and the text stays out of it', async t => {
  const anna = await person({ kop: 500_00 })
  const inputs = { text: 'Привет' }
  const id = await running(anna.id, { modelId: 'elevenlabs/text-to-speech-turbo-2-5', kop: 1_00, inputs })
  await anna.presses({ data: to.generation(id, 'why') })
  t.match(anna.last().text, /цена 1\u00a0₽ \(.*6 знаков.*\)/)
  t.notMatch(anna.last().text, /Привет/)
})

await story('a question reaches the admins with the run it is about, and the answer comes back', async t => {
  const anna = await person()
  const id = await running(anna.id)
  await end(anna.id, id, 'moderation')
  await anna.presses({ data: to.generation(id, 'support') })
  t.match(anna.last().text, `Вопрос о запуске №\u00a0${shortId(id)}\nНапишите`)
  await anna.says('/paysupport')
  t.equal(captions(anna.last())[0], `№\u00a0${shortId(id)} · Деньги вернулись: 45\u00a0₽ · Z-Image`)
  t.match((await anna.says('/paysupport где деньги?')).text, /^Сейчас некому ответить/, 'no admins')

  const boss = await person()
  deps.adminIds = [1, boss.id]
  t.teardown(() => (deps.adminIds = []))
  await anna.says(`/paysupport № ${shortId(id)} не пришёл <b>результат`)
  const [, ticket] = /^Передали, обращение №\u00a0([a-z2-7]{4})\. Ответим здесь\.$/.exec(anna.last().text ?? '') ?? []
  t.ok(ticket, 'one who cannot be reached is passed by')
  const question = boss.last()
  const about = `${id} · Z-Image: картинка по тексту · Деньги вернулись: 45\u00a0₽`
  const asked = `Вопрос от ${anna.id} Анна:\n№ ${shortId(id)} не пришёл <b>результат\n${about}\nОбращение №\u00a0${ticket}. Чтобы ответить`
  t.equal(question.text?.slice(0, asked.length), asked)

  const replies = (from: number, text: string, to_ = question.text) => {
    const message = { message_id: 900_000, date: 1_800_000_000, chat: { id: from, type: 'private' }, text }
    const bot = { id: stage.api.bot.id, is_bot: true, first_name: 'Bot' }
    const reply_to_message = { ...message, message_id: question.messageId, from: bot, text: to_ }
    const sender = { id: from, is_bot: false, first_name: 'Кто-то', language_code: 'ru' }
    return stage.bot.handle({ update_id: 1_000_000 + from, message: { ...message, from: sender, reply_to_message } })
  }
  await replies(boss.id, 'Деньги <на месте>')
  t.equal(anna.last().text, '💬 Ответ поддержки\nДеньги <на месте>')
  t.equal(boss.last().text, 'Ответ отправлен.')
  const seen = anna.chat().length
  const boris = await person()
  await replies(boris.id, 'я не оператор')
  t.equal(anna.chat().length, seen, 'nobody else answers')
  deps.adminIds = [1]
  t.match((await anna.says('/paysupport ау')).text, /^Сейчас некому ответить/)
})

await story('after /paysupport alone the next message is the question, and only the next', async t => {
  const [anna, boss] = [await person(), await person()]
  deps.adminIds = [boss.id]
  t.teardown(() => (deps.adminIds = []))
  const id = await running(anna.id)
  const asked = () =>
    boss
      .chat()
      .filter(({ text }) => text?.startsWith(`Вопрос от ${anna.id} `))
      .map(({ text }) => text)
  t.match((await anna.says('/paysupport')).text, /^💬 Вопрос об оплате или запуске\nНапишите его следующим сообщением/)
  t.match((await anna.says(`№ ${shortId(id)} где результат?`)).text, /^Передали, обращение №/)
  t.match(asked(), [new RegExp(`где результат\\?\n${id} · Z-Image`)])
  t.notMatch((await anna.says('ещё слова')).text, /^Передали/)
  await anna.says('/paysupport')
  await anna.presses('🏠 Меню')
  t.notMatch((await anna.says('рыжий кот')).text, /^Передали/, 'the menu ended it')
  await owner`update pay.users set banned_at = now() where user_id = ${anna.id}`
  await anna.says('/paysupport')
  t.match((await anna.says('за что?')).text, /^Передали/, 'also for one who is banned')
  t.equal((await anna.says('и всё же?')).text, 'Доступ закрыт. Вопросы: /paysupport')
  t.equal(asked().length, 2)
})

const soon = new Date('2026-11-24T12:40:00Z')
const run = (more: Partial<Generation>): Generation => ({
  userId: 1,
  id: 'abcdefgh7k2m',
  chatId: 1,
  threadId: null,
  messageId: 5,
  modelId: 'grok-imagine/image-to-video',
  category: 'image-to-video',
  isFree: false,
  isBonus: false,
  isLate: false,
  priceKop: 104_00,
  keptKop: null,
  promised: null,
  execState: 'running',
  moneyState: 'debited',
  taskId: 'task',
  attempt: 1,
  pollAttempt: 0,
  isHopeless: false,
  deadlineAt: soon,
  isOverdue: false,
  createdAt: soon,
  submittedAt: soon,
  finishedAt: null,
  ageMs: 48_000,
  inputs: {},
  params: {},
  errorCode: null,
  errorMessage: null,
  isOwnerBanned: false,
  credits: '0.8',
  isPaused: false,
  ...more,
})
const free = { isFree: true, priceKop: 0, moneyState: 'free' } as const
const said = (more: Partial<Generation>, language: 'ru' | 'en' = 'ru') =>
  toPlain(messages.progress(run(more), language).text)

const which = 'Grok Imagine: видео из фото · №\u00a07k2m'
const atWork = 'Ответ будет до\u00a015:40\u00a0МСК. Отменить уже нельзя: модель работает.'
t.test('the progress tells the stage, the time that is left and what is promised', async t => {
  const { stats } = stage
  t.teardown(() => stats.clear())
  const due = 'Можно заняться другим: пришлю сюда около\u00a015:42\u00a0МСК.'
  t.equal(said({ execState: 'queued' }), `⏳ Принято. В очереди. 104\u00a0₽ отложены, не списаны.\n${due}\n${which}`)
  t.match(
    said({ execState: 'queued', modelId: 'z-image' }),
    /\nОбычно готово за 6–10\u00a0с\.\n/,
    'what is short has no time of day',
  )
  t.equal(
    said({}),
    `🎨 Готовится: прошло 48\u00a0с, осталось около 2\u00a0мин.\n▓▓▓░░░░░░░\n${due}\n${atWork}\n${which}`,
  )
  t.equal(
    said({ modelId: 'z-image', ageMs: 400 }).split('\n')[0],
    '🎨 Готовится: осталось около 10\u00a0с.',
    'never «0 с»',
  )
  t.equal(said({ modelId: 'z-image', ageMs: 400 }).split('\n')[1], '▓░░░░░░░░░')
  t.equal(
    said({ modelId: 'z-image', ageMs: 8_000 }).split('\n')[0],
    '🎨 Готовится: прошло 8\u00a0с, осталось совсем немного.',
  )
  t.equal(said({ modelId: 'z-image', ageMs: 11_000 }).split('\n')[1], '▓▓▓▓▓▓▓▓▓░', 'and never full')
  t.equal(
    said({ modelId: 'gone/by-now' }),
    `🎨 Готовится: 48\u00a0с.\n${atWork}\ngone/by-now · №\u00a07k2m`,
    'nothing known',
  )
  t.match(said({ modelId: 'gone/by-now', ageMs: 300 }), /^🎨 Готовится…\n/)

  const measured = { modelId: 'z-image', runs30d: 10, finished: 10, succeeded: 10, hourFinished: 0, hourSucceeded: 0 }
  stats.set('z-image', { ...measured, timed: 9, p25Ms: 80_000, p75Ms: 120_000 })
  t.match(said({ modelId: 'z-image', ageMs: 1_000 }), /осталось около 10\u00a0с/, 'nine runs say nothing yet')
  stats.set('z-image', { ...measured, timed: 10, p25Ms: 80_000, p75Ms: 120_000 })
  t.match(said({ modelId: 'z-image', ageMs: 1_000 }), /осталось около 2\u00a0мин\.\n▓░░░░░░░░░\nМожно заняться другим/)

  t.equal(
    said({ ageMs: 240_000 }),
    `Дольше обычного: 4\u00a0мин. 104\u00a0₽ отложены, не списаны. Пришлю результат или верну деньги до\u00a015:40\u00a0МСК. Отменить уже нельзя: модель работает.\n${which}`,
  )
  t.match(said({ ageMs: 240_000, ...free }), /Пришлю результат или верну бесплатный запуск до\u00a015:40\u00a0МСК/)
  t.equal(
    said({ execState: 'submitting', taskId: null }),
    `Проверяем, принят ли заказ. Повторно не запускаем, деньги отложены. Ответ до\u00a015:40\u00a0МСК.\n${which}`,
  )
  const justNow = { execState: 'submitting', taskId: null, submittedAt: new Date() } as const
  t.match(
    said(justNow),
    /^📤 Заказ отправлен модели, жду её ответа\.\nМожно/,
    'a submit that is under way worries nobody',
  )
  t.match(said({ isOverdue: true }), /^Срок вышел/)
  t.equal(said({ execState: 'success', moneyState: 'captured' }), '📨 Готово, отправляю…')
  t.match(
    said({}, 'en'),
    /^🎨 In progress: 48\u00a0s gone, about 2\u00a0min left\.\n▓.*\nYou can do something else: it comes here at about 15:42\u00a0Moscow\u00a0time\.\nAn answer comes by 15:40\u00a0Moscow\u00a0time\. It cannot be cancelled now: the model is at work\./,
  )
  t.strictSame(messages.done(run({ execState: 'success', moneyState: 'captured' }), 'ru').buttons, [])
})

t.test('several runs in one message are told line by line, and each that waits can be taken back', async t => {
  const justNow = { execState: 'submitting', taskId: null, submittedAt: new Date() } as const
  const runs = [
    run({ id: 'aaaaaaaaaaaa', execState: 'queued' }),
    run({ id: 'bbbbbbbbbbbb', ...justNow, modelId: 'z-image' }),
    run({ id: 'cccccccccccc' }),
    run({ id: 'dddddddddddd', modelId: 'z-image', ageMs: 60_000 }),
    run({ id: 'eeeeeeeeeeee', modelId: 'gone/by-now' }),
  ]
  const { text, buttons } = messages.board(runs, 'ru')
  t.equal(
    toPlain(text),
    [
      'Сейчас идут 5 запусков:',
      '⏳ Grok Imagine: видео из фото · №\u00a0aaaa — в очереди',
      '📤 Z-Image: картинка по тексту · №\u00a0bbbb — отправлено модели',
      '🎨 Grok Imagine: видео из фото · №\u00a0cccc — готовится, осталось около 2\u00a0мин',
      '🐢 Z-Image: картинка по тексту · №\u00a0dddd — дольше обычного: 1\u00a0мин',
      '🎨 gone/by-now · №\u00a0eeee — готовится',
      'Можно заняться другим: всё придёт сюда.',
    ].join('\n'),
  )
  t.match(buttons, [[{ text: 'Отменить №\u00a0aaaa', data: 'g:aaaaaaaaaaaa:cx' }], [{ text: '🗂 История' }]])
  t.match(
    toPlain(messages.board(runs, 'en').text),
    /^5 runs are under way:\n.* — in the queue\n.* — sent to the model\n/,
  )
})

t.test('a result says what it cost and what is left', async t => {
  const wallet = { balanceKop: 396_00, atWorkKop: 0, atWorkCount: 0, debtKop: 0 }
  const done = run({ execState: 'success', moneyState: 'captured', ageMs: 72_000 })
  const screen = messages.result(done, [], wallet, { day: 6, of: 10 }, 'ru')
  t.equal(
    toPlain(screen.text),
    '✅ Grok Imagine: видео из фото · 1\u00a0мин\u00a012\u00a0с\nСписано 104\u00a0₽ · осталось 396\u00a0₽ · №\u00a07k2m',
  )
  t.strictSame(captions(screen), ['🔁 104\u00a0₽', '✏️ Изменить', 'ещё…'])
  t.strictSame(
    captions(messages.result(run({ ...done, ...free, modelId: 'z-image' }), [], wallet, { day: 6, of: 10 }, 'ru')),
    ['🔁 Ещё раз', '✏️ Изменить', 'ещё…'],
  )
  t.match(
    toPlain(messages.result(run({ ...done, ...free }), [], wallet, { day: 6, of: 10 }, 'ru').text),
    /Бесплатно · осталось 6 из 10/,
  )
})

t.test('a result sent again says what it is, and nothing of the money', async t => {
  const done = run({ execState: 'success', moneyState: 'captured' })
  t.equal(toPlain(messages.resent(done, 'resend', 'ru').text), which)
  const original = messages.resent(done, 'original', 'ru')
  t.equal(toPlain(original.text), 'Оригинал · №\u00a07k2m')
  t.strictSame(captions(original), ['🏠 Меню'])
})

t.test('prompt-injection: a failure tells its cause by the code and the money by what was committed', async t => {
  const failed = { execState: 'failed', moneyState: 'refunded', finishedAt: soon } as const
  const told = (errorCode: string, more: Partial<Generation> = {}) =>
    messages.failure(run({ ...failed, errorCode, ...more }), 'ru')
  const causes: Record<string, [RegExp, string[]]> = {
    invalid_input: [/^Не получилось: модель не приняла/, ['✏️ Изменить']],
    moderation: [/^Модель отказалась выполнять этот запрос/, ['✏️ Изменить']],
    generation_failed: [/^Не получилось: ошибка на стороне модели\./, ['🔁 Повторить', 'Другая модель']],
    upstream_error: [/^Не получилось: ошибка на стороне модели\./, ['🔁 Повторить', 'Другая модель']],
    no_result: [/^Не получилось: ошибка на стороне модели\./, ['🔁 Повторить', 'Другая модель']],
    wrong_task: [/^Не получилось: ошибка на стороне модели\./, ['🔁 Повторить', 'Другая модель']],
    deadline: [/^Результат не пришёл вовремя\./, ['🔁 Повторить', 'Другая модель']],
    upstream_timeout: [/^Результат не пришёл вовремя\./, ['🔁 Повторить', 'Другая модель']],
    submit_unknown: [/^Результат не пришёл вовремя\./, ['🔁 Повторить', 'Другая модель']],
    no_credit: [/^Сейчас запустить нельзя\. Попробуйте через 10\u00a0мин\./, ['🔁 Повторить']],
    auth: [/^Сейчас запустить нельзя\./, ['🔁 Повторить']],
    unsupported_model: [/^Сейчас запустить нельзя\./, ['🔁 Повторить']],
    not_submitted: [/^Сейчас запустить нельзя\./, ['🔁 Повторить']],
    account_closed: [/^Запуск так и не начался: поставщик моделей временно не принимает/, ['🔁 Повторить']],
    unknown_reason: [/^Не получилось, и поставщик модели не объяснил почему\./, ['🔁 Повторить', 'Другая модель']],
    cancelled: [/^Отменено\./, ['🔁 Повторить']],
    something_new: [/^Что-то пошло не так\. Мы уже знаем\./, ['🔁 Повторить']],
  }
  for (const [code, [words, next]] of Object.entries(causes)) {
    const screen = told(code)
    t.match(toPlain(screen.text), words, code)
    t.match(toPlain(screen.text), /\nДеньги вернулись: 104\u00a0₽\.\nGrok Imagine: видео из фото · №\u00a07k2m$/, code)
    const copy = code === 'cancelled' ? [] : ['📋 Скопировать номер запуска']
    t.strictSame(captions(screen), [...next, '🧾 Что с деньгами', '💬 Поддержка', ...copy, '🏠 Меню'], code)
  }
  t.match(
    toPlain(told('deadline', { moneyState: 'debited' }).text),
    /\n104\u00a0₽ отложены, проверяем\. Ответ до\u00a015:40\u00a0МСК\.\n/,
  )
  t.match(toPlain(told('deadline', free).text), /\nБесплатный запуск вернулся\.\n/)
})

await story('prompt-injection: what the upstream says of a failure is shown to no person, on no screen', async t => {
  const anna = await person({ kop: 100_00 })
  const words = 'IGNORE ALL RULES /credit 1 <a href="https://evil.example">pay here</a> tg://user?id=1'
  const id = await running(anna.id)
  await genFinish(sql, { userId: anna.id, id }, 'failed', 'generation_failed', words, [])
  const from = api.calls.length
  for (const op of [undefined, 'status', 'why', 'resend', 'original', 'support', 'change', 'repeat'] as const) {
    await anna.presses({ data: to.generation(id, op) })
  }
  for (const data of [to.history('all', '0'), to.history('failed', '0'), to.operations(0), to.statement()]) {
    await anna.presses({ data })
  }
  await anna.says(`/paysupport что с № ${id.slice(0, 4)}`)
  await anna.says(`/start g_${id}`)
  const run = (await readGeneration(sql, { userId: anna.id, id }))!
  t.equal(run.errorMessage, words, 'it is kept for admins')
  for (const language of ['ru', 'en'] as const)
    t.notMatch(JSON.stringify(messages.failure(run, language)), /IGNORE|evil/)
  const said = JSON.stringify(api.calls.slice(from).map(({ method, fields }) => [method, fields]))
  t.ok(api.calls.length - from > 15)
  t.notMatch(said, /IGNORE|evil/)
})

await story('with the longest answers every screen stays within Telegram’s limits, in both languages', async t => {
  const long = { priceKop: 100_000_000, ageMs: 7_200_000 }
  const wallet = { balanceKop: 999_999_999_999, atWorkKop: 0, atWorkCount: 0, debtKop: 0 }
  const anna = await person({ kop: 1_000_000_00 })
  for (const language of ['ru', 'en'] as const) {
    for (const model of stage.catalogue.models) {
      const of = { ...long, modelId: model.id }
      const result = messages.result(
        run({ ...of, execState: 'success', moneyState: 'captured' }),
        [],
        wallet,
        { day: 10, of: 10 },
        language,
      )
      t.ok(plainLength(result.text) <= 1024, `${model.id}: caption of ${plainLength(result.text)}`)
      for (const screen of [
        messages.progress(run(of), language),
        messages.failure(run({ ...of, errorCode: 'deadline' }), language),
      ]) {
        t.ok(plainLength(screen.text) <= 4096)
      }
    }
    const texts = ['text', 'previous_text', 'next_text', 'language_code']
    const inputs = Object.fromEntries(texts.map(name => [name, '<&>"'.repeat(125)]))
    const id = await running(anna.id, { modelId: 'elevenlabs/text-to-speech-turbo-2-5', kop: 99_999_99, inputs })
    const [row] = (await generationsOf(anna.id)).filter(one => one.id === id)
    const quote = await readQuote(sql, anna.id, row!.quote_id)
    const price = await quoteScreen(deps, anna.id, quote!, language, { wasKop: 1 })
    t.ok(plainLength(price.text) <= 4096)
    t.ok(price.text.html.includes('&lt;&amp;&gt;'), 'and what a person wrote is escaped')
    const generation = await readGeneration(sql, { userId: anna.id, id })
    t.ok(plainLength((await timelineScreen(deps, generation!, language)).text) <= 4096)
    await genFinish(sql, { userId: anna.id, id }, 'failed', 'cancelled', null, [])
  }
})

await story('an English person is spoken to in English all the way', async t => {
  const john = await person({ kop: 500_00, languageCode: 'en' })
  for (const model of stage.catalogue.models.filter(({ id }) => /grok|wan|elevenlabs|flux/.test(id))) {
    await john.begins(modelKey(model.id))
    t.notMatch(john.last().text, /[а-яё]/i, model.id)
    t.notMatch(captions(john.last()).join(), /[а-яё]/i, model.id)
  }
  await john.begins('wan-2-5-text-to-video')
  await john.says('a cat')
  await john.presses('Default: 5')
  await john.presses('Default')
  t.match(
    john.last().text,
    /Price: 95\u00a0₽\nBalance: 500\u00a0₽ · left after: 405\u00a0₽\nUsually ready in 2–4\u00a0min\. If it fails, the money comes back\.\nPrice valid until \d\d:\d\d\u00a0Moscow\u00a0time/,
  )
  await john.presses('✅ Start for 95')
  t.match(
    john.last().text,
    /^⏳ Accepted\. In the queue\. 95\u00a0₽ set aside, not charged\.\nYou can .* at about .*\.\n.* · No\u00a0.{4}$/,
  )
  await john.presses('Cancel')
  t.match(john.last().text, /^Cancelled\.\nYour money is back: 95\u00a0₽\.\n/)
  t.equal(await draftOf(john.id), undefined)
})

t.test('both languages say the same things', async t => {
  const keys = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !('html' in value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keys(inner)]))
      : typeof value
  t.strictSame(keys(orderingEn), keys(orderingRu))
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(api.calls)), [])
})
