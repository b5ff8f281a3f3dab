import t from 'tap'
import { updatesLike } from '../support/updates.ts'
import { groupChats } from './stage.ts'

const stage = await groupChats(t)
const { person, group, story, owner, api, serve, deps, generationsOf, telegram, bot } = stage
const { player } = api

const isOn = async (chatId: number) =>
  (await owner<{ is_on: boolean }[]>`select is_on from pay.groups where chat_id = ${chatId}`)[0]?.is_on
const forgetRates = () => owner`delete from pay.rates`
const anonymous = 1_087_968_824

await story(
  'group-admin: the bot is off in a group until its admin turns it on, with a command or the button of its welcome',
  async t => {
    const anna = await person({ firstName: 'Анна' })
    const boris = await person({ firstName: 'Борис' })
    const friends = await group('Друзья', [anna, boris], { isOn: false })
    const status = (status: string) => ({ status, user: { id: api.bot.id, is_bot: true, first_name: 'bot' } })
    player.raw({
      my_chat_member: {
        ...{
          chat: friends.chat,
          from: { id: boris.id, is_bot: false, first_name: 'Борис', language_code: 'ru' },
          date: 1,
        },
        ...{ old_chat_member: status('left'), new_chat_member: status('member') },
      },
    })
    await serve()
    const welcome = friends.seen().at(-1)!
    t.match(welcome.html, /Включить меня может администратор/)
    await forgetRates()
    await friends.says(boris, '/imagine кот')
    t.match(friends.seen().at(-1)?.html, /В этой группе я выключен/)
    t.strictSame(friends.whispers(boris), [])
    await forgetRates()
    await friends.says(boris, '/ai_on')
    t.match(friends.seen().at(-1)?.html, /только администраторы/)
    t.match(await friends.presses(boris, { data: 'gn' }), /только администраторы/)
    t.equal(await isOn(friends.id), undefined)
    t.match(await friends.presses(anna, { data: 'gn' }), /Включено/)
    t.equal(await isOn(friends.id), true)
    await forgetRates()
    await friends.says(boris, '/imagine кот')
    t.match(friends.whispers(boris)[0]?.text, /Цена/)
    await friends.says(boris, '/ai_off')
    t.equal(await isOn(friends.id), true)
    await friends.says(anna, '/ai_off')
    t.equal(await isOn(friends.id), false)
    await friends.presses(boris, '✅ Запустить')
    t.match(friends.whispers(boris)[0]?.text, /Группу выключили/)
    t.strictSame(await generationsOf(boris.id), [], 'a price from before starts nothing')
    await forgetRates()
    await friends.says(anna, '/ai_on')
    t.match(friends.seen().at(-1)?.html, /теперь я работаю/)
  },
)

await story('an anonymous admin may turn the group on, and is asked for a name before a price', async t => {
  const anna = await person({ firstName: 'Анна' })
  const friends = await group('Тайные', [anna], { isOn: false })
  const asGroup = (text: string, sender: object = friends.chat) => ({
    ...{ text, sender_chat: sender, from: { id: anonymous, is_bot: true, first_name: 'Group' } },
  })
  await friends.sends(anna, asGroup('/ai_on', { id: -5, type: 'channel', title: 'Канал' }))
  t.equal(await isOn(friends.id), undefined, 'a channel is no admin')
  await friends.sends(anna, asGroup('/ai_on'))
  t.equal(await isOn(friends.id), true)
  const [row] = await owner`select switched_by from pay.groups where chat_id = ${friends.id}`
  t.equal(row?.switched_by, null)
  await forgetRates()
  await friends.sends(anna, asGroup('/imagine кот'))
  t.match(friends.seen().at(-1)?.html, /Напишите от своего имени/)
  t.strictSame(friends.whispers(anna), [])
})

await story(
  'people talk among themselves: nothing but commands, mentions and answers to the bot is for it',
  async t => {
    const anna = await person({ firstName: 'Анна' })
    const friends = await group('Болтуны', [anna])
    const before = friends.seen().length
    for (const text of ['просто разговор', '/start', '/imagine@other_bot кот', '/roll 6', 'imagine кот'])
      await friends.says(anna, text)
    const reply_to_message = {
      message_id: 5,
      date: 1,
      chat: friends.chat,
      text: 'x',
      from: { id: api.bot.id, is_bot: true },
    }
    await friends.sends(anna, { text: 'вот это да', reply_to_message })
    t.equal(friends.seen().length, before)
    t.strictSame(friends.whispers(anna), [])
    await friends.says(anna, `/imagine@${api.bot.username} кот`)
    t.equal(friends.whispers(anna).length, 1)
  },
)

await story(
  'group-flood: nobody floods a group: so many answers a minute to one person, and to all of them',
  async t => {
    const people = []
    for (let n = 0; n < 5; n++) people.push(await person({ firstName: `Некто ${n}` }))
    const friends = await group('Шумные', people)
    Object.assign(deps.groupLimits, { perMinute: 10, memberPerMinute: 4 })
    const [anna, ...others] = people
    for (let n = 0; n < 8; n++) await friends.says(anna!, `/imagine кот ${n}`)
    t.equal(friends.whispers(anna!).length, 2, 'half of the minute’s at once')
    for (const other of others) for (let n = 0; n < 3; n++) await friends.says(other, `/imagine кот ${n}`)
    t.equal(people.flatMap(one => friends.whispers(one)).length, 5)
    t.equal(friends.seen().length, 1, 'and nothing to the group')
    for (let n = 0; n < 5; n++) await friends.says(anna!, '/ai_on')
    t.equal(friends.seen().length, 1)
    Object.assign(deps.groupLimits, { perMinute: 60, memberPerMinute: 60 })
  },
)

await story('updates of every kind with parts missing or of another type harm nothing in a group', async t => {
  const anna = await person({ firstName: 'Анна' })
  const friends = await group('Странные', [anna])
  const odd = (value: unknown): unknown[] => [null, 0, 'x', [], {}, value]
  const updates = updatesLike(1, 'gq:aaaaaaaaaaaa:ok', anna.id).flatMap(update => {
    const inGroup = JSON.parse(JSON.stringify(update), (key, value) =>
      key === 'chat' ? { ...value, ...friends.chat } : value,
    )
    return [inGroup, ...Object.keys(inGroup).flatMap(kind => odd(1).map(value => ({ ...inGroup, [kind]: value })))]
  })
  const guests = ['guest_query_id', 'from', 'text', 'chat'].flatMap(name =>
    odd(7).map(value => ({
      guest_message: {
        guest_query_id: 'q',
        from: { id: anna.id, is_bot: false, first_name: 'А' },
        text: '@b кот',
        [name]: value,
      },
    })),
  )
  for (const update of [...updates, ...guests]) {
    await forgetRates()
    await bot.handle({ ...(update as object), update_id: 1 }, 5).catch(error => {
      if (error.name !== 'Unknown') throw error
    })
  }
  t.ok(await telegram.call('getMe', {}), 'it goes on')
})
