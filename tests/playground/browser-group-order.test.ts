/// <reference lib="dom" />
import t, { type Test } from 'tap'
import { missing, openPlayground, picture } from '../support/browser.ts'
import { until } from '../support/world.ts'

// Three people buy in a group, from the bot itself: Анна has it all to set up, Борис pays, Вера has nothing.
if (missing) t.pass(missing)
else {
  const { page, errors, fromBot, media, button, press, sees, shot, write, begin, answer, buy } = await openPlayground(t)
  const messages = page.getByTestId('message')
  const phone = { width: 390, height: 844 }
  const computer = { width: 1440, height: 960 }
  const money = /₽|[Бб]аланс|Цена/
  const actAs = page.getByTestId('act-as')
  let group = 0
  let vera = 0

  async function newPerson(name: string) {
    await page.getByTestId('person-add').click()
    await page.getByTestId('person-name').fill(name)
    await page.getByTestId('person-create').click()
    await page.getByText(`вы здесь ${name}`).waitFor()
    await page.getByTestId('start').click()
    await sees(new RegExp(`Здравствуйте, ${name}`))
    return Number(new URL(page.url()).searchParams.get('person'))
  }
  async function inPrivate(name: string) {
    await page.locator('.person').filter({ hasText: name }).first().click()
    await page.getByText(`вы здесь ${name}`).waitFor()
  }
  async function inGroup(name: string) {
    if (await page.getByTestId('open-people').isVisible()) await page.getByTestId('open-people').click()
    await page.getByTestId(`group-${group}`).click()
    await actAs.selectOption({ label: name })
    await until(`${name} is in the group`, () =>
      actAs.evaluate((node, label) => (node as HTMLSelectElement).selectedOptions[0]?.text === label, name),
    )
  }
  /** All that this person sees in the group. */
  const seenBy = async (name: string) => {
    await inGroup(name)
    await messages.last().waitFor()
    return await messages.allTextContents()
  }
  const onlyYou = page.getByTestId('message').filter({ has: page.getByTestId('only-you') })
  const noMoneyIn = (t: Test, seen: string[]) => t.notMatch(seen.join('\n'), money)

  /** What was edited is lit up for a moment. */
  const calm = () => until('nothing is lit up', async () => (await page.locator('.message.flash').count()) === 0)
  const quoted = (message: typeof fromBot) => message.getByTestId('replied').locator('b').textContent()
  const waited = () =>
    until('nothing is waited for', async () => (await messages.filter({ hasText: '⏳' }).count()) === 0)

  await t.test('a first paid result comes with an effect, under a price with a coloured button', async t => {
    await page.getByTestId('tab-upstream').click()
    await page.getByTestId('speed-fast').click()
    await page.getByTestId('tab-ledger').click()
    vera = await newPerson('Вера')
    await buy('m_flux-2-pro-text-to-image', 'Маяк на скале')
    await sees(/Списано 4,75/)
    await newPerson('Борис')
    await begin('m_flux-2-pro-text-to-image')
    await answer('Лодка у причала')
    t.equal(await button(/Запустить за 4,75/).getAttribute('data-style'), 'success')
    await shot('group-private-price')
    await press(/Запустить за 4,75/)
    await sees(/Списано 4,75/)
    t.equal(await fromBot.last().getByTestId('effect').textContent(), '🎉')
    await shot('group-private-result')
  })

  await t.test('an admin of the group turns the bot on', async t => {
    await page.getByTestId('group-add').click()
    await page.getByTestId('group-title').fill('Студия')
    await page.getByTestId('group-create').click()
    await sees(/Включить меня/)
    group = Number(new URL(page.url()).searchParams.get('group'))
    await inGroup('Вера')
    await press(/Включить в группе/)
    await page.getByTestId('alert').getByText('Это могут только администраторы группы').waitFor()
    await page.getByTestId('alert-ok').click()
    await inGroup('Борис')
    await write('/ai_on')
    await sees(/теперь я работаю/)
    await shot('group-on')
    t.equal(await fromBot.filter({ hasText: /теперь я работаю/ }).count(), 1)
  })

  await t.test('the payer alone sees the price, all see the result', async t => {
    await write('/imagine рыжий кот в шляпе')
    await onlyYou.filter({ hasText: /рыжий кот/ }).waitFor()
    t.match(await onlyYou.last().textContent(), /Видно только вам.*Цена: 4,75\s₽.*На вашем балансе: 495,25\s₽/s)
    t.equal(await button(/Запустить за 4,75/).getAttribute('data-style'), 'success')
    await shot('group-order-price')
    for (const name of ['Вера', 'Анна']) noMoneyIn(t, await seenBy(name))
    await shot('group-order-price-others')
    await inGroup('Борис')
    await press(/Запустить за 4,75/)
    await until('the picture', async () => (await media('photo').count()) === 1, 30_000)
    await until('the price is gone', async () => (await onlyYou.count()) === 0)
    await waited()
    await shot('group-order-result')
    for (const name of ['Борис', 'Вера', 'Анна']) {
      const seen = await seenBy(name)
      noMoneyIn(t, seen)
      t.match(seen.at(-1), /рыжий кот в шляпе[\s\S]*Борис · FLUX/)
      t.equal(await media('photo').count(), 1)
    }
  })

  await t.test('whoever has no money tops up in private and comes back to the result', async t => {
    await inPrivate('Анна')
    await write(`/take ${vera} 495,25 проверка`)
    await press(/Подтвердить|Списать/)
    await sees(/Списано/)
    await inGroup('Вера')
    await write('@telegen_playground_bot кит в облаках')
    await onlyYou.filter({ hasText: /не хватает/ }).waitFor()
    await shot('group-short')
    for (const name of ['Борис', 'Анна']) noMoneyIn(t, await seenBy(name))
    await inGroup('Вера')
    await press(/Пополнить/)
    await page.getByText('вы здесь Вера').waitFor()
    await page.getByTestId('start').click()
    await sees(/Не хватает/)
    await shot('group-short-private')
    await press(/^100\s₽/)
    await fromBot.getByTestId('pay').last().click()
    await page.getByTestId('pay-confirm').click()
    await sees(/Зачислено 100\s₽/)
    t.equal(await fromBot.getByTestId('effect').last().textContent(), '🔥')
    await shot('group-topped-up')
    await press(/Запустить за/)
    await sees(/Результат придёт в группу «Студия»/)
    await shot('group-started-private')
    await press(/В группу/)
    await until('the second picture', async () => (await media('photo').count()) === 2, 30_000)
    await sees(/кит в облаках.*Вера · FLUX/s)
    await waited()
    await shot('group-second')
    for (const name of ['Борис', 'Анна']) noMoneyIn(t, await seenBy(name))
  })

  await t.test('a result is shared into the group', async t => {
    await inPrivate('Борис')
    await press(/ещё…/)
    await press(/Поделиться/)
    await page.getByTestId(`where-${group}`).click()
    await page.getByTestId('inline-results').getByRole('button').first().waitFor()
    await shot('group-share-offer')
    await page.getByTestId('inline-results').getByRole('button').first().click()
    await until('the shared picture', async () => (await page.getByTestId('photo').count()) === 3)
    await shot('group-shared')
    const seen = await seenBy('Анна')
    t.match(seen.at(-1), /Борис через бота.*Сделано моделью FLUX/)
    noMoneyIn(t, seen)
    await page.getByRole('button', { name: 'Сделать так же' }).click()
    await page.getByText('вы здесь Анна').waitFor()
    await page.getByTestId('start').click()
    await sees(/Начать/)
    await shot('group-same')
  })

  await t.test('the group pays from its own balance for an edit of a photo, on a phone', async t => {
    await inGroup('Борис')
    await press(/Кто платит/)
    await page.getByTestId('start').click()
    await press(/Пусть платит группа/)
    await sees(/Платит группа со своего баланса/)
    await calm()
    await shot('group-settings')
    await page.setViewportSize(phone)
    await shot('group-settings-phone')
    await page.getByTestId('open-people').click()
    await page.getByTestId(`group-${group}`).click()
    await actAs.selectOption({ label: 'Вера' })
    const photo = fromBot.filter({ hasText: /Вера · FLUX/ })
    await photo.getByTestId('message-menu').click()
    await page.getByTestId('message-reply').click()
    await write('/edit сделай зиму')
    await onlyYou.filter({ hasText: /балансе группы не хватает/ }).waitFor()
    t.equal(await quoted(page.locator('[data-testid=message][data-from=person]').last()), 'Telegen')
    await shot('group-empty-phone')
    await press(/Пополнить баланс группы/)
    await page.getByTestId('start').click()
    await press(/^50\s₽/)
    await sees(/На балансе группы «Студия» стало больше на 50\s₽/)
    await calm()
    await shot('group-gift-phone')
    await page.getByTestId('open-people').click()
    await page.getByTestId(`group-${group}`).click()
    await press(/Узнать цену/)
    await onlyYou.filter({ hasText: /сделай зиму.*платит группа/s }).waitFor()
    await calm()
    await shot('group-pays-phone')
    t.ok((await picture(page, 'groups.png')) < 150_000, 'a page of docs loads fast')
    noMoneyIn(t, await seenBy('Борис'))
    await inGroup('Вера')
    await press(/Запустить за/)
    await sees(/сделай зиму.*Вера · /s)
    await waited()
    await shot('group-paid-phone')
    noMoneyIn(t, await seenBy('Анна'))
    t.equal(await quoted(fromBot.last()), 'Вера', 'who asked, not the reader')
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    t.ok(sideways <= 0, 'nothing scrolls sideways')
  })

  await t.test('the payer reads what was spent in a table', async t => {
    await page.getByTestId('open-people').click()
    await page.getByTestId(`person-${vera}`).click()
    await write('/balance')
    await press(/Операции/)
    const table = fromBot.last().getByTestId('table')
    await table.waitFor()
    t.match(await table.textContent(), /Когда.*Сумма.*За что/)
    await calm()
    await shot('group-table-phone')
    await page.setViewportSize(computer)
    const rows = await page.getByTestId('ledger').getByRole('row').allTextContents()
    t.ok(
      rows.some(row => /Студия.*от участника/.test(row)),
      'the group has its name in the ledger',
    )
    await shot('group-table')
  })

  t.strictSame(errors, [], 'no error in the page')
}
