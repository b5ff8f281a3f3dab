import t from 'tap'
import { buttons, withFiles } from '../support/messages.ts'
import { canary, freePort, person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

// One machine answers the world, another one works and dies before the results; a third one goes on.
// Topics came with Bot API 9.3.
const world = await stage(t, { apiVersion: '10.3' })
const { telegram, upstream, owner } = world
const { player } = telegram
upstream.speed.runMs = 1_500
const web = await world.service({ ROLES: 'web' })
const worker = async (more = {}) => world.service({ ROLES: 'worker', PORT: String(await freePort()), ...more })
const atWork = await worker({ CRASH: 'before_settle:2' })
await Promise.all([web.ready(), atWork.ready()])

t.test('two orders in two topics and one outside: everything is in its place, though a machine is killed', async t => {
  const anna = person(telegram)
  anna.open()
  await anna.sees(/Здравствуйте/)
  const topics = [player.addTopic(anna.id, 'Коты').threadId, player.addTopic(anna.id, 'Псы').threadId, undefined]
  const there = (threadId: number | undefined) => anna.fromBot().filter(message => message.threadId === threadId)
  const price = (threadId: number | undefined) =>
    there(threadId).findLast(message => buttons(message).some(({ text }) => /Запустить/.test(text)))

  for (const [n, threadId] of topics.entries()) {
    player.say(anna.id, `${canary.prompt} ${n}`, threadId === undefined ? {} : { threadId })
    const message = await until(`the price in ${threadId}`, () => price(threadId))
    const button = buttons(message).find(({ text }) => /Запустить/.test(text))!
    await player.press(anna.id, message.messageId, { data: button.data! })
  }
  t.equal(await atWork.ended, 'SIGKILL')
  t.ok(
    topics.some(threadId => withFiles(there(threadId)).length === 0),
    'it died before all was done',
  )
  await owner`update pay.generations set next_at = now() where finished_at is null`
  await (await worker()).ready()
  for (const threadId of topics) {
    await until(`the result in ${threadId}`, () => withFiles(there(threadId))[0], 90_000)
    await until(
      `the progress in ${threadId} goes`,
      () => !there(threadId).some(message => /Генерируем|Отправляем|В очереди/.test(message.text ?? '')),
      30_000,
    )
  }
  t.equal(withFiles(anna.fromBot()).length, 3)
  const actions = telegram.calls.filter(({ method }) => method === 'sendChatAction').map(({ fields }) => fields)
  for (const threadId of topics)
    t.ok(
      actions.some(({ message_thread_id: at }) => at === threadId),
      `a chat action in ${threadId}`,
    )
  const runs = await owner`select thread_id from pay.generations where user_id = ${anna.id} order by created_at`
  t.strictSame(
    runs.map(({ thread_id: at }) => (at === null ? undefined : Number(at))),
    topics,
  )
  t.strictSame(await world.broken(), [])
})
