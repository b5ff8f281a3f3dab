import { PgBoss } from 'pg-boss'
import t from 'tap'
import { watchWebhook, webhookCheck } from '../../src/jobs/webhook.ts'
import { scrubber } from '../../src/log.ts'
import type { Method } from '../../src/telegram/api.ts'
import { allowedUpdates, plainAddress, registerWebhook } from '../../src/telegram/webhook.ts'
import { webhookRow } from '../../src/telegram/webhook-state.ts'
import { chats } from '../support/chat.ts'
import { isOldServer } from '../support/messages.ts'
import { person as personOf, stage } from '../support/service.ts'
import { silent, until } from '../support/world.ts'

// An old server passes over the kinds that it does not know.
const known = allowedUpdates.filter(kind => !isOldServer || !['guest_message', 'subscription'].includes(kind))

const { sql, owner, telegram, person, story, deps, api } = await chats(t)
const boss = await person({ firstName: 'Оператор' })
const scrub = scrubber(['a-secret-of-ours'])
const at = (url: string) => ({
  sql,
  telegram,
  adminIds: [boss.id],
  hook: { url, secret: 'S'.repeat(40) },
  scrub,
  log: silent,
})
const ours = at('http://127.0.0.1:1/webhook')
const look = () => watchWebhook(ours)
const now = () => telegram.call('getWebhookInfo', {})

/** Answers one method in Telegram's place until the returned function is called; `real` makes the call all the same. */
function instead(method: Method, answer: (real: () => Promise<unknown>) => Promise<unknown>) {
  const { call } = telegram
  telegram.call = ((name: Method, payload: never) =>
    name === method ? answer(() => call(name, payload)) : call(name, payload)) as typeof call
  return () => {
    telegram.call = call
  }
}
const row = async () => (await webhookRow(sql))[0]
const ready = async () => webhookCheck(await row(), ours.hook)
const welcomed = boss.chat().length
const told = () =>
  boss
    .chat()
    .slice(welcomed)
    .filter(({ from }) => from === 'bot')
    .map(({ text }) => text ?? '')
// Deliveries that fail are an alarm of their own.
const fails = /Telegram не может доставить/
const heard = () => told().filter(text => !fails.test(text))
const last = () => heard().at(-1) ?? ''
const stranger = 'http://127.0.0.1:2/bot123456:a-token-of-theirs/updates?key=theirs'

await story('nobody looks before a start has said what it wants', async t => {
  await look()
  t.equal((await now()).url, '')
  t.match(await ready(), { ok: false, detail: 'not registered' })
})

await story('a webhook that was taken away is set again and told of once, and what waits stays', async t => {
  await registerWebhook(telegram, sql, ours.hook)
  await look()
  t.strictSame(await ready(), { ok: true })
  t.equal(heard().length, 0, 'all is well, and nobody hears of it')
  await telegram.call('deleteWebhook', {})
  api.player.say(boss.id, 'жду')
  await look()
  t.match(await now(), { url: ours.hook.url, pending_update_count: 1, allowed_updates: known })
  t.match(last(), /Вебхук бота кто-то убрал или изменил[\s\S]*удалили[\s\S]*заново/)
  t.strictSame(await ready(), { ok: true })
  await look()
  t.match(last(), /^🟢 Прошло: Вебхук бота/)
  await until('the delivery has failed', async () => (await now()).last_error_date)
  await look()
  t.equal(heard().length, 2)
  t.ok(told().some(text => fails.test(text)))
  t.match(await ready(), { ok: true, detail: /^updates that wait at Telegram: 1; its last delivery failed \d+ s ago$/ })
  await telegram.call('deleteWebhook', { drop_pending_updates: true })
  await registerWebhook(telegram, sql, ours.hook)
})

await story('while it cannot be set again readiness says so, and the next look tries once more', async t => {
  await telegram.call('deleteWebhook', {})
  const undo = instead('setWebhook', () => Promise.reject(new Error('Telegram is away')))
  await look()
  t.match(await ready(), { ok: false, detail: 'Telegram has no address of ours' })
  t.match(last(), /не удалось, попробуем через минуту/)
  undo()
  await look()
  t.strictSame(await ready(), { ok: true })
  await look()
})

await story('another list of updates is set right', async t => {
  await telegram.call('setWebhook', {
    url: ours.hook.url,
    secret_token: ours.hook.secret,
    allowed_updates: ['message'],
  })
  await look()
  t.strictSame((await now()).allowed_updates?.toSorted(), known.toSorted())
  t.match(last(), /Изменён список/)
  await look()
  t.match(last(), /^🟢/)
})

await story('a Telegram that does not say changes nothing, and is said as unknown', async t => {
  const before = await row()
  const told = heard().length
  const undo = instead('getWebhookInfo', () => Promise.reject(new Error('no answer')))
  await look()
  await look()
  undo()
  t.match(await ready(), { ok: true, detail: /^unknown for \d+ s: Telegram does not answer$/ })
  t.match(await row(), { state: before?.state, url: before?.url })
  t.equal(heard().length, told)
  await look()
  t.strictSame(await ready(), { ok: true })
})

await story('somebody else’s address is replaced once; when it comes back it is left, and both are said', async t => {
  const theirs = 'http://127.0.0.1:2/…'
  await telegram.call('setWebhook', { url: stranger })
  await look()
  t.equal((await now()).url, ours.hook.url)
  t.match(last(), `чужой адрес: ${theirs}`)
  await telegram.call('setWebhook', { url: stranger })
  for (let n = 0; n < 3; n++) await look()
  t.equal((await now()).url, stranger, 'no endless fight')
  t.match(await ready(), {
    ok: false,
    detail: `${theirs} came back in the place of ${ours.hook.url}: two deployments have one bot`,
  })
  t.match(last(), /За бота борются две установки/)
  t.match(last(), `Наш адрес: ${ours.hook.url}\nЧужой вернулся на его место: ${theirs}`)
  t.equal(heard().filter(text => /борются/.test(text)).length, 1)
  t.notMatch(heard().join() + JSON.stringify(await row()), /theirs/, 'their secrets are in no chat and no row')

  // A day later it is a fight still.
  await owner`update pay.webhook set set_back_at = now() - interval '1 day'`
  await look()
  t.equal((await now()).url, stranger)
  await telegram.call('deleteWebhook', {})
  await look()
  t.equal((await now()).url, ours.hook.url, 'once theirs has gone ours is set')
  await look()
  t.match(heard().slice(-3).join('\n'), /🟢 Прошло: За бота борются/)
})

await story('a start takes the bot back, whatever was before', async t => {
  for (let n = 0; n < 2; n++) {
    await telegram.call('setWebhook', { url: stranger })
    await look()
  }
  t.equal((await row())?.state, 'fought')
  await registerWebhook(telegram, sql, ours.hook)
  await look()
  t.strictSame(await ready(), { ok: true })
})

await story('two deployments that watch alike end with one of them, and both know', async t => {
  // The other has a database of its own: its row is put in the place of ours while it looks.
  const others = at('http://127.0.0.1:3/webhook')
  let kept: Record<string, string>[] = []
  const swap = async () => {
    const mine = [...(await owner<Record<string, string>[]>`delete from pay.webhook returning *`)]
    if (kept.length > 0) await owner`insert into pay.webhook ${owner(kept)}`
    kept = mine
  }
  await swap()
  await registerWebhook(telegram, sql, others.hook)
  const urls = new Set<string>()
  for (let n = 0; n < 6; n++) {
    await swap()
    await watchWebhook(n % 2 ? others : ours)
    if (n >= 3) urls.add((await now()).url ?? '')
  }
  t.equal(urls.size, 1, `after the first looks it stays with ${[...urls][0] ?? 'nobody'}`)
  const states: unknown[] = [(await row())?.state]
  await swap()
  states.push((await row())?.state)
  await swap()
  t.strictSame(states.sort(), ['fought', 'ok'])
  await owner`delete from pay.webhook`
  await registerWebhook(telegram, sql, ours.hook)
  await look()
})

await story('a machine of the build before leaves the address of the newer start alone', async t => {
  const newer = at('http://127.0.0.1:4/webhook')
  await registerWebhook(telegram, sql, newer.hook)
  const told = heard().length
  await look()
  t.equal((await now()).url, newer.hook.url)
  t.equal(heard().length, told)
  t.match(await ready(), { ok: true, detail: `a later start has set ${newer.hook.url}` })
})

await story('a delivery that failed a moment ago, or a long line, is an alarm until it is over', async t => {
  const says = async (more: object) => {
    const undo = instead('getWebhookInfo', async info => ({ ...((await info()) as object), ...more }))
    await look()
    undo()
  }
  const isOn = async () =>
    (await owner`select from pay.alarms where name = 'webhook_fails' and since is not null`).length === 1
  const failedAgo = (seconds: number) => ({ last_error_date: Math.floor(Date.now() / 1_000) - seconds })
  for (const [more, on] of [
    [{ pending_update_count: 3, ...failedAgo(10) }, true],
    [{ pending_update_count: 0, ...failedAgo(10) }, false],
    [{ pending_update_count: 501 }, true],
    [{ pending_update_count: 3, ...failedAgo(3_600) }, false],
  ] as const) {
    await says(more)
    t.equal(await isOn(), on, JSON.stringify(more))
  }
})

await story('what Telegram repeats is shown without secrets', async t => {
  const undo = instead('getWebhookInfo', async info => ({
    ...((await info()) as object),
    url: stranger,
    last_error_date: Math.floor(Date.now() / 1000),
    last_error_message: `Wrong response from a-secret-of-ours`,
  }))
  deps.operator.scrub = scrub
  await telegram.call('deleteWebhook', {}) // this bot fetches its updates
  ;(deps.adminIds as number[]).push(boss.id)
  await boss.says('/version')
  t.match(last(), /Версия/)
  t.match(last(), /Вебхук: http:\/\/127\.0\.0\.1:2\/… /)
  t.match(last(), /Последняя ошибка вебхука: Wrong response from \[secret\]/)
  t.equal(plainAddress('https://u:p@x.example/webhook'), 'https://x.example/webhook')
  t.equal(plainAddress('https://x.example/6f1c2d/webhook'), 'https://x.example/…')
  undo()
  t.teardown(instead('getWebhookInfo', () => Promise.reject(new Error('away'))))
  await boss.says('/version')
  t.match(last(), /неизвестно, Telegram не ответил/, 'it comes all the same')
})

t.test('a service whose webhook is deleted from outside gets it back, and the person the answer', async t => {
  const world = await stage(t)
  const admin = personOf(world.telegram, 'Оператор')
  admin.open()
  const service = await world.service({ ADMIN_IDS: String(admin.id) })
  await service.ready()
  const api = (method: string) =>
    fetch(`${world.telegram.apiRoot}/bot${world.telegram.token}/${method}`).then(one => one.json())
  await api('deleteWebhook')
  const anna = personOf(world.telegram)
  anna.open()
  const engine = new PgBoss({ connectionString: world.databaseUrl, supervise: false, schedule: false, migrate: false })
  engine.on('error', () => {})
  await engine.start()
  t.teardown(() => engine.stop({ graceful: false }))
  await engine.send('webhook', {}) // the clock does it each minute
  await anna.sees(/Здравствуйте/)
  await admin.sees(/Вебхук бота кто-то убрал/)
  t.equal((await service.fetch('/readyz')).status, 200)
})
