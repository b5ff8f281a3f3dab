import t from 'tap'
import { Telegram } from 'telegraf'
import { startTelegram } from '../../playground/telegram/server.ts'
import { createFastPath } from '../../src/jobs/updates/fast-path.ts'
import { openTopUp } from '../../src/payments/top-ups.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { silent, until, world } from '../support/world.ts'

const server = await startTelegram({})
const telegram = createTelegram({
  token: server.token,
  apiRoot: server.apiRoot,
  rateLimiter: async () => 0,
  log: silent,
})
const { sql, user } = await world(t)
const fastPath = createFastPath({ sql, telegram, log: silent })
t.teardown(async () => {
  fastPath.close()
  await server.close()
})
const { id } = server.player.addPerson({ firstName: 'Анна' })
server.player.open(id)
const { message_id: messageId } = await new Telegram(server.token, { apiRoot: server.apiRoot }).sendMessage(
  id,
  'Меню',
  {
    reply_markup: { inline_keyboard: [[{ text: 'Дальше', callback_data: 'h' }]] },
  },
)
const pressed = () =>
  server.updates.findLast(({ kind }) => kind === 'callback_query')?.update as {
    update_id: number
    callback_query: { id: string }
  }

t.test('a press that waits behind the person’s earlier updates is answered all the same', async t => {
  const press = server.player.press(id, messageId, { text: 'Дальше' })
  fastPath.arrived(await until('the press', pressed))
  t.match(await press, { showAlert: false }, 'the button does not hang')
})

t.test('a press whose handler has begun is left to the handler', async t => {
  const before = server.calls.length
  const press = server.player.press(id, messageId, { text: 'Дальше' })
  const update = await until('the press', pressed)
  fastPath.arrived(update)
  fastPath.begun(update.update_id)
  await telegram.call('answerCallbackQuery', { callback_query_id: update.callback_query.id, text: 'От обработчика' })
  t.match(await press, { text: 'От обработчика' })
  t.equal(server.calls.length, before + 1)
})

const answerTo = async (checkout: Parameters<typeof fastPath.checkout>[0]) => {
  const before = server.calls.length
  fastPath.checkout(checkout)
  const call = await until('the answer', () =>
    server.calls.slice(before).find(({ method }) => method === 'answerPreCheckoutQuery'),
  )
  return call.fields
}

t.test('payment-mismatch: a checkout is confirmed only where order, payer, currency and amount agree', async t => {
  await user(101)
  const order = await openTopUp(sql, {
    userId: 101,
    provider: 'stars',
    amountKop: 100_00,
    total: 84,
    quoteId: null,
  })
  const right = { id: 'q', from: { id: 101, language_code: 'ru' }, currency: 'XTR', total_amount: 84 }
  const asked = { ...right, invoice_payload: order.id }
  t.match(await answerTo({ pre_checkout_query: asked }), { ok: true })
  const outdated = { ok: false, error_message: 'Счёт устарел. Откройте новый: /topup' }
  t.match(await answerTo({ pre_checkout_query: { ...asked, total_amount: 83 } }), outdated)
  t.match(await answerTo({ pre_checkout_query: { ...asked, currency: 'RUB' } }), outdated)
  for (const total_amount of [84.5, -84, 0, 2 ** 53, 8400]) {
    t.match(await answerTo({ pre_checkout_query: { ...asked, total_amount } }), { ok: false }, String(total_amount))
  }
  for (const currency of ['xtr', 'XTR ', 'USD', '']) {
    t.match(await answerTo({ pre_checkout_query: { ...asked, currency } }), outdated, currency)
  }
  for (const invoice_payload of [
    `${order.id} `,
    order.id.toUpperCase(),
    `${order.id}\n`,
    `${order.id}${order.id}`,
    '',
  ]) {
    t.match(await answerTo({ pre_checkout_query: { ...asked, invoice_payload } }), outdated, invoice_payload)
  }
  t.match(await answerTo({ pre_checkout_query: { ...asked, invoice_payload: 'aaaaaaaaaaaa' } }), outdated)
  t.match(await answerTo({ pre_checkout_query: { ...asked, invoice_payload: "'; drop table" } }), outdated)
  t.match(await answerTo({ pre_checkout_query: { ...asked, from: { id: 102, language_code: 'ru' } } }), {
    ok: false,
    error_message: 'Этот счёт выставлен другому человеку',
  })
})

t.test('with the database silent a checkout is declined in words, in time', async t => {
  const never = createFastPath({ sql: () => new Promise(() => {}), telegram, log: silent })
  const before = server.calls.length
  const from = { id: 101, language_code: 'en' }
  const pre_checkout_query = { id: 'q', from, currency: 'XTR', total_amount: 84, invoice_payload: 'abcdefghijkl' }
  never.checkout({ pre_checkout_query })
  const call = await until('the answer', () =>
    server.calls.slice(before).find(({ method }) => method === 'answerPreCheckoutQuery'),
  )
  t.match(call.fields, { ok: false, error_message: /Nothing was charged/ })
})
