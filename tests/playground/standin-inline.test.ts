import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import type { InlineAnswer } from '../../playground/telegram/stand-in.ts'
import { pngOf } from '../support/media/media.ts'
import { caller } from '../support/standin.ts'

type Result = Record<string, unknown> & { message_id: number; inline_message_id: string; photo: { file_id: string }[] }
type Envelope = { ok: boolean; result: Result; description?: string; error_code?: number }
type Update = Record<string, Result & { id: string; guest_query_id: string }>

const KINDS = ['message', 'inline_query', 'chosen_inline_result', 'callback_query', 'guest_message', 'message_reaction']

/** A stand-in with two people and a picture that the bot has. */
async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  t.teardown(() => telegram.close())
  telegram.faults.limits = false
  const { player } = telegram
  const anna = player.addPerson({ firstName: 'Анна' }).id
  const boris = player.addPerson({ firstName: 'Борис' }).id
  player.open(anna)
  const call = caller<Envelope>(telegram)
  await call('getUpdates', { allowed_updates: KINDS, timeout: 0 })
  const bytes = pngOf(40, 40).bytes
  const sent = await player.send(anna, { kind: 'photo', fileName: 'a.png', mime: 'image/png', bytes })
  const photo = { type: 'photo', id: 'p1', photo_file_id: sent.media!.fileId, caption: 'Кот' }
  let seen = telegram.updates.length
  const news = () => {
    const fresh = telegram.updates.slice(seen).map(({ update }) => update as Update)
    seen = telegram.updates.length
    return fresh
  }
  /** Asks, lets the bot answer, and returns what the person sees with the outcomes of the bot's calls. */
  const ask = async (query: string, answer: object, where: Parameters<typeof player.inline>[2] = {}, by = anna) => {
    const asked = player.inline(by, query, where)
    const inline_query_id = news().at(-1)!.inline_query!.id
    const outcome = await call('answerInlineQuery', { inline_query_id, ...answer })
    return { outcome, seen: (await asked) as InlineAnswer, inline_query_id }
  }
  return { telegram, player, anna, boris, call, news, ask, photo }
}

const article = (id: string, more: object = {}) => ({
  type: 'article',
  id,
  title: 'Модель',
  input_message_content: { message_text: `<b>${id}</b>`, parse_mode: 'HTML' },
  ...more,
})
const yes = { inline_keyboard: [[{ text: 'Да', callback_data: 'a' }]] }

t.test('a person finds results, and what they choose is posted by way of the bot', async t => {
  const { player, anna, boris, call, news, ask, photo, telegram } = await standIn(t)
  const talk = player.talk(anna, boris)
  t.equal(player.talk(boris, anna), talk)
  const button = { text: 'Все работы', start_parameter: 'works' }
  const results = [photo, article('a1', { reply_markup: yes, description: '29 ₽' })]
  const { seen, outcome } = await ask('кот', { results, button, next_offset: '2', is_personal: true }, { chatId: talk })
  t.strictSame(outcome, { ok: true, result: true })
  t.match(seen, {
    results: [
      { id: 'p1', type: 'photo', fileId: photo.photo_file_id },
      { id: 'a1', title: 'Модель', description: '29 ₽' },
    ],
    button: { text: 'Все работы', start: 'works' },
    nextOffset: '2',
  })
  t.throws(() => player.chooseInline(boris, seen.queryId, 'p1'), /no result/)
  t.throws(() => player.chooseInline(anna, seen.queryId, 'x'), /no result/)
  t.match(player.chooseInline(anna, seen.queryId, 'p1'), { media: { kind: 'photo' }, text: 'Кот', viaBot: true })
  t.match(news(), [{ chosen_inline_result: { result_id: 'p1', from: { id: anna }, query: 'кот' } }])
  const posted = player.chooseInline(anna, seen.queryId, 'a1')
  t.match(posted, { html: '<b>a1</b>', author: { firstName: 'Анна' }, buttons: [[{ data: 'a' }]] })
  const { inline_message_id } = news()[0]!.chosen_inline_result!
  t.equal(player.chatOf(boris, talk).length, 2)
  const pressed = player.pressIn(talk, boris, posted.messageId, { text: 'Да' })
  const query = news()[0]!.callback_query!
  t.match(query, { from: { id: boris }, inline_message_id, data: 'a' })
  t.notOk('message' in query)
  await call('answerCallbackQuery', { callback_query_id: query.id })
  t.match(await pressed, { showAlert: false })
  t.strictSame(await call('editMessageText', { inline_message_id, text: 'готово' }), { ok: true, result: true })
  t.match(player.chatOf(boris, talk).at(-1), { text: 'готово', viaBot: true, buttons: [] })
  t.match(await call('editMessageText', { inline_message_id: 'x', text: 'y' }), { description: /MESSAGE_ID_INVALID/ })
  t.match(await call('sendMessage', { chat_id: talk, text: 'x' }), { description: 'Bad Request: chat not found' })
  player.sayIn(talk, boris, 'спасибо')
  t.strictSame(news(), [], 'what the two say is theirs')
  t.notOk(telegram.updates.some(({ kind, update }) => kind === 'message' && JSON.stringify(update).includes('спасибо')))
})

t.test('in the chat with the bot and in its groups the bot gets the posted message too', async t => {
  const { player, anna, boris, news, ask, photo } = await standIn(t)
  const group = player.addGroup('Студия', { members: [anna] })
  for (const [where, chat_type] of [
    [{}, 'sender'],
    [{ chatId: group }, 'supergroup'],
  ] as const) {
    const asked = player.inline(anna, `где ${chat_type}`, where)
    t.match(news().at(-1), { inline_query: { from: { id: anna }, query: `где ${chat_type}`, offset: '', chat_type } })
    t.equal(await asked, 'expired')
    const { seen } = await ask(`что ${chat_type}`, { results: [photo] }, where)
    player.chooseInline(anna, seen.queryId, 'p1')
    t.match(news(), [{ message: { photo: [{}], via_bot: { is_bot: true } } }, { chosen_inline_result: {} }])
  }
  await t.rejects(player.inline(boris, 'кот', { chatId: group }), /not a member/)
  await t.rejects(player.inline(anna, 'x'.repeat(257)), /at most 256/)
  await t.rejects(player.inline(anna, 'x', { chatId: 5 }), /no chat/)
})

t.test('an answer is refused as a whole for each mistake in it', async t => {
  const { player, anna, call, news, photo } = await standIn(t, { timeScale: 1 })
  const asked = player.inline(anna, 'кот')
  const inline_query_id = news().at(-1)!.inline_query!.id
  const refusals: [object, RegExp][] = [
    [{ results: Array.from({ length: 51 }, (_, nth) => article(`r${nth}`)) }, /RESULTS_TOO_MUCH/],
    [{ results: [article('a'), article('a')] }, /RESULT_ID_DUPLICATE/],
    [{ results: [article('')] }, /RESULT_ID_INVALID/],
    [{ results: [article('ж'.repeat(33))] }, /RESULT_ID_INVALID/],
    [{ results: ['x'] }, /must be of type Object/],
    [{ results: [{ type: 'dice', id: '1' }] }, /type "dice"/],
    [{ results: [article('a', { title: '' })] }, /ARTICLE_TITLE_EMPTY/],
    [{ results: [article('a', { input_message_content: undefined })] }, /"input_message_content" .*required/],
    [{ results: [article('a', { input_message_content: {} })] }, /message_text/],
    [{ results: [article('a', { input_message_content: { message_text: '' } })] }, /text is empty/],
    [{ results: [article('a', { reply_markup: { keyboard: [] } })] }, /inline_keyboard|keyboard/],
    [{ results: [{ ...photo, photo_file_id: 'nobody' }] }, /wrong file identifier/],
    [{ results: [{ ...photo, photo_file_id: 'https://x.invalid/a.jpg' }] }, /wrong file identifier/],
    [{ results: [{ type: 'video', id: '1', title: 'x', video_file_id: photo.photo_file_id }] }, /as Video/],
    [{ results: [{ type: 'video', id: '1', video_file_id: photo.photo_file_id }] }, /"title" .*required/],
    [{ results: [{ ...photo, caption: 'x'.repeat(1025) }] }, /caption is too long/],
    [{ results: [{ ...photo, caption: '<b', parse_mode: 'HTML' }] }, /can't parse entities/],
    [{ results: [], next_offset: 'x'.repeat(65) }, /NEXT_OFFSET_INVALID/],
    [{ results: [], button: { text: 'x' } }, /SWITCH_PM_TYPE_INVALID/],
    [{ results: [], button: { text: '', start_parameter: 'x' } }, /SWITCH_PM_TEXT_EMPTY/],
    [{ results: [], button: { text: 'x', start_parameter: 'ж' } }, /START_PARAM_INVALID/],
    [{ results: [], cache_time: -1 }, /CACHE_TIME_INVALID/],
    [{}, /"results" is required/],
  ]
  for (const [answer, description] of refusals) {
    t.match(await call('answerInlineQuery', { inline_query_id, ...answer }), { error_code: 400, description })
  }
  t.match(await call('answerInlineQuery', { inline_query_id: '1', results: [] }), { description: /too old/ })
  t.match(await call('answerInlineQuery', { inline_query_id, results: [] }), { ok: true })
  t.match(await call('answerInlineQuery', { inline_query_id, results: [] }), { description: /too old/ }, 'once')
  t.match(await asked, { results: [], nextOffset: '' })
})

t.test('an answer is kept for everybody who asks the same, unless it is personal', async t => {
  const { player, anna, boris, news, ask, photo } = await standIn(t)
  await ask('всем', { results: [photo] })
  t.match(await player.inline(boris, 'всем'), { results: [{ id: 'p1' }] })
  t.strictSame(news(), [], 'the bot is not asked again')
  await ask('моё', { results: [photo], is_personal: true })
  t.match(await player.inline(anna, 'моё'), { results: [{}] })
  t.strictSame(news(), [])
  t.strictSame((await ask('моё', { results: [] }, {}, boris)).seen.results, [], 'another person is')
  await ask('сразу', { results: [photo], cache_time: 0 })
  t.strictSame((await ask('сразу', { results: [] })).seen.results, [])
  t.strictSame(
    (await ask('всем', { results: [] }, { offset: '2' })).seen.results,
    [],
    'another page is another question',
  )
})

t.test('buttons of three kinds switch to inline mode in the chats that they allow', async t => {
  const { player, anna, boris, call, news } = await standIn(t, { timeScale: 0.001 })
  const talk = player.talk(anna, boris)
  const rows = [
    { text: 'Здесь', switch_inline_query_current_chat: 'здесь' },
    { text: 'Везде', switch_inline_query: 'везде' },
    { text: 'Друзьям', switch_inline_query_chosen_chat: { query: 'друзьям', allow_user_chats: true } },
  ]
  const reply_markup = { inline_keyboard: [rows, [{ text: 'Нет', callback_data: 'x' }]] }
  const { message_id } = (await call('sendMessage', { chat_id: anna, text: 'x', reply_markup })).result
  const asks = async (text: string, chatId?: number) => {
    await player.switchInline(anna, message_id, { text }, chatId === undefined ? {} : { chatId })
    const { query, chat_type } = news().at(-1)!.inline_query!
    return [query, chat_type]
  }
  t.strictSame(await asks('Здесь', talk), ['здесь', 'sender'])
  t.strictSame(await asks('Везде', talk), ['везде', 'private'])
  t.strictSame(await asks('Друзьям', talk), ['друзьям', 'private'])
  const group = player.addGroup('Студия')
  t.strictSame(await asks('Везде', group), ['везде', 'supergroup'])
  await t.rejects(asks('Друзьям', group), /does not offer chats of the kind "group"/)
  await t.rejects(asks('Нет', talk), /does not switch/)
})

t.test('a prepared message is sent by its person into the chats that it is for', async t => {
  const { player, anna, boris, call, news, photo } = await standIn(t)
  const save = (fields: object) => call('savePreparedInlineMessage', { user_id: anna, result: photo, ...fields })
  t.match(await save({}), { error_code: 400, description: /at least one chat type/ })
  t.match(await save({ user_id: 5, allow_user_chats: true }), { description: /USER_ID_INVALID/ })
  t.match(await save({ result: article(''), allow_user_chats: true }), { description: /RESULT_ID_INVALID/ })
  const { result } = await save({ allow_user_chats: true })
  const { id, expiration_date } = result as unknown as { id: string; expiration_date: number }
  t.ok(expiration_date > Date.now() / 1000)
  t.match(player.sendPrepared(anna, id, player.talk(anna, boris)), { viaBot: true, media: { kind: 'photo' } })
  t.strictSame(news(), [])
  t.throws(() => player.sendPrepared(anna, id), /kind "bot"/)
  t.throws(() => player.sendPrepared(anna, id, player.addGroup('Студия')), /kind "group"/)
  t.throws(() => player.sendPrepared(boris, id, player.talk(anna, boris)), /no prepared message/)
})

t.test('a guest is called by its name where it is no member, and answers once', async t => {
  const { player, anna, boris, call, news, telegram, photo } = await standIn(t)
  t.match(await call('getMe'), { result: { supports_guest_queries: true } })
  const talk = player.talk(anna, boris)
  const away = player.addGroup('Чужие', { members: [anna, boris], bot: false })
  for (const chat of [talk, away]) {
    player.sayIn(chat, anna, 'без неё')
    t.strictSame(news(), [])
    player.sayIn(chat, anna, `@${telegram.bot.username} кот`)
    const [update] = news()
    t.match(update, { guest_message: { chat: { id: chat }, from: { id: anna }, guest_query_id: String } })
    const { guest_query_id } = update!.guest_message!
    const answer = (result: object) => call('answerGuestQuery', { guest_query_id, result })
    t.match(await answer({ type: 'dice', id: '1' }), { error_code: 400 })
    const { result } = await answer(article('1'))
    t.match(player.chatOf(boris, chat).at(-1), { from: 'bot', html: '<b>1</b>' })
    t.match(await answer(article('1')), { error_code: 400, description: /too old/ }, 'one answer')
    const { inline_message_id } = result
    const upload = { type: 'photo', media: 'attach://a' }
    t.match(await call('editMessageMedia', { inline_message_id, media: upload }), { error_code: 400 })
    const media = { type: 'photo', media: photo.photo_file_id }
    t.match(await call('editMessageMedia', { inline_message_id, media }), { ok: true, result: true })
    const last = player.chatOf(boris, chat).at(-1)!
    t.match(last, { media: { kind: 'photo' } })
    player.sayIn(chat, boris, 'ещё', { replyTo: last.messageId })
    t.match(news(), [{ guest_message: { from: { id: boris }, reply_to_message: { message_id: last.messageId } } }])
  }
  const group = player.addGroup('Свои', { members: [anna] })
  player.sayIn(group, anna, `@${telegram.bot.username} кот`)
  t.match(news(), [{ message: {} }], 'a member is no guest')
  t.match(await call('answerGuestQuery', { guest_query_id: '1', result: article('1') }), { description: /too old/ })
})

t.test('a reaction is told in private, and in groups to an administrator', async t => {
  const { player, anna, boris, call, news } = await standIn(t)
  const { message_id } = (await call('sendMessage', { chat_id: anna, text: 'x' })).result
  t.match(player.react(anna, message_id, ['🔥']).reactions, [{ emoji: '🔥', count: 1 }])
  const typed = (emoji: string) => ({ type: 'emoji', emoji })
  t.match(news(), [
    {
      message_reaction: {
        chat: { id: anna },
        message_id,
        user: { id: anna },
        old_reaction: [],
        new_reaction: [typed('🔥')],
      },
    },
  ])
  player.react(anna, message_id, [])
  t.match(news(), [{ message_reaction: { old_reaction: [typed('🔥')], new_reaction: [] } }])
  t.throws(() => player.react(anna, message_id, ['кот']), /not a reaction/)
  t.throws(() => player.react(anna, message_id, ['👍', '👎', '🔥', '❤']), /at most/)
  t.throws(() => player.react(anna, 1, ['👍']), /nothing to react to/)
  const group = player.addGroup('Студия', { creator: anna, members: [boris] })
  const { result } = await call('sendMessage', { chat_id: group, text: 'x' })
  player.react(boris, result.message_id, ['👍'], group)
  t.strictSame(news(), [])
  player.setBot(group, 'administrator', anna)
  news()
  player.react(anna, result.message_id, ['👍'], group)
  t.match(news(), [{ message_reaction: { chat: { id: group }, user: { id: anna } } }])
  t.match(player.chatOf(anna, group).at(-1)!.reactions, [{ count: 2 }])
  await call('getUpdates', { allowed_updates: [], timeout: 0 })
  player.react(anna, message_id, ['👍'])
  t.strictSame(news(), [], 'only who asked for them gets reactions')
})

t.test('at 7.1 there are no guests and no reactions in private', async t => {
  const { player, anna, boris, call, news, telegram } = await standIn(t, { apiVersion: '7.1' })
  t.notOk('supports_guest_queries' in (await call('getMe')).result)
  player.sayIn(player.talk(anna, boris), anna, `@${telegram.bot.username} кот`)
  const { message_id } = (await call('sendMessage', { chat_id: anna, text: 'x' })).result
  player.react(anna, message_id, ['🔥'])
  t.strictSame(news(), [])
  const answer = { guest_query_id: '1', result: article('1') }
  t.match(await call('answerGuestQuery', answer), { description: 'Not Found: method not found' })
  t.match(await call('savePreparedInlineMessage', { user_id: anna, result: {} }), { error_code: 404 })
})
