import t from 'tap'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { shortId } from '../../src/id.ts'
import { deliverJob } from '../../src/jobs/delivery/deliver.ts'
import { checkJob, submitJob } from '../../src/jobs/submit-and-poll.ts'
import { type Ref, readGeneration } from '../../src/payments/generations.ts'
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
const jobs = { ...hands.deps, telegram, messages, limits, linkTo: undefined, tracing: untraced }

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
  const { callApi } = telegram
  telegram.callApi = (async (method, payload, options) => {
    if (method === 'deleteMessage') {
      recorded = (await owner`select done_at from pay.outbox where id = ${outbox}`)[0]?.done_at
    }
    return callApi.call(telegram, method, payload, options)
  }) as typeof callApi
  await deliverJob(jobs, outbox)
  telegram.callApi = callApi
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
  await telegram.deleteMessage(anna.id, ref.messageId)
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
  await telegram.deleteMessage(anna.id, ref.messageId)
  await deliverJob(jobs, await outboxOf(ref))
  t.match(anna.last().text, /^Отменено\.\nБесплатный запуск вернулся\.\n/)
})
