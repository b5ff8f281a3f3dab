import { createCanvas } from '@napi-rs/canvas'
import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { caller } from '../support/standin.ts'

type Result = Record<string, unknown> & { message_id: number }
type Envelope = { ok: boolean; result: Result; description?: string }

/** A stand-in with one person in an open chat; closed with the test. */
async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  t.teardown(() => telegram.close())
  telegram.faults.limits = false
  const anna = telegram.player.addPerson({ firstName: 'Анна' })
  telegram.player.open(anna.id)
  const bare = caller<Envelope>(telegram)
  const call = (method: string, fields: object = {}) => bare(method, { chat_id: anna.id, ...fields })
  const last = () => telegram.player.chat(anna.id).at(-1)!
  const send = (button: object) =>
    call('sendMessage', { text: 'x', reply_markup: { inline_keyboard: [[{ text: 'Да', ...button }]] } })
  const photo = await telegram.player.send(anna.id, {
    kind: 'photo',
    fileName: 'a.png',
    mime: 'image/png',
    bytes: createCanvas(20, 20).encodeSync('png'),
  })
  return { telegram, anna, call, send, last, photo: photo.media!.fileId }
}

const refused = { ok: false, error_code: 400 }

t.test('a button has one of three colours, which edits keep or change', async t => {
  const { send, call, last } = await standIn(t)
  for (const style of ['primary', 'success', 'danger']) {
    const { result } = await send({ callback_data: 'a', style })
    t.match(result, { reply_markup: { inline_keyboard: [[{ text: 'Да', callback_data: 'a', style }]] } })
    t.strictSame(last().buttons, [[{ text: 'Да', data: 'a', style }]])
  }
  for (const style of ['green', '', 'Primary', 1]) {
    t.match(await send({ callback_data: 'a', style }), refused, String(style))
  }
  const reply_markup = { inline_keyboard: [[{ text: 'Нет', callback_data: 'b', style: 'danger' }]] }
  const edit = { message_id: last().messageId, reply_markup }
  t.equal((await call('editMessageReplyMarkup', edit)).ok, true)
  t.match(last().buttons, [[{ style: 'danger' }]])
  const grey = { inline_keyboard: [[{ text: 'Нет', callback_data: 'b' }]] }
  t.equal((await call('editMessageReplyMarkup', { ...edit, reply_markup: grey })).ok, true, 'a colour is a change')
  const keyboard = [[{ text: 'Да', style: 'pink' }]]
  t.match(await call('sendMessage', { text: 'x', reply_markup: { keyboard } }), refused, 'also below the field')
})

t.test('custom emoji are for bots whose owner has Premium', async t => {
  const poor = await standIn(t)
  t.match(await poor.send({ callback_data: 'a', icon_custom_emoji_id: '5368324170671202286' }), refused)
  const { send, last } = await standIn(t, { customEmoji: true })
  t.match(await send({ callback_data: 'a', icon_custom_emoji_id: '🔥' }), refused, 'an id is digits')
  t.equal((await send({ callback_data: 'a', icon_custom_emoji_id: '5368324170671202286' })).ok, true)
  t.match(last().buttons, [[{ icon: '5368324170671202286' }]])
})

t.test('a button copies 1 to 256 characters', async t => {
  const { send, last, telegram, anna } = await standIn(t)
  for (const copy_text of [{ text: '' }, { text: 'я'.repeat(257) }, {}, 'текст', { text: 5 }]) {
    t.match(await send({ copy_text }), refused, JSON.stringify(copy_text).slice(0, 40))
  }
  t.equal((await send({ copy_text: { text: 'я'.repeat(256) } })).ok, true)
  t.strictSame(last().buttons, [[{ text: 'Да', copy: 'я'.repeat(256) }]])
  t.match(await send({ copy_text: { text: 'a' }, callback_data: 'a' }), refused, 'exactly one kind')
  await t.rejects(telegram.player.press(anna.id, last().messageId, { text: 'Да' }), /not one that calls back/)
})

t.test('buttons that switch to inline mode need it, and chats to choose from', async t => {
  const { send, last, telegram } = await standIn(t)
  t.equal(telegram.botSettings.supports_inline_queries, true)
  const chosen = { query: 'r_7k2m', allow_user_chats: true, allow_group_chats: true }
  const kinds: [object, object][] = [
    [{ switch_inline_query: '' }, { query: '', chat: 'any' }],
    [{ switch_inline_query_current_chat: 'кот' }, { query: 'кот', chat: 'current' }],
    [{ switch_inline_query_chosen_chat: chosen }, { query: 'r_7k2m', chat: ['user', 'group'] }],
  ]
  for (const [button, switchTo] of kinds) {
    t.equal((await send(button)).ok, true)
    t.strictSame(last().buttons, [[{ text: 'Да', switchTo }]])
  }
  t.match(await send({ switch_inline_query_chosen_chat: { query: 'x' } }), refused, 'no chat may be chosen')
  t.match(await send({ switch_inline_query_chosen_chat: 'x' }), refused)
  t.match(await send({ switch_inline_query: 'я'.repeat(257) }), refused, 'a query has up to 256 characters')
  const off = await standIn(t, { inlineMode: false })
  t.equal(off.telegram.botSettings.supports_inline_queries, false)
  for (const [button] of kinds) {
    t.match(await off.send(button), { ...refused, description: 'Bad Request: BUTTON_TYPE_INVALID' })
  }
})

t.test('an effect is for private chats and one of the known ones; an edit leaves it', async t => {
  const { call, last, telegram, anna, photo } = await standIn(t)
  const party = '5046509860389126442'
  const { result } = await call('sendMessage', { text: 'Готово', message_effect_id: party })
  t.equal(result.effect_id, party)
  t.strictSame(last().effect, { id: party, emoji: '🎉' })
  await call('editMessageText', { message_id: result.message_id, text: 'Всё' })
  t.match(last(), { text: 'Всё', effect: { id: party } })
  t.match(await call('sendMessage', { text: 'x', message_effect_id: '5046509860389126443' }), {
    description: 'Bad Request: EFFECT_ID_INVALID',
  })
  const group = telegram.player.addGroup('Студия')
  t.match(await call('sendMessage', { chat_id: group, text: 'x', message_effect_id: party }), {
    description: "Bad Request: can't use message effects in the chat",
  })
  const media = [1, 2].map(() => ({ type: 'photo', media: photo }))
  t.equal((await call('sendMediaGroup', { media, message_effect_id: party })).ok, true)
  const [first, second] = telegram.player.chat(anna.id).slice(-2)
  t.strictSame([first?.effect?.id, second?.effect], [party, undefined], 'an album has one')
})

t.test('a time is parsed, kept as text for older clients, and refused when malformed', async t => {
  const { call, last } = await standIn(t)
  const html = (text: string) => call('sendMessage', { text, parse_mode: 'HTML' })
  const { result } = await html('до <tg-time unix="1647531900" format="wDT">22:45 завтра</tg-time>')
  const entity = { type: 'date_time', offset: 3, length: 12, unix_time: 1647531900 }
  t.strictSame(result.entities, [{ ...entity, date_time_format: 'wDT' }])
  t.match(last(), { text: 'до 22:45 завтра', html: /<tg-time unix="1647531900" format="wDT">22:45 завтра<\/tg-time>/ })
  t.match(await html('<tg-time unix="1647531900">22:45</tg-time>'), {
    result: { entities: [{ type: 'date_time', date_time_format: '' }] },
  })
  for (const wrong of [
    '<tg-time>22:45</tg-time>',
    '<tg-time unix="завтра">22:45</tg-time>',
    '<tg-time unix="0">22:45</tg-time>',
    '<tg-time unix="99999999999">22:45</tg-time>',
    '<tg-time unix="1647531900" format="rt">22:45</tg-time>',
    '<tg-time unix="1647531900" format="Td">22:45</tg-time>',
    '<tg-time unix="1647531900" format="dD">22:45</tg-time>',
    '<tg-time unix="1647531900">22:45',
  ]) {
    t.match(await html(wrong), { ...refused, description: /can't parse entities: / }, wrong)
  }
  const given = (fields: object) =>
    call('sendMessage', { text: '22:45', entities: [{ type: 'date_time', offset: 0, length: 5, ...fields }] })
  t.equal((await given({ unix_time: 1647531900, date_time_format: 'r' })).ok, true)
  t.match(last().html, /format="r"/)
  t.match(await given({}), refused)
  t.match(await given({ unix_time: 1647531900, date_time_format: 'x' }), refused)
})

t.test('a caption is above its picture only while each call says so', async t => {
  const { call, last, photo } = await standIn(t)
  const { result } = await call('sendPhoto', { photo, caption: '10 ₽', show_caption_above_media: true })
  t.equal(result.show_caption_above_media, true)
  t.equal(last().captionAbove, true)
  await call('editMessageCaption', { message_id: result.message_id, caption: '10 ₽' })
  t.equal(last().captionAbove, undefined, 'a change of its place is a change')
})

t.test('a preview is shown of the first link, of the one that is named, or not at all', async t => {
  const { call, last } = await standIn(t)
  const text = 'Вот <a href="https://example.com/a">ссылка</a> и https://example.org'
  const send = (link_preview_options?: object) =>
    call('sendMessage', { text, parse_mode: 'HTML', link_preview_options })
  await send()
  t.strictSame(last().preview, { url: 'https://example.com/a', above: false, large: false })
  const named = { url: 'https://example.net/b', show_above_text: true, prefer_large_media: true }
  t.strictSame((await send(named)).result.link_preview_options, { ...named })
  t.strictSame(last().preview, { url: 'https://example.net/b', above: true, large: true })
  await send({ is_disabled: true })
  t.equal(last().preview, undefined)
  await call('editMessageText', { message_id: last().messageId, text, parse_mode: 'HTML' })
  t.match(last().preview, { url: 'https://example.com/a' }, 'an edit sets it anew')
  t.match(await call('sendMessage', { text: 'x', disable_web_page_preview: true }), refused, 'the old way is gone')
  t.match(await send({ url: 'нет' }), refused)
  t.match(await send({ is_disabled: 'yes' }), refused)
})

t.test('an old server of Bot API 7.1 passes over new fields and refuses new markup', async t => {
  const { call, send, last, photo } = await standIn(t, { apiVersion: '7.1' })
  t.equal((await send({ callback_data: 'a', style: 'pink', icon_custom_emoji_id: '1' })).ok, true)
  t.strictSame(last().buttons, [[{ text: 'Да', data: 'a' }]])
  t.match(await send({ copy_text: { text: 'a' } }), refused, 'it sees a button without a kind')
  t.equal((await call('sendMessage', { text: 'x', message_effect_id: 'what' })).ok, true)
  t.equal(last().effect, undefined)
  await call('sendPhoto', { photo, caption: 'x', show_caption_above_media: true })
  t.equal(last().captionAbove, undefined)
  const html = (text: string) => call('sendMessage', { text, parse_mode: 'HTML' })
  t.match(await html('<tg-time unix="1647531900">22:45</tg-time>'), { description: /Unsupported start tag "tg-time"/ })
  t.match(await html('<blockquote expandable>x</blockquote>'), { description: /Expected equal sign/ })
  t.notOk('has_topics_enabled' in (await call('getMe')).result)
})
