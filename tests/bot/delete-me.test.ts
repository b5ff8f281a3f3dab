import t from 'tap'
import { to } from '../../src/bot/routes.ts'
import { newId } from '../../src/id.ts'
import { goOnForgetting } from '../../src/jobs/sweep.ts'
import { openTopUp } from '../../src/payments/top-ups.ts'
import { createStore, inboxDone, inboxTake, readUpdate } from '../../src/telegram/inbox.ts'
import { forgetRest, forgetUser, userForget } from '../../src/users/users.ts'
import { chats } from '../support/chat.ts'
import { silent } from '../support/world.ts'

const { person, story, sql, owner, running, end, generationsOf, balanceOf, draftOf, quoteOf } = await chats(t)

const canary = 'канарейка'

/** The tables in which the word stands, in any column. */
async function tablesWith(word: string): Promise<string[]> {
  const tables = await owner<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await owner.unsafe(`select 1 from ${name} x where x::text ilike '%${word}%' limit 1`)
    if (rows.length > 0) found.push(name)
  }
  return found.sort()
}

let updateId = 1_000_000_000

/** A message of the person as the webhook stores it, handled. */
async function handled(userId: number, text: string, firstName: string) {
  const from = { id: userId, is_bot: false, first_name: firstName }
  const chat = { id: userId, type: 'private' }
  updateId += 1
  const update = { update_id: updateId, message: { message_id: 1, date: 1, from, chat, text } }
  await createStore(sql)(readUpdate(JSON.stringify(update)))
  const [taken] = await inboxTake(sql, `u:${userId}`, newId(), true)
  await inboxDone(sql, updateId, taken!.attempts)
}

await story('after two presses nothing personal is left in any table, and the money is', async t => {
  const anna = await person({ kop: 500_00, firstName: `${canary}-имя` })
  const inputs = { prompt: `${canary}\u0000 в запросе` }
  const good = await running(anna.id, { inputs, params: inputs })
  await end(anna.id, good)
  await owner`update pay.results set url = ${`https://files.example.com/${canary}.png`}, file_id = ${canary}, sent_as = 'photo' where generation_id = ${good}`
  const bad = await running(anna.id, { inputs, params: inputs })
  await owner`select pay.gen_finish(${anna.id}, ${bad}, 'failed', 'moderation', ${`refused: ${canary}`}, '[]', null, null)`
  await handled(anna.id, `${canary} в сообщении`, `${canary}-имя`)
  await anna.says(`${canary} в шаблоне`)
  await anna.presses('➕')
  await anna.presses('💾')
  await anna.begins('z-image')
  await anna.says(`${canary} в заказе`)
  t.strictSame(await tablesWith(canary), [
    'pay.drafts',
    'pay.generation_events',
    'pay.inbox',
    'pay.quotes',
    'pay.results',
    'pay.templates',
    'pay.users',
  ])
  const entries = () => owner`select * from pay.ledger_entries where user_id = ${anna.id} order by seq`
  const [before, kop] = [[...(await entries())], await balanceOf(anna.id)]

  await anna.says('/delete_me')
  t.match(anna.last().text, /Удалим: имя, тексты[\s\S]*Останется по закону: платежи/)
  await anna.presses('Удалить мои данные')
  t.match(anna.last().text, /^Точно удалить/)
  t.not((await tablesWith(canary)).length, 0, 'not before the second press')
  await anna.presses('Да, удалить навсегда')
  t.equal(anna.last().text, 'Готово: ваши данные удалены.')
  t.strictSame(await tablesWith(canary), [])
  t.strictSame([...(await entries())], before)
  t.equal(await balanceOf(anna.id), kop)
  t.equal((await generationsOf(anna.id)).length, 2)
  t.equal(await draftOf(anna.id), undefined)

  await anna.presses({ data: to.generation(good, undefined) })
  t.match(anna.last().text, /Списано 45/, 'the run still tells of the money')
  const { answer } = await anna.presses({ data: to.generation(good, 'resend') })
  t.match(answer, { text: 'Файл уже удалён' })
})

await story('whoever is forgotten is a known person: no second welcome bonus, no second invitation', async t => {
  const anna = await person()
  await anna.presses({ data: to.forget(2) })
  await anna.says('/start')
  t.match(anna.last().text, /^Что хотите сделать/)
  const [row] = await owner`select first_name from pay.users where user_id = ${anna.id}`
  t.equal(row?.first_name, 'Анна', 'who writes again is known again')
})

await story('while money is in work nothing is deleted', async t => {
  const anna = await person()
  const id = await running(anna.id)
  await anna.presses({ data: to.forget(2) })
  t.match(anna.last().text, /^Сейчас деньги в работе/)
  t.match((await quoteOf(anna.id))?.inputs, { prompt: 'кот' })
  await end(anna.id, id)
  const wanted = { userId: anna.id, provider: 'manual', amountKop: 100_00, total: 100_00, quoteId: null } as const
  const order = await openTopUp(sql, wanted)
  await owner`select pay.top_up_prove(${anna.id}, ${order.id}, 'file', ${newId()})`
  await anna.presses({ data: to.forget(2) })
  t.match(anna.last().text, /^Сейчас деньги в работе/)
})

await story('a quote and an event are forgotten, and nothing else of them is changed', async t => {
  const anna = await person()
  await end(anna.id, await running(anna.id))
  const { id } = (await quoteOf(anna.id))!
  await t.rejects(owner`update pay.quotes set inputs = '{}', params = '{}', price_kop = 1 where id = ${id}`)
  await t.rejects(owner`update pay.quotes set inputs = '{"prompt": "пёс"}', params = '{}' where id = ${id}`)
  await t.rejects(owner`update pay.generation_events set error_message = 'other' where user_id = ${anna.id}`)
  await t.rejects(owner`update pay.generation_events set error_code = 'other' where user_id = ${anna.id}`)
  await t.rejects(owner`delete from pay.generation_events where user_id = ${anna.id}`)
})

/** Handled updates of a lane, `n` of them. */
let lastId = 5_000_000_000
async function past(lane: string, n: number, text = canary) {
  await owner`
    insert into pay.inbox (update_id, lane, payload, done_at)
    select ${lastId}::bigint + i, ${lane}, json_build_object('text', ${text}::text), now() from generate_series(1, ${n}::int) i`
  lastId += n
}
const textsIn = async (lane: string) =>
  Number(
    (await owner`select count(*) as n from pay.inbox where lane = ${lane} and payload::text like ${`%${canary}%`}`)[0]!
      .n,
  )

await story('what a person wrote in groups goes, and what others wrote there stays', async t => {
  await owner`update pay.users set first_name = ''` // the first of them has written again since
  const [anna, boris] = [await person(), await person()]
  await past(`c:-100500:${anna.id}`, 3)
  await past(`c:-100500:${boris.id}`, 4)
  await past(`u:1${anna.id}`, 5)
  await past(`c:${anna.id}:77`, 6)
  t.equal(await forgetUser(sql, anna.id), 'forgotten')
  t.equal(await textsIn(`c:-100500:${anna.id}`), 0)
  t.equal(await textsIn(`c:-100500:${boris.id}`), 4)
  t.equal(await textsIn(`u:1${anna.id}`), 5)
  t.equal(await textsIn(`c:${anna.id}:77`), 6)
  const left =
    await owner`select count(*)::int as n from pay.inbox where split_part(lane, ':', -1) = ${String(anna.id)} and done_at is not null`
  t.match(left, [{ n: 0 }], 'nor does a row tell whose it was')
  await owner`delete from pay.inbox where payload::text like ${`%${canary}%`}`
})

await story('a life larger than a portion goes whole, in statements that never take the wallet', async t => {
  const anna = await person({ kop: 500_00 })
  const run = await running(anna.id)
  await end(anna.id, run)
  await past(`u:${anna.id}`, 1_234)
  await owner`
    insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
    select ${anna.id}, 'zz' || translate(lpad(i::text, 10, '0'), '0189', 'abcd'), 'z-image', 'image', json_build_object('prompt', ${canary}::text), '{}', 1, 1, 95, 2, now()
    from generate_series(1, 1300) i`
  t.match(await userForget(sql, anna.id), [{ result: 'begun' }])
  await owner.begin(async tx => {
    await tx`select from pay.wallets where user_id = ${anna.id} for update` // a payment that takes its time
    t.equal(await forgetRest(sql, anna.id, 10_000), 'forgotten')
  })
  t.strictSame(await tablesWith(canary), [])
  t.match((await quoteOf(anna.id))?.inputs, {}, 'of the run the price stays, without its words')
})

await story('killed in the middle of it, the sweep does the rest, and what came after the wish stays', async t => {
  const anna = await person({ kop: 500_00 })
  await past(`u:${anna.id}`, 1_100)
  let calls = 0
  const dying: typeof sql = (text, ...values) => {
    if (text.join('').includes('user_forget_some') && ++calls > 2) throw new Error('killed')
    return sql(text, ...values)
  }
  await t.rejects(forgetUser(dying, anna.id), { message: 'killed' })
  t.ok((await textsIn(`u:${anna.id}`)) > 0)
  await goOnForgetting(sql, silent)
  t.ok((await textsIn(`u:${anna.id}`)) > 0, 'for a minute it is left to who began')
  await owner`update pay.forgettings set asked_at = asked_at - interval '2 minutes' where user_id = ${anna.id}`
  await owner`update pay.inbox set received_at = received_at - interval '2 minutes' where lane = ${`u:${anna.id}`}`

  await past(`u:${anna.id}`, 2)
  const run = await running(anna.id)
  await end(anna.id, run)
  await goOnForgetting(sql, silent)
  t.equal(await textsIn(`u:${anna.id}`), 2, 'written after the wish')
  t.match((await quoteOf(anna.id))?.inputs, { prompt: 'кот' }, 'ordered after the wish')
  t.match(await owner`select count(*)::int as n from pay.forgettings where user_id = ${anna.id}`, [{ n: 0 }])
  await owner`delete from pay.inbox where payload::text like ${`%${canary}%`}`
})

await story('the press that asked for it is forgotten a minute later, when it has been handled', async t => {
  const anna = await person({ firstName: `${canary}-имя` })
  await createStore(sql)(
    readUpdate(
      JSON.stringify({ update_id: ++lastId, message: { from: { id: anna.id }, chat: { id: anna.id }, text: canary } }),
    ),
  )
  const [taken] = await inboxTake(sql, `u:${anna.id}`, newId(), true)
  t.equal(await forgetUser(sql, anna.id), 'forgotten')
  t.equal(await textsIn(`u:${anna.id}`), 1, 'it is at work')
  await inboxDone(sql, lastId, taken!.attempts)
  await owner`update pay.forgettings set asked_at = asked_at - interval '2 minutes'`
  await owner`update pay.inbox set received_at = received_at - interval '3 minutes' where lane = ${`u:${anna.id}`}`
  await goOnForgetting(sql, silent)
  t.strictSame(await tablesWith(canary), [])
})

await story('runs that start while a person is being forgotten keep their words, and no promise breaks', async t => {
  const anna = await person({ kop: 5_000_00 })
  const ids = Array.from({ length: 12 }, () => running(anna.id).catch(() => undefined))
  const wishes = Promise.all([1, 2, 3].map(() => forgetUser(sql, anna.id)))
  const started = (await Promise.all(ids)).filter(id => id !== undefined)
  for (const word of await wishes) t.ok(['forgotten', 'busy'].includes(word), word)
  for (const id of started) {
    const [row] =
      await owner`select q.inputs from pay.generations g join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id where g.id = ${id}`
    t.match(row, { inputs: { prompt: 'кот' } })
    await end(anna.id, id)
  }
})

await story('too much for one press: the person reads that the rest goes by itself', async t => {
  const anna = await person()
  await past(`u:${anna.id}`, 600)
  t.equal(await forgetUser(sql, anna.id, 0), 'begun')
  await owner`update pay.forgettings set asked_at = asked_at - interval '2 minutes'`
  await owner`update pay.inbox set received_at = received_at - interval '3 minutes' where lane = ${`u:${anna.id}`}`
  await goOnForgetting(sql, silent)
  t.strictSame(await tablesWith(canary), [])
})
