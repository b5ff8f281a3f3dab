import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { SalesPaused } from '../../src/errors.ts'
import { accountAdmits, accountState, createAccountBreaker } from '../../src/health/account-breaker.ts'
import { stringsFor } from '../../src/i18n/strings.ts'
import { newId } from '../../src/id.ts'
import { checkAlarms, notifyOfAccount } from '../../src/jobs/alarms.ts'
import { submitJob } from '../../src/jobs/submit-and-poll.ts'
import { type Ref, readGeneration } from '../../src/payments/generations.ts'
import { check, submit } from '../../src/payments/integration.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { chats } from '../support/chat.ts'
import { buttons } from '../support/messages.ts'
import { provider, worker } from '../support/upstream.ts'
import { noStats, silent } from '../support/world.ts'

// Our account at the provider is refused: nothing is sold and nothing lost until it takes an order again.
const {
  sql,
  owner,
  deps: bot,
  telegram,
  catalogue,
  story,
  person,
  running,
  quoteOf,
  generationsOf,
  balanceOf,
} = await chats(t)
const upstream = await provider(t)
const boss = await person({ firstName: 'Оператор' })
const teller = { sql, telegram, adminIds: [boss.id], log: silent }
const account = createAccountBreaker({
  sql,
  log: silent,
  scrub: text => text,
  credit: () => client.credit(),
  opened: () => notifyOfAccount(teller),
})
const { baseUrl } = upstream
const client = createUpstream({
  baseUrl,
  uploadUrl: baseUrl,
  apiKey: upstream.apiKey,
  log: silent,
  timeoutMs: 5_000,
  onAccountTrouble: account.onAccountTrouble,
})
const hands = worker(sql, baseUrl)
t.teardown(() => Promise.all([client.close(), hands.close()]))
const deps = { ...hands.deps, upstream: client }
const jobs = { ...deps, telegram, messages: createMessages({ catalogue, stats: noStats }) }
const looks = () => checkAlarms({ ...teller, upstream: client })

const noKey = { code: 401, msg: 'You do not have access permissions' }
const state = async () => (await accountState(sql))[0]!
const heard = (what: RegExp) => boss.chat().filter(({ from, text }) => from === 'bot' && what.test(text ?? '')).length
/** Lets the rest after the last refusal pass. */
const rested = () => owner`update pay.provider_account set refused_at = refused_at - interval '1 minute'`
const closed = () =>
  owner`update pay.provider_account set opened_at = null, cause = null, half_open_at = null, trial_id = null, trial_until = null,
    needs_credits = null, has_credits = null`
/** The key is refused: by an order's submit, and by the question for the balance that follows at once. */
async function refused(times = 1) {
  upstream.faultNext('credit', noKey, times)
  upstream.faultNext('createTask', noKey)
}
const order = async (who: { id: number }, kop = 45_00, credits = '1'): Promise<Ref> => ({
  userId: who.id,
  id: await running(who.id, { kop, credits, params: { prompt: 'кот', aspect_ratio: '1:1' } }),
})
const stateOf = async (ref: Ref) => (await readGeneration(sql, ref))!

await story(
  'the first refusal stops all sales, paid and free, and tells the admins; an order that is taken opens them',
  async t => {
    const [anna, boris, clara] = [await person(), await person({ kop: 100_00 }), await person()]
    await boris.begins('seedream-4-5-text-to-image')
    await boris.says('Кот в лодке')
    const price = boris.last()
    const quote = (await quoteOf(boris.id))!
    const waiting = await order(clara)
    const first = await order(anna)
    await refused()
    t.equal(await submit(deps, first), 'failed')
    t.match(await stateOf(first), { moneyState: 'refunded', errorCode: 'auth' })
    t.match(await state(), { isOpen: true, isPaused: true, cause: 'auth' })
    t.equal(heard(/^🔴 Провайдер отказывает нашему счёту, запуски приостановлены\nКлюч не принят/), 1, 'at once')

    const { answer, screen } = await boris.presses({ data: `q:${quote.id}:ok` }, price)
    t.match(answer, { text: /Запуски временно приостановлены\. Ничего не списано/ })
    t.match(screen.text, /^⏸ Запуски временно приостановлены\nПоставщик моделей сейчас не принимает/)
    t.match(screen.text, /цена \d+.*₽, ничего не списано/)
    t.notOk(
      buttons(screen).some(({ data }) => data?.endsWith(':ok')),
      'nothing to pay with',
    )
    t.equal(await balanceOf(boris.id), 100_00)
    t.same(await generationsOf(boris.id), [])
    const free = await person()
    await free.begins('z-image')
    await free.says('Кот')
    t.match(free.last().text, /^⏸ .*\n.*\n.*бесплатный запуск не потрачен/, 'the quote of a free run')
    const freeQuote = (await quoteOf(free.id))!
    t.equal(Number(freeQuote.price_kop), 0)
    await free.presses({ data: `q:${freeQuote.id}:fr` })
    t.same(await generationsOf(free.id), [])
    t.same(await owner`select from pay.free_usage where user_id = ${free.id}`, [])

    t.equal(await submitJob(jobs, waiting, false), 'paused', 'what is queued waits')
    t.match(await stateOf(waiting), { execState: 'queued', moneyState: 'debited', attempt: 0 })
    const words = jobs.messages.progress(await stateOf(waiting), 'ru').text.html
    t.match(words, /Поставщик моделей временно не принимает.*ждёт до.*деньги вернутся/)
    await looks()
    t.match(await state(), { isPaused: true }, 'it was refused a moment ago')
    await rested()
    upstream.faultNext('credit', noKey)
    await looks()
    t.match(await state(), { isPaused: true }, 'the key is still refused')
    await rested()
    await looks()
    t.match(await state(), { isOpen: true, isPaused: false }, 'half-open: one order may be tried')

    t.equal(await submit(deps, waiting), 'accepted')
    t.match(await state(), { isOpen: false, isPaused: false, cause: null })
    await looks()
    t.equal(heard(/^🟢 Прошло: Провайдер отказывает/), 1)
    await boris.presses('🔄')
    await boris.presses('✅')
    t.equal((await generationsOf(boris.id)).length, 1)
  },
)

await story('whatever call is refused opens it, each by its code or its words', async t => {
  const path = join(t.testdir(), 'a.png')
  await writeFile(path, 'x')
  const anna = await person()
  const calls: [string, Parameters<typeof upstream.faultNext>, () => Promise<unknown>, string][] = [
    ['a look', ['recordInfo', noKey], () => client.recordInfo('abc'), 'auth'],
    [
      'an upload',
      ['file-stream-upload', noKey],
      () => client.upload({ path, fileName: 'a.png', mime: 'image/png' }),
      'auth',
    ],
    ['the balance', ['credit', noKey], () => client.credit(), 'auth'],
    ['402', ['createTask', { code: 402, msg: '' }], async () => submit(deps, await order(anna)), 'no_credit'],
    ['433', ['createTask', { code: 433, msg: '' }], async () => submit(deps, await order(anna)), 'no_credit'],
    [
      'words under 500',
      ['createTask', { code: 500, msg: 'Your balance is not enough' }],
      async () => submit(deps, await order(anna)),
      'no_credit',
    ],
  ]
  for (const [name, fault, call, cause] of calls) {
    await closed()
    upstream.faultNext(...fault)
    await call().catch(() => {})
    t.match(await state(), { isOpen: true, cause }, name)
  }
  t.match(stringsFor('ru').wizard.refused('auth').html, /^Дело не в файле/, 'the person’s file is not to blame')
  await closed()
})

await story('the provider’s words are kept for the admins without what a person wrote', async t => {
  const prompt = 'a cat in a boat on the lake'
  upstream.faultNext('createTask', { code: 402, msg: `no credits for "${prompt}"` })
  await client.createTask({ model: 'z-image', input: { prompt, aspect_ratio: '1:1' }, credits: '0.8' })
  t.match(await owner`select said from pay.provider_account`, [{ said: 'code 402: no credits for "[text]"' }])
  await closed()
})

await story('what one request provokes opens nothing: neither a page of the edge nor a person’s own words', async t => {
  const wall = { cause: 'auth', isCertain: false, message: 'HTTP 403', call: 'createTask' } as const
  await account.onAccountTrouble(wall)
  t.match(await state(), { isOpen: false }, 'the balance is answered')
  const other = createAccountBreaker({
    sql,
    log: silent,
    scrub: text => text,
    credit: () => client.credit(),
    opened: async () => {},
  })
  upstream.faultNext('credit', noKey)
  await other.onAccountTrouble(wall)
  t.match(await state(), { isOpen: true }, 'and here it is not')
  await closed()
  upstream.faultNext('createTask', { code: 500, msg: 'Cannot draw "your balance is not enough"' })
  const input = { prompt: 'a sign: your balance is not enough', aspect_ratio: '1:1' }
  await client.createTask({ model: 'z-image', input })
  t.match(await state(), { isOpen: false })
  const failed = { state: 'fail', failCode: '500', failMsg: 'Your balance is not enough', param: '{}', taskId: 'a' }
  const asked = createAccountBreaker({
    sql,
    log: silent,
    scrub: text => text,
    credit: () => client.credit(),
    opened: async () => {},
  })
  const api = createServer((_, response) => response.end(JSON.stringify({ code: 200, msg: 'success', data: failed })))
  await new Promise<void>(resolve => api.listen(0, '127.0.0.1', resolve))
  const { port } = api.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const elsewhere = createUpstream({
    baseUrl: url,
    uploadUrl: url,
    apiKey: 'k',
    log: silent,
    onAccountTrouble: asked.onAccountTrouble,
  })
  t.match(await elsewhere.recordInfo('a'), { kind: 'failed', code: 'no_credit' })
  t.match(await state(), { isOpen: false }, 'a task that was taken says little: the balance is there')
  await elsewhere.close()
  api.close()
})

await story('half-open, of many that press at once one is tried; refused again, it waits as the others do', async t => {
  upstream.faultNext('createTask', { code: 402, msg: '' })
  const anna = await person()
  await submit(deps, await order(anna))
  t.match(await state(), { isOpen: true, isPaused: false }, 'the balance was answered, so one may be tried at once')
  const people: { id: number }[] = []
  for (let n = 0; n < 8; n++) people.push(await person({ kop: 100_00 }))
  const placed = await Promise.allSettled(
    people.map(async ({ id: userId }) => {
      const offer = {
        userId,
        modelId: 'z-image',
        category: 'text-to-image',
        inputs: { prompt: 'кот' },
        priceKop: 45_00,
      }
      const params = { prompt: 'кот', aspect_ratio: '1:1' }
      const quote = await makeQuote(sql, { ...offer, params, credits: '0.8', rates: catalogue.rates })
      const id = newId()
      const order = { userId, id, requestKey: `q:${id}`, quoteId: quote.id, chatId: userId, messageId: null }
      await bot.integration.place({ ...order, deadlineMs: 600_000 })
      return { userId, id }
    }),
  )
  const tried = placed.filter(one => one.status === 'fulfilled').map(({ value }) => value)
  t.equal(tried.length, 1)
  for (const one of placed) if (one.status === 'rejected') t.ok(one.reason instanceof SalesPaused)
  for (const { id } of people.filter(({ id }) => id !== tried[0]!.userId)) t.equal(await balanceOf(id), 100_00)

  upstream.faultNext('createTask', { code: 402, msg: '' })
  t.equal(await submit(deps, tried[0]!), 'paused')
  t.match(await stateOf(tried[0]!), { execState: 'queued', moneyState: 'debited' }, 'no money went back and forth')
  t.match(await state(), { isPaused: true })
  t.equal((await accountAdmits(sql, newId(), '1'))[0]?.word, 'wait')
  await rested()
  await looks()
  t.equal(await submit(deps, tried[0]!), 'accepted')
  t.match(await state(), { isOpen: false })
})

await story('an order that was refused for want of credits is not tried before there are enough of them', async t => {
  const { credit } = upstream
  upstream.credit = 0.5
  upstream.next('no_credit')
  const anna = await person()
  await submit(deps, await order(anna))
  await rested()
  await looks()
  t.match(await state(), { isPaused: true, cause: 'no_credit' }, 'half a credit is not one')
  upstream.credit = credit
  await looks()
  t.match(await state(), { isOpen: true, isPaused: false })
  const late = await order(anna)
  const sent = Promise.all([submit(deps, late), submit(deps, late)])
  t.same((await sent).sort(), ['accepted', 'nothing'])
  t.match(await state(), { isOpen: false })
})

await story('an order that the balance does not cover waits, and those that it covers go on', async t => {
  const { credit } = upstream
  const anna = await person()
  const [dear, asDear, dearer] = [await order(anna, 1, '400'), await order(anna, 1, '400'), await order(anna, 1, '500')]
  const [cheap, late] = [await order(anna), await order(anna)]
  upstream.credit = 300
  upstream.next('no_credit')
  t.equal(await submit(deps, dear), 'failed')
  t.match(await state(), { isOpen: true, isPaused: false, cause: 'no_credit' }, 'there is enough for others')
  t.equal(await submit(deps, asDear), 'paused', 'the account is not tried with what it cannot pay')
  t.equal(await submit(deps, cheap), 'accepted')
  t.match(await state(), { isOpen: false })
  t.equal(await submit(deps, dearer), 'paused', 'and it opens nothing again')
  await t.rejects(order(anna, 1, '400'), { name: 'SalesPaused' })
  t.match((await accountState(sql, '400'))[0], { isOpen: false, isPaused: true }, 'its price says so')
  t.match((await accountState(sql, '399'))[0], { isPaused: false })
  t.match(await stateOf(dearer), { isPaused: true }, 'and so does what waits')
  t.match(await stateOf(cheap), { isPaused: false })
  t.equal(await submit(deps, late), 'accepted')
  t.match(await state(), { isOpen: false })
  upstream.credit = credit
  await looks()
  t.equal(await submit(deps, await order(anna, 1, '400')), 'accepted', 'once there are enough it goes as any')
})

await story('a trial that is refused for itself, or whose answer is lost, lets the next one try', async t => {
  const anna = await person()
  upstream.faultNext('createTask', { code: 402, msg: '' })
  await submit(deps, await order(anna))
  const own = await order(anna)
  upstream.faultNext('createTask', { code: 422, msg: 'Your prompt was flagged' })
  t.equal(await submit(deps, own), 'failed')
  t.match(await stateOf(own), { errorCode: 'moderation', moneyState: 'refunded' })
  t.match(await state(), { isOpen: true, isPaused: false }, 'free again for another')
  const lost = await order(anna)
  upstream.faultNext('createTask', 'html')
  t.equal(await submit(deps, lost), 'unknown')
  t.match(await state(), { isPaused: true })
  await owner`update pay.provider_account set trial_until = now() - interval '1 second'`
  t.match(await state(), { isPaused: false })
  t.equal(await submit(deps, await order(anna)), 'accepted')
  t.match(await state(), { isOpen: false })
})

await story('an order that was sent before the refusal and is taken after it opens nothing', async t => {
  const anna = await person()
  const early = await order(anna)
  await owner`select pay.gen_submit(${early.userId}, ${early.id}, 'token', '1 minute')`
  upstream.faultNext('credit', noKey)
  await client.credit().catch(() => {})
  await owner`select pay.gen_accepted(${early.userId}, ${early.id}, 1, 'task-early', '1 minute')`
  t.match(await state(), { isOpen: true })
  await closed()
})

await story('who waits, waits ten minutes at the most, and then the money is back, with words', async t => {
  const anna = await person()
  const [late, overdue] = [await order(anna), await order(anna)]
  upstream.faultNext('credit', noKey, 2)
  await client.credit().catch(() => {})
  await owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx`update pay.generations set created_at = created_at - interval '10 minutes' where id = ${late.id}`
    await tx`update pay.generations set deadline_at = now() where id = ${overdue.id}`
  })
  t.equal(await submit(deps, late), 'failed')
  await check(deps, overdue)
  for (const ref of [late, overdue]) {
    const ended = await stateOf(ref)
    t.match(ended, { moneyState: 'refunded', errorCode: 'account_closed' })
    const { html } = jobs.messages.failure(ended, 'ru').text
    t.match(html, /^Запуск так и не начался: поставщик моделей временно не принимает.*\nДеньги вернулись: 45/)
  }
  await closed()
})

await story(
  'a balance that nobody answers for is an alarm of its own, and the admin’s screen has what is on, with its age',
  async t => {
    ;(bot.adminIds as number[]).push(boss.id)
    await owner`delete from pay.alarms`
    t.match(
      (await boss.says('/admin')).text,
      /⚠️ Тревоги ещё ни разу не проверялись/,
      'nobody looked: that is not «none»',
    )
    await looks()
    t.match((await boss.says('/admin')).text, /\n✅ Тревог нет\.\n/)
    const silence = { ...teller, upstream: { credit: () => Promise.reject(new Error('away')) } }
    await checkAlarms(silence)
    t.equal(heard(/^🔴 Неизвестно, сколько кредитов/), 0, 'one lost answer is no news')
    await owner`update pay.alarms set seen_at = seen_at - interval '4 minutes' where name = 'credit_low'`
    await checkAlarms(silence)
    t.equal(heard(/^🔴 Неизвестно, сколько кредитов/), 1)
    await owner`update pay.alarms set since = since - interval '2 hours' where name = 'credit_unknown'`
    const { credit } = upstream
    upstream.credit = 100
    await looks()
    upstream.credit = credit
    const { text } = await boss.says('/admin')
    t.notMatch(text, 'Тревог нет')
    t.match(text, /🔴 Кредиты у провайдера кончаются · уже /)
    t.equal(heard(/^🟢 Прошло: Неизвестно/), 1)
    await owner`update pay.alarms set since = now() - interval '2 hours' where name = 'credit_low'`
    await owner`insert into pay.alarms (name, since, seen_at) values ('of_another_build', now(), now())`
    t.match(
      (await boss.says('/admin')).text,
      /🔴 Кредиты у провайдера кончаются · уже 2\u00a0ч(.|\n)*🔴 of_another_build · уже/,
    )
    await owner`update pay.alarms set seen_at = now() - interval '11 minutes'`
    t.match((await boss.says('/admin')).text, /⚠️ Тревоги не проверялись 11\u00a0мин/)
  },
)
