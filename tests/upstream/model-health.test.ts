import t from 'tap'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { ModelOff } from '../../src/errors.ts'
import { modelCosts } from '../../src/health/model-costs.ts'
import { changeHealth, healthOfModels, overrideHealth } from '../../src/health/model-health.ts'
import { deliverJob } from '../../src/jobs/delivery/deliver.ts'
import { updateModelHealth } from '../../src/jobs/model-health.ts'
import { genAccepted, genFinish, genSubmit } from '../../src/payments/order-statements.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { waitingOutbox } from '../../src/telegram/outbox.ts'
import { chats } from '../support/chat.ts'
import { buttons, captions } from '../support/messages.ts'
import { limits, noEnqueue, noStats, picture, silent, untraced } from '../support/world.ts'

// A model that fails is switched off, rests, is tried, and is on again; nobody pays for it meanwhile.
const { api, sql, owner, deps, catalogue, story, person, running, end, generationsOf, balanceOf, quoteOf, serve } =
  await chats(t)
const adminId = api.player.addPerson({ firstName: 'Админ', languageCode: 'ru' }).id
api.player.open(adminId)
const modelIds = catalogue.models.map(({ id }) => id)

const updateHealth = (more: Partial<Parameters<typeof updateModelHealth>[0]> = {}) =>
  updateModelHealth({
    sql,
    log: silent,
    modelIds,
    adminIds: [adminId],
    costs: async () => [],
    modelHealth: deps.modelHealth,
    ...more,
  })
const stands = async (modelId: string) => {
  const row = (await healthOfModels(sql)).find(row => row.modelId === modelId)
  return row && { n: row.n, after: row.after, cause: row.cause, strikes: row.strikes }
}
const restMinutes = async (modelId: string) => {
  const row = (await healthOfModels(sql)).find(row => row.modelId === modelId)
  return row?.restUntil ? Math.round((row.restUntil.getTime() - row.at.getTime()) / 60_000) : null
}
const people = [await person(), await person(), await person(), await person(), await person()]
const [walker] = people as [(typeof people)[number]]
/** Runs of one person, ended one after another: each code a failure, null a success. */
const runsOfOne = async ({ id }: { id: number }, modelId: string, codes: (string | null)[], kop = 1_00) => {
  for (const code of codes) await end(id, await running(id, { modelId, kop }), code ?? undefined)
}
/** The same of five people, in turn. */
const runs = async (modelId: string, codes: (string | null)[]) => {
  for (const [n, code] of codes.entries()) await runsOfOne(people[n % people.length]!, modelId, [code])
}
const of = (code: string | null, times: number) => new Array<string | null>(times).fill(code)
/** Lets time pass: the audit cannot be rewritten, so its triggers look away for a moment. */
async function later(modelId: string, minutes: number) {
  await owner.begin(async owner => {
    await owner`alter table pay.model_switches disable trigger switch_rows`
    await owner`alter table pay.generation_events disable trigger event_rows`
    await owner`alter table pay.generations disable trigger generation_rows`
    const ago = `${minutes} minutes`
    await owner`
      update pay.model_switches set at = at - ${ago}::interval, rest_until = rest_until - ${ago}::interval
      where model_id = ${modelId}`
    await owner`update pay.generation_events set created_at = created_at - ${ago}::interval where model_id = ${modelId}`
    // Free runs stay in the hour in which they were counted.
    await owner`
      update pay.generations set created_at = created_at - ${ago}::interval where model_id = ${modelId} and not is_free`
    await owner`alter table pay.model_switches enable trigger switch_rows`
    await owner`alter table pay.generation_events enable trigger event_rows`
    await owner`alter table pay.generations enable trigger generation_rows`
  })
}
const alarms = (modelId: string) =>
  owner<{ user_id: string; body: { n: number; isLast: boolean } }[]>`
    select user_id, body from pay.outbox where dedupe like ${`switch:${modelId}:%`} order by id`

story('a model whose runs fail is switched off, with its figures, and by one machine only', async t => {
  await runs('google/imagen4', [...of('generation_failed', 5), ...of(null, 4)])
  await updateHealth()
  t.equal(await stands('google/imagen4'), undefined, 'nine runs say little')
  await runsOfOne(people[4]!, 'google/imagen4', ['deadline'])
  await Promise.all([updateHealth(), updateHealth(), updateHealth()])
  const rows = await owner`select * from pay.model_switches where model_id = 'google/imagen4'`
  t.equal(rows.length, 1)
  t.match(rows[0], { who: 'auto', before: 'on', after: 'off', cause: 'failing', strikes: 1, is_pinned: false })
  t.same(rows[0]?.figures, { finished: 10, succeeded: 4, failedPeople: 5 })
  t.equal(await restMinutes('google/imagen4'), 30)
  t.equal((await alarms('google/imagen4')).length, 1, 'the admin is told once')
})

story('half of the runs is enough, and what a person or our account did wrong is not the model’s fault', async t => {
  await runs('google/imagen4-ultra', [...of('generation_failed', 5), ...of(null, 5)])
  await runs('google/imagen4-ultra', [
    ...of('invalid_input', 4),
    ...of('moderation', 4),
    ...of('cancelled', 4),
    ...of('no_credit', 4),
    ...of('auth', 4),
    ...of('not_submitted', 4),
    ...of('account_closed', 4),
  ])
  await updateHealth()
  t.equal(await stands('google/imagen4-ultra'), undefined)
})

story('one person, or two, who fail however many free runs switch no model off; the third person does', async t => {
  const id = 'infinitalk/from-audio'
  await runsOfOne(people[0]!, id, of('generation_failed', 5), 0)
  await updateHealth()
  t.equal(await stands(id), undefined, 'five free runs of one person')
  await runsOfOne(people[0]!, id, of('unknown_reason', 20))
  await runsOfOne(people[1]!, id, of('deadline', 20))
  for (const refused of ['moderation', 'invalid_input', 'cancelled']) await runs(id, of(refused, 10))
  await updateHealth()
  t.equal(await stands(id), undefined, 'forty-five runs of two, and refusals of everybody')
  await runsOfOne(people[2]!, id, ['unknown_reason'])
  await updateHealth()
  t.match(await stands(id), { after: 'off', cause: 'failing', strikes: 1 })

  await later(id, 31)
  await updateHealth()
  t.match(await stands(id), { after: 'trial', cause: 'rested' }, 'it is tried by itself')
  await runsOfOne(people[0]!, id, of('generation_failed', 9))
  await updateHealth()
  t.match(await stands(id), { after: 'trial' }, 'nor does one person spoil a trial')
  for (const one of people.slice(1)) await runsOfOne(one, id, [null])
  await updateHealth()
  t.match(await stands(id), { after: 'on', cause: 'recovered' }, 'and comes back')
  await runsOfOne(people[0]!, id, of('generation_failed', 50))
  await updateHealth()
  t.match(await stands(id), { after: 'on' })
})

story('among successes of many the failures of one weigh no more than one person does', async t => {
  const id = 'sora-2-text-to-video'
  await runsOfOne(people[0]!, id, of('generation_failed', 30))
  await runs(id, of(null, 5))
  await runsOfOne(people[1]!, id, ['deadline'])
  await runsOfOne(people[2]!, id, ['deadline'])
  await updateHealth()
  t.equal(await stands(id), undefined, 'seven of thirty-seven, and for most people it works')
  for (const one of people.slice(1)) await runsOfOne(one, id, of('deadline', 2))
  await updateHealth()
  t.match(await stands(id), { after: 'off', cause: 'failing' })
})

story(
  'after its rest it is tried; three people for whom it fails are enough, and the rest doubles up to four hours',
  async t => {
    const id = 'google/imagen4'
    await updateHealth()
    t.match(await stands(id), { after: 'off' }, 'it rests')
    for (const [minutes, next] of [
      [30, 60],
      [60, 120],
      [120, 240],
      [240, 240],
    ] as const) {
      await later(id, minutes)
      await updateHealth()
      t.match(await stands(id), { after: 'trial', cause: 'rested' })
      await runs(id, [null, 'generation_failed', 'generation_failed'])
      await updateHealth()
      t.match(await stands(id), { after: 'trial' }, 'two may fail')
      await runsOfOne(people[3]!, id, ['generation_failed'])
      await updateHealth()
      t.match(await stands(id), { after: 'off', cause: 'failing' })
      t.equal(await restMinutes(id), next)
    }
  },
)

story('a trial of five with four successes ends with the model on, and the old failures are forgotten', async t => {
  const id = 'google/imagen4'
  await later(id, 240)
  await updateHealth()
  await runs(id, [...of(null, 3), 'generation_failed'])
  await updateHealth()
  t.match(await stands(id), { after: 'trial' }, 'four are not five')
  await runsOfOne(people[4]!, id, [null])
  await updateHealth()
  t.match(await stands(id), { after: 'on', cause: 'recovered', strikes: 5 })
  await updateHealth()
  t.match(await stands(id), { after: 'on' }, 'what failed before does not count again')

  await runs(id, of('generation_failed', 10))
  await updateHealth()
  t.match(await stands(id), { after: 'off', strikes: 6 }, 'the same trouble again, within hours')
})

story('a run that was started before the switch says nothing about the trial', async t => {
  const id = 'flux-2/pro-text-to-image'
  const slow = await Promise.all([0, 1, 2].map(n => running(people[n]!.id, { modelId: id })))
  await runs(id, of('generation_failed', 10))
  await updateHealth()
  await later(id, 31)
  await updateHealth()
  t.match(await stands(id), { after: 'trial' })
  for (const [n, run] of slow.entries()) await end(people[n]!.id, run, 'generation_failed')
  await updateHealth()
  t.match(await stands(id), { after: 'trial' })
})

story('a name that the upstream does not know switches the model off at once, until a person has looked', async t => {
  await runs('z-image', ['unsupported_model'])
  await updateHealth()
  t.match(await stands('z-image'), { after: 'off', cause: 'unsupported' })
  t.equal(await restMinutes('z-image'), null)
  await later('z-image', 10_000)
  await updateHealth()
  t.match(await stands('z-image'), { after: 'off', n: 1 })
})

story('runs that cost more than they bring switch a model off', async t => {
  const cost = (runs: number) => ({ modelId: 'nano-banana-pro', runs, costKop: 300_01, keptKop: 300_00, runIds: [] })
  await updateHealth({ costs: async () => [cost(2)] })
  t.equal(await stands('nano-banana-pro'), undefined, 'two runs may be a mistake of measuring')
  await updateHealth({ costs: async () => [{ ...cost(3), costKop: 300_00 }] })
  t.equal(await stands('nano-banana-pro'), undefined, 'nothing is lost')
  await updateHealth({ costs: async () => [cost(3)] })
  t.match(await stands('nano-banana-pro'), { after: 'off', cause: 'loss' })

  await overrideHealth(deps.adminSql, { modelId: 'nano-banana-pro', adminId, to: 'auto', reason: 'цена исправлена' })
  await updateHealth({ costs: async () => [cost(3)] })
  t.match(await stands('nano-banana-pro'), { after: 'on' }, 'the hour before is not held against it')
})

story('what the upstream says it took counts, else what was expected', async t => {
  const id = 'kling-2.6/text-to-video'
  const first = await running(walker.id, { modelId: id, kop: 1_00 })
  const [taken] = await genSubmit(sql, { userId: walker.id, id: first }, 'token')
  await genAccepted(sql, { userId: walker.id, id: first }, taken!.attempt, 'task-dear')
  await genFinish(sql, { userId: walker.id, id: first }, 'success', null, null, [picture], null, '7.5')
  await runs(id, [null])
  const [cost] = await modelCosts(sql, [id], '95')
  t.match(cost, { modelId: id, runs: 2, keptKop: 2_00, costKop: 4_04 }, '8.5 credits')
  t.equal(cost?.runIds[0], first, 'that which lost most comes first')
  t.equal(cost?.runIds.length, 2)
})

story('an admin’s word stands against the service until it is given back', async t => {
  const id = 'seedream/4.5-edit'
  const word = (to: 'on' | 'off' | 'auto', reason = 'проверяем') =>
    overrideHealth(deps.adminSql, { modelId: id, adminId, to, reason })
  t.equal(await word('on'), 'switched')
  t.equal(await word('on'), 'same')
  await runs(id, of('generation_failed', 12))
  await updateHealth()
  t.match(await stands(id), { after: 'on', n: 1 })
  const auto = { modelId: id, seen: 1, who: 'auto', after: 'off', isPinned: false, cause: 'failing' } as const
  const rest = { reason: null, strikes: 1, restMs: 1, figures: {}, tell: [] }
  t.same(await changeHealth(sql, { ...auto, ...rest }), [{ result: 'pinned' }], 'nor does the table let it')
  t.equal(await word('off'), 'switched')
  await later(id, 10_000)
  await updateHealth()
  t.match(await stands(id), { after: 'off', n: 2 })
  t.equal(await word('auto'), 'switched')
  t.same(await changeHealth(sql, { ...auto, ...rest }), [{ result: 'late' }], 'what it saw is no longer so')
  await t.rejects(word('off', 'ой'), { code: '23514' }, 'a reason has five characters')
  const told = await owner`select who, before, after, reason from pay.model_switches where model_id = ${id} order by n`
  t.same(
    told.map(row => ({ ...row })),
    [
      { who: String(adminId), before: 'on', after: 'on', reason: 'проверяем' },
      { who: String(adminId), before: 'on', after: 'off', reason: 'проверяем' },
      { who: String(adminId), before: 'off', after: 'on', reason: 'проверяем' },
    ],
  )
})

story('the audit is append-only and unbroken', async t => {
  await t.rejects(owner`update pay.model_switches set reason = 'x'`, { code: '23001' })
  await t.rejects(owner`delete from pay.model_switches`, { code: '23001' })
  await t.rejects(owner`truncate pay.model_switches`, { code: '23001' })
  const forged = { who: 'auto', is_pinned: false, cause: 'failing', strikes: 1, figures: owner.json({}) }
  const put = (more: object) => owner`insert into pay.model_switches ${owner({ ...forged, ...more })}`
  await t.rejects(put({ model_id: 'z-image', n: 3, before: 'off', after: 'on' }), { code: '23503' }, 'a row is missing')
  await t.rejects(put({ model_id: 'z-image', n: 2, before: 'on', after: 'off' }), { code: '23503' }, 'it was off')
})

story('a model that is off is in no list, and its old buttons lead to similar ones', async t => {
  const anna = await person()
  const id = 'google/nano-banana'
  const listed = async () => {
    await anna.presses({ data: 'f:ti:0' })
    const first = buttons(anna.last())
    await anna.presses({ data: 'f:ti:1' })
    return [...first, ...buttons(anna.last())].some(({ data }) => data?.startsWith('m:google-nano-banana:'))
  }
  await anna.says('/menu')
  t.ok(await listed())
  await overrideHealth(deps.adminSql, { modelId: id, adminId, to: 'off', reason: 'проверяем' })
  await deps.modelHealth.refresh()
  t.notOk(await listed())
  for (const data of [
    'm:google-nano-banana:ti:0',
    'mi:google-nano-banana',
    'w:google-nano-banana',
    'me:google-nano-banana',
  ]) {
    await anna.says('/menu')
    const { screen } = await anna.presses({ data })
    t.equal(screen.html, 'Модель временно недоступна. Похожие:', data)
    t.ok(
      buttons(screen).some(({ data }) => /^m:[a-z0-9-]+:ti:0$/.test(data ?? '')),
      'of its format',
    )
  }
  t.equal((await anna.says('/start m_google-nano-banana')).html, 'Модель временно недоступна. Похожие:')
  await overrideHealth(deps.adminSql, { modelId: id, adminId, to: 'auto', reason: 'проверили' })
  await deps.modelHealth.refresh()
})

story('a price that was shown before does not start a model that is off, whatever the machine remembers', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.begins('seedream-4-5-text-to-image')
  await anna.says('Кот в лодке')
  const price = anna.last()
  const quote = (await quoteOf(anna.id))!
  t.equal(quote.model_id, 'seedream/4.5-text-to-image')
  await overrideHealth(deps.adminSql, { modelId: quote.model_id, adminId, to: 'off', reason: 'проверяем' })
  const { screen } = await anna.presses({ data: `q:${quote.id}:ok` }, price)
  t.equal(screen.html, 'Модель временно недоступна. Похожие:')
  t.notOk(
    buttons(screen).some(({ data }) => data?.includes('seedream-4-5-text')),
    'and it is not among the similar',
  )
  t.equal(await balanceOf(anna.id), 100_00)
  t.same(await generationsOf(anna.id), [])
  const order = { userId: anna.id, id: 'aaaaaaaaaaaa', requestKey: 'k', quoteId: quote.id, chatId: anna.id }
  await t.rejects(deps.integration.place({ ...order, messageId: null, deadlineMs: 60_000 }), ModelOff)
  await overrideHealth(deps.adminSql, { modelId: quote.model_id, adminId, to: 'auto', reason: 'проверили' })
  await deps.modelHealth.refresh()
})

story('what was started before is finished, and a second press on it is still a second press', async t => {
  const anna = await person()
  const id = await running(anna.id, { modelId: 'kling-2.6/text-to-video', kop: 10_00 })
  const [run] = await generationsOf(anna.id)
  await overrideHealth(deps.adminSql, { modelId: 'kling-2.6/text-to-video', adminId, to: 'off', reason: 'проверяем' })
  await deps.modelHealth.refresh()
  const again = { userId: anna.id, id: 'bbbbbbbbbbbb', requestKey: `q:${run!.quote_id}`, quoteId: run!.quote_id }
  const { result } = await deps.integration.place({ ...again, chatId: anna.id, messageId: null, deadlineMs: 60_000 })
  t.equal(result, 'duplicate')
  t.same((await end(anna.id, id))[0]?.result, 'settled')
})

story('an unfinished order of a model that was switched off ends with similar ones', async t => {
  const anna = await person()
  await anna.begins('hailuo-2-3-image-to-video-pro')
  await overrideHealth(deps.adminSql, {
    modelId: 'hailuo/2-3-image-to-video-pro',
    adminId,
    to: 'off',
    reason: 'проверяем',
  })
  await deps.modelHealth.refresh()
  t.equal((await anna.says('Кот в лодке')).html, 'Модель временно недоступна. Похожие:')
})

story('an admin reads why, in their language, once; many at once end in one pointer', async t => {
  const telegram = createTelegram({ token: api.token, apiRoot: api.apiRoot, rateLimiter: async () => 0, log: silent })
  const results = { fetch: async () => Promise.reject(new Error('no files here')), use: async () => {} } as never
  const messages = createMessages({ catalogue, stats: noStats })
  const send = async () => {
    for (const { id } of await waitingOutbox(sql, 500)) {
      const [row] = await owner`select body ->> 'kind' as kind from pay.outbox where id = ${id}`
      if (row?.kind !== 'switch') continue
      const options = {
        sql,
        telegram,
        results,
        messages,
        linkTo: undefined,
        preview: async () => new Uint8Array(),
        limits,
        enqueue: noEnqueue,
        tracing: untraced,
        log: silent,
      }
      await Promise.all([deliverJob(options, id), deliverJob(options, id)])
    }
  }
  await serve()
  await send()
  const texts = api.player.chat(adminId).filter(({ from }) => from === 'bot')
  const imagen = texts.filter(({ html }) => html?.includes('<code>google/imagen4</code>'))
  t.equal(
    imagen[0]?.html?.replace(/Проба: .*МСК(<\/tg-time>)?/, 'Проба: позже'),
    [
      '⚠️ <b>Модель выключена: Imagen 4: картинка по тексту</b>',
      '<code>google/imagen4</code>',
      'Удались 4 из 10 последних запусков; людей, у которых не вышло: 5.',
      'Её нет в списках, новые запуски не начинаются и не оплачиваются. Начатые идут до конца.',
      'Проба: позже.',
      'Включить сейчас: <code>/admin_models auto google/imagen4 причина</code>',
    ].join('\n'),
  )
  const before = texts.length
  await owner.begin(async owner => {
    await owner`alter table pay.model_switches disable trigger switch_rows`
    await owner`update pay.model_switches set at = at - interval '1 hour'`
    await owner`alter table pay.model_switches enable trigger switch_rows`
  })
  const many = modelIds.filter(id => id.startsWith('wan/') || id.startsWith('kling/') || id.startsWith('elevenlabs/'))
  t.ok(many.length > 10)
  for (const modelId of many) await runs(modelId, ['unsupported_model'])
  await updateHealth()
  await send()
  const now = api.player
    .chat(adminId)
    .filter(({ from }) => from === 'bot')
    .slice(before)
  t.equal(now.length, 10)
  t.match(now.at(-1)?.html, 'следующие смотрите в /admin_models')
  t.equal(now.filter(({ html }) => html?.includes('следующие')).length, 1)

  const row = (await healthOfModels(sql)).find(row => row.cause === 'unsupported')!
  t.match(
    messages.healthChanged(row, false, 'en').text.html,
    /^⚠️ <b>A model is off: .*\n.*\nThe provider does not know/,
  )
})

story('a model that lost money says so with the runs that did it, and a button shows them', async t => {
  const boss = await person()
  ;(deps.adminIds as number[]).push(boss.id)
  const id = 'recraft/remove-background'
  const dear: string[] = []
  for (const [n, cost] of ['2.5', '90', '30'].entries()) {
    const run = await running(people[n]!.id, { modelId: id, kop: 4_00 })
    const [taken] = await genSubmit(sql, { userId: people[n]!.id, id: run }, 'token')
    await genAccepted(sql, { userId: people[n]!.id, id: run }, taken!.attempt, `task-of-${run}`)
    await genFinish(sql, { userId: people[n]!.id, id: run }, 'success', null, null, [picture], null, cost)
    dear.push(run)
  }
  await updateHealth({ costs: () => modelCosts(sql, modelIds, '95') })
  const change = (await healthOfModels(sql)).find(({ modelId }) => modelId === id)!
  t.match(change, { after: 'off', cause: 'loss' })
  const [cheap, dearest, second] = dear as [string, string, string]
  t.same(change.figures.runIds, [dearest, second, cheap])
  const told = createMessages({ catalogue, stats: noStats }).healthChanged(change, false, 'ru')
  t.match(told.text.html, `Дороже цены обошлись запуски: <code>${dearest}, ${second}`)
  const [[shown] = []] = told.buttons
  t.equal(shown?.text, '🧾 Эти запуски')

  const list = await boss.says('/admin_models')
  t.match(
    buttons(list).map(({ text }) => text),
    [`🧾 Убытки: ${id}`],
  )
  await boss.presses({ data: buttons(list)[0]!.data! })
  t.match(
    boss.last().text,
    new RegExp(`1\\. ${dearest} · ${people[1]!.id} · .*\\nобошёлся в 42,75\u00a0₽, получено 4\u00a0₽ · кредитов 90`),
  )
  await boss.presses('1')
  t.match(boss.last().text, `Запуск ${dearest}`)
  await boss.presses({ data: 'al:no-such-model:1' })
  t.match(boss.last().text, /ничего не записано/)
  const anna = await person()
  await anna.presses({ data: buttons(list)[0]!.data! })
  t.notMatch(anna.last().text, dearest, 'to others it does not exist')
})

story('/admin_models lists how they stand and switches with a reason; to others it does not exist', async t => {
  const anna = await person()
  t.match((await anna.says('/admin_models')).html, /^Такой команды нет/)
  t.match((await anna.says('/admin_models off z-image просто так')).html, /^Такой команды нет/)

  const boss = await person()
  ;(deps.adminIds as number[]).push(boss.id)
  const text = async (words: string) => {
    const before = boss.chat().length
    await boss.says(words)
    if (captions(boss.last()).includes('✅ Подтвердить')) await boss.presses('✅ Подтвердить')
    return boss
      .chat()
      .slice(before + 1)
      .map(({ html }) => html)
      .join('\n')
  }
  const list = await text('/admin_models')
  t.match(list, /⛔️ z-image · (?:0,76\s₽.*\n *)?поставщик не знает имени/)
  t.equal(list.split('\n').filter(line => /^(✅|🧪|⛔️) /u.test(line)).length, 42)
  t.match(await text('/admin_models off no-such причина есть'), 'Такой модели нет: no-such')
  t.match(await text('/admin_models off topaz/image-upscale ой'), 'Нужна причина')
  t.match(await text('/admin_models off topaz/image-upscale странные картинки'), 'выключена вручную')
  t.match(await text('/admin_models off topaz/image-upscale странные картинки'), 'уже в этом состоянии')
  t.match(await text('/admin_models'), /⛔️ topaz\/image-upscale · (?:.*₽.* · )?вручную(?: · |\n *)странные картинки/)
  t.match(await text('/admin_models auto topaz/image-upscale разобрались'), 'под присмотром')
})
