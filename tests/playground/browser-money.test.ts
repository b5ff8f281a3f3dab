/// <reference lib="dom" />
import t, { type Test } from 'tap'
import { missing, openPlayground } from '../support/browser.ts'
import { until } from '../support/world.ts'

// Money on the page: Вера pays, Глеб is her friend, Анна is the admin.
if (missing) t.pass(missing)
else {
  const { page, errors, fromBot, media, button, press, sees, last, shot, write, link, begin, answer, buy } =
    await openPlayground(t)

  /** Makes a person and opens their chat. */
  async function newPerson(name: string, username: string) {
    await page.getByTestId('person-add').click()
    await page.getByTestId('person-name').fill(name)
    await page.getByTestId('person-username').fill(username)
    await page.getByTestId('person-create').click()
    await page.getByText(`вы здесь ${name}`).waitFor()
  }
  async function become(name: string) {
    await page.locator('.person').filter({ hasText: name }).click()
    await page.getByText(`вы здесь ${name}`).waitFor()
  }
  let paid = 0
  /** Pays the invoice that comes next. */
  const pay = async () => {
    paid += 1
    await until('the invoice', async () => (await fromBot.getByTestId('invoice').count()) === paid)
    await fromBot.getByTestId('pay').last().click()
    await page.getByTestId('pay-sheet').waitFor()
    await shot('money-pay-sheet')
    await page.getByTestId('pay-confirm').click()
  }
  const text = async () => (await fromBot.last().textContent()) ?? ''
  const booksAgree = async (t: Test) => t.match(await page.getByTestId('books-line').textContent(), /сходятся/)

  await t.test('a person tops up with pretend Stars', async t => {
    await newPerson('Вера', 'vera_pays')
    await page.getByTestId('start').click()
    await sees(/Здравствуйте, Вера/)
    await write('/topup')
    await last(/Сколько добавить/)
    await shot('money-packs')
    await press(/^100\s₽/)
    await pay()
    await sees(/Зачислено 100\s₽\. На балансе 600\s₽/)
    await shot('money-credited')
    await booksAgree(t)
    t.pass('it is on the balance')
  })

  await t.test('the balance runs out, a top-up fills it, and the same order goes on', async t => {
    const films = await media('video').count()
    for (const n of [1, 2]) {
      await begin('m_wan-2-6-text-to-video')
      await answer('Корабль входит в гавань на рассвете', /^15|1080p/)
      await press(/Запустить за 299,25/)
      await until('a film', async () => (await media('video').count()) === films + n, 60_000)
    }
    await begin('m_flux-2-pro-text-to-image')
    await answer('Маяк на скале')
    t.match(await text(), /Не хватает 3,25\s₽: цена 4,75\s₽/)
    await shot('money-short')
    await press(/^100\s₽/)
    await pay()
    await sees(/Зачислено 100\s₽/)
    await button(/Запустить за 4,75/).waitFor()
    t.match(await text(), /Маяк на скале/, 'the same order')
    await shot('money-order-is-back')
    const pictures = await media('photo').count()
    await press(/Запустить за 4,75/)
    await until('the picture', async () => (await media('photo').count()) > pictures, 30_000)
    await sees(/Списано 4,75\s₽/)
    await shot('money-order-done')
    await booksAgree(t)
  })

  await t.test('«Почему списано» and the operations explain it', async t => {
    await press(/ещё…/)
    await press(/Почему списано/)
    await last(/списано/)
    t.match(await text(), /4,75\s₽/)
    await shot('money-why')
    await write('/balance')
    await last(/Баланс/)
    await press(/Операции/)
    await last(/−299,25/)
    t.match(await text(), /299,25\s₽[\s\S]*100\s₽/)
    const table = fromBot.last().getByTestId('table')
    t.match(await table.textContent(), /Когда[\s\S]*Сумма[\s\S]*За что/, 'in columns')
    t.ok(await table.evaluate(({ parentElement }) => parentElement!.scrollWidth <= parentElement!.clientWidth))
    await shot('money-operations')
  })

  await t.test('a code of the admin is redeemed once', async t => {
    await become('Анна')
    await write('/admin_promo SUMMER25 50 3 31.12.2099 проверка')
    await shot('money-promo-admin')
    await press(/Подтвердить/)
    await sees(/Промокод создан/)
    await become('Вера')
    await write('/promo SUMMER25')
    await sees(/Код принят: \+50\s₽/)
    await write('/promo SUMMER25')
    await last(/Вы уже использовали этот код/)
    await shot('money-promo')
    t.pass('once')
  })

  await t.test('a friend who comes by the link, pays and gets a result brings bonus runs', async t => {
    await write('/ref')
    await last(/Пригласите друга/)
    await shot('money-invite')
    const address = /t\.me\/\S+?start=[\w-]+/.exec(await text())?.[0] ?? ''
    t.ok(address, 'the link is there')
    await newPerson('Глеб', 'gleb_friend')
    paid = 0 // in a chat of his own
    await link(address)
    await sees(/Здравствуйте, Глеб/)
    await write('/topup')
    await press(/^100\s₽/)
    await pay()
    await sees(/Зачислено 100\s₽/)
    await buy('m_flux-2-pro-text-to-image', 'Лодка у причала')
    await sees(/Списано/)
    await become('Вера')
    await sees(/Ваш друг получил первый платный результат/)
    await shot('money-friend')
    await booksAgree(t)
  })

  await t.test('the admin gives a payment back, and the person hears of it', async t => {
    await become('Анна')
    await write('/find @vera_pays')
    await last(/Вера @vera_pays/)
    await shot('money-card')
    const charge = /\/refund (\S+)/.exec(await text())?.[1]
    t.ok(charge, 'the card says what to type')
    await write(`/refund ${charge} попросила вернуть`)
    await button(/Подтвердить/).waitFor()
    await shot('money-refund-confirm')
    await press(/Подтвердить/)
    await sees(/Звёзды возвращены|Возвращено|Платёж возвращён/)
    await shot('money-refunded')
    await become('Вера')
    await sees(/Платёж возвращён: с баланса снято 100\s₽/)
    await page.getByTestId('ledger').getByText('−100 ₽').waitFor()
    await shot('money-taken-back')
    await booksAgree(t)
    await page.setViewportSize({ width: 390, height: 844 })
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
    t.ok(widths[0]! <= widths[1]!, 'nothing scrolls sideways on a phone')
    await shot('money-phone')
  })

  await t.test('a plan is paid by its link every month until it is stopped', async t => {
    await write('/plan')
    await last(/План на месяц/)
    await shot('money-plans')
    await press(/⭐ 250 в месяц/)
    await last(/каждые 30 дней/)
    await press(/Оформить за ⭐ 250/)
    await page.getByTestId('subscribe-confirm').click()
    const subscription = page.getByTestId('subscription')
    await subscription.waitFor()
    await page.getByTestId('subscription-renew').click()
    await shot('money-subscription')
    await page.getByTestId('subscribe-close').click()
    await until('two months', async () => (await fromBot.filter({ hasText: /Месяц по плану оплачен/ }).count()) === 2)
    await write('/plan')
    await last(/Ваш план: ⭐ 250 в месяц/)
    await press(/Не продлевать/)
    await last(/дальше не продлевается/)
    await shot('money-plan-stopped')
    await press(/Продлевать снова/)
    await sees(/Мои звёзды/)
    await page.getByTestId('open-people').click()
    await page.getByTestId('person-subscriptions').click()
    await subscription.getByText(/отменена, действует до/).waitFor()
    const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
    t.ok(width! <= room!, 'a phone has room for it')
    await shot('money-subscriptions')
    await page.getByTestId('subscription-resume').click()
    await subscription.getByText(/действует, следующее списание/).waitFor()
    await page.getByTestId('subscription-cancel').click()
    await page.getByTestId('subscription-lapse').click()
    await subscription.getByText('закончилась').waitFor()
    t.equal(await subscription.getByRole('button').count(), 0, 'nothing can be done with what is over')
    await shot('money-subscriptions-ended')
    await page.getByTestId('subscriptions-close').click()
    await page.getByTestId('people-close').click()
  })

  t.strictSame(errors, [], 'no error in the page')
}
