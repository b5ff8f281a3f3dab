import t from 'tap'
import { createIntake } from '../../src/bot/files/intake.ts'
import type { Person } from '../support/chat.ts'
import { buttons, captions } from '../support/messages.ts'
import { groupChats } from './stage.ts'

const stage = await groupChats(t)
const { person, group, story, generationsOf, balanceOf, deliver, owner, api, bot, serve, limits, sql } = stage
const { player } = api

const plain = (text: string | undefined) => text?.replace(/<[^>]+>/g, '') ?? ''
const moneyIn = /₽|[Бб]аланс|Цена|бесплатно/
type Group = Awaited<ReturnType<typeof group>>

/** Does something while there are no free runs. */
async function paying<T>(work: () => Promise<T>): Promise<T> {
  const { freeDaily } = limits
  limits.freeDaily = 0
  try {
    return await work()
  } finally {
    limits.freeDaily = freeDaily
  }
}

/** Asks for a picture and starts it. Returns the run. */
async function ordered(friends: Group, who: Person, words = 'рыжий кот') {
  await friends.says(who, `/imagine ${words}`)
  await friends.presses(who, '✅ Запустить')
  return (await generationsOf(who.id)).at(-1)!
}

await story('group-price: a group of three buys, pays and shares, and nobody sees the price of another', async t => {
  const anna = await person({ kop: 100_00, firstName: 'Анна' })
  const boris = await person({ kop: 50_00, firstName: 'Борис' })
  const vera = await person({ kop: 0, firstName: 'Вера' })
  const friends = await group('Друзья', [anna, boris, vera])
  t.equal(friends.seen().length, 1, 'the group has only heard that it is on')
  for (const who of [anna, vera]) await friends.says(who, `/imagine рыжий кот ${who.id}`)
  await paying(() => friends.says(boris, `/imagine рыжий кот ${boris.id}`))
  for (const who of [anna, boris, vera]) {
    const [whisper, ...others] = friends.whispers(who)
    t.match(plain(whisper?.text), new RegExp(`рыжий кот ${who.id}`))
    t.match(plain(whisper?.text), who === boris ? /Цена: \d.*₽/ : /Цена: бесплатно/)
    t.strictSame(others, [])
  }
  t.equal(friends.seen().length, 1, 'and nobody else has seen a word')

  for (const who of [anna, boris, vera]) await friends.presses(who, '✅ Запустить')
  for (const who of [anna, boris, vera]) t.strictSame(friends.whispers(who), [], 'the prices are gone')
  t.strictSame(
    friends
      .seen()
      .slice(1)
      .map(({ html }) => plain(html)),
    [anna, boris, vera].map((who, n) => `⏳ ${['Анна', 'Борис', 'Вера'][n]}: рыжий кот ${who.id}`),
  )
  for (const who of [anna, boris, vera]) {
    const [run] = await generationsOf(who.id)
    await deliver(who.id, run!.id)
    const result = friends.seen().at(-1)!
    t.equal(result.media?.kind, 'photo')
    t.match(plain(result.html), new RegExp(`^рыжий кот ${who.id}\\n(Анна|Борис|Вера) · `))
    t.equal(player.chat(friends.id).find(({ messageId }) => messageId === result.replyTo)?.from, 'person')
    t.ok(
      buttons(result).every(({ data }) => data === undefined),
      'no button that works for one person only',
    )
  }
  const all = friends.seen()
  t.equal(all.length, 4, 'the messages of waiting are gone')
  for (const { html, caption } of all.map(message => ({ html: message.html ?? '', caption: captions(message).join() })))
    t.notMatch(`${html}${caption}`, moneyIn)
  t.equal(await balanceOf(boris.id), 50_00 - (await generationsOf(boris.id))[0]!.price_kop)
  t.strictSame([await balanceOf(anna.id), await balanceOf(vera.id)], [100_00, 0])
})

await story('whoever has no money is led to the private chat, tops up, and the result comes to the group', async t => {
  const anna = await person({ firstName: 'Анна' })
  const friends = await group('Друзья', [anna])
  await paying(() => friends.says(anna, '/imagine кот на окне'))
  const [whisper] = friends.whispers(anna)
  t.match(plain(whisper?.text), /не хватает/)
  const url = new URL(whisper!.buttons[0]![0]!.url!)
  t.equal(`${url.origin}${url.pathname}`, `https://t.me/${api.bot.username}`)
  player.open(anna.id, url.searchParams.get('start')!)
  await serve()
  t.match(plain(anna.last().html), /Не хватает/)
  await anna.presses(captions(anna.last()).find(text => text.includes('⭐'))!)
  await anna.pays(anna.chat().findLast(({ invoice }) => invoice)!)
  t.match(plain(anna.last().html), /кот на окне[\s\S]*увидит вся группа «Друзья»/)
  const { screen } = await anna.presses('✅ Запустить')
  t.match(plain(screen.html), /Запущено. Результат придёт в группу «Друзья»/)
  const [run] = await generationsOf(anna.id)
  await deliver(anna.id, run!.id)
  t.equal(friends.seen().at(-1)?.media?.kind, 'photo')
  t.notOk(
    anna.chat().some(({ media }) => media),
    'not in private',
  )
  player.open(anna.id, url.searchParams.get('start')!)
  await serve()
  t.match(plain(anna.last().html), /уже запущен.*в группе «Друзья»/, 'the link is still under the price in the group')
  t.match(anna.last().buttons[0]?.[0]?.url, /^https:\/\/t\.me\/c\//)
})

await story(
  'group-press: a price is started by the one who asked, once, and closed by its own cancel alone',
  async t => {
    const anna = await person({ kop: 100_00, firstName: 'Анна' })
    const boris = await person({ kop: 100_00, firstName: 'Борис' })
    const friends = await group('Друзья', [anna, boris])
    await friends.says(anna, '/imagine кот')
    const data = friends.whispers(anna)[0]!.buttons[0]![0]!.data!
    t.match(await friends.presses(boris, { data }), /не для вас/)
    player.say(boris.id, '/menu')
    await serve()
    t.match((await boris.presses({ data })).answer, { text: /не для вас/ })
    t.strictSame(await generationsOf(boris.id), [])
    anna.says('/menu')
    await serve()
    await friends.presses(anna, { data }, 2)
    await friends.presses(anna, { data })
    t.equal(
      (await generationsOf(anna.id)).length,
      1,
      'a menu in private closes nothing here, and three presses start one',
    )
    const before = friends.seen().length
    await friends.says(anna, '/imagine другой кот')
    await friends.presses(anna, 'Отмена')
    t.strictSame(friends.whispers(anna), [])
    t.equal(friends.seen().length, before)
    t.equal((await generationsOf(anna.id)).length, 1)
  },
)

await story('a photo is edited: answered with a command or a mention, or sent with one', async t => {
  const anna = await person({ kop: 100_00, firstName: 'Анна' })
  await anna.sends('image/png', { kind: 'photo' })
  const photo = anna.chat().findLast(({ media }) => media?.kind === 'photo')!.media!
  const file = { file_id: photo.fileId, file_unique_id: 'u', width: 600, height: 400 }
  const friends = await group('Друзья', [anna])
  const told = () => plain(friends.whispers(anna).at(-1)?.text)
  const reply_to_message = {
    message_id: 5,
    date: 1,
    chat: friends.chat,
    photo: [file],
    from: { id: 99, is_bot: false },
  }
  const name = `@${api.bot.username}`
  const mention = (type: 'entities' | 'caption_entities') => ({
    [type]: [{ type: 'mention', offset: 0, length: name.length }],
  })

  await friends.sends(anna, { text: '/edit сделай зиму', reply_to_message })
  t.match(told(), /сделай зиму[\s\S]*Цена/)
  await friends.sends(anna, { text: `${name} сделай лето`, ...mention('entities'), reply_to_message })
  t.match(told(), /сделай лето[\s\S]*Цена/)
  await friends.sends(anna, { caption: `${name} сделай осень`, ...mention('caption_entities'), photo: [file] })
  t.match(told(), /сделай осень[\s\S]*Цена/)
  const quotes = await owner<{ inputs: object }[]>`
    select q.inputs from pay.quotes q where q.user_id = ${anna.id} and q.inputs::text like '%сделай%'`
  t.equal(quotes.filter(({ inputs }) => JSON.stringify(inputs).includes(photo.fileId)).length, 3)

  await friends.sends(anna, { text: `${name} рыжий кот`, ...mention('entities') })
  t.match(told(), /рыжий кот[\s\S]*Цена/, 'a mention with words alone is a picture')
  await friends.sends(anna, { text: '/edit сделай зиму' })
  t.match(told(), /Ответьте командой на фото/)
  await friends.sends(anna, { text: '/edit', reply_to_message })
  t.match(told(), /что сделать с фото/)
  await friends.sends(anna, { text: '/imagine' })
  t.match(told(), /что нарисовать/)
  t.equal(friends.seen().length, 1, 'all of it is between the two of them')
})

await story('a photo of a group is fetched whatever the person does in private meanwhile', async t => {
  const anna = await person({ firstName: 'Анна' })
  await anna.begins('flux-2-pro-text-to-image')
  const waiting: number[] = []
  const enqueue = { intake: async (updateId: number) => void waiting.push(updateId), lane: async () => {} }
  const intake = createIntake({ sql, enqueue, moved: async () => {} })
  for (const [n, content] of [{ text: '/edit зима' }, { text: '@bot зима' }].entries()) {
    const from = { id: anna.id, is_bot: false, first_name: 'Анна' }
    const message = { message_id: 5, date: 1, chat: { id: -77, type: 'supergroup', title: 'x' }, from, ...content }
    const update = { update_id: 9_000_000 + n, message }
    await intake.handle(
      update,
      async () => void (await intake.files.fromTelegram('file', 1, { owner: String(anna.id) })),
    )
  }
  const rows = await owner`select draft_id from pay.intakes where update_id = any(${waiting})`
  t.strictSame(
    rows.map(row => row.draft_id),
    [null, null],
    'they belong to no order of the private chat',
  )
})

await story(
  'group-price: a server without ephemeral messages, or one that refuses them: the price goes to the private chat',
  async t => {
    for (const server of ['old', 'refusing'] as const) {
      const { group, person, owner, api } = server === 'old' ? await groupChats(t, { apiVersion: '7.1' }) : stage
      const anna = await person({ kop: 100_00, firstName: 'Анна' })
      const guest = api.player.addPerson({ firstName: 'Глеб' })
      const friends = await group('Друзья', [anna])
      api.player.join(friends.id, guest.id)
      if (server === 'refusing') api.faults.ephemeralLost = 100
      const callsBefore = api.calls.length
      await friends.says(anna, '/imagine кот')
      t.match(plain(anna.last().html), /кот[\s\S]*Цена[\s\S]*«Друзья»/)
      t.equal(plain(friends.seen().at(-1)?.html), 'Анна, ответ ждёт вас в личных сообщениях.')
      await friends.says(anna, '/imagine кит')
      t.equal(friends.seen().length, 2, 'the hint is not repeated at once')
      t.match(plain(anna.last().html), /кит/)
      await owner`delete from pay.rates`
      await friends.says(guest, '/imagine пёс')
      const hint = friends.seen().at(-1)!
      t.match(plain(hint.html), /^Глеб, цену показываю в личных сообщениях/)
      t.match(hint.buttons[0]?.[0]?.url, /\?start=gq_[a-z2-7]{12}$/)
      const said = api.calls
        .slice(callsBefore)
        .filter(({ fields, status }) => status === 200 && fields.chat_id === friends.id)
      t.notOk(
        said.some(({ fields }) => moneyIn.test(String(fields.text))),
        'no price was ever sent to the group',
      )
      await anna.presses('✅ Запустить')
      t.match(plain(anna.last().html), /Запущено/)
      api.faults.ephemeralLost = 0
    }
  },
)

await story(
  'the bot is removed or made silent while it works: the result comes to the private chat and says so',
  async t => {
    for (const wall of ['kicked', 'restricted'] as const) {
      const anna = await person({ kop: 100_00, firstName: 'Анна' })
      const friends = await group('Друзья', [anna])
      const run = await ordered(friends, anna)
      player.setBot(friends.id, wall, anna.id)
      await deliver(anna.id, run.id)
      const result = anna.last()
      t.equal(result.media?.kind, 'photo')
      t.match(plain(result.html), /В группу «Друзья» отправить не получилось/)
      t.match(captions(result).join(), /Ещё/, 'with what a result has in private')
    }
    const anna = await person({ kop: 100_00, firstName: 'Анна' })
    const friends = await group('Друзья', [anna])
    const run = await paying(() => ordered(friends, anna))
    player.setBot(friends.id, 'restricted', anna.id)
    await deliver(anna.id, run.id, 'generation_failed')
    t.match(plain(anna.last().html), /вернулись[\s\S]*отправить не получилось/)
    t.equal(await balanceOf(anna.id), 100_00)
  },
)

await story(
  'the bot is silent already when it is asked to start: the person hears it, and the result comes in private',
  async t => {
    const anna = await person({ kop: 100_00, firstName: 'Анна' })
    const friends = await group('Друзья', [anna])
    await friends.says(anna, '/imagine кот')
    player.setBot(friends.id, 'restricted', anna.id)
    await friends.presses(anna, '✅ Запустить')
    const [run] = await generationsOf(anna.id)
    await deliver(anna.id, run!.id)
    t.equal(anna.last().media?.kind, 'photo')
  },
)

await story('whoever pays blocks the bot: the group has the result all the same', async t => {
  const anna = await person({ kop: 100_00, firstName: 'Анна' })
  const friends = await group('Друзья', [anna])
  const run = await ordered(friends, anna)
  const other = await ordered(friends, anna, 'другой')
  player.block(anna.id, true)
  await serve()
  await deliver(anna.id, run.id)
  t.equal(friends.seen().at(-1)?.media?.kind, 'photo')
  player.setBot(friends.id, 'kicked', anna.id)
  await t.rejects(deliver(anna.id, other.id), /blocked/, 'nowhere to send it: it stays in the history')
  const [row] = await owner`select money_state, exec_state from pay.generations where id = ${other.id}`
  t.equal(row?.exec_state, 'success')
})

await story('a run that fails says so to all without amounts, and the money is back', async t => {
  const anna = await person({ kop: 100_00, firstName: 'Анна' })
  const friends = await group('Друзья', [anna])
  const run = await paying(() => ordered(friends, anna))
  t.ok((await balanceOf(anna.id)) < 100_00)
  await deliver(anna.id, run.id, 'moderation')
  t.match(plain(friends.seen().at(-1)?.html), /^Анна: Модель отказалась/)
  t.notMatch(friends.seen().at(-1)?.html, /₽/)
  t.equal(friends.seen().length, 2, 'the message of waiting is gone')
  t.equal(await balanceOf(anna.id), 100_00)
})

await story('a banned person gets no price and starts nothing', async t => {
  const anna = await person({ kop: 100_00, firstName: 'Анна' })
  const friends = await group('Друзья', [anna])
  await friends.says(anna, '/imagine кот')
  await owner`update pay.users set banned_at = now() where user_id = ${anna.id}`
  t.match(await friends.presses(anna, '✅ Запустить'), /Доступ закрыт/)
  await friends.says(anna, '/imagine кит')
  t.match(friends.whispers(anna).at(-1)?.text, /Доступ закрыт/)
  t.strictSame(await generationsOf(anna.id), [])
})

await story(
  'a price that has run out is shown anew in its place, and starts nothing before that is pressed',
  async t => {
    const anna = await person({ kop: 100_00, firstName: 'Анна' })
    const friends = await group('Друзья', [anna])
    await friends.says(anna, '/imagine кот')
    const old = friends.whispers(anna)[0]!.buttons[0]![0]!.data!
    await owner.begin(async sql => {
      await sql`set local session_replication_role = replica`
      await sql`update pay.quotes set expires_at = now() - interval '1 minute' where user_id = ${anna.id}`
    })
    await friends.presses(anna, '✅ Запустить')
    t.strictSame(await generationsOf(anna.id), [])
    t.equal(friends.whispers(anna).length, 1)
    t.not(friends.whispers(anna)[0]!.buttons[0]![0]!.data, old)
    await friends.presses(anna, '✅ Запустить')
    t.equal((await generationsOf(anna.id)).length, 1)
  },
)

await story('the group becomes a supergroup in the middle of an order', async t => {
  for (const how of ['told in the old chat', 'told in the new chat', 'refused'] as const) {
    const anna = await person({ kop: 100_00, firstName: 'Анна' })
    const friends = await group('Друзья', [anna], { isBasic: true })
    const run = await ordered(friends, anna)
    await friends.says(anna, '/imagine кит')
    const data = buttons(friends.whispers(anna)[0]!)[0]!.data!
    const newId = player.upgradeGroup(friends.id, anna.id)
    const told = api.updates.slice(-2).map(({ update }) => update as { message: object })
    const which = {
      'told in the old chat': 'migrate_to_chat_id',
      'told in the new chat': 'migrate_from_chat_id',
      refused: '-',
    }
    for (const update of told) if (which[how] in update.message) await bot.handle(update)
    const old = friends.chat.id
    friends.chat.id = newId
    await deliver(anna.id, run.id)
    t.equal(player.chat(newId).at(-1)?.media?.kind, 'photo', how)
    const [row] = await owner`select chat_id, account_id, is_on from pay.groups where account_id = ${old}`
    t.strictSame([Number(row?.chat_id), row?.is_on], [newId, true])
    await friends.presses(anna, { data })
    const second = (await generationsOf(anna.id)).at(-1)!
    t.not(second.id, run.id, 'what was priced before is started in the new chat')
    await deliver(anna.id, second.id)
    t.equal(player.chat(newId).at(-1)?.media?.kind, 'photo')
    t.match(plain(player.chat(newId).at(-1)?.html), /кит/)
  }
})

await story('a word from the chat that a group has left is answered where the group is now', async t => {
  const anna = await person({ firstName: 'Анна' })
  const friends = await group('Друзья', [anna], { isBasic: true })
  player.sayIn(friends.id, anna.id, '/ai_on') // on its way when the group moves
  const [late] = api.updates.slice(-1)
  const newId = player.upgradeGroup(friends.id, anna.id)
  await bot.handle(late!.update)
  t.match(player.chat(newId).at(-1)?.html, /теперь я работаю/)
  const [row] = await owner`select chat_id from pay.groups where account_id = ${friends.id}`
  t.equal(Number(row?.chat_id), newId)
})
