/// <reference lib="dom" />
import t from 'tap'
import { cutCaptions, fits, missing, openPlayground, picture } from '../support/browser.ts'
import { until } from '../support/world.ts'

// Captions that a phone cuts today, and why that stands. A caption that is cut and not here fails the test.
const knownCuts: [RegExp, string][] = []

const phone = { width: 390, height: 844 }
const computer = { width: 1440, height: 960 }

if (missing) t.pass(missing)
else {
  const { page, address, errors, fromBot, media, press, sees, last, shot, write, link, buy, asBot } =
    await openPlayground(t)
  const fromPerson = page.locator('[data-testid=message][data-from=person]')
  const composer = page.getByTestId('composer')
  const about = page.getByTestId('about')
  const userId = Number(
    await page
      .locator('.person')
      .first()
      .getAttribute('data-testid')
      .then(id => id?.slice(7)),
  )
  const open = async (message: typeof fromBot) => {
    await message.hover()
    await message.getByTestId('message-menu').click()
  }
  /** How often the text of a message is looked at until it fits. */
  const reads = (what: string, of: typeof fromBot, text: RegExp) =>
    until(what, async () => text.test((await of.textContent()) ?? ''))

  await t.test('a bought picture beside its ledger is what README shows', async t => {
    await page.getByTestId('tab-upstream').click()
    await page.getByTestId('next-behaviour').selectOption('fail')
    await page.getByTestId('next-set').click()
    await buy('m_flux-2-pro-text-to-image', 'Замок на песке')
    await sees(/Деньги вернулись/)
    await page.getByTestId('tab-ledger').click()
    await buy('m_flux-2-pro-text-to-image', 'Рыжий кот читает газету на подоконнике')
    await media('photo').first().waitFor()
    await sees(/Списано/)
    await until('the ledger has it all', async () => (await page.getByTestId('row').count()) === 4)
    await until('the toast is gone', async () => (await page.getByTestId('toast').count()) === 0)
    await page.mouse.move(0, 0)
    t.ok((await picture(page, 'playground.png')) < 400_000, 'a page of README loads fast')
    await page.setViewportSize(phone)
    await page.getByTestId('intro-close').click()
    await page.mouse.move(0, 0)
    await until('the chat is at its end', () =>
      page.getByTestId('messages').evaluate(node => node.scrollHeight - node.scrollTop - node.clientHeight < 2),
    )
    t.ok((await picture(page, 'playground-phone.png')) < 400_000)
    await page.getByTestId('intro-toggle').click()
    await page.setViewportSize(computer)
  })

  await t.test('a message is answered and an own one edited, by mouse and by keyboard', async t => {
    const { message_id } = await asBot('sendMessage', { chat_id: userId, text: 'Что нарисовать?' })
    await last(/Что нарисовать/)
    await open(fromBot.last())
    t.equal(await page.getByTestId('message-edit').count(), 0, 'words of the bot are not mine to edit')
    await page.getByTestId('message-reply').click()
    t.match(await about.textContent(), /Ответ на сообщение.*Что нарисовать/)
    await write('кита')
    const own = fromPerson.last()
    await reads('the reply', own, /Что нарисовать\?.*кита/s)
    t.equal(await about.count(), 0)

    await own.getByTestId('message-menu').focus()
    await page.keyboard.press('Enter')
    const choices = page.getByTestId('message-choices')
    await until('the first choice has the focus', () =>
      page.getByTestId('message-reply').evaluate(node => node === document.activeElement),
    )
    await page.keyboard.press('Escape')
    await choices.waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    await choices.waitFor()
    await until('the choice has the focus', () =>
      page.getByTestId('message-reply').evaluate(node => node === document.activeElement),
    )
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    t.match(await about.textContent(), /Изменение сообщения/)
    await until('its words are in the field', async () => (await composer.inputValue()) === 'кита')
    await composer.fill('кота')
    await composer.press('Enter')
    await reads('the edit', own, /кота.*изменено/s)

    await composer.press('ArrowUp')
    await until('the last own words are there again', async () => (await composer.inputValue()) === 'кота')
    await composer.press('Enter')
    await page.getByTestId('toast').filter({ hasText: 'nothing was changed' }).waitFor()
    t.equal(await composer.inputValue(), 'кота', 'a refusal loses nothing')
    await composer.press('Escape')
    await until('the field is empty', async () => (await composer.inputValue()) === '')

    await asBot('deleteMessage', { chat_id: userId, message_id })
    await reads('the answered one is gone', own, /Удалённое сообщение/)
    await shot('chat-reply')
  })

  await t.test('only an edit of the words of the bot is marked', async t => {
    const reply_markup = { inline_keyboard: [[{ text: 'Ещё', callback_data: 'n' }]] }
    const { message_id } = await asBot('sendMessage', { chat_id: userId, text: 'Раз', reply_markup })
    const message = page.locator(`[data-message-id="${message_id}"]`)
    await message.getByTestId('button-0-0').waitFor()
    await asBot('editMessageReplyMarkup', { chat_id: userId, message_id })
    await message.getByTestId('button-0-0').waitFor({ state: 'detached' })
    t.equal(await message.getByTestId('edited').count(), 0)
    await asBot('editMessageText', { chat_id: userId, message_id, text: 'Два' })
    await message.getByTestId('edited').waitFor()
  })

  await t.test('one tick is sent, two are read, and a long text is cut as clients cut it', async t => {
    await page.getByTestId('tab-calls').click()
    const hold = async (said: RegExp) => {
      await page.getByTestId('fault-deliveryPaused').click()
      await page.getByTestId('faults-said').filter({ hasText: said }).waitFor()
    }
    await hold(/копятся/)
    const before = await fromPerson.count()
    await composer.fill('слово '.repeat(1_000))
    await page.getByTestId('send').click()
    await until('two messages', async () => (await fromPerson.count()) === before + 2)
    const ticks = fromPerson.last().getByTestId('ticks')
    t.equal(await ticks.getAttribute('aria-label'), 'Отправлено')
    await hold(/идут/)
    await until('the bot has it', async () => (await ticks.getAttribute('aria-label')) === 'Прочитано ботом')
  })

  await t.test('a link that opens the page waits for «Запустить», and the chat shows «/start»', async t => {
    await page.goto(`${address}?start=m_z-image`)
    await page.getByTestId('start').click()
    await reads('the start', fromPerson.last().locator('.rich'), /^\/start$/)
    await last(/Начать/)
    t.notMatch(page.url(), /start=/, 'opened again, it does not start again')
    await link('m_flux-2-pro-text-to-image')
    await last(/FLUX/)
    await reads('the start once more', fromPerson.last().locator('.rich'), /^\/start$/)
    await page.goto(`${address}?start=%D0%BA%D0%BE%D1%82`)
    await composer.waitFor()
    t.equal(await page.getByTestId('start').count(), 0, 'what no link can carry is passed over')
  })

  await t.test('what is typed while a message is on its way stays in the field', async t => {
    const held = Promise.withResolvers<void>()
    await page.route('**/say', async route => {
      await held.promise
      await route.continue()
    })
    await write('/balance')
    await composer.fill('и ещё')
    held.resolve()
    await last(/Баланс/)
    t.equal(await composer.inputValue(), 'и ещё')
    await page.unroute('**/say')
    await composer.fill('')
  })

  await t.test('people are ordered by their last message, and the chat that is open stays', async t => {
    const names = () => page.locator('.person-name').allTextContents()
    await asBot('setMyDescription', { description: 'Рисует и снимает по словам', language_code: 'ru' })
    await page.getByTestId('person-add').click()
    await page.getByTestId('person-name').fill('Вера')
    await page.getByTestId('person-create').click()
    await page.getByText('вы здесь Вера').waitFor()
    t.match(await page.getByTestId('bot-profile').textContent(), /Telegen.*Рисует и снимает по словам/)
    await shot('chat-profile')
    await page.getByTestId('start').click()
    await sees(/Здравствуйте, Вера/)
    t.strictSame(await names(), ['Вера', 'Анна'])
    await asBot('sendMessage', { chat_id: userId, text: 'Анне' })
    await until('she is first', async () => (await names())[0] === 'Анна')
    await page.getByText('вы здесь Вера').waitFor()
    await page.locator('.person').filter({ hasText: 'Анна' }).click()
    await sees(/Анне/)
    t.pass('and her chat is open')
  })

  await t.test('what the bot is doing is said for five seconds, or until it writes', async t => {
    const action = page.getByTestId('action')
    // No answer of the bot is under way in her chat, which would end it early.
    await page.locator('.person').filter({ hasText: 'Вера' }).click()
    await page.getByText('вы здесь Вера').waitFor()
    const chat_id = Number(new URL(page.url()).searchParams.get('person'))
    await asBot('sendChatAction', { chat_id, action: 'upload_photo' })
    await action.getByText('отправляет фото…').waitFor()
    await asBot('sendMessage', { chat_id, text: 'Вот' })
    await until('the message ends it', async () => (await action.textContent()) === 'бот')
    await asBot('sendChatAction', { chat_id, action: 'typing' })
    const from = Date.now()
    await action.getByText('печатает…').waitFor()
    await until('it ends by itself', async () => (await action.textContent()) === 'бот')
    t.ok(Date.now() - from > 4_000)
    await page.locator('.person').filter({ hasText: 'Анна' }).click()
    await page.getByText('вы здесь Анна').waitFor()
  })

  await t.test('topics are a row above the chat, and each shows what was written in it', async t => {
    await page.locator('.person').filter({ hasText: 'Вера' }).click()
    await page.getByText('вы здесь Вера').waitFor()
    const chat_id = Number(new URL(page.url()).searchParams.get('person'))
    t.equal(await page.getByTestId('topics').count(), 0)
    await page.getByTestId('person-topics').click()
    await page.getByTestId('topic-add').click()
    await page.getByTestId('topic-name').fill('Коты')
    await page.getByTestId('topic-create').click()
    const cats = page.locator('.topic', { hasText: 'Коты' })
    await until('the new topic is open', async () => (await cats.getAttribute('aria-current')) === 'true')
    await sees(/Тема «Коты» создана/)
    const message_thread_id = Number((await cats.getAttribute('data-testid'))!.slice('topic-'.length))
    await write('/balance')
    await last(/Баланс/)
    t.equal(await fromPerson.last().locator('.rich').textContent(), '/balance', 'asked and answered in the topic')

    await page.getByTestId('topic-general').click()
    await until('it is not outside', async () => !/Баланс/.test((await fromBot.last().textContent()) ?? ''))
    const expected = 'Цвета: зелёная, синяя и красная кнопки, время и эффект'
    await asBot('sendChatAction', { chat_id, message_thread_id, action: 'upload_photo' })
    await page.getByTestId('topic-acting').waitFor()
    t.equal(await page.getByTestId('action').textContent(), 'бот')
    await asBot('sendMessage', {
      chat_id,
      message_thread_id,
      parse_mode: 'HTML',
      text: `${expected}: <tg-time unix="1800000000" format="wDT">15 января</tg-time> https://example.com/cats`,
      message_effect_id: '5046509860389126442',
      reply_markup: {
        inline_keyboard: [
          [{ text: 'Запустить', callback_data: 'n', style: 'success' }],
          [
            { text: 'Пополнить', url: 'https://example.com', style: 'primary' },
            { text: 'Удалить', callback_data: 'n', style: 'danger' },
          ],
          [
            { text: 'Номер заказа', copy_text: { text: '7k2m' } },
            { text: 'Поделиться', switch_inline_query: '7k2m' },
          ],
        ],
      },
    })
    await until('one is new there', async () => (await page.getByTestId('topic-unread').textContent()) === '1')
    await page.setViewportSize(phone)
    await cats.click()
    await last(/Цвета/)
    t.match(await page.getByTestId('moment').textContent(), /пятница, \d\d:\d\d:00, 15 января 2027/)
    t.match(await page.getByTestId('preview').textContent(), /example\.com/)
    const colour = async (style: string) => {
      const key = fromBot.last().locator(`.key[data-style=${style}]`)
      const [, red, green, blue] = /(\d+), (\d+), (\d+)/
        .exec(await key.evaluate(node => getComputedStyle(node).backgroundColor))!
        .map(Number) as [number, number, number, number]
      return red > green && red > blue ? 'red' : green > blue ? 'green' : 'blue'
    }
    t.strictSame(await Promise.all(['success', 'primary', 'danger'].map(colour)), ['green', 'blue', 'red'])
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await press(/Номер заказа/)
    await page.getByTestId('toast').filter({ hasText: 'Скопировано' }).waitFor()
    t.equal(await page.evaluate(() => navigator.clipboard.readText()), '7k2m')
    t.strictSame(await cutCaptions(fromBot.last()), [])
    await shot('topics-phone')
    await page.getByTestId('effect').click()
    t.equal(await page.getByTestId('effect-play').count(), 0, 'less motion was asked for')
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    await page.getByTestId('effect').click()
    await page.getByTestId('effect-play').waitFor()
    await page.getByTestId('effect-play').waitFor({ state: 'detached' })
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.setViewportSize(computer)

    await page.getByTestId('topic-remove').click()
    await page.getByTestId('topic-remove-yes').click()
    await cats.waitFor({ state: 'detached' })
    await until('what was in it is gone', async () => !/Цвета/.test((await fromBot.last().textContent()) ?? ''))
    await page.getByTestId('person-topics').click()
    await page.getByTestId('topics').waitFor({ state: 'detached' })
    await page.locator('.person').filter({ hasText: 'Анна' }).click()
    await page.getByText('вы здесь Анна').waitFor()
  })

  await t.test('hints and toasts leave the last message and the composer free', async t => {
    await page.setViewportSize(phone)
    await page.getByTestId('suggestion-3').click()
    await page.getByTestId('toast').waitFor()
    await last(/Цена/)
    const box = async (of: typeof fromBot) => (await of.boundingBox())!
    const [intro, toast, message, foot] = await Promise.all(
      [page.getByTestId('intro'), page.getByTestId('toast'), fromBot.last(), composer].map(box),
    )
    const isApart = (a: typeof intro, b: typeof intro) => a!.y + a!.height <= b!.y || b!.y + b!.height <= a!.y
    t.ok(isApart(intro, foot) && isApart(toast, foot))
    t.ok(toast!.y < message!.y + message!.height / 2, 'the toast is above, where older messages are')
    await page.getByTestId('intro-close').click()
    t.equal(await page.getByTestId('intro').count(), 0)
    await page.getByTestId('intro-toggle').click()
    await page.getByTestId('intro').waitFor()
    await page.setViewportSize(computer)
  })

  await t.test('calls are filtered, and an event opens on a press', async t => {
    await page.getByTestId('tab-calls').click()
    await page.getByTestId('calls-method').selectOption('sendPhoto')
    const rows = page.getByTestId('calls').getByTestId('row')
    await until('only photos', async () => (await rows.allTextContents()).every(text => /sendPhoto/.test(text)))
    await page.getByTestId('calls-person').selectOption({ label: 'Вера' })
    await page.getByText('Таких вызовов нет').waitFor()
    await page.getByTestId('tab-events').click()
    const first = page.getByTestId('events').getByTestId('row').first()
    await first.getByRole('button').press('Enter')
    await page.getByTestId('events').getByText('"request_id"').waitFor()
    t.equal(await first.getByRole('button').getAttribute('aria-expanded'), 'true')
  })

  await t.test('the page speaks English to those who ask for it', async t => {
    await page.getByTestId('page-en').click()
    await page.getByText('you are Анна').waitFor()
    await page.getByTestId('books-line').getByText('The books agree').waitFor()
    t.equal(await page.title(), 'Telegen playground')
    t.equal(await page.locator('html').getAttribute('lang'), 'en')
    await link('кот')
    await page
      .getByTestId('toast')
      .filter({ hasText: /Give a link/ })
      .waitFor()
    const said = await page.evaluate(() => document.querySelector('.office')?.textContent ?? '')
    t.notMatch(said.replaceAll(/Анна|Вера/g, ''), /[А-Яа-я]{3}/, 'no Russian is left in the back office')
    await shot('english')
    await page.getByTestId('page-ru').click()
    await page.getByText('вы здесь Анна').waitFor()
  })

  await t.test(
    'a caption has one line in a keyboard as wide as its bubble, and ends in an ellipsis if it must',
    async t => {
      await page.setViewportSize(phone)
      const long = 'Подпись, которой не хватит ширины никакого телефона'
      const key = (text: string) => ({ text, callback_data: 'n' })
      const widths = async (text: string, keys: string[][]) => {
        const inline_keyboard = keys.map(row => row.map(key))
        const { message_id } = await asBot('sendMessage', { chat_id: userId, text, reply_markup: { inline_keyboard } })
        const message = page.locator(`[data-message-id="${message_id}"]`)
        await message.waitFor()
        const [bubble, keyboard, first] = await Promise.all(
          ['.bubble', '.keyboard', '.key'].map(part => message.locator(part).first().boundingBox()),
        )
        t.equal(keyboard!.width, bubble!.width)
        return { width: keyboard!.width, height: first!.height, cut: await cutCaptions(message) }
      }
      const short = await widths('Да?', [['Да', 'Нет']])
      const full = await widths('Да?', [[long]])
      t.strictSame([short.cut, full.cut], [[], [long]])
      t.equal(full.height, short.height, 'it does not wrap')
      t.ok(short.width < 200 && full.width > 320 && full.width < 350, `${short.width} and ${full.width} px`)
      const uneven = await widths('Да?', [['Да', 'Подлиннее']])
      t.strictSame(uneven.cut, [], 'keys of a row are as wide as its widest needs')
      await page.setViewportSize(computer)
    },
  )

  await t.test('on a phone a screen is seen whole and no caption is cut, but for those that are known', async t => {
    await page.setViewportSize(phone)
    const screens: [string, () => Promise<void>, RegExp][] = [
      ['menu', () => write('/menu'), /Можно тратить/],
      ['the rest of it', () => press(/Ещё/), /Все модели/],
      ['a list', () => press(/Все модели/), /1\/6/],
      ['a card', () => link('m_flux-2-pro-text-to-image'), /Начать/],
      ['help', () => write('/help'), /О чём/],
      ['balance', () => write('/balance'), /Баланс/],
    ]
    for (const [name, show, words] of screens) {
      await show()
      await last(words)
      const { fits: isWhole, message, area } = await fits(page)
      t.ok(isWhole, `${name}: ${message} of ${area} px`)
      for (const caption of await cutCaptions(fromBot.last())) {
        const why = knownCuts.find(([known]) => known.test(caption))?.[1]
        t.comment(`${name}: «${caption}» is cut${why ? `, ${why}` : ''}`)
        t.ok(why, `${name}: «${caption}» has room`)
      }
    }
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    t.ok(sideways <= 0, 'nothing scrolls sideways')
    await shot('phone-screens')
  })

  t.strictSame(errors, [], 'no error in the page')
}
