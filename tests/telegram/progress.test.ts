import t, { type Test } from 'tap'
import { to } from '../../src/bot/routes.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { shortId } from '../../src/id.ts'
import { act } from '../../src/jobs/chat-action.ts'
import { deliverJob } from '../../src/jobs/delivery/deliver.ts'
import { isBeat } from '../../src/jobs/progress.ts'
import { checkJob, submitJob } from '../../src/jobs/submit-and-poll.ts'
import { type Ref, readGeneration } from '../../src/payments/generations.ts'
import { settle } from '../../src/payments/integration.ts'
import type { CallOptions, Method } from '../../src/telegram/api.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions, withFiles } from '../support/messages.ts'
import { provider, worker } from '../support/upstream.ts'
import { until, untraced } from '../support/world.ts'

// The message about a run from the press to its end, with the jobs of a process called by hand.
const stage = await chats(t)
const { api, deps: bot, generationsOf, limits, owner, person, sql, story, telegram } = stage
const upstream = await provider(t)
const hands = worker(sql, upstream.baseUrl)
t.teardown(() => hands.close())
const messages = createMessages(bot)
const jobs = {
  ...hands.deps,
  telegram,
  messages,
  limits,
  linkTo: undefined,
  preview: async () => new Uint8Array(),
  tracing: untraced,
}

const fromBot = (who: Person) => who.chat().filter(message => message.from === 'bot')
const callsOf = (method: string, from = 0) => api.calls.slice(from).filter(call => call.method === method)

/** A free picture that the person has just started; the last message is its progress. */
async function started(who: Person): Promise<Ref & { messageId: number }> {
  await who.begins('z-image')
  await who.says('кот')
  await who.presses('✅')
  const run = (await generationsOf(who.id)).at(-1)!
  return { userId: who.id, id: run.id, messageId: run.message_id }
}

/** Takes it to its end; returns the outgoing message about that. */
async function ended(ref: Ref, fate?: Parameters<typeof upstream.next>[0]): Promise<number> {
  if (fate) upstream.next(fate)
  await submitJob(jobs, ref, false)
  await until('the end', async () => {
    await checkJob(jobs, ref)
    return (await readGeneration(sql, ref))!.finishedAt
  })
  return outboxOf(ref)
}
async function outboxOf({ id }: Ref): Promise<number> {
  const [row] = await owner<{ id: string }[]>`select id from pay.outbox where body ->> 'generationId' = ${id}`
  return Number(row!.id)
}

await story('a run leaves one message: its result; the progress goes once that is recorded as sent', async t => {
  const anna = await person()
  const ref = await started(anna)
  t.equal(anna.last().messageId, ref.messageId)
  const outbox = await ended(ref)
  const before = fromBot(anna).length
  let recorded: unknown
  const { call } = telegram
  telegram.call = (async (method: Method, payload: never, options?: CallOptions) => {
    if (method === 'deleteMessage') {
      recorded = (await owner`select done_at from pay.outbox where id = ${outbox}`)[0]?.done_at
    }
    return call(method, payload, options)
  }) as typeof call
  await deliverJob(jobs, outbox)
  telegram.call = call
  t.ok(recorded, 'a process that ends before would send the result again, and the progress is still there')
  t.notOk(anna.chat().some(({ messageId }) => messageId === ref.messageId))
  t.equal(fromBot(anna).length, before)
  t.equal(withFiles(fromBot(anna)).length, 1)
  const from = api.calls.length
  await deliverJob(jobs, outbox)
  t.equal(api.calls.length, from, 'a doubled job does nothing')
})

await story('a progress message that cannot be deleted says that the result is below', async t => {
  const anna = await person()
  const ref = await started(anna)
  const outbox = await ended(ref)
  const { now } = Date
  // https://core.telegram.org/bots/api#deletemessage: 48 hours.
  Date.now = () => now() + 49 * 3_600_000
  t.teardown(() => (Date.now = now))
  await deliverJob(jobs, outbox)
  Date.now = now
  const [refused] = callsOf('deleteMessage').filter(({ status }) => status !== 200)
  t.match(refused, { status: 400, description: /can't be deleted/ })
  const progress = anna.chat().find(({ messageId }) => messageId === ref.messageId)!
  t.match(progress.text, new RegExp(`^✅ Готово за .*, №\u00a0${shortId(ref.id)}\\. Результат ниже\\.$`))
  t.strictSame(captions(progress), [])
  t.equal(withFiles(fromBot(anna)).length, 1)
})

await story('a progress message that the person has deleted is missed by nobody', async t => {
  const anna = await person()
  const ref = await started(anna)
  const outbox = await ended(ref)
  await telegram.call('deleteMessage', { chat_id: anna.id, message_id: ref.messageId })
  await deliverJob(jobs, outbox)
  t.equal(withFiles(fromBot(anna)).length, 1)
  t.notOk(fromBot(anna).some(({ text = '' }) => /Готово за/.test(text)))
})

await story('a failure is a new message, which notifies, and the progress goes', async t => {
  const anna = await person()
  const ref = await started(anna)
  const outbox = await ended(ref, 'fail')
  await deliverJob(jobs, outbox)
  t.match(anna.last().text, /Бесплатный запуск вернулся\./)
  t.ok(anna.last().messageId > ref.messageId)
  t.notOk(anna.chat().some(({ messageId }) => messageId === ref.messageId))
})

await story('a run that the person took back says so where they pressed, and nowhere else', async t => {
  const anna = await person()
  const ref = await started(anna)
  const before = fromBot(anna).length
  await anna.presses('Отменить')
  const said = anna.last()
  t.match(said, { messageId: ref.messageId, text: /^Отменено\.\nБесплатный запуск вернулся\.\n/ })
  t.equal(captions(said)[0], '🔁 Повторить')
  await deliverJob(jobs, await outboxOf(ref))
  t.strictSame(anna.last(), said)
  t.equal(fromBot(anna).length, before)
})

await story('where the message of a run taken back is gone, the news comes as a new one', async t => {
  const anna = await person()
  const ref = await started(anna)
  await anna.presses('Отменить')
  await telegram.call('deleteMessage', { chat_id: anna.id, message_id: ref.messageId })
  await deliverJob(jobs, await outboxOf(ref))
  t.match(anna.last().text, /^Отменено\.\nБесплатный запуск вернулся\.\n/)
})

/** Runs `before` ahead of each call of Telegram until the test ends. */
function ahead(t: Test, before: (method: string) => unknown) {
  const { call } = telegram
  telegram.call = (async (method: Method, payload: never, options?: CallOptions) => {
    await before(method)
    return call(method, payload, options)
  }) as typeof call
  t.teardown(() => (telegram.call = call))
}
const shownAt = (who: Person, messageId: number) => who.chat().find(message => message.messageId === messageId)?.text

await story('the progress moves between two polls, and stops with the run', async t => {
  const anna = await person()
  const ref = await started(anna)
  upstream.speed.runMs = 60_000
  t.teardown(() => (upstream.speed.runMs = 20))
  await submitJob(jobs, ref, false)
  t.match(shownAt(anna, ref.messageId), /^🎨 Готовится(: прошло 1\u00a0с,|:) осталось около 10\u00a0с\./)
  const from = api.calls.length
  const age = async (by: string) => {
    await owner`alter table pay.generations disable trigger user`
    await owner`update pay.generations set created_at = created_at - ${by}::text::interval where id = ${ref.id}`
    await owner`alter table pay.generations enable trigger user`
  }
  await age('130 seconds')
  await checkJob({ ...jobs, tickMs: 30 }, ref, 0, 124_000)
  await until('edits without a poll', () => callsOf('editMessageText', from).length >= 3)
  t.match(shownAt(anna, ref.messageId), /^Дольше обычного: 2\u00a0мин/)
  t.notOk(callsOf('sendChatAction', from).length, 'a long wait is not told as a photo on its way')
  await settle(hands.deps, ref, { outcome: 'failed', code: 'moderation', message: 'no' })
  const all = () => callsOf('editMessageText', from).length
  let seen = -1
  await until('no more edits', async () => {
    const before = seen
    seen = all()
    await new Promise(resolve => setTimeout(resolve, 100))
    return before === seen && seen === all()
  })
  await age('-130 seconds') // a free run is counted in the hour in which it began
})

t.test('the clock of the progress moves every five seconds', async t => {
  t.notOk(isBeat(0, 4_900))
  t.ok(isBeat(4_900, 5_000))
  t.ok(isBeat(122_000, 129_000))
})

await story('what a short run does is shown in the head of the chat, and that its result is being sent', async t => {
  const anna = await person()
  const ref = await started(anna)
  const from = api.calls.length
  const outbox = await ended(ref)
  t.match(callsOf('sendChatAction', from)[0]?.fields, { chat_id: anna.id, action: 'upload_photo' })
  const sent = api.calls.length
  await deliverJob(jobs, outbox)
  const methods = api.calls.slice(sent).map(({ method }) => method)
  t.ok(methods.indexOf('sendChatAction') < methods.indexOf('sendPhoto'), methods.join())
  t.notOk(methods.includes('editMessageText'), 'a result that goes at once needs no word')

  const run = { id: ref.id }
  const kinds = [
    ['text-to-video', 'making', 'record_video'],
    ['video-to-video', 'sending', 'upload_video'],
    ['text-to-audio', 'making', 'record_voice'],
    ['audio-to-audio', 'sending', 'upload_voice'],
    ['image-to-image', 'document', 'upload_document'],
  ] as const
  for (const [category, what, action] of kinds) {
    await act(jobs, anna.id, { ...run, category }, what)
    t.match(api.calls.at(-1), { method: 'sendChatAction', status: 200, fields: { action } })
  }
  await act(jobs, 1, { ...run, category: 'text-to-image' }, 'making')
  t.match(api.calls.at(-1), { status: 400 }, 'and a refusal harms nothing')
})

await story('a result that takes a while to send says so in the progress', async t => {
  const anna = await person()
  const ref = await started(anna)
  const outbox = await ended(ref)
  ahead(t, async method => {
    if (method === 'sendPhoto') await until('the word', () => /^📨/.test(shownAt(anna, ref.messageId) ?? ''))
  })
  await deliverJob(jobs, outbox)
  t.equal(shownAt(anna, ref.messageId), undefined)
  t.equal(withFiles(fromBot(anna)).length, 1)
})

await story('several runs are told in the newest message, and each leaves only its result', async t => {
  const anna = await person()
  const first = await started(anna)
  const second = await started(anna)
  const lineOf = ({ id }: Ref) => `№\u00a0${shortId(id)} — `
  t.equal(shownAt(anna, first.messageId), undefined, 'the older one is gone')
  const board = () => shownAt(anna, second.messageId) ?? ''
  t.match(board(), /^Сейчас идут 2 запуска:\n⏳ .* в очереди\n⏳ .* в очереди/)
  t.ok(board().indexOf(lineOf(first)) < board().indexOf(lineOf(second)))
  await submitJob(jobs, second, false)
  t.match(board(), new RegExp(`⏳.*${lineOf(first)}в очереди\n🎨.*${lineOf(second)}готовится, осталось`))

  // The newest ends first: its message stays for the other.
  await deliverJob(jobs, await ended(second))
  t.match(board(), new RegExp(`^⏳ Принято\\. В очереди\\.[^]*№\u00a0${shortId(first.id)}$`))
  t.equal(withFiles(fromBot(anna)).length, 1)
  await deliverJob(jobs, await ended(first))
  t.equal(board(), '')
  t.equal(withFiles(fromBot(anna)).length, 2)
  t.notOk(fromBot(anna).some(({ text = '' }) => /Готово за|Результат ниже/.test(text)))
})

await story('one of several runs is taken back by its own button, and the others stay in their message', async t => {
  const anna = await person()
  const first = await started(anna)
  const second = await started(anna)
  await anna.presses(`Отменить №\u00a0${shortId(first.id)}`)
  await deliverJob(jobs, await outboxOf(first))
  t.match(anna.last().text, new RegExp(`^Отменено\\.\nБесплатный запуск вернулся\\.\n.*№\u00a0${shortId(first.id)}$`))
  t.ok(anna.last().messageId > second.messageId)
  t.match(shownAt(anna, second.messageId), new RegExp(`^⏳ Принято[^]*№\u00a0${shortId(second.id)}$`))
  const boris = await person()
  const { answer } = await boris.presses({ data: to.generation(second.id, 'cancel') })
  t.match(answer, { text: 'Этот экран устарел' })
  t.ok(shownAt(anna, second.messageId))
})

await story('a run that ends while its start is shown leaves no progress behind', async t => {
  const anna = await person()
  await anna.begins('z-image')
  await anna.says('кот')
  let isFirst = true
  ahead(t, async method => {
    const [run] = await generationsOf(anna.id)
    if (method !== 'editMessageText' || !run || !isFirst) return
    isFirst = false
    await deliverJob(jobs, await ended({ userId: anna.id, id: run.id }))
  })
  await anna.presses('✅')
  t.equal(withFiles(fromBot(anna)).length, 1)
  t.notOk(fromBot(anna).some(({ text = '' }) => /В очереди|Готовится/.test(text)))
})

await story('the progress of a run whose message was deleted goes on in a new one', async t => {
  const anna = await person()
  await anna.begins('z-image')
  await anna.says('кот')
  const price = anna.last().messageId
  let isFirst = true
  ahead(t, async method => {
    if (method !== 'editMessageText' || !isFirst || !(await generationsOf(anna.id))[0]) return
    isFirst = false
    await telegram.call('deleteMessage', { chat_id: anna.id, message_id: price })
  })
  await anna.presses('✅')
  const [run] = await generationsOf(anna.id)
  t.match(anna.last(), { messageId: run!.message_id, text: /^⏳ Принято/ })
  t.not(run!.message_id, price)
  await deliverJob(jobs, await ended({ userId: anna.id, id: run!.id }))
  t.equal(shownAt(anna, run!.message_id), undefined)
})
