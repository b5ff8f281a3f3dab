import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { caller } from '../support/standin.ts'

type Result = Record<string, unknown> & { message_id: number; message_thread_id?: number }
type Envelope = { ok: boolean; result: Result; description?: string }

/** A stand-in with one person in an open chat; closed with the test. `updates` are what the bot has got of messages. */
async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  t.teardown(() => telegram.close())
  telegram.faults.limits = false
  const { player } = telegram
  const anna = player.addPerson({ firstName: 'Анна' })
  player.open(anna.id)
  const call = caller<Envelope>(telegram)
  const send = (fields: object) => call('sendMessage', { chat_id: anna.id, text: 'x', ...fields })
  const lastUpdate = () => telegram.updates.at(-1)!.update as { message: Result; callback_query: { message: Result } }
  return { telegram, player, anna, call, send, lastUpdate, last: () => player.chat(anna.id).at(-1)! }
}

const gone = { ok: false, error_code: 400, description: 'Bad Request: message thread not found' }
const inTopic = (threadId: number) => ({ message_thread_id: threadId, is_topic_message: true })

t.test('what a person writes in a topic carries it, and so does what the bot sends there', async t => {
  const { player, anna, send, last, lastUpdate, call } = await standIn(t)
  t.match(await call('getMe'), { result: { has_topics_enabled: true, allows_users_to_create_topics: true } })
  const { threadId } = player.addTopic(anna.id, 'Коты')
  t.match(lastUpdate().message, { ...inTopic(threadId), forum_topic_created: { name: 'Коты', icon_color: Number } })
  t.strictSame(player.people()[0]!.topics, true, 'her chat is shown by topics now')
  t.match(player.say(anna.id, 'кот', { threadId }), { threadId })
  t.match(lastUpdate().message, { text: 'кот', ...inTopic(threadId) })
  player.say(anna.id, 'снаружи')
  t.notOk('message_thread_id' in lastUpdate().message)
  const parts = player.paste(anna.id, 'слово '.repeat(1_000), { threadId })
  t.strictSame(
    parts.map(part => part.threadId),
    [threadId, threadId],
  )
  const { result } = await send({ message_thread_id: threadId })
  t.match(result, inTopic(threadId))
  await call('editMessageText', { chat_id: anna.id, message_id: result.message_id, text: 'y' })
  t.match(last(), { text: 'y', threadId }, 'an edit stays where it is')
  t.throws(() => player.say(anna.id, 'x', { threadId: 999_999 }), /there is no topic/)
})

t.test('a press carries the topic of its message', async t => {
  const { player, anna, send, lastUpdate } = await standIn(t)
  const { threadId } = player.addTopic(anna.id, 'Коты')
  const reply_markup = { inline_keyboard: [[{ text: 'Да', callback_data: 'a' }]] }
  const { result } = await send({ message_thread_id: threadId, reply_markup })
  const pressed = player.press(anna.id, result.message_id, { text: 'Да' })
  t.match(lastUpdate().callback_query.message, inTopic(threadId))
  t.equal(await pressed, 'expired')
})

t.test('without the topic a message goes outside, even one that answers a message in a topic', async t => {
  const { player, anna, send } = await standIn(t)
  const { threadId } = player.addTopic(anna.id, 'Коты')
  const asked = player.say(anna.id, 'кот', { threadId })
  const reply_parameters = { message_id: asked.messageId }
  const { result } = await send({ reply_parameters })
  t.notOk('message_thread_id' in result)
  t.match(result.external_reply, { origin: { type: 'user', sender_user: { id: anna.id } } }, 'of another topic')
  t.notOk('reply_to_message' in result)
  t.match(player.chat(anna.id).at(-1), { replyTo: asked.messageId })
  t.match((await send({ reply_parameters, message_thread_id: threadId })).result, {
    ...inTopic(threadId),
    reply_to_message: { message_id: asked.messageId },
  })
  t.match(player.say(anna.id, 'и это', { replyTo: asked.messageId }), { threadId }, 'a person answers inside')
})

t.test('a topic that is not there, or was deleted, is refused by every method that sends', async t => {
  const { player, anna, send, call, telegram } = await standIn(t)
  const { threadId } = player.addTopic(anna.id, 'Коты')
  await send({ message_thread_id: threadId })
  player.deleteTopic(anna.id, threadId)
  t.strictSame(player.topics(anna.id), [])
  t.equal(player.chat(anna.id).length, 1, 'its messages went with it')
  const invoice = { title: 'a', description: 'b', payload: 'c', currency: 'XTR', prices: [{ label: 'a', amount: 1 }] }
  const calls: [string, object][] = [
    ['sendMessage', { text: 'x' }],
    ['sendInvoice', invoice],
    ['sendChatAction', { action: 'typing' }],
    ['forwardMessage', { from_chat_id: anna.id, message_id: player.chat(anna.id)[0]!.messageId }],
    ['copyMessage', { from_chat_id: anna.id, message_id: player.chat(anna.id)[0]!.messageId }],
  ]
  for (const [method, fields] of calls) {
    t.match(await call(method, { chat_id: anna.id, message_thread_id: threadId, ...fields }), gone, method)
  }
  const group = telegram.player.addGroup('Студия')
  t.match(await call('sendMessage', { chat_id: group, message_thread_id: 5, text: 'x' }), gone)
  t.equal(player.chat(anna.id).length, 1, 'nothing was sent')
})

t.test('actions, invoices and payments are shown in their topic', async t => {
  const { player, anna, call, telegram, last, lastUpdate } = await standIn(t)
  const { threadId } = player.addTopic(anna.id, 'Коты')
  const seen: object[] = []
  telegram.on(event => event.type === 'action' && seen.push(event))
  await call('sendChatAction', { chat_id: anna.id, action: 'upload_photo', message_thread_id: threadId })
  await call('sendChatAction', { chat_id: anna.id, action: 'typing' })
  t.match(seen, [{ action: 'upload_photo', threadId }, { action: 'typing' }])
  t.notOk('threadId' in seen[1]!)
  const { result } = await call('sendInvoice', {
    chat_id: anna.id,
    message_thread_id: threadId,
    title: 'a',
    description: 'b',
    payload: 'c',
    currency: 'XTR',
    prices: [{ label: 'a', amount: 1 }],
  })
  const paid = player.pay(anna.id, result.message_id)
  const { pre_checkout_query: query } = telegram.updates.at(-1)!.update as {
    pre_checkout_query: { id: string }
  } & object
  await call('answerPreCheckoutQuery', { pre_checkout_query_id: query.id, ok: true })
  t.match(await paid, { ok: true })
  t.match(lastUpdate().message, { ...inTopic(threadId), successful_payment: { invoice_payload: 'c' } })
  t.match(last(), { threadId, service: /Оплата прошла/ })
})

t.test('a person renames a topic, and the bot hears of it', async t => {
  const { player, anna, lastUpdate } = await standIn(t)
  const { threadId } = player.addTopic(anna.id, ' Коты ')
  player.renameTopic(anna.id, threadId, 'Псы')
  t.match(lastUpdate().message, { ...inTopic(threadId), forum_topic_edited: { name: 'Псы' } })
  t.strictSame(player.topics(anna.id), [{ threadId, name: 'Псы' }])
  t.throws(() => player.renameTopic(anna.id, threadId, 'Псы'), /nothing was changed/)
  t.throws(() => player.renameTopic(anna.id, threadId + 1, 'Псы'), /there is no topic/)
  t.throws(() => player.addTopic(anna.id, ' '), /TOPIC_TITLE_EMPTY/)
  t.throws(() => player.addTopic(anna.id, 'я'.repeat(129)), /TOPIC_TITLE_TOO_LONG/)
  player.setTopics(anna.id, false)
  t.notOk('topics' in player.people()[0]!, 'as one list, with its topics kept')
  t.equal(player.topics(anna.id).length, 1)
})

t.test('the bot makes, renames and deletes topics of a private chat, and closes none', async t => {
  const { player, anna, call, send } = await standIn(t)
  const topic = (method: string, fields: object) => call(method, { chat_id: anna.id, ...fields })
  const { result } = await topic('createForumTopic', { name: 'Заказы', icon_color: 9367192 })
  const { message_thread_id } = result
  t.match(result, { message_thread_id: Number, name: 'Заказы', icon_color: 9367192 })
  t.match((await send({ message_thread_id })).result, inTopic(message_thread_id!))
  t.equal((await topic('editForumTopic', { message_thread_id, name: 'Готовое' })).ok, true)
  t.strictSame(player.topics(anna.id), [{ threadId: message_thread_id, name: 'Готовое' }])
  const no = (description: RegExp) => ({ ok: false, description })
  t.match(await topic('editForumTopic', { message_thread_id, name: 'Готовое' }), no(/TOPIC_NOT_MODIFIED/))
  t.match(await topic('createForumTopic', { name: 'я'.repeat(129) }), no(/TITLE/), '1-128 characters')
  t.match(await topic('createForumTopic', { name: 'x', icon_color: 1 }), no(/icon_color/), 'one of six colours')
  t.match(await topic('closeForumTopic', { message_thread_id }), no(/not a forum/), 'supergroups only')
  t.match(await topic('reopenForumTopic', { message_thread_id }), no(/not a forum/))
  t.match(await topic('deleteForumTopic', { message_thread_id: 5 }), no(/TOPIC_ID_INVALID/))
  t.equal((await topic('deleteForumTopic', { message_thread_id })).ok, true)
  t.match(await send({ message_thread_id }), gone)
})

t.test('a forum has topics too; the bot is no administrator of it, and an answer follows what it answers', async t => {
  const { player, anna, call, lastUpdate } = await standIn(t)
  const group = player.addGroup('Студия', { isForum: true })
  const { threadId } = player.addTopic(group, 'Коты', { by: anna.id })
  t.match(lastUpdate().message, { chat: { id: group, is_forum: true }, ...inTopic(threadId) })
  const asked = player.sayIn(group, anna.id, 'кот', threadId)
  t.match(lastUpdate().message, inTopic(threadId))
  const send = (fields: object) => call('sendMessage', { chat_id: group, text: 'x', ...fields })
  t.match((await send({ message_thread_id: threadId })).result, inTopic(threadId))
  t.match((await send({ reply_parameters: { message_id: asked.messageId } })).result, inTopic(threadId))
  t.notOk('message_thread_id' in (await send({})).result)
  t.match(await send({ message_thread_id: 1 }), gone, 'General has no id to send to')
  const rights = { ok: false, description: /not enough rights/ }
  t.match(await call('createForumTopic', { chat_id: group, name: 'x' }), rights)
  t.match(await call('closeForumTopic', { chat_id: group, message_thread_id: threadId }), rights)
  t.match(await call('deleteForumTopic', { chat_id: group, message_thread_id: threadId }), rights)
  t.throws(() => player.sayIn(group, anna.id, 'x', 5), /there is no topic/)
  t.throws(() => player.addTopic(group, 'Псы'), /who does that/)
  t.throws(() => player.addTopic(player.addGroup('Без тем'), 'x', { by: anna.id }), /not a forum/)
})

t.test('topics are there after a restart', async t => {
  const dataDir = await mkdtemp(join(tmpdir(), 'telegram-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const first = await startTelegram({ dataDir, apiVersion: '10.3' })
  const anna = first.player.addPerson({ firstName: 'Анна' })
  const topic = first.player.addTopic(anna.id, 'Коты')
  await first.close()
  const second = await startTelegram({ dataDir, apiVersion: '10.3' })
  t.teardown(() => second.close())
  t.strictSame(second.player.topics(anna.id), [topic])
  const sent = await caller(second)('sendMessage', { chat_id: anna.id, text: 'x', message_thread_id: topic.threadId })
  t.equal(sent.ok, true)
})

t.test('Bot API 7.1 has no topics in private chats', async t => {
  const { player, anna, call, send } = await standIn(t, { apiVersion: '7.1' })
  t.throws(() => player.addTopic(anna.id, 'Коты'), /no topics in private chats/)
  t.match(await send({ message_thread_id: 5 }), gone)
  t.match(await call('createForumTopic', { chat_id: anna.id, name: 'x' }), { ok: false, description: /not a forum/ })
})
