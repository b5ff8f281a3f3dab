import t from 'tap'
import { Telegram } from 'telegraf'
import { createFastPath } from '../src/jobs/fast-path.ts'
import { startTelegram } from '../src/playground/telegram/server.ts'
import { createTelegram } from '../src/telegram/client.ts'
import { silent, until } from './support/world.ts'

const server = await startTelegram({})
const telegram = createTelegram({ token: server.token, apiRoot: server.apiRoot, pace: async () => 0, log: silent })
const fastPath = createFastPath(telegram, silent)
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
  await telegram.answerCbQuery(update.callback_query.id, 'От обработчика')
  t.match(await press, { text: 'От обработчика' })
  t.equal(server.calls.length, before + 1)
})

t.test('a checkout is answered at once: nothing is sold for Stars yet', async t => {
  fastPath.arrived({ update_id: 1, pre_checkout_query: { id: 'nobody-asked' } })
  const call = await until('the answer', () => server.calls.find(({ method }) => method === 'answerPreCheckoutQuery'))
  t.match(call.fields, { ok: false, error_message: 'Счёт устарел.' })
})
