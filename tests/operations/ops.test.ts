import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { createMetrics } from '../../src/http/metrics.ts'
import { alarmNames } from '../../src/i18n/admin.ts'
import { newId } from '../../src/id.ts'
import { alarm, checkAlarms } from '../../src/jobs/alarms.ts'
import { chats } from '../support/chat.ts'
import { freePort, person as personOf, stage } from '../support/service.ts'
import { silent, until } from '../support/world.ts'

const read = (file: string) => readFileSync(file, 'utf8')
const { sql, owner, telegram, person, story, running } = await chats(t)
const [boss, second] = [await person({ firstName: 'Оператор' }), await person({ firstName: 'Второй' })]
const teller = { sql, telegram, adminIds: [boss.id, second.id], log: silent }
const heard = (who: typeof boss, what: RegExp) =>
  who.chat().filter(({ from, text }) => from === 'bot' && what.test(text ?? '')).length
let credits = 100_000
const looking = { ...teller, upstream: { credit: async () => credits } }
const isOn = async (name: string) =>
  (await owner`select since is not null as on from pay.alarms where name = ${name}`)[0]?.on as boolean | undefined

t.test('each alarm has its rule and its page, each rule its page, and each figure that they name is there', async t => {
  const { groups } = parse(read('docs/operations/alerts.yml')) as {
    groups: { rules: { alert: string; expr: string; annotations: { runbook: string } }[] }[]
  }
  const rules = groups.flatMap(group => group.rules)
  const pages = [...read('docs/operations/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name!)
  t.strictSame(
    rules.map(({ alert }) => alert),
    pages,
  )
  t.strictSame(
    alarmNames.filter(name => !pages.includes(name)),
    [],
  )
  for (const { alert, expr, annotations } of rules) {
    t.equal(annotations.runbook, `docs/operations/runbook.md#${alert}`)
    const [, name = alert] = /telegen_alarm\{name="(\w+)"\}/.exec(expr) ?? []
    t.equal(name, alert)
  }
  const { panels } = JSON.parse(read('docs/operations/dashboard.json')) as { panels: { targets: { expr: string }[] }[] }
  const known = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name)
  const used = [...rules.map(({ expr }) => expr), ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))]
    .flatMap(expr => expr.match(/\b(telegen|process|nodejs)_\w+/g) ?? [])
    .map(name => name.replace(/_bucket$/, ''))
  t.strictSame(
    [...new Set(used)].filter(name => !known.includes(name)),
    [],
  )
})

await story(
  'a trouble is told to each admin when it begins, once an hour while it lasts, and when it is over',
  async t => {
    const looks = () => Promise.all(Array.from({ length: 10 }, () => alarm(teller, 'messages_wait', true)))
    await looks()
    for (const who of [boss, second])
      t.equal(heard(who, /^🔴 Ответы людям ждут отправки/), 1, 'of ten at once one tells')
    await looks()
    t.equal(heard(boss, /^🔴 Ответы людям/), 1)
    await owner`update pay.alarms set told_at = told_at - interval '1 hour'`
    await looks()
    t.equal(heard(boss, /^🔴 Ответы людям/), 2)
    for (let n = 0; n < 3; n++) await alarm(teller, 'messages_wait', false)
    t.equal(heard(boss, /^🟢 Прошло: Ответы людям/), 1)
  },
)

await story('what is wrong is found by the rows, and what the upstream has left', async t => {
  await checkAlarms(looking)
  for (const name of ['runs_overdue', 'updates_wait', 'messages_wait', 'payments_parked', 'credit_low']) {
    t.equal(await isOn(name), false, `${name}: all is well`)
  }
  const anna = await person()
  const run = await running(anna.id)
  await owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx`update pay.generations set deadline_at = now() - interval '21 minutes' where id = ${run}`
  })
  await owner`insert into pay.inbox (update_id, lane, payload, received_at) values (1, 'u:1', '{}', now() - interval '2 minutes')`
  await owner`
    insert into pay.outbox (dedupe, user_id, body, created_at) values ('x', ${anna.id}, '{}', now() - interval '10 minutes')`
  await owner`
    insert into pay.parked_payments (provider, charge_id, user_id, payload, currency, total, reason)
    values ('stars', ${newId()}, ${anna.id}, 'x', 'XTR', 84, 'unknown_order')`
  credits = 500
  await checkAlarms(looking)
  for (const name of ['runs_overdue', 'updates_wait', 'messages_wait', 'payments_parked', 'credit_low']) {
    t.equal(await isOn(name), true, name)
  }
  t.equal(heard(boss, /^🔴 Кредиты у провайдера кончаются/), 1)
  await checkAlarms({ ...looking, upstream: { credit: () => Promise.reject(new Error('away')) } })
  t.equal(await isOn('credit_low'), true, 'what cannot be asked is not over')
  await owner`delete from pay.inbox`
  await owner`delete from pay.outbox`
  await owner`update pay.parked_payments set resolved_at = now()`.catch(() => owner`delete from pay.parked_payments`)
  await owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx`update pay.generations set deadline_at = now() + interval '1 hour' where id = ${run}`
  })
  credits = 100_000
  await checkAlarms(looking)
  t.equal(heard(boss, /^🟢 Прошло/), 1 + 5)
})

t.test('the figures count what was done, and name nobody', async t => {
  const world = await stage(t)
  const metricsPort = String(await freePort())
  await (await world.service({ METRICS_PORT: metricsPort })).ready()
  const anna = personOf(world.telegram)
  anna.open()
  await anna.sees(/Здравствуйте/)
  anna.open('m_flux-2-pro-text-to-image')
  await anna.press(/Начать/)
  anna.say('кот в лодке')
  await anna.press(/По умолчанию/)
  await anna.press(/Запустить за/)
  await until('the picture', () => anna.fromBot().find(({ media }) => media), 30_000)
  const figures = await until(
    'the figures',
    async () => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
      return /telegen_alarm\{name="runs_overdue"\} 0/.test(text) && text
    },
    90_000,
  )
  t.match(figures, /telegen_outcomes_total\{outcome="success",code=""\} 1/)
  t.match(figures, /telegen_upstream_seconds_count\{call="createTask",outcome="accepted"\} 1/)
  t.match(figures, /telegen_telegram_seconds_count\{kind="send",outcome="ok"\} [1-9]/)
  t.notMatch(figures, String(anna.id))
  t.notMatch(figures, 'кот')
})
