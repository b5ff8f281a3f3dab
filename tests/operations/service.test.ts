import { execFile } from 'node:child_process'
import t from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { bytesOf, withFiles } from '../support/messages.ts'
import { startProxy } from '../support/proxy.ts'
import { canary, freePort, person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

const world = await stage(t)
const { telegram, upstream, owner } = world
const metricsPort = await freePort()
const service = await world.service({ METRICS_PORT: String(metricsPort) })
await service.ready()

/** From the chat to a result in the chat, with a paid model. */
async function buys(anna: ReturnType<typeof person>, prompt = canary.prompt) {
  anna.open('m_flux-2-pro-text-to-image')
  await anna.press(/Начать/)
  anna.say(prompt)
  await anna.press(/По умолчанию/)
  await anna.press(/Запустить за/)
}
const balance = async (id: number) =>
  Number((await owner`select balance_kop from pay.wallets where user_id = ${id}`)[0]?.balance_kop)
const lives = (id: number) => owner`
  select g.exec_state, g.money_state, g.price_kop, array_agg(e.status order by e.id) as events
  from pay.generations g join pay.generation_events e on e.request_id = g.id where g.user_id = ${id} group by g.user_id, g.id`

t.test('a person buys a picture and gets a real one', async t => {
  const anna = person(telegram)
  anna.open()
  await anna.sees(/Здравствуйте, Анна/)
  t.equal(await balance(anna.id), 500_00)
  await buys(anna)
  const result = await anna.result()
  t.match(result.text, /✅/)
  const bytes = bytesOf(telegram, result)
  t.equal(Buffer.from(bytes.slice(1, 4)).toString(), 'PNG')
  const [life] = await lives(anna.id)
  t.match(life, { exec_state: 'success', money_state: 'captured', events: ['started', 'success'] })
  t.equal(await balance(anna.id), 500_00 - Number(life?.price_kop))
  await until('the order is told', async () => (await owner`select from pay.outbox where done_at is null`).length === 0)
})

t.test('when the provider fails the money is back, and the bot says so after it is', async t => {
  const boris = person(telegram, 'Борис')
  boris.open()
  await boris.sees(/Здравствуйте/)
  upstream.next('fail')
  await buys(boris)
  await boris.sees(/Деньги вернулись/)
  t.equal(await balance(boris.id), 500_00)
  t.match(await lives(boris.id), [{ exec_state: 'failed', money_state: 'refunded', events: ['started', 'failed'] }])
})

t.test('a result that comes after the money went back is offered, and one press brings it', async t => {
  const gleb = person(telegram, 'Глеб')
  gleb.open()
  await gleb.sees(/Здравствуйте/)
  upstream.speed.slowMs = 2_000
  upstream.next('slow')
  await buys(gleb)
  const [{ id } = { id: '' }] = await until('the order is with the provider', async () => {
    const rows = await owner`select id from pay.generations where user_id = ${gleb.id} and exec_state = 'running'`
    return rows.length > 0 && rows
  })
  await owner`select pay.gen_finish(${gleb.id}, ${id}, 'failed', 'deadline', 'given back', null)`
  const offer = await gleb.sees(/Результат всё-таки пришёл/)
  t.equal(offer.media?.kind, 'photo')
  t.equal(await balance(gleb.id), 500_00)
  await gleb.press(/Забрать за/)
  await gleb.sees(/Вы забрали этот результат/)
  const result = await until('the picture', () =>
    telegram.player.chat(gleb.id).find(({ text }) => /^✅.*\nСписано/.test(text ?? '')),
  )
  t.equal(Buffer.from(bytesOf(telegram, result).slice(1, 4)).toString(), 'PNG')
  const [life] = await owner`select price_kop, money_state from pay.generations where late_of = ${id}`
  t.equal(await balance(gleb.id), 500_00 - Number(life?.price_kop))
  t.strictSame(await world.broken(), [])
})

t.test('a database that goes away while the workers start is waited for', async t => {
  await owner`alter table pgboss.schedule rename to schedule_away` // as if it failed at this statement
  t.teardown(() => owner`alter table if exists pgboss.schedule_away rename to schedule`)
  const late = await world.service({ PORT: String(await freePort()) })
  await until('it has tried', () => /the schedules failed, to be tried again/.test(late.output()), 60_000)
  t.equal((await late.fetch('/healthz')).status, 200)
  await owner`alter table pgboss.schedule_away rename to schedule`
  await until('it is through', () => /"msg":"ready"/.test(late.output()), 60_000)
  late.signal('SIGTERM')
  t.equal(await late.ended, 0)
})

t.test(
  'of four files three arrive: three quarters of the price are kept, the rest is back, and both are said',
  async t => {
    const maxim = person(telegram, 'Максим')
    maxim.open()
    await maxim.sees(/Здравствуйте/)
    upstream.next('partial_result')
    await buys(maxim)
    const told = await maxim.sees(/Готово 3 из 4\./)
    const [row] = await owner`
    select g.price_kop::int as price, g.kept_kop::int as kept, g.promised, g.cost_credits::float8 as cost, q.credits::float8 as expected
    from pay.generations g join pay.quotes q on q.id = g.quote_id where g.user_id = ${maxim.id}`
    t.equal(row?.kept, Math.ceil((row?.price * 3) / 4))
    t.equal(row?.promised, 4)
    t.equal(row?.cost, row?.expected, 'what the provider took stands beside what was expected')
    t.equal(await balance(maxim.id), 500_00 - row?.kept)
    t.match(told.text, /Списано 3,57\s₽, возвращено 1,18\s₽ · осталось 496,43\s₽/)
    t.equal(maxim.fromBot().filter(({ media }) => media).length, 3)
    await maxim.press(/ещё…/)
    await maxim.press(/Почему списано/)
    await maxim.sees(/списано 3,57\s₽ · возвращено 1,18\s₽/)
  },
)

t.test('the same update ten times has one effect', async t => {
  const vera = person(telegram, 'Вера')
  vera.open()
  await vera.sees(/Здравствуйте/)
  await buys(vera)
  await until('an ending', async () => (await lives(vera.id))[0]?.exec_state === 'success')
  const mine = telegram.updates.filter(({ update }) => JSON.stringify(update).includes(String(vera.id)))
  for (let round = 0; round < 10; round++) for (const { updateId } of mine) telegram.player.redeliver(updateId)
  await until('all are acknowledged', () => telegram.updates.every(({ deliveredAt }) => deliveredAt))
  t.equal((await lives(vera.id)).length, 1)
  t.equal((await owner`select from pay.inbox where payload::text like ${`%${vera.id}%`}`).length, mine.length)
})

t.test('open-metrics: metrics are on their own port, and health is the same everywhere', async t => {
  t.equal((await service.fetch('/metrics')).status, 404)
  await owner`update pay.model_stats_clock set refreshed_at = now() - interval '700 seconds'`
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  t.match(metrics, /^telegen_model_stats_age_seconds 70\d/m, 'a refresh that does not come is seen')
  t.match(await (await service.fetch('/healthz')).json(), {
    status: 'ok',
    version: String,
    commit: String,
    uptime_s: Number,
  })
  t.match(await (await service.fetch('/readyz')).json(), {
    status: 'ready',
    checks: { database: { ok: true }, bot: { ok: true } },
    alarms: 0,
  })
})

t.test('callback-guessing: an unknown or forged callback is 404, the same for each, and changes nothing', async t => {
  const post = (path: string) =>
    fetch(service.url + path, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  const real = new URL(upstream.tasks.at(-1)!.callBackUrl!).pathname
  t.equal((await post(real)).status, 200, 'the real one, late and repeated, is only not news')
  const said = new Set<string>()
  for (const path of [
    `${real}x`,
    real.slice(0, -1),
    '/callbacks/kie/aaaaaaaaaaaa/x',
    real.replace(/kie\/(\w)/, (_, first) => `kie/${first === '7' ? '8' : '7'}`),
    `${real}=`,
    `${real}%3D`,
    `${real}%00`,
    `${real}%zz`,
    `${real}${'x'.repeat(300)}`,
    real.replace('kie/', `kie/${'a'.repeat(300)}`),
    real.replace(/kie\/\w+/, 'kie/'),
    real.replace(/.$/, last => (last === 'A' ? 'B' : 'A')),
    real.replace(/[^/]+$/, mac => Buffer.from(mac, 'base64url').toString('base64').replaceAll('/', '%2F')),
    real.replace(/[^/]+$/, mac => Buffer.from(mac, 'base64url').toString('hex')),
    real.toUpperCase(),
    real.replace('callbacks', 'files'),
    '/nowhere',
  ]) {
    const answer = await post(path)
    t.equal(answer.status, 404, path)
    const headers = [...answer.headers].filter(([name]) => !/^(date|connection|keep-alive)$/.test(name))
    said.add(JSON.stringify([headers, await answer.text()]))
  }
  t.strictSame([...said].length, 1, 'a run that is, one that is not and an address that is none look the same')
})

t.test('two machines serve the same people, and every order is told once', async t => {
  const second = await world.service({ PORT: String(await freePort()) })
  await second.ready()
  const crowd = Array.from({ length: 8 }, (_, n) => person(telegram, `Гость ${n}`))
  await Promise.all(
    crowd.map(async guest => {
      guest.open()
      await guest.sees(/Здравствуйте/)
      await buys(guest, `картина ${guest.id}`)
      await guest.result(30_000)
    }),
  )
  await until('all is told', async () => (await owner`select from pay.outbox where done_at is null`).length === 0)
  for (const guest of crowd) t.equal(withFiles(guest.fromBot()).length, 1)
  second.signal('SIGTERM')
  t.equal(await second.ended, 0, 'a drained machine exits with 0')
})

t.test('npm run doctor says what is well, and what to do where it is not', async t => {
  const doctor = (more: Record<string, string>) =>
    new Promise<{ code: unknown; text: string }>(resolve => {
      const env = {
        PATH: process.env.PATH,
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_API_ROOT: telegram.apiRoot,
        TELEGRAM_WEBHOOK_SECRET: canary.webhookSecret,
        CALLBACK_SECRET: canary.callbackSecret,
        KIE_API_KEY: canary.kieKey,
        KIE_BASE_URL: upstream.baseUrl,
        KIE_UPLOAD_URL: upstream.baseUrl,
        DATABASE_URL: world.databaseUrl,
        PUBLIC_URL: service.url,
        ...more,
      }
      execFile(process.execPath, ['src/doctor.ts'], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, text: stdout + stderr }),
      )
    })
  const well = await doctor({})
  // The server of the tests does not flush, and that is all there is to say against it.
  t.match(well.text, /fsync is off.*a power cut loses what was acknowledged/)
  t.match(well.text, /^1 to look at/m)
  t.match(well.text, /the bot is @/)
  // What is wrong is told alike by whoever tells of it. No build looks for this alarm, so none ends it.
  await owner`insert into pay.alarms (name, since, seen_at) values ('of_a_test', now() - interval '5 minutes', now())`
  t.match(
    (await doctor({})).text,
    /✗ the alarm of_a_test is on, for 6 minutes\n {2}→ See docs\/operations\/runbook\.md#of_a_test/,
  )
  await until('the answer of a second ago is old', async () => {
    const ready = (await (await service.fetch('/readyz')).json()) as { status: string; alarms: number }
    return ready.status === 'ready' && ready.alarms === 1
  })
  await until('the figures of a second ago are old', async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return /^telegen_alarm\{name="of_a_test"\} 1$/m.test(text)
  })
  await owner`delete from pay.alarms where name = 'of_a_test'`
  const ill = await doctor({
    KIE_API_KEY: 'a-wrong-canary-key',
    PUBLIC_URL: 'https://other.example',
    TELEGRAM_BOT_TOKEN: `99${telegram.token}`,
  })
  t.equal(ill.code, 1)
  t.match(ill.text, /KIE_API_KEY/)
  t.match(ill.text, /BotFather/)
  t.notMatch(ill.text, 'a-wrong-canary-key')
})

t.test('other-bot: the database of one bot is refused to another', async t => {
  const stranger = await startTelegram({})
  t.teardown(() => stranger.close())
  const env = {
    TELEGRAM_BOT_TOKEN: stranger.token,
    TELEGRAM_API_ROOT: stranger.apiRoot,
    PORT: String(await freePort()),
  }
  const wrong = await world.service(env)
  t.not(await wrong.ended, 0)
  t.match(wrong.output(), /the database is of the bot \d+, TELEGRAM_BOT_TOKEN of the bot \d+/)
  t.equal(stranger.calls.filter(({ method }) => method !== 'getMe').length, 0, 'and nothing was changed there')
})

t.test('without a public address it fetches updates itself', async t => {
  const alone = await stage(t)
  const poller = await alone.service({ PUBLIC_URL: '', TELEGRAM_WEBHOOK_SECRET: '', CALLBACK_SECRET: '' })
  await poller.ready()
  const anna = person(alone.telegram)
  anna.open()
  await anna.sees(/Здравствуйте/)
  await buys(anna)
  await anna.result(30_000)
  t.strictSame(await alone.broken(), [])
  poller.signal('SIGINT')
  poller.signal('SIGINT')
  t.equal(await poller.ended, 0, 'a second signal while draining changes nothing')
})

t.test('ready only when it can serve: not with the database away, nor while draining; alive all the time', async t => {
  const { hostname: host, port } = new URL(world.databaseUrl)
  const link = await startProxy({ host, port: Number(port) })
  t.teardown(() => link.close())
  const through = new URL(world.databaseUrl)
  through.port = String(link.port)
  link.stall()
  const other = await world.service({ PORT: String(await freePort()), DATABASE_URL: through.href })
  const status = async (path: string) => (await other.fetch(path).catch(() => undefined))?.status
  await until('it lives before the database does', async () => (await status('/healthz')) === 200)
  t.equal(await status('/readyz'), 503)
  link.heal()
  link.cut()
  await other.ready()
  link.stall()
  await until('it is not ready without its database', async () => (await status('/readyz')) === 503)
  t.equal(await status('/healthz'), 200)
  link.heal()
  await until('it recovers by itself', async () => (await status('/readyz')) === 200, 30_000)
  // A provider that keeps silent gives it something to finish.
  upstream.faultNext('createTask', 'silence', 5)
  const late = person(telegram, 'Поздний гость')
  late.open()
  await late.sees(/Здравствуйте/)
  await buys(late)
  await until('the submit', async () => (await lives(late.id))[0]?.exec_state === 'submitting')
  for (const one of [other, service]) one.signal('SIGTERM')
  await until('one of the two is finishing the submit and says that it is draining', async () => {
    const answers = await Promise.all([other, service].map(one => one.fetch('/readyz').catch(() => undefined)))
    return answers.some(answer => answer?.status === 503)
  })
  t.strictSame(await Promise.all([other.ended, service.ended]), [0, 0])
})

t.test(
  'secret-in-address, key-in-log, prompt-in-log: no promise is broken, and no secret and no prompt is in any log line',
  async t => {
    t.strictSame(await world.broken(), [])
    t.strictSame(world.leaks(), [])
  },
)
