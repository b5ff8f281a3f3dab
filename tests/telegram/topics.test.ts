import t from 'tap'
import type { MessageView } from '../../playground/telegram/server.ts'
import { commandsFor } from '../../src/bot/commands.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons } from '../support/messages.ts'

// Topics in private chats came with Bot API 9.3.
const { api, owner, story, person, serve, generationsOf, end } = await chats(t, { apiVersion: '10.3' })
const { player } = api

/** What the bot said since, with the topic of each. */
function listening(anna: Person) {
  let before = new Set(anna.chat().map(({ messageId }) => messageId))
  return () => {
    const said = anna.chat().filter(({ from, messageId }) => from === 'bot' && !before.has(messageId))
    before = new Set(anna.chat().map(({ messageId }) => messageId))
    return said
  }
}
const threads = (said: MessageView[]) => [...new Set(said.map(({ threadId }) => threadId))]
const says = async (anna: Person, text: string, threadId?: number) => {
  player.say(anna.id, text, threadId === undefined ? {} : { threadId })
  await serve()
}
const topic = async (anna: Person, name: string) => {
  const { threadId } = player.addTopic(anna.id, name)
  await serve()
  return threadId
}
const start = (message: MessageView) => buttons(message).find(({ text }) => /^Запустить|^🎁/.test(text))?.text ?? ''

await story('every command is answered in the topic it was written in', async t => {
  const anna = await person({ kop: 500_00 })
  const threadId = await topic(anna, 'Коты')
  const said = listening(anna)
  const silent: string[] = []
  for (const { command } of commandsFor('ru', false)) {
    await says(anna, `/${command}`, threadId)
    const answers = said()
    if (answers.length === 0) silent.push(command)
    t.strictSame(threads(answers), [threadId], `/${command}`)
  }
  t.strictSame(silent, [])
  await says(anna, '/menu')
  t.strictSame(threads(said()), [undefined], 'and outside of topics what was written there')
})

await story('two requests in two topics have their prices there, and neither takes the place of the other', async t => {
  const anna = await person({ kop: 500_00 })
  const [cats, dogs] = [await topic(anna, 'Коты'), await topic(anna, 'Псы')]
  const said = listening(anna)
  await says(anna, 'рыжий кот на крыше', cats)
  const [first] = said()
  t.match(first, { threadId: cats })
  await says(anna, 'чёрный пёс в поле', dogs)
  const [second] = said()
  t.match(second, { threadId: dogs })
  await anna.presses(start(second!), second)
  t.strictSame(threads(said()), [])
  const [run] = await generationsOf(anna.id)
  const [row] = await owner`select thread_id from pay.generations where id = ${run!.id}`
  t.equal(Number(row?.thread_id), dogs, 'the order keeps it')
})

await story('progress of runs in different topics is not gathered in one message', async t => {
  const anna = await person({ kop: 500_00 })
  const [cats, dogs] = [await topic(anna, 'Коты'), await topic(anna, 'Псы')]
  for (const threadId of [cats, dogs, undefined, dogs]) {
    await says(anna, 'рыжий кот на крыше', threadId)
    await anna.presses(start(anna.last()))
    // Three at once are all that may run: the first one ends.
    if (threadId === undefined) await end(anna.id, (await generationsOf(anna.id))[0]!.id, 'content')
  }
  const rows = await owner`
    select thread_id, count(distinct message_id)::int as messages from pay.generations
    where user_id = ${anna.id} and finished_at is null group by thread_id order by thread_id nulls last`
  t.strictSame(
    rows.map(({ thread_id, messages }) => [thread_id === null ? undefined : Number(thread_id), messages]),
    [
      [dogs, 1],
      [undefined, 1],
    ],
  )
})

await story(
  'an invoice, its receipt and what follows are in the topic, wherever Telegram puts the payment',
  async t => {
    const anna = await person()
    const threadId = await topic(anna, 'Деньги')
    const said = listening(anna)
    await says(anna, '/balance', threadId)
    await anna.presses('➕')
    await anna.presses('100')
    const invoice = anna.chat().findLast(message => message.invoice)!
    t.equal(invoice.threadId, threadId)
    said()
    t.match(await anna.pays(invoice), { ok: true })
    t.strictSame(threads(said()), [threadId])
    const paid = api.updates.findLast(
      ({ update }) => 'message' in update && 'successful_payment' in (update.message as object),
    )!
    const {
      message_thread_id: _,
      is_topic_message: __,
      ...outside
    } = (paid.update as { message: Record<string, unknown> }).message
    const charge = { ...(outside.successful_payment as object), telegram_payment_charge_id: 'another' }
    player.raw({ message: { ...outside, successful_payment: charge } })
    await serve()
    const after = said()
    t.equal(after.length, 1)
    t.strictSame(threads(after), [threadId])
  },
)

await story('in a topic that was deleted meanwhile the answer goes to the chat', async t => {
  const anna = await person()
  const threadId = await topic(anna, 'Коты')
  const said = listening(anna)
  player.say(anna.id, '/balance', { threadId })
  player.deleteTopic(anna.id, threadId)
  await serve()
  const answers = said()
  t.equal(answers.length, 1)
  t.strictSame(threads(answers), [undefined])
})

await story('an update that was set aside is told of in its topic', async t => {
  const [row] = await owner`
    select pay.topic_of('{"message": {"message_thread_id": 7, "is_topic_message": true}}') as written,
      pay.topic_of('{"callback_query": {"message": {"message_thread_id": 8, "is_topic_message": true}}}') as pressed,
      pay.topic_of('{"message": {"message_thread_id": 9}}') as reply,
      pay.topic_of('{"message": {"message_thread_id": "x", "is_topic_message": true}}') as odd,
      pay.topic_of('{"message": 5}') as none`
  t.strictSame({ ...row }, { written: '7', pressed: '8', reply: null, odd: null, none: null })
})
