import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { pngOf } from '../support/media/media.ts'
import { caller } from '../support/standin.ts'

type Result = Record<string, unknown> & { message_id: number; ephemeral_message_id?: number }
type Envelope = { ok: boolean; result: Result; description?: string; parameters?: object }
type Update = { update_id: number; message?: Result; my_chat_member?: object; callback_query?: { id: string } }

/** A stand-in with three people of a closed group that the bot is a member of. */
async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  t.teardown(() => telegram.close())
  telegram.faults.limits = false
  const { player } = telegram
  const [anna, boris, vera] = ['Анна', 'Борис', 'Вера'].map(firstName => player.addPerson({ firstName }).id)
  const people = { anna: anna!, boris: boris!, vera: vera! }
  const group = player.addGroup('Студия', { creator: people.anna, members: [people.boris, people.vera] })
  const call = caller<Envelope>(telegram)
  const send = (fields: object = {}) => call('sendMessage', { chat_id: group, text: 'x', ...fields })
  /** The updates since the last look. */
  let seen = 0
  const news = () => {
    const all = telegram.updates.map(({ update }) => update as Update)
    const fresh = all.slice(seen)
    seen = all.length
    return fresh
  }
  return { telegram, player, people, group, call, send, news, bot: telegram.bot }
}

const refused = (description: string, code = 400) => ({ ok: false, error_code: code, description })

t.test('in privacy mode the bot hears commands, mentions, answers to it and what the group says of itself', async t => {
  const { player, people, group, send, news, bot } = await standIn(t)
  const said = (text: string, place?: { replyTo?: number }) => {
    player.sayIn(group, people.boris, text, place)
    return news().flatMap(({ message }) => (message ? [message] : []))
  }
  t.strictSame(said('просто разговор'), [])
  t.strictSame(said('не /imagine кот'), [], 'a command in the middle is not one for it')
  t.strictSame(said('/imagine@other_bot кот'), [])
  t.strictSame(said('спроси @other_bot'), [])
  t.match(said('/imagine кот'), [{ text: '/imagine кот', chat: { id: group, title: 'Студия' } }])
  t.match(said(`/imagine@${bot.username} кот`), [{ from: { id: people.boris, first_name: 'Борис' } }])
  t.match(said(`нарисуй, @${bot.username.toUpperCase()}, кота`), [{ text: String }])
  const { message_id } = (await send()).result
  t.match(said('ещё', { replyTo: message_id }), [{ reply_to_message: { message_id } }])
  const own = player.sayIn(group, people.vera, 'моё')
  t.strictSame(said('ага', { replyTo: own.messageId }), [])
  await player.sendIn(group, people.boris, {
    kind: 'photo',
    fileName: 'a.png',
    mime: 'image/png',
    bytes: pngOf(20, 20).bytes,
    caption: '/edit ярче',
  })
  t.match(news(), [{ message: { caption: '/edit ярче', photo: [{}] } }], 'captions too')
  player.leave(group, people.vera)
  t.match(news(), [{ message: { left_chat_member: { id: people.vera } } }])
  player.setBot(group, 'administrator', people.anna)
  t.match(news(), [{ my_chat_member: { new_chat_member: { status: 'administrator', can_delete_messages: true } } }])
  t.match(said('просто разговор'), [{ text: 'просто разговор' }], 'an administrator hears everything')
})

t.test('who writes in a group need not have opened the bot, and does not open it by that', async t => {
  const { player, people, group, call, news } = await standIn(t)
  player.sayIn(group, people.boris, '/imagine кот')
  t.equal(news().length, 1)
  t.match(await call('sendMessage', { chat_id: people.boris, text: 'x' }), refused('Bad Request: chat not found'))
  player.block(people.boris, true)
  t.equal(player.sayIn(group, people.boris, '/imagine кот').author?.firstName, 'Борис')
})

t.test('people come and go, get roles, and only members write in a closed group', async t => {
  const { player, people, group, call, news } = await standIn(t)
  const gleb = player.addPerson({ firstName: 'Глеб' }).id
  const member = async (user_id: number) => (await call('getChatMember', { chat_id: group, user_id })).result
  t.throws(() => player.sayIn(group, gleb, 'x'), /not a member/)
  t.match(await member(gleb), { status: 'left', user: { id: gleb } })
  player.join(group, gleb, people.anna)
  t.match(news(), [{ message: { from: { id: people.anna }, new_chat_members: [{ id: gleb }] } }])
  t.equal(player.chat(group).at(-1)!.service, 'Анна добавляет: Глеб')
  t.throws(() => player.join(group, gleb), /already/)
  t.match(await member(gleb), { status: 'member' })
  player.setRole(group, people.boris, 'administrator', people.anna)
  t.match(await member(people.boris), { status: 'administrator', can_be_edited: false, can_manage_chat: true })
  t.match(await member(people.anna), { status: 'creator', is_anonymous: false })
  const admins = (await call('getChatAdministrators', { chat_id: group })).result as unknown as { status: string }[]
  t.strictSame(admins.map(({ status }) => status).sort(), ['administrator', 'creator'])
  t.equal((await call('getChatMemberCount', { chat_id: group })).result as unknown, 5, 'with the bot')
  player.leave(group, gleb, people.boris)
  t.match(await member(gleb), { status: 'kicked', until_date: 0 })
  t.throws(() => player.leave(group, gleb), /not in the group/)
  t.match(player.groups(), [{ id: group, title: 'Студия', isPublic: false, bot: 'member', members: [{}, {}, {}] }])
  t.match(
    await call('getChatMember', { chat_id: group, user_id: 5 }),
    refused('Bad Request: invalid user_id specified'),
  )
  t.match(await call('getChatMember', { chat_id: -5, user_id: gleb }), refused('Bad Request: chat not found'))
  t.match(await call('getChatAdministrators', { chat_id: people.anna }), { error_code: 400 })
  const open = player.addGroup('Всем')
  player.sayIn(open, gleb, 'привет')
  t.match(player.groups().at(-1), { isPublic: true, members: [{ userId: gleb }] })
})

t.test('an administrator that asked for it hears of every member, and may delete what others wrote', async t => {
  const { player, people, group, call, news } = await standIn(t)
  await call('getUpdates', { allowed_updates: ['message', 'chat_member'], timeout: 0 })
  const { messageId: message_id } = player.sayIn(group, people.boris, '/x')
  const remove = () => call('deleteMessage', { chat_id: group, message_id })
  t.match(await remove(), refused("Bad Request: message can't be deleted for everyone"))
  player.setRole(group, people.boris, 'administrator', people.anna)
  player.setBot(group, 'administrator', people.anna)
  t.strictSame(Object.keys(news().at(-1)!), ['update_id', 'message'], 'a member hears of nobody')
  player.setRole(group, people.boris, 'member', people.anna)
  t.match(news(), [{ chat_member: { old_chat_member: { status: 'administrator' }, from: { id: people.anna } } }])
  t.match(await remove(), { ok: true })
})

t.test('a bot that was added, made silent or removed is told, and refused what it may not do', async t => {
  const { player, people, call, news, bot } = await standIn(t)
  const group = player.addGroup('Новая', { creator: people.anna, members: [], bot: false })
  const send = () => call('sendMessage', { chat_id: group, text: 'x' })
  t.match(await send(), refused('Forbidden: bot is not a member of the supergroup chat', 403))
  player.sayIn(group, people.anna, '/start')
  t.strictSame(news(), [], 'it hears nothing there')
  t.throws(() => player.setBot(group, 'member', people.boris), /not in the group/)
  player.setBot(group, 'member', people.anna)
  t.match(news(), [
    {
      my_chat_member: {
        chat: { id: group, type: 'supergroup' },
        from: { id: people.anna },
        old_chat_member: { status: 'left' },
        new_chat_member: { status: 'member', user: { id: bot.id } },
      },
    },
    { message: { new_chat_members: [{ id: bot.id, is_bot: true }] } },
  ])
  const { result } = await send()
  player.setBot(group, 'restricted', people.anna)
  t.match(news(), [{ my_chat_member: { new_chat_member: { status: 'restricted', can_send_messages: false } } }])
  t.match(await send(), refused('Bad Request: not enough rights to send text messages to the chat'))
  const fields = { chat_id: group, from_chat_id: group, message_id: result.message_id }
  t.match(await call('forwardMessage', fields), { error_code: 400 })
  player.open(people.anna)
  const { result: photo } = await call('sendPhoto', { chat_id: people.anna, photo: 'https://x.invalid/a.png' })
  t.notOk(photo)
  player.sayIn(group, people.anna, '/start')
  t.ok(news().length > 0, 'it still hears')
  player.setBot(group, 'kicked', people.anna)
  t.match(news(), [{ my_chat_member: {} }, { message: { left_chat_member: { id: bot.id } } }])
  t.match(await send(), refused('Forbidden: bot was kicked from the supergroup chat', 403))
  t.match(await call('getChatMember', { chat_id: group, user_id: people.anna }), { error_code: 403 })
  player.setBot(group, 'member', people.anna)
  t.match(await call('leaveChat', { chat_id: group }), { ok: true, result: true })
  t.match(await send(), { error_code: 403 })
  t.match(await call('leaveChat', { chat_id: people.anna }), { error_code: 400 })
})

t.test('a group that becomes a supergroup has another id, and the old one names it', async t => {
  const { player, people, call, news } = await standIn(t)
  const old = player.addGroup('Обычная', { isBasic: true, creator: people.anna, members: [people.boris] })
  const send = (chat_id: number) => call('sendMessage', { chat_id, text: 'x' })
  t.match(await send(old), { result: { chat: { id: old, type: 'group' } } })
  const made = player.upgradeGroup(old, people.anna)
  t.match(news(), [
    { message: { chat: { id: old, type: 'group' }, migrate_to_chat_id: made } },
    { message: { chat: { id: made, type: 'supergroup', title: 'Обычная' }, migrate_from_chat_id: old } },
  ])
  const upgraded = {
    ...refused('Bad Request: group chat was upgraded to a supergroup chat'),
    parameters: { migrate_to_chat_id: made },
  }
  t.strictSame(await send(old), upgraded)
  t.strictSame(await call('getChatMemberCount', { chat_id: old }), upgraded)
  t.match(await send(made), { ok: true })
  t.equal((await call('getChatMemberCount', { chat_id: made })).result as unknown, 3, 'everybody moved')
  t.throws(() => player.sayIn(old, people.anna, 'x'), /has become a supergroup/)
  t.throws(() => player.upgradeGroup(old, people.anna), /has become/)
  t.throws(() => player.upgradeGroup(made, people.anna), /already/)
  t.throws(() => player.addGroup('x', { isBasic: true, isForum: true }), /topics/)
  t.notOk(player.groups().some(({ id }) => id === old))
})

t.test('groups are there after a restart, and those of an older folder are open to everybody', async t => {
  const dataDir = await mkdtemp(join(tmpdir(), 'telegram-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const first = await startTelegram({ seed: 7, apiVersion: '10.3', dataDir })
  const anna = first.player.addPerson({ firstName: 'Анна' }).id
  const boris = first.player.addPerson({ firstName: 'Борис' }).id
  const group = first.player.addGroup('Студия', { creator: anna, members: [] })
  first.player.setBot(group, 'administrator', anna)
  const before = first.player.groups()
  await first.close()
  const second = await startTelegram({ seed: 7, apiVersion: '10.3', dataDir })
  t.strictSame(second.player.groups(), before)
  t.throws(() => second.player.sayIn(group, boris, 'x'), /not a member/)
  await second.close()
  const path = join(dataDir, 'telegram.json')
  const saved = JSON.parse(await readFile(path, 'utf8')) as { chats: object }
  await writeFile(
    path,
    JSON.stringify({ ...saved, chats: { ...saved.chats, groups: [{ id: group, title: 'Студия' }] } }),
  )
  const third = await startTelegram({ seed: 7, apiVersion: '10.3', dataDir })
  t.teardown(() => third.close())
  third.player.sayIn(group, boris, 'x')
  t.match(third.player.groups(), [{ bot: 'member', isPublic: true, members: [{ userId: boris }] }])
})

t.test('a button in a group is pressed by whoever presses', async t => {
  const { player, people, group, send, call, news } = await standIn(t)
  const reply_markup = { inline_keyboard: [[{ text: 'Да', callback_data: 'a' }]] }
  const { result } = await send({ reply_markup })
  const pressed = player.pressIn(group, people.vera, result.message_id, { text: 'Да' })
  const [update] = news()
  t.match(update, { callback_query: { from: { id: people.vera }, message: { chat: { id: group } }, data: 'a' } })
  await call('answerCallbackQuery', { callback_query_id: update!.callback_query!.id, text: 'не вам' })
  t.match(await pressed, { text: 'не вам' })
  const gleb = player.addPerson({ firstName: 'Глеб' }).id
  await t.rejects(player.pressIn(group, gleb, result.message_id, { text: 'Да' }), /not a member/)
  await t.rejects(player.pressIn(-5, gleb, result.message_id, { text: 'Да' }), /no group/)
  await t.rejects(player.pressIn(group, people.vera, result.message_id, { text: 'Нет' }), /no button/)
})

const yes = { inline_keyboard: [[{ text: 'Да', callback_data: 'a' }]] }

t.test('an ephemeral message is seen by its receiver alone, edited and deleted by its own methods', async t => {
  const { player, people, group, send, call } = await standIn(t)
  const ephemeral_message_parameters = { receiver_user_id: people.boris }
  const { result } = await send({ text: '29 ₽', ephemeral_message_parameters, reply_markup: yes })
  t.match(result, { message_id: 0, ephemeral_message_id: Number, receiver_user: { id: people.boris }, text: '29 ₽' })
  await send({ text: 'всем' })
  const texts = (viewer: number) => player.chatOf(viewer, group).map(({ text }) => text)
  t.strictSame(texts(people.boris), ['29 ₽', 'всем'])
  t.strictSame(texts(people.vera), ['всем'])
  t.strictSame(
    player.chat(group).map(({ text }) => text),
    ['всем'],
  )
  const [shown] = player.chatOf(people.boris, group)
  t.match(shown, { onlyYou: true, messageId: -result.ephemeral_message_id!, from: 'bot' })
  const named = {
    chat_id: group,
    receiver_user_id: people.boris,
    ephemeral_message_id: result.ephemeral_message_id,
  }
  t.strictSame(await call('editEphemeralMessageText', { ...named, text: '30 ₽' }), { ok: true, result: true })
  t.match(player.chatOf(people.boris, group)[0], { text: '30 ₽', buttons: [], onlyYou: true, edited: true })
  t.match(await call('editEphemeralMessageText', { ...named, text: '30 ₽' }), { description: /not modified/ })
  t.match(await call('editEphemeralMessageReplyMarkup', { ...named, reply_markup: yes }), { ok: true })
  t.match(await call('editEphemeralMessageCaption', { ...named, caption: 'x' }), { description: /no caption/ })
  const other = { ...named, receiver_user_id: people.vera }
  t.match(
    await call('editEphemeralMessageText', { ...other, text: 'x' }),
    refused('Bad Request: message to edit not found'),
  )
  t.match(await call('editMessageText', { chat_id: group, message_id: 0, text: 'x' }), { error_code: 400 })
  t.match(await call('deleteEphemeralMessage', other), refused('Bad Request: message to delete not found'))
  t.match(await call('deleteEphemeralMessage', { ...named, chat_id: people.anna }), { error_code: 400 })
  t.strictSame(await call('deleteEphemeralMessage', named), { ok: true, result: true })
  t.strictSame(texts(people.boris), ['всем'])
  t.match(await call('deleteEphemeralMessage', named), { error_code: 400 })
})

t.test('an ephemeral message is refused outside of groups and to who is not in them', async t => {
  const { player, people, group, send, telegram } = await standIn(t)
  player.open(people.anna)
  const to = (receiver_user_id?: unknown) => ({ ephemeral_message_parameters: { receiver_user_id } })
  t.match(
    await send({ chat_id: people.anna, ...to(people.anna) }),
    refused('Bad Request: ephemeral messages can be sent only to groups and supergroups'),
  )
  const gleb = player.addPerson({ firstName: 'Глеб' }).id
  const stranger = refused('Bad Request: the receiver of the ephemeral message is not a member of the chat')
  t.match(await send(to(gleb)), stranger)
  t.match(await send(to(telegram.bot.id)), stranger)
  t.match(await send(to()), { ok: false, description: /"receiver_user_id" .*required/ })
  t.match(await send(to('x')), { error_code: 400 })
  telegram.faults.ephemeralLost = 1
  t.match(await send(to(people.boris)), refused("Bad Request: ephemeral message can't be delivered"))
  t.match(await send(to(people.boris)), { ok: true }, 'only once')
  player.setBot(group, 'restricted', people.anna)
  t.match(await send(to(people.boris)), { description: /not enough rights/ })
})

t.test('an ephemeral answer to a press takes its place, while the press is fresh and the receiver’s', async t => {
  const { player, people, group, send, news } = await standIn(t)
  const { result } = await send({ text: 'Цена?', reply_markup: yes })
  const press = (userId: number, messageId: number) => {
    const pressed = player.pressIn(group, userId, messageId, { text: 'Да' })
    return { pressed, id: news().find(update => update.callback_query)!.callback_query!.id }
  }
  const answer = (callback_query_id: string, receiver: number, more: object = {}) =>
    send({
      text: '29 ₽',
      reply_markup: yes,
      ephemeral_message_parameters: { receiver_user_id: receiver, callback_query_id, ...more },
    })
  const { id, pressed } = press(people.boris, result.message_id)
  t.match(
    await answer(id, people.vera),
    refused('Bad Request: the callback query was not sent by the receiver of the ephemeral message'),
  )
  t.match(await answer('1', people.boris), { description: /query is too old/ })
  const replace_callback_query_message = true
  const placed = (await answer(id, people.boris, { replace_callback_query_message })).result
  const texts = (viewer: number) => player.chatOf(viewer, group).map(({ text }) => text)
  t.strictSame([texts(people.boris), texts(people.vera)], [['29 ₽'], ['Цена?']])
  const second = press(people.boris, -placed.ephemeral_message_id!)
  t.match(
    await answer(second.id, people.boris, { replace_callback_query_message }),
    refused("Bad Request: an ephemeral message can't be replaced, it must be edited"),
  )
  t.match(await answer(second.id, people.boris), { ok: true })
  await t.rejects(player.pressIn(group, people.vera, -placed.ephemeral_message_id!, { text: 'Да' }), /no button/)
  t.match(
    await send({ ephemeral_message_parameters: { receiver_user_id: people.boris, replace_callback_query_message } }),
    { description: /no callback query/ },
  )
  t.strictSame(await Promise.all([pressed, second.pressed]), ['expired', 'expired'])
  t.match(await answer(id, people.boris), { description: /query is too old/ })
})

t.test('an ephemeral command goes to the bot alone, which answers it for 15 seconds', async t => {
  const { player, people, group, send, call, news } = await standIn(t)
  const commands = [
    { command: 'balance', description: 'Баланс', is_ephemeral: true },
    { command: 'imagine', description: 'Картинка' },
  ]
  await call('setMyCommands', { commands, scope: { type: 'all_group_chats' } })
  t.match(await call('getMyCommands', { scope: { type: 'all_group_chats' } }), { result: commands })
  const asked = player.sayIn(group, people.boris, '/balance')
  t.equal(asked.onlyYou, true)
  const [update] = news()
  t.match(update, { message: { message_id: 0, from: { id: people.boris }, receiver_user: { is_bot: true } } })
  const { ephemeral_message_id } = update!.message!
  const reply_parameters = { ephemeral_message_id }
  t.match(
    await send({ reply_parameters }),
    refused('Bad Request: a reply to an ephemeral message must be an ephemeral message'),
  )
  const to = (receiver_user_id: number) => ({ ephemeral_message_parameters: { receiver_user_id } })
  t.match(await send({ reply_parameters, ...to(people.vera) }), { description: /to be replied not found/ })
  const { result } = await send({ reply_parameters, ...to(people.boris) })
  t.equal(player.chatOf(people.boris, group).at(-1)!.replyTo, asked.messageId)
  t.strictSame(player.chat(group), [])
  player.sayIn(group, people.boris, 'спасибо', { replyTo: -result.ephemeral_message_id! })
  t.match(news(), [{ message: { text: 'спасибо', receiver_user: { is_bot: true } } }], 'an answer to it is ephemeral')
  t.throws(() => player.sayIn(group, people.vera, 'x', { replyTo: -result.ephemeral_message_id! }), /not in the chat/)
  const { now } = Date
  t.teardown(() => (Date.now = now))
  Date.now = () => now() + 301
  t.match(await send({ reply_parameters, ...to(people.boris) }), { description: /to be replied not found/ })
  t.equal(player.sayIn(group, people.boris, '/imagine кот').onlyYou, undefined)
})

t.test('an old server passes over who alone is to see a message, and has none of its methods', async t => {
  const { player, people, group, send, call } = await standIn(t, { apiVersion: '7.1' })
  const { result } = await send({ text: 'всем', ephemeral_message_parameters: { receiver_user_id: people.boris } })
  t.ok(result.message_id > 0)
  t.equal(player.chatOf(people.vera, group).length, 1)
  const named = { chat_id: group, receiver_user_id: people.boris, ephemeral_message_id: 1 }
  t.match(await call('deleteEphemeralMessage', named), refused('Not Found: method not found', 404))
  t.match(await call('editEphemeralMessageText', { ...named, text: 'x' }), { error_code: 404 })
  await call('setMyCommands', { commands: [{ command: 'balance', description: 'x', is_ephemeral: true }] })
  t.equal(player.sayIn(group, people.boris, '/balance').onlyYou, undefined)
})
