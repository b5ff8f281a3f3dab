import t from 'tap'
import { opinionOf } from '../../src/bot/runs/opinions.ts'
import { laneOf } from '../../src/telegram/inbox.ts'
import { chats } from '../support/chat.ts'

const { api, owner, story, person, running, end, serve, adminIds } = await chats(t)
const emoji = (...list: string[]) => list.map(one => ({ type: 'emoji', emoji: one }))

/** A person with a result in message 700, and what they think of it. */
async function withResult() {
  const anna = await person()
  const id = await running(anna.id)
  await end(anna.id, id)
  await owner`update pay.results set message_id = 700 where generation_id = ${id}`
  const reacts = async (more: object) => {
    const chat = { id: anna.id, type: 'private', first_name: 'Анна' }
    const user = { id: anna.id, is_bot: false, first_name: 'Анна' }
    const reaction = { chat, user, message_id: 700, date: 1_700_000_000, old_reaction: [], new_reaction: [] }
    api.player.raw({ message_reaction: { ...reaction, ...more } })
    await serve()
    return owner`select is_good, model_id from pay.opinions where user_id = ${anna.id}`
  }
  return { anna, id, reacts }
}

t.test('reactions are read as good, bad or neither', async t => {
  t.equal(opinionOf(emoji('👍')), true)
  t.equal(opinionOf(emoji('❤', '🔥')), true)
  t.equal(opinionOf(emoji('💩')), false)
  t.equal(opinionOf(emoji('👍', '👎')), null)
  t.equal(opinionOf(emoji('🤔')), null)
  for (const odd of [[], undefined, null, 'x', [null], [5], [{ type: 'custom_emoji', custom_emoji_id: '1' }]])
    t.equal(opinionOf(odd), null, JSON.stringify(odd))
})

await story('a reaction to a result is an opinion of its model: one a person, changed and taken back', async t => {
  const { reacts } = await withResult()
  t.match([...(await reacts({ new_reaction: emoji('👍') }))], [{ is_good: true, model_id: 'z-image' }])
  t.match([...(await reacts({ new_reaction: emoji('👎') }))], [{ is_good: false }])
  t.match([...(await reacts({ new_reaction: emoji('👎') }))], [{ is_good: false }], 'told twice')
  t.strictSame([...(await reacts({ new_reaction: [] }))], [])
  t.strictSame([...(await reacts({ new_reaction: emoji('🤔') }))], [])
})

await story('other messages, other people, groups and odd updates count for nothing', async t => {
  const { anna, reacts } = await withResult()
  const boris = await person()
  const good = { new_reaction: emoji('👍') }
  for (const more of [
    { ...good, message_id: 701 },
    { ...good, user: { id: boris.id, is_bot: false, first_name: 'Борис' } },
    { ...good, chat: { id: -100, type: 'supergroup', title: 'x' } },
    { ...good, user: undefined, actor_chat: { id: -5, type: 'channel', title: 'x' } },
    { ...good, message_id: 'x' },
    { ...good, chat: null },
    { ...good, user: { id: 1.5 } },
    { ...good, new_reaction: 'x' },
  ])
    t.strictSame([...(await reacts(more))], [], JSON.stringify(more))
  t.strictSame([...(await owner`select from pay.opinions where user_id = ${boris.id}`)], [])
  t.match([...(await reacts(good))], [{ is_good: true }])
  t.equal(anna.last().from, 'bot', 'and nobody is answered')
})

await story('admins see what people say beside the figures of the model', async t => {
  const { anna, reacts } = await withResult()
  await owner`delete from pay.opinions`
  await reacts({ new_reaction: emoji('🔥') })
  adminIds.push(anna.id)
  t.match((await anna.says('/admin_models')).text, /z-image[\s\S]*?👍 1 👎 0/)
})

await story('a result that was sent into a chat is counted, a model is not', async t => {
  const anna = await person()
  for (const result_id of ['r-abcdefghjk23-1', 'm-z-image', 5, undefined])
    api.player.raw({
      chosen_inline_result: { result_id, from: { id: anna.id, is_bot: false, first_name: 'А' }, query: '' },
    })
  await serve()
  t.match([...(await owner`select shares from pay.users where user_id = ${anna.id}`)], [{ shares: 1 }])
})

await story('who comes by a shared result is counted apart, and opens its model', async t => {
  const anna = await person()
  await anna.says('/ref')
  const [row] = await owner`select ref_code from pay.users where user_id = ${anna.id}`
  const guest = api.player.addPerson({ firstName: 'Гость' })
  api.player.open(guest.id, `s_${row!.ref_code}_z-image`)
  await serve()
  t.match(api.player.chat(guest.id).at(-1)!.text, /Z-Image/)
  const other = api.player.addPerson({ firstName: 'Другой' })
  api.player.open(other.id, `r_${row!.ref_code}`)
  await serve()
  const ways = await owner`select invitee, via from pay.referrals where inviter = ${anna.id} order by via`
  t.strictSame(
    ways.map(({ invitee, via }) => [Number(invitee), via]),
    [
      [other.id, 'link'],
      [guest.id, 'share'],
    ],
  )
  t.match((await anna.says('/ref')).text, /Пришло друзей: 2, из них через «Поделиться»: 1/)
  await owner`update pay.users set shares = 3 where user_id = ${anna.id}`
  adminIds.push(anna.id)
  t.match((await anna.says(`/find ${anna.id}`)).text, /Поделился: 3 · пришло по ссылке 1, через «Поделиться» 1/)
})

t.test('such updates go to the lane of their person', async t => {
  const user = { id: 7, is_bot: false, first_name: 'x' }
  t.equal(laneOf({ update_id: 1, chosen_inline_result: { from: user } }), 'u:7')
  t.equal(laneOf({ update_id: 1, message_reaction: { user, chat: { id: 7, type: 'private' } } }), 'u:7')
})
