import { createCanvas } from '@napi-rs/canvas'
import postgres from 'postgres'
import t from 'tap'
import { type MessageView, startTelegram } from '../../playground/telegram/server.ts'
import { createBot } from '../../src/bot/bot.ts'
import { fits } from '../../src/bot/button-width.ts'
import { commandsFor } from '../../src/bot/commands.ts'
import type { BotDeps } from '../../src/bot/deps.ts'
import { parse, to } from '../../src/bot/routes.ts'
import { modelKey, onSale, openCatalogue } from '../../src/catalogue/models.ts'
import type { FileValue } from '../../src/catalogue/parameters.ts'
import { connect } from '../../src/database/db.ts'
import { migrate } from '../../src/database/migrate.ts'
import { Refused, Unknown } from '../../src/errors.ts'
import type { ModelStats } from '../../src/events/repository.ts'
import { createModelHealth } from '../../src/health/model-health.ts'
import { newId, shortId } from '../../src/id.ts'
import { createLog } from '../../src/log.ts'
import { cancel, place } from '../../src/payments/integration.ts'
import { genAccepted, genFinish, genSubmit } from '../../src/payments/order-statements.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { html } from '../../src/telegram/html.ts'
import { noteLack } from '../../src/telegram/older.ts'
import { button, show } from '../../src/telegram/screen.ts'
import { allowedUpdates } from '../../src/telegram/webhook.ts'
import { buttons, captions, isOldServer, refusedByOldServer } from '../support/messages.ts'
import { creditBonus } from '../support/money.ts'
import { freshDatabase } from '../support/postgres.ts'
import { message } from '../support/updates.ts'

const database = await freshDatabase(async url => void (await migrate(url)), 'migrate')
const db = connect(database.url)
const root = postgres(database.url, { max: 1, onnotice: () => {} })
const api = await startTelegram({ seed: 7 })
api.faults.limits = false
const log = createLog({ level: 'silent', secrets: [] })
const telegram = createTelegram({
  token: api.token,
  apiRoot: api.apiRoot,
  rateLimiter: async () => 0,
  log,
  maxWaitMs: 2_000,
})
const botInfo = await telegram.call('getMe', {})
const catalogue = openCatalogue({ rates: { usdRubRate: '95', markup: '2.0' }, contentFilter: true })
const { sql } = db
const { player } = api

t.teardown(async () => {
  await api.close()
  await root.end({ timeout: 1 })
  await db.close()
  await database.drop()
})

const delivered: number[] = []
const enqueue: BotDeps['enqueue'] = {
  submit: async () => {},
  check: async () => {},
  poll: async () => {},
  late: async () => {},
  deliver: async id => void delivered.push(id),
}
const limits = { maxOpen: 5, freeDaily: 10, freeHourly: 3, newFreeDaily: 1_000_000 }
const never = async () => {
  throw new Error('not a matter of navigation')
}
const stats = new Map<string, ModelStats>()
const modelHealth = createModelHealth(sql, log)
const admin = player.addPerson({ firstName: 'Админ', languageCode: 'ru' })

// What a document turns out to be, by its id.
const looks = new Map<string, () => 'image' | 'audio'>()
const fileOf = (fileId: string): FileValue => {
  const kind = looks.get(fileId)?.() ?? 'image'
  const url = `https://files.example.com/${fileId}`
  return { url, kind, mime: kind === 'image' ? 'image/png' : 'audio/mpeg', bytes: 50_000, fileId, seconds: 5 }
}
const deps: BotDeps = {
  sql,
  adminSql: sql,
  catalogue,
  forSale: onSale(catalogue, modelHealth.isOff),
  modelHealth,
  log,
  limits,
  startBonusKop: 0,
  adminIds: [admin.id],
  groupLimits: { perMinute: 60, memberPerMinute: 60, memberDailyKop: 100_00 },
  packsKop: [100_00, 300_00, 500_00, 1000_00, 5000_00],
  plans: [],
  stopPlans: never,
  transferDetails: undefined,
  card: undefined,
  starRateRub: '1.2',
  botUsername: () => api.bot.username,
  integration: {
    place: order => place(sql, order, limits),
    cancel: ref => cancel({ sql, enqueue, scrub: text => text, log }, ref),
  },
  enqueue,
  files: { fromTelegram: async fileId => fileOf(fileId), fromLink: never },
  stats: { of: id => stats.get(id), popularity: id => stats.get(id)?.runs30d ?? 0 },
  takeLate: never,
  resend: never,
  original: never,
  fileBytes: never,
  sample: never,
  findPayment: async () => undefined,
  operator: {
    build: { version: '1', commit: 'abc' },
    scrub: text => text,
    broken: async () => [],
    task: never,
    endReversals: never,
  },
}
const botWith = (changes: Partial<BotDeps>) => createBot({ telegram, botInfo, deps: { ...deps, ...changes } })
let bot = botWith({})
t.afterEach(() => {
  bot = botWith({})
})

let offset = 0
let isUnhurried = true
/** Hands every waiting update to the bot, one after another. */
async function serve() {
  for (;;) {
    const updates = await telegram.call('getUpdates', {
      timeout: 0,
      limit: 100,
      offset,
      allowed_updates: [...allowedUpdates],
    })
    if (updates.length === 0) return
    for (const update of updates) {
      offset = update.update_id + 1
      if (isUnhurried) await root`delete from pay.rates where key like 'act:%'`
      await bot.handle(update)
    }
  }
}

/** A person with a chat of their own: what they do, and what they then see. */
function person(firstName = 'Анна', languageCode = 'ru', known?: number) {
  const id = known ?? player.addPerson({ firstName, languageCode }).id
  const chat = () => player.chat(id)
  const last = () => chat().findLast(message => message.from === 'bot')!
  return {
    id,
    chat,
    last,
    async opens(payload?: string) {
      player.open(id, payload)
      await serve()
      return last()
    },
    async says(text: string) {
      player.say(id, text)
      await serve()
      return last()
    },
    /** By the words on the button or the beginning of them; `data` is pressed even where it is on no button. */
    async presses(what: string | { data: string }, message: MessageView = last()) {
      const text = typeof what === 'string' ? buttons(message).find(one => one.text.startsWith(what))?.text : undefined
      const pressed = player.press(
        id,
        message.messageId,
        typeof what === 'string' ? { text: text ?? what } : what,
        true,
      )
      pressed.catch(() => {}) // of interest below, not while the bot is at it
      await serve()
      return pressed
    },
  }
}

async function known(firstName?: string, languageCode?: string) {
  const anna = person(firstName, languageCode)
  await anna.opens()
  return anna
}

/** A run of the person, at work. */
async function running(userId: number, modelId = 'z-image', priceKop = 45_00) {
  await creditBonus(root, userId, newId(), priceKop)
  const { id: quoteId } = await makeQuote(sql, {
    userId,
    modelId,
    category: catalogue.byId(modelId)!.category,
    inputs: { prompt: 'кот <b>в</b> лодке' },
    params: {},
    priceKop,
    credits: '1',
    rates: catalogue.rates,
  })
  const id = newId()
  const order = { userId, id, requestKey: `q:${quoteId}`, quoteId, chatId: userId, messageId: null, deadlineMs: 60_000 }
  await place(sql, order, limits)
  return id
}

const image = {
  n: 1,
  kind: 'image',
  mime: 'image/png',
  extension: 'png',
  bytes: 9,
  width_px: 1,
  height_px: 1,
  seconds: null,
  url: 'https://files.test/1.png',
}

/** Ends a run as the worker does. */
async function finish(userId: number, id: string, code: string | null, message: string | null = null) {
  const ref = { userId, id }
  if (code !== null) return genFinish(sql, ref, 'failed', code, message, [])
  const [taken] = await genSubmit(sql, ref, 'token')
  await genAccepted(sql, ref, taken!.attempt, `task-${id}`)
  return genFinish(sql, ref, 'success', null, null, [image])
}

t.test('a new person is told how it works, and afterwards finds the menu', async t => {
  const anna = person('Анна')
  const hello = await anna.opens()
  t.equal(
    hello.html,
    [
      'Здравствуйте, Анна! Здесь создают картинки, видео и звук.',
      'Напишите, что нарисовать, или пришлите фото — цену покажу сразу.',
      'Без вашего нажатия ничего не тратится. Нет результата — деньги вернутся.',
      'Бесплатно сегодня: 50 запусков.',
      'Продолжая, вы принимаете условия: /terms',
    ].join('\n'),
  )
  t.strictSame(
    hello.buttons.map(row => row.map(({ data }) => data)),
    [['f:ti:0', 'f:ii:0'], ['f:tv:0', 'f:iv:0'], ['f:au:0'], ['b', 'hs:a:0', 'hm']],
  )
  t.equal(
    (await anna.opens()).html,
    'Напишите, что нарисовать, или пришлите фото — цену покажу сразу.\nМожно тратить: 0\u00a0₽',
  )
  const main = ['🖼 Нарисовать', '✏️ Изменить фото', '🎬 Видео', '✨ Оживить фото', '🎙 Звук']
  t.strictSame(captions(anna.last()), [...main, '💳 Баланс', '🗂 История', '☰ Ещё'])
  await anna.presses('☰ Ещё')
  t.strictSame(captions(anna.last()), [
    ...['🎁 Бесплатные: 5', '📋 Все модели: 42', '🛠 Инструменты', '👥 Пригласить', '🌐 Язык', '❓ Помощь'],
    '🏠 Меню',
  ])
})

t.test('the welcome bonus is told and is there, once', async t => {
  bot = botWith({ startBonusKop: 50_00 })
  const anna = person('Bob', 'en')
  t.match((await anna.opens()).html, 'Hello, Bob!')
  t.match(anna.last().html, '\nBonus: 50\u00a0₽ is already on your balance.\n')
  t.equal(
    (await anna.opens()).html,
    'Write what to draw, or send a photo: you will see the price at once.\nAvailable: 50\u00a0₽',
  )
})

t.test('the menu tells what can be spent and what is at work, and every way to it leads there', async t => {
  const anna = await known()
  await creditBonus(root, anna.id, 'b', 410_00)
  await running(anna.id)
  const menu =
    'Напишите, что нарисовать, или пришлите фото — цену покажу сразу.\nМожно тратить: 410\u00a0₽ · в работе 45\u00a0₽'
  t.equal((await anna.says('/menu')).html, menu)
  t.equal((await anna.says('/start')).html, menu)
  t.ok((await anna.says('/cancel')).html!.endsWith(`\n${menu}`))
  t.match(anna.last().html, /^Запущенное \/cancel не останавливает\. Пока запуск в очереди, под ним есть «Отменить»/)
  await anna.presses('☰ Ещё')
  await anna.presses('❓ Помощь')
  const count = anna.chat().length
  await anna.presses('🏠 Меню')
  t.equal(anna.last().html, menu)
  t.equal(anna.chat().length, count, 'in place')
})

t.test('a press of the button that leads to the same screen is silent success', async t => {
  const anna = await known()
  await anna.presses({ data: 'f:all:0' })
  const before = anna.chat()
  t.strictSame(await anna.presses('1/6'), { showAlert: false })
  t.strictSame(await anna.presses({ data: 'f:all:0' }), { showAlert: false })
  t.strictSame(anna.chat(), before)
})

t.test(
  'fair-share: whoever is too fast is told so once, and is served again after a while; a press is always answered',
  async t => {
    const anna = await known()
    isUnhurried = false
    t.teardown(() => {
      isUnhurried = true
    })
    const answers: Awaited<ReturnType<typeof anna.presses>>[] = []
    for (let n = 0; n < 40; n++) answers.push(await anna.presses({ data: 'z' }))
    const hasty = answers.filter(
      answer => answer !== 'expired' && /Слишком быстро\. Подождите \d+\u00a0с\./.test(answer.text ?? ''),
    )
    t.ok(hasty.length >= 8 && hasty.length <= 12, `${hasty.length} of 40 were too fast`)
    t.notOk(answers.includes('expired'), 'none was left hanging')
    t.match((await anna.says('раз')).text, /Слишком быстро/)
    const before = anna.chat().length
    await anna.says('два')
    t.equal(anna.chat().length, before + 1, 'said once a minute')
    await root`update pay.rates set tat = tat - interval '2 minutes'`
    t.match((await anna.says('/menu')).text, /Напишите, что нарисовать/)
  },
)

t.test(
  'all 42 models are reached by presses from /start, each list whole, and each card leads back to its page',
  async t => {
    const anna = await known()
    const seen = new Map<string, string[]>()
    for (const list of ['all', 'ti', 'ii', 'tv', 'iv', 'au', 'to', 'free']) {
      const keys: string[] = []
      await anna.presses({ data: `f:${list}:0` })
      for (;;) {
        const page = anna.last()
        for (const { data = '' } of buttons(page).filter(({ data }) => data?.startsWith('m:'))) {
          keys.push(data.split(':')[1]!)
          if (list !== 'all') continue
          await anna.presses({ data })
          const model = catalogue.byKey(keys.at(-1)!)!
          t.match(anna.last().html, `<b>${model.name.ru}</b>\n${model.description.ru}\n`)
          t.ok(captions(anna.last()).includes('▶️ Начать'))
          await anna.presses('← Назад')
          t.strictSame(anna.last().buttons, page.buttons)
        }
        if (!captions(page).includes('›')) break
        await anna.presses('›')
      }
      seen.set(list, keys)
    }
    const whole = catalogue.models.map(model => modelKey(model.id)).sort()
    t.strictSame(seen.get('all')!.toSorted(), whole)
    const homes = ['ti', 'ii', 'tv', 'iv', 'au', 'to'].map(list => seen.get(list)!)
    t.strictSame(
      homes.map(keys => keys.length),
      [10, 4, 7, 8, 8, 5],
    )
    t.strictSame(homes.flat().sort(), whole)
    t.equal(seen.get('free')!.length, 5)
  },
)

t.test('before the first runs nothing is called popular', async t => {
  const anna = await known()
  await anna.presses({ data: 'f:all:0' })
  t.notOk(captions(anna.last()).includes('🔥 Популярные'))
  await anna.presses({ data: 'f:pop:0' })
  t.match(anna.last().html, '<b>Все модели</b>', 'an old button leads to models all the same')
  stats.set('z-image', {
    modelId: 'z-image',
    runs30d: 1,
    finished: 1,
    succeeded: 1,
    timed: 0,
    hourFinished: 0,
    hourSucceeded: 0,
    p25Ms: null,
    p75Ms: null,
  })
  t.teardown(() => stats.delete('z-image'))
  await anna.presses({ data: 'f:all:0' })
  await anna.presses('🔥 Популярные')
  t.match(anna.last().html, '<b>Популярные модели</b>')
})

t.test('a list shows prices, free runs and slow ones, the most used first', async t => {
  const anna = await known()
  await anna.presses('🖼 Нарисовать')
  const rows = captions(anna.last()).filter(text => text.includes(' ·\u00a0'))
  t.ok(rows.includes('Z-Image ·\u00a0🎁\u00a0ещё 10 сегодня · быстро'), rows.join('\n'))
  t.ok(
    rows.some(text => /^Seedream 4\.5 ·\u00a0\d+(,\d\d)?\u00a0₽ · до 4K$/.test(text)),
    rows.join('\n'),
  )
  const slow = 'google/imagen4-ultra'
  stats.set(slow, {
    modelId: slow,
    runs30d: 500,
    finished: 100,
    succeeded: 97,
    timed: 100,
    p25Ms: 130_000,
    p75Ms: 240_000,
    hourFinished: 10,
    hourSucceeded: 8,
  })
  t.teardown(() => stats.delete(slow))
  await anna.presses({ data: 'f:ti:0' })
  await anna.presses('🔥 Популярные')
  t.match(captions(anna.last())[1], /^🖼 ⏳ Imagen 4 Ultra/, 'and no button to the list that is open')
  await anna.presses('🖼 ⏳ Imagen 4 Ultra')
  t.match(anna.last().html, '\nОбычно готово за 2–4\u00a0мин · успешно 97\u00a0% из последних 100')
  t.notMatch(anna.last().html, '⚠️', 'eight of ten in the last hour are enough')
})

t.test(
  'a row has its mark where there is room, and the three most used models are marked in every other list',
  async t => {
    const usage = { finished: 0, succeeded: 0, timed: 0, hourFinished: 0, hourSucceeded: 0, p25Ms: null, p75Ms: null }
    const used = ['flux-2/pro-text-to-image', 'kling-2.6/text-to-video', 'z-image', 'google/imagen4-fast']
    for (const [n, modelId] of used.entries()) stats.set(modelId, { modelId, runs30d: 9 - n, ...usage })
    t.teardown(() => {
      for (const modelId of used) stats.delete(modelId)
    })
    const anna = await known()
    const rows = () => captions(anna.last()).filter(text => text.includes(' ·\u00a0'))
    await anna.presses({ data: 'f:ti:0' })
    t.equal(rows()[0], 'FLUX.2 Pro 🔥 ·\u00a0от\u00a04,75\u00a0₽ · как фото')
    t.match(rows()[1], /^Z-Image 🔥 ·/)
    t.match(rows()[2], /^Imagen 4 Fast ·/, 'the fourth is not')
    await anna.presses({ data: 'f:all:0' })
    t.match(rows()[0], /^🖼 FLUX\.2 Pro 🔥 ·\u00a0от\u00a04,75\u00a0₽/)
    t.match(rows()[1], /^🎬 ⏳ Kling 2\.6 🔥 ·\u00a0от/)
    await anna.presses({ data: 'f:pop:0' })
    t.notMatch(rows().join(), '🔥', 'here all are')
    for (const row of rows()) t.ok(fits(row), row)
    t.notOk(fits(`🎬 ⏳ ${'Ж'.repeat(20)} · 99\u00a0999\u00a0₽ · со звуком`))
  },
)

t.test('a card warns of a model that often fails in the last hour, but not after one failure', async t => {
  const modelId = 'google/imagen4-ultra'
  t.teardown(() => stats.delete(modelId))
  const anna = await known()
  const warns = async (hourSucceeded: number, hourFinished: number) => {
    const typical = { timed: 90, p25Ms: 10_000, p75Ms: 20_000 }
    stats.set(modelId, { modelId, runs30d: 90, finished: 100, succeeded: 90, ...typical, hourFinished, hourSucceeded })
    const card = await anna.opens(`m_${modelKey(modelId)}`)
    return /\n⚠️ Сейчас часто не получается\. Деньги за неудачу возвращаются\.(\n|$)/.test(card.html ?? '')
  }
  t.equal(await warns(7, 10), true)
  t.equal(await warns(4, 5), false, '80 % are not under 80')
  t.equal(await warns(0, 4), false, 'too few to say')
  t.equal(await warns(3, 5), true)
})

t.test(
  'free runs of the hour used up: the list shows the price and when they come back, the card what is left',
  async t => {
    const anna = await known()
    await root`insert into pay.free_usage (user_id, model_id, window_kind, starts_at, lim, used)
    select ${anna.id}, 'z-image', kind, pay.window_start(kind, now()), 10, 3 from unnest(array['hour', 'day']) kind`
    await anna.presses({ data: 'f:free:0' })
    const row = captions(anna.last()).find(text => text.includes('Z-Image'))!
    t.match(row, /^🖼 Z-Image ·\u00a00,76\u00a0₽ · 🎁\u00a0с\u00a0\d\d:00( · быстро)?$/)
    await anna.presses(row)
    t.match(anna.last().html, '\n🎁 Бесплатно: осталось 7 из 10 сегодня, 0 в этот час')
  },
)

t.test('a card tells what is needed, what it costs and why, and how long it is expected to take', async t => {
  const anna = person()
  const link = `m_${modelKey('kling-2.6/image-to-video')}`
  noteLack(telegram, 'rich')
  const card = await anna.opens(link)
  noteLack(telegram, 'rich', 0)
  t.equal(
    card.html,
    [
      '<b>Kling 2.6: видео из фото</b>',
      'Оживляет фото: движение, камера и, если нужно, звук.',
      'Нужно: фото, описание',
      card.html!.split('\n')[3],
      card.html!.split('\n')[4],
      'Обычно готово за 2–3\u00a0мин',
    ].join('\n'),
  )
  t.match(
    card.html,
    /\nЦена: от\u00a052,25\u00a0₽ до\u00a0209\u00a0₽ \(зависит от параметров: .*длительность.*\)\nПример: .*5.* — 52,25\u00a0₽\nОбычно готово за 2–3\u00a0мин$/,
  )
  t.match(anna.chat().at(-2)!.html, /^Здравствуйте, Анна!/, 'one line of welcome above')
  t.strictSame(
    buttons(card).map(({ data }) => data),
    ['w:kling-2-6-image-to-video', 'me:kling-2-6-image-to-video', 'mi:kling-2-6-image-to-video', 'f:iv:0', 'h'],
  )
  const rich = await anna.opens(link)
  t.equal(rich.html, isOldServer ? card.html : `${card.html}\n${prices.join('\n')}`, 'and has a table of its prices')
  t.strictSame(rich.buttons, card.buttons)
})
const prices = [
  'Звук 5\u00a0с 10\u00a0с',
  'Нет 52,25\u00a0₽ 104,50\u00a0₽',
  'Да 104,50\u00a0₽ 209\u00a0₽',
  'Цена: Звук × Длительность',
]

t.test('the parameters of every model, in both languages, fit a message and lead back', async t => {
  const anna = await known()
  for (const language of ['ru', 'en'] as const) {
    await anna.presses({ data: `lg:${language}` })
    for (const model of catalogue.models) {
      await anna.presses({ data: to.card(modelKey(model.id), 'free', 99) })
      t.match(anna.last().html, `<b>${model.name[language]}</b>`)
      await anna.presses(language === 'ru' ? '📄 Параметры' : '📄 Parameters')
      for (const param of model.params) {
        const isTold = anna.last().html!.includes(`<b>${param.label[language]}</b>`)
        t.equal(isTold || !!param.hidden, true, `${model.id} ${param.name}`)
      }
      t.notMatch(anna.last().html, /undefined|NaN|null|\[object/)
      t.equal(buttons(anna.last())[0]!.data, `m:${modelKey(model.id)}`)
    }
  }
})

t.test('a model is found by a word in either language, and the search is left by the menu', async t => {
  const anna = await known()
  await anna.presses({ data: 'f:all:0' })
  await anna.presses('›')
  await anna.presses('🔎 Найти')
  t.match(anna.last().html, 'Пришлите слово')
  await anna.presses('← Назад')
  t.match(captions(anna.last()), /2\/6/, 'back to the page that was open')
  await anna.presses('🔎 Найти')
  await anna.says('ИЗ фото')
  const found = Number(/нашлось: (\d+)/.exec(anna.last().html!)![1])
  t.ok(found > 8)
  await anna.presses('›')
  t.match(captions(anna.last()), [/Найти/])
  t.ok(captions(anna.last()).includes('‹'))
  await anna.says('kling 2.6')
  t.match(anna.last().html, '«kling 2.6» нашлось: 2')
  await anna.says('<b>zzz</b>')
  t.match(anna.last().html, '«&lt;b&gt;zzz&lt;/b&gt;» ничего не нашлось')
  await anna.presses('🏠 Меню')
  await anna.says('kling')
  t.match(anna.last().html, /^<b>Картинка по вашим словам/)
})

t.test('runs of one person are pages of five, newest first, by state, and one opens with its answers', async t => {
  const anna = await known()
  await anna.presses('🗂 История')
  t.equal(anna.last().html, 'Здесь появятся ваши запуски.')
  t.ok(captions(anna.last()).includes('▶️ Начать'))

  const runs: string[] = []
  for (let n = 0; n < 7; n++) {
    const id = await running(anna.id, 'kling-2.6/image-to-video', 104_00)
    if (n < 3) await finish(anna.id, id, 'generation_failed')
    else if (n < 6) await finish(anna.id, id, null)
    runs.unshift(id)
  }
  const shown = () => buttons(anna.last()).filter(({ data }) => data?.startsWith('g:'))
  await anna.says('/history')
  t.strictSame(
    shown().map(({ data }) => data),
    runs.slice(0, 5).map(id => `g:${id}`),
  )
  t.equal(shown()[0]!.text, '⏳ кот <b>в</b> лодке ·\u00a0104\u00a0₽')
  t.match(shown()[1]!.text, /^✅ /)
  await anna.presses('Раньше')
  t.strictSame(
    shown().map(({ data }) => data),
    runs.slice(5).map(id => `g:${id}`),
  )
  t.equal(shown()[0]!.text, '↩️ кот <b>в</b> лодке ·\u00a0возврат')
  await anna.presses('Неудачные')
  t.equal(shown().length, 3)
  await anna.presses('Готовые')
  t.equal(shown().length, 3)

  await anna.presses({ data: `g:${runs[1]}` })
  const lines = anna.last().html!.split('\n')
  t.equal(lines[0], '<b>Kling 2.6: видео из фото</b>')
  t.match(lines[1], new RegExp(`^✅ Готово за \\d+\u00a0с · .* · №\u00a0${shortId(runs[1]!)}$`))
  t.equal(lines[2], 'Списано 104\u00a0₽')
  t.equal(lines[3], 'Описание: кот &lt;b&gt;в&lt;/b&gt; лодке')
  t.strictSame(
    buttons(anna.last()).map(({ data }) => data),
    [
      ...[`g:${runs[1]}:rs`, `g:${runs[1]}:rp`, `g:${runs[1]}:ed`, `g:${runs[1]}:why`],
      ...(isOldServer ? [] : [undefined]),
      ...['hs:a:0', 'h'],
    ],
    'one of them copies the id',
  )
  await anna.presses({ data: `g:${runs[6]}` })
  t.match(anna.last().html, 'Деньги вернулись: 104\u00a0₽')
  t.equal((await anna.opens(`g_${runs[1]}`)).html, lines.join('\n'), 'a link leads to the same')
})

t.test('foreign-ids: another person finds nothing behind a foreign run', async t => {
  const anna = await known()
  const id = await running(anna.id)
  const boris = await known('Борис')
  t.strictSame(await boris.presses({ data: `g:${id}` }), { text: 'Этот экран устарел', showAlert: false })
  t.match((await boris.opens(`g_${id}`)).html, /^Напишите, что нарисовать/)
  await boris.presses({ data: `hs:a:${id}` })
  t.equal(boris.last().html, 'Здесь появятся ваши запуски.')
})

t.test('the balance tells what is there, what is at work, and every movement', async t => {
  const anna = await known()
  await anna.presses('💳 Баланс')
  t.equal(anna.last().html, '💳 Баланс: <b>0\u00a0₽</b>')
  await anna.presses('📄 Операции')
  t.equal(anna.last().html, 'Операций пока нет.')

  await creditBonus(root, anna.id, 'b', 455_00)
  const ids = [await running(anna.id), await running(anna.id), await running(anna.id)]
  for (const id of ids.slice(1)) await finish(anna.id, id, 'generation_failed')
  await anna.says('/balance')
  noteLack(telegram, 'rich')
  t.equal(anna.last().html, '💳 Баланс: <b>545\u00a0₽</b>\nЕщё 45\u00a0₽ отложено: в работе 1 запуск')
  await anna.presses(`⏳ Z-Image · №\u00a0${shortId(ids[0]!)}`)
  t.match(anna.last().html, '⏳ В работе')
  t.match(anna.last().html, '45\u00a0₽ отложены, не списаны')
  await anna.says('/balance')
  await anna.presses('📄 Операции')
  const lines = anna.last().html!.split('\n')
  t.equal(lines.length, 1 + 9)
  t.match(
    lines[1],
    new RegExp(`^\\d\\d\\.\\d\\d \\d\\d:\\d\\d возврат \\+45\u00a0₽ · Z-Image №\u00a0${shortId(ids[2]!)}$`),
  )
  t.match(lines.at(-1), /бонус \+455\u00a0₽$/)
  await running(anna.id)
  await anna.says('/balance')
  await anna.presses('📄 Операции')
  t.equal(anna.last().html!.split('\n').length, 1 + 10)
  await anna.presses('Раньше')
  t.equal(anna.last().html!.split('\n').length, 1 + 1)
  await anna.presses('‹ К новым')
  t.equal(anna.last().html!.split('\n').length, 1 + 10)
  if (isOldServer) return
  noteLack(telegram, 'rich', 0)
  await anna.presses('Раньше')
  t.match(anna.last().html, /^📄 <b>Операции<\/b>\nКогда Сумма За что\n\d\d\.\d\d \d\d:\d\d \+455\u00a0₽ бонус$/)
  await anna.presses('‹ К новым')
  const [title, columns] = anna.last().rich!.blocks
  t.equal(title?.type, 'paragraph')
  t.equal(columns?.cells?.length, 1 + 10)
  t.strictSame(
    columns?.cells?.[1]?.map(({ align }) => align),
    ['left', 'right', 'left'],
  )
})

t.test('the language changes at once, with the commands of the client, and stays', async t => {
  const anna = await known()
  await anna.presses('☰ Ещё')
  await anna.presses('🌐 Язык')
  t.strictSame(await anna.presses('English'), { text: 'Now in English', showAlert: false })
  t.ok(captions(anna.last()).includes('• English'))
  t.equal(
    (await anna.says('/menu')).html,
    'Write what to draw, or send a photo: you will see the price at once.\nAvailable: 0\u00a0₽',
  )
  t.strictSame(api.commandsFor(anna.id), commandsFor('en', false))
  t.notOk(api.commandsFor(anna.id).some(({ command }) => command.startsWith('admin')))
  await anna.says('/lang')
  await anna.presses('Русский')
  t.match((await anna.says('/menu')).html, 'Напишите, что нарисовать')
})

t.test('every command of the client is answered with its own screen', async t => {
  for (const language of ['ru', 'en'] as const) {
    const anna = await known('A', language)
    for (const { command } of commandsFor(language, false)) {
      const before = anna.chat().length
      await anna.says(`/${command}`)
      t.equal(anna.chat().length, before + 2, command)
      t.notMatch(anna.last().html, /Такой команды нет|No such command/, command)
    }
  }
})

t.test('help is there by topic, six lines at most, in both languages', async t => {
  for (const language of ['ru', 'en']) {
    const anna = await known('A', language)
    await anna.says('/help')
    const topics = buttons(anna.last()).filter(({ data }) => data?.startsWith('hp:'))
    t.equal(topics.length, 7)
    for (const { data = '' } of topics) {
      await anna.presses({ data })
      t.ok(anna.last().html!.split('\n').length <= 6, data)
      await anna.presses(language === 'ru' ? '← Назад' : '← Back')
    }
    t.match((await anna.says('/terms')).html, /\/paysupport/)
    t.match((await anna.says('/paysupport')).html, /\/history/)
  }
})

t.test('a link to a model that is not sold leads to others', async t => {
  const anna = person()
  const message = await anna.opens('m_no-such-model')
  t.equal(message.html, 'Модель временно недоступна. Похожие:')
  t.ok(buttons(message).some(({ data }) => data?.startsWith('m:')))
  await anna.presses({ data: 'm:no-such-model:ti:0' })
  t.equal(anna.last().html, 'Модель временно недоступна. Похожие:')
})

t.test('links with anything else lead to the beginning', async t => {
  const anna = person()
  t.match((await anna.opens('r_abc')).html, /^Здравствуйте, Анна!/)
  for (const payload of ['r_abc', 'x', 'g_short', 'm_', 'constructor']) {
    t.match((await anna.opens(payload)).html, /^Напишите, что нарисовать/, payload)
  }
})

t.test('admins see the last failures, strangers see no such command', async t => {
  const anna = await known()
  const ids: string[] = []
  for (let n = 0; n < 21; n++) {
    const id = await running(anna.id, 'elevenlabs/text-to-speech-multilingual-v2', 104_00)
    await finish(anna.id, id, 'generation_failed', `<i>n ${n}</i> & ${'очень '.repeat(60)}`)
    ids.unshift(id)
  }
  t.match((await anna.says('/admin_errors')).html, /^Такой команды нет. Вот меню:\nНапишите, что нарисовать/)

  const boss = person('Админ', 'ru', admin.id)
  await boss.opens()
  const before = boss.chat().length
  await boss.says('/admin_errors')
  const told = boss.chat().slice(before + 1)
  const text = told.map(({ html }) => html).join('\n')
  t.match(text, /^<b>Последние неудачи: 20<\/b>\n/)
  t.strictSame(
    [...text.matchAll(/<code>(\w+)<\/code>/g)].map(match => match[1]),
    ids.slice(0, 20),
  )
  t.match(
    text,
    `· elevenlabs/text-to-speech-multilingual-v2 · ${anna.id} · 104\u00a0₽\n<b>generation_failed</b>: &lt;i&gt;n 20&lt;/i&gt; &amp; очень`,
  )
  for (const line of text.split('\n').filter(line => line.startsWith('<b>generation'))) t.ok(line.endsWith('…'))
})

t.test('a text out of the blue is a request; another takes its place, and the menu leads back to it', async t => {
  const anna = await known()
  await anna.says('Рыжий <кот> в лодке')
  t.match(anna.last().html, /Описание: Рыжий &lt;кот&gt; в лодке/)
  const [draft] = await root`select kind, inputs from pay.drafts where user_id = ${anna.id}`
  t.match(draft, { kind: 'request', inputs: { parts: [{ text: 'Рыжий <кот> в лодке' }] } })
  const older = anna.last()
  await anna.says('Рыжий <кот> в лодке!')
  const offer = anna.last()
  t.strictSame(buttons(anna.chat().find(one => one.messageId === older.messageId)!), [], 'the price before is closed')
  await anna.presses('🔀 Другая модель')
  t.equal(buttons(anna.last()).filter(({ data }) => data?.startsWith('ru:')).length, 7)
  await anna.says('/menu')
  await anna.presses('↩️ Вернуться к просьбе')
  t.match(anna.last().html, /Рыжий &lt;кот&gt; в лодке!/)
  await anna.says('/menu')
  await anna.says('ёж')
  t.match(anna.last().html, /Описание: ёж\n/, 'what is sent after the menu is a request of its own')
  const outdated = { text: 'Этот экран устарел', showAlert: false }
  const models = buttons(offer).find(({ data }) => data?.startsWith('rm:'))!
  t.strictSame(await anna.presses({ data: models.data! }), outdated, 'and the one before is gone')
})

t.test('/cancel says what it ended, and is the menu where there was nothing', async t => {
  const anna = await known()
  await anna.says('кот')
  t.match((await anna.says('/cancel')).html, /^Отменено. Деньги не тратились.\nНапишите, что нарисовать/)
  t.match((await anna.says('/cancel')).html, /^Отменять нечего\.\nНапишите, что нарисовать/)
})

t.test('a file out of the blue is kept and offered', async t => {
  const anna = await known()
  const bytes = createCanvas(32, 32).toBuffer('image/png')
  const sent = await player.send(anna.id, { kind: 'photo', fileName: 'a.png', mime: 'image/png', bytes, caption: 'ой' })
  await serve()
  t.match(anna.last().html, /^<b>Изменить фото по вашим словам/)
  const [draft] = await root`select kind, inputs from pay.drafts where user_id = ${anna.id}`
  const parts = [{ text: 'ой', files: [{ fileId: sent.media!.fileId, kind: 'image' }] }]
  t.match(draft, { kind: 'request', inputs: { parts } })
  await anna.says('/menu')

  // What a document is called says nothing of it.
  const document = (file_id: string) => ({ document: { file_id, file_unique_id: 'x', mime_type: 'audio/mpeg' } })
  const refuse = (code: string) => () => {
    throw new Refused(code, 'of the test')
  }
  looks
    .set('image', () => 'image')
    .set('zip', refuse('format_zip'))
    .set('page', refuse('not_media'))
  const says = async (file: string, words: RegExp) => {
    player.raw(message(anna.id, document(file)))
    await serve()
    t.match(anna.last().html, words)
  }
  looks.set('audio', () => 'audio')
  await says('audio', /^<b>Очистить запись от шума/)
  await anna.says('/menu')
  await says('image', /^<b>Что сделать с этим фото\?/)
  const kept = await root`select id from pay.drafts where user_id = ${anna.id}`
  await says('zip', /^Это ZIP, архив\. Распакуйте его и пришлите сам файл: фото, видео или звук\.$/)
  await says('page', /^Это не похоже на фото, видео или звук\. Пришлите другой файл\.$/)
  t.strictSame(await root`select id from pay.drafts where user_id = ${anna.id}`, kept, 'what was kept before is kept')
})

t.test('an old or made-up button is answered softly, with the menu below', async t => {
  const anna = await known()
  const before = anna.chat().length
  for (const data of ['zz:old', 'q:aaaaaaaaaaaa:nope', 'M:Z', 'w', '🙂']) {
    t.strictSame(await anna.presses({ data }), { text: 'Этот экран устарел', showAlert: false }, data)
    t.match(anna.last().html, /^Напишите, что нарисовать/)
  }
  t.equal(anna.chat().length, before + 5)
})

t.test('an unknown command and what the bot cannot use get an answer', async t => {
  const anna = await known()
  t.match((await anna.says('/nope')).html, /^Такой команды нет. Вот меню:\nНапишите, что нарисовать/)
  for (const content of [
    {
      sticker: {
        file_id: 'x',
        file_unique_id: 'x',
        type: 'regular',
        width: 1,
        height: 1,
        is_animated: false,
        is_video: false,
      },
    },
    { contact: { phone_number: '1', first_name: 'x' } },
    { location: { latitude: 1, longitude: 1 } },
    {
      poll: {
        id: '1',
        question: '?',
        options: [],
        total_voter_count: 0,
        is_closed: false,
        is_anonymous: true,
        type: 'regular',
        allows_multiple_answers: false,
      },
    },
    { dice: { emoji: '🎲', value: 3 } },
  ]) {
    const before = anna.chat().length
    player.raw(message(anna.id, content))
    await serve()
    t.equal(anna.chat().length, before + 1, JSON.stringify(content))
    t.equal(anna.last().html, 'Это я не умею. Пришлите текст, фото, видео или звук.')
  }
  const before = anna.chat().length
  player.raw(message(anna.id, { pinned_message: { message_id: 1, date: 0, chat: { id: anna.id, type: 'private' } } }))
  await serve()
  t.equal(anna.chat().length, before, 'a line of the chat itself wants no answer')
})

t.test('a banned person is told so, and may still ask about money', async t => {
  const anna = await known()
  await root`update pay.users set banned_at = now() where user_id = ${anna.id}`
  t.strictSame(await anna.presses('💳 Баланс'), { text: 'Доступ закрыт. Вопросы: /paysupport', showAlert: true })
  t.equal((await anna.says('/menu')).html, 'Доступ закрыт. Вопросы: /paysupport')
  t.match((await anna.says('/paysupport')).html, 'Вопрос об оплате')
})

t.test('a hostile name is only a name', async t => {
  const name = '</b><a href="https://evil.test">x</a>&amp;<script>'.slice(0, 64)
  const anna = person(name)
  const hello = await anna.opens()
  t.ok(hello.text!.startsWith(`Здравствуйте, ${name}!`))
  t.notOk(hello.entities?.some(entity => 'url' in entity))
  const bob = person('  ', 'en')
  t.match((await bob.opens()).html, /^Hello! Make/)
})

t.test('a result, its receipt and its progress are never overwritten by a screen', async t => {
  const anna = await known()
  const id = newId()
  const reports = [
    [button('🔁', to.generation(id, 'repeat')), button('🏠 Меню', to.menu())],
    [button('🗂 История', to.history('all', '0'))],
  ]
  for (const row of reports) {
    const messageId = await show(telegram, { chatId: anna.id }, { text: html`Готово`, buttons: [row] })
    await anna.presses(row.at(-1)!.text)
    t.equal(anna.chat().find(message => message.messageId === messageId)!.text, 'Готово')
    t.not(anna.last().messageId, messageId)
  }
})

t.test('a screen that was deleted comes anew', async t => {
  const anna = await known()
  const screen = anna.last()
  await telegram.call('deleteMessage', { chat_id: anna.id, message_id: screen.messageId })
  await anna.presses({ data: 'b' }, screen)
  t.match(anna.last().html, '💳 Баланс')
})

t.test('an update may be handled twice: nothing happens twice that matters', async t => {
  bot = botWith({ startBonusKop: 50_00 })
  const anna = person()
  player.open(anna.id)
  const [update] = await telegram.call('getUpdates', {
    timeout: 0,
    limit: 1,
    offset,
    allowed_updates: [...allowedUpdates],
  })
  await bot.handle(update!)
  await bot.handle(update!)
  offset = update!.update_id + 1
  t.match(anna.last().html, 'Можно тратить: 50\u00a0₽')
})

t.test('silence of the database is a reason to try again, and at last is told', async t => {
  const anna = await known()
  player.say(anna.id, '/menu')
  const [update] = await telegram.call('getUpdates', {
    timeout: 0,
    limit: 1,
    offset,
    allowed_updates: [...allowedUpdates],
  })
  offset = update!.update_id + 1
  const silent = botWith({ sql: () => Promise.reject(new Unknown('no verdict')) })
  const before = anna.chat().length
  for (const attempt of [1, 2, 3, 4]) await t.rejects(silent.handle(update!, attempt), Unknown)
  t.equal(anna.chat().length, before, 'quietly')
  await t.rejects(silent.handle(update!, 5), Unknown, 'it is parked')
  t.match(anna.last().html, /^Не получилось, попробуйте ещё раз. Код [a-z2-7]{4}\.$/)
  await bot.handle(update!, 2)
  t.match(anna.last().html, 'Напишите, что нарисовать')
})

t.test('error-details: a mistake of ours is told once, with a code, and the update is done', async t => {
  const anna = await known()
  bot = botWith({
    stats: {
      of: never as never,
      popularity: () => {
        throw new TypeError('secret detail')
      },
    },
  })
  t.strictSame(await anna.presses({ data: 'f:all:0' }), { showAlert: false })
  t.match(anna.last().html, /^Не получилось, попробуйте ещё раз. Код [a-z2-7]{4}\.$/)
  bot = botWith({})
  await anna.presses('🔁 Повторить')
  t.match(anna.last().html, '<b>Все модели</b>')
  const from = api.calls.length
  const cause = new Error('secret detail')
  for (const odd of [
    cause,
    'secret detail',
    { message: 'secret detail' },
    new Error('x', { cause }),
    new Refused('secret detail', 'secret detail'),
    new AggregateError([cause], 'secret detail'),
    undefined,
  ]) {
    bot = botWith({
      stats: {
        of: never as never,
        popularity: () => {
          throw odd
        },
      },
    })
    await anna.says('/models')
    t.match(anna.last().html, /^Не получилось, попробуйте ещё раз. Код [a-z2-7]{4}\.$/, String(odd))
  }
  t.notMatch(JSON.stringify(api.calls.slice(from).map(({ fields }) => fields)), /secret detail/)
  bot = botWith({})
})

t.test('a person who blocked the bot is not written to, and nothing is retried', async t => {
  const anna = await known()
  player.say(anna.id, '/menu')
  player.block(anna.id, true)
  await serve()
  const [user] = await root`select is_reachable from pay.users where user_id = ${anna.id}`
  t.equal(user!.is_reachable, false)
  player.block(anna.id, false)
  await anna.opens()
  const [back] = await root`select is_reachable from pay.users where user_id = ${anna.id}`
  t.equal(back!.is_reachable, true)
})

t.test('results that could not be sent come when the person is back', async t => {
  const anna = await known()
  const id = await running(anna.id)
  await finish(anna.id, id, null)
  const [message] = await root`update pay.outbox set done_at = now(), dead_reason = 'blocked'
    where user_id = ${anna.id} returning id`
  const before = anna.chat().length
  await anna.opens()
  t.match(anna.chat()[before + 1]!.html, 'готовы результаты: 1')
  t.match(anna.last().html, 'Напишите, что нарисовать')
  t.ok(delivered.includes(Number(message!.id)))
})

t.test('in a group the bot shows links only, and only when it is spoken to', async t => {
  const anna = await known()
  const group = player.addGroup('Друзья')
  await serve()
  const before = player.chat(group).length
  player.sayIn(group, anna.id, 'просто разговор')
  player.sayIn(group, anna.id, '/start')
  await serve()
  t.equal(player.chat(group).length, before + 2)
  await root`delete from pay.rates`
  player.sayIn(group, anna.id, `/start@${api.bot.username}`)
  await serve()
  const answer = player.chat(group).at(-1)!
  t.equal(
    answer.html,
    'В этой группе я выключен. Включить может администратор: /ai_on. А в личных сообщениях работаю всегда.',
  )
  t.equal(answer.buttons.length, 7)
  const look = isOldServer ? {} : { style: 'success' }
  t.strictSame(answer.buttons[0], [{ text: '✅ Включить в группе', data: 'gn', ...look }])
  for (const { url } of answer.buttons.slice(1).flat())
    t.match(url, new RegExp(`^https://t.me/${api.bot.username}(\\?start=m_[a-z0-9-]+)?$`))
  player.sayIn(group, anna.id, `/models@${api.bot.username}`)
  await serve()
  t.equal(player.chat(group).at(-1)!.from, 'person', 'once in ten seconds')
})

t.test('group-button: a private button pressed in a group opens nothing there', async t => {
  const anna = await known()
  const group = player.addGroup('Чужие')
  await serve()
  const before = api.calls.length
  player.raw({
    callback_query: {
      id: '1',
      from: { id: anna.id, is_bot: false, first_name: 'Анна', language_code: 'ru' },
      message: { message_id: 1, date: 1, chat: { id: group, type: 'supergroup', title: 'Чужие' }, text: 'x' },
      chat_instance: '1',
      data: 'b',
    },
  })
  await serve()
  const calls = api.calls.slice(before).filter(({ method }) => method !== 'getUpdates')
  t.strictSame(
    calls.map(({ method, fields }) => [method, fields.text, fields.show_alert]),
    [['answerCallbackQuery', 'Откройте это в личном чате', true]],
  )
})

t.test('odd updates do no harm', async t => {
  for (const update of [
    {},
    { edited_message: {} },
    { poll: { id: '1' } },
    { channel_post: { message_id: 1, date: 1, chat: { id: -100, type: 'channel', title: 'x' }, text: '/start' } },
  ]) {
    await t.resolves(bot.handle({ update_id: 1, ...update }))
  }
})

t.test('every button that was shown in this file leads somewhere', async t => {
  const shown = api.calls.flatMap(
    ({ fields }) => JSON.stringify(fields.reply_markup ?? '').match(/"callback_data":"[^"]*"/g) ?? [],
  )
  const data = [...new Set(shown.map(pair => pair.slice('"callback_data":"'.length, -1)))]
  t.ok(data.length > 200)
  t.strictSame(
    data.filter(one => !parse(one)),
    [],
  )
})

t.test('every call of this file was one that Telegram accepts', async t => {
  const refused = api.calls.filter(
    ({ status, description = '' }) =>
      status !== 200 &&
      !/not modified|query is|not found|blocked/.test(description) &&
      !refusedByOldServer.test(description),
  )
  t.strictSame(
    refused.map(({ method, description }) => [method, description]),
    [],
  )
  t.strictSame(
    api.calls.flatMap(({ method, unknown = [] }) => unknown.map(name => [method, name])),
    [],
  )
})
