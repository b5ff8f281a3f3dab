/// <reference lib="dom" />
import t from 'tap'
import { missing, openPlayground } from '../support/browser.ts'
import { until } from '../support/world.ts'

if (missing) t.pass(missing)
else {
  const { page, errors, sees, shot, write, asBot } = await openPlayground(t)
  const messages = page.getByTestId('message')
  const idOf = async (testid: string) => Number((await page.getByTestId(testid).inputValue()) || 0)

  await t.test('three people share a group, and what is for one is seen by that one', async t => {
    for (const name of ['Борис', 'Вера']) {
      await page.getByTestId('person-add').click()
      await page.getByTestId('person-name').fill(name)
      await page.getByTestId('person-create').click()
      await page.getByTestId('person-sheet').waitFor({ state: 'hidden' })
    }
    await page.getByTestId('group-add').click()
    await page.getByTestId('group-title').fill('Студия')
    await page.getByTestId('group-create').click()
    await sees(/Telegen/)
    const group = Number(new URL(page.url()).searchParams.get('group'))
    await page.getByTestId('act-as').selectOption({ label: 'Борис' })
    const boris = await idOf('act-as')
    await write('нарисуйте кота')
    await sees(/нарисуйте кота/)
    const reply_markup = { inline_keyboard: [[{ text: 'Запустить за 29 ₽', callback_data: 'x', style: 'success' }]] }
    await asBot('sendMessage', {
      chat_id: group,
      text: 'Цена: 29 ₽',
      reply_markup,
      ephemeral_message_parameters: { receiver_user_id: boris },
    })
    await sees(/Цена: 29 ₽/)
    t.match(await page.getByTestId('only-you').textContent(), 'Видно только вам')
    await shot('group-for-one')
    await page.getByTestId('act-as').selectOption({ label: 'Вера' })
    await sees(/нарисуйте кота/)
    t.equal(await messages.filter({ hasText: 'Цена' }).count(), 0, 'Вера does not see it')
    t.equal(
      await page
        .getByTestId('author')
        .last()
        .textContent()
        .then(text => text?.trim()),
      'Борис',
    )
    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByTestId('act-as').selectOption({ label: 'Борис' })
    await sees(/Цена: 29 ₽/)
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    t.ok(sideways <= 0, 'nothing scrolls sideways')
    await shot('group-phone')
    await messages.filter({ hasText: 'нарисуйте кота' }).getByTestId('message-menu').click()
    await page.getByTestId('message-react-👍').click()
    await page.getByTestId('reactions').filter({ hasText: '👍' }).waitFor()
    const rows = [[{ text: 'Поделиться', switch_inline_query: '7k2m' }]]
    await asBot('sendMessage', { chat_id: group, text: 'Готово', reply_markup: { inline_keyboard: rows } })
    await page.getByRole('button', { name: 'Поделиться' }).click()
    await page.getByTestId(`where-${group}`).click()
    await until('the bot and the words are in the field', async () =>
      /^@\w+ 7k2m$/.test(await page.getByTestId('composer').inputValue()),
    )
    await page.getByTestId('composer').fill('')
    await page.getByTestId('open-people').click()
    await page.getByTestId(`group-${group}`).waitFor()
    await shot('group-phone-list')
  })

  t.strictSame(errors, [], 'no error in the page')
}
