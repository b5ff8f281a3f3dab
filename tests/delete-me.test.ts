import t from 'tap'
import { to } from '../src/bot/routes.ts'
import { newId } from '../src/id.ts'
import { openTopUp } from '../src/payments/top-ups.ts'
import { createStore, inboxDone, inboxTake, readUpdate } from '../src/telegram/inbox.ts'
import { chats } from './support/chat.ts'

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

/** A message of the person as the webhook stores it, handled. */
async function handled(userId: number, text: string, firstName: string) {
  const from = { id: userId, is_bot: false, first_name: firstName }
  const chat = { id: userId, type: 'private' }
  const updateId = Math.floor(Math.random() * 1e9) + 1e9
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
  await anna.begins('z-image')
  await anna.says(`${canary} в заказе`)
  t.strictSame(await tablesWith(canary), [
    'pay.drafts',
    'pay.generation_events',
    'pay.inbox',
    'pay.quotes',
    'pay.results',
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
  const { answer } = await anna.presses({ data: to.generation(good, 'rs') })
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
