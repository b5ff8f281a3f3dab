import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import {
  describe,
  type Method,
  type Parameter,
  type Version,
} from '../../playground/telegram/api/description/description.ts'
import type { Shape, Shaped } from '../../playground/telegram/api/description/shapes.ts'
import { readCall } from '../../playground/telegram/api/fields.ts'
import { METHODS } from '../../playground/telegram/api/methods.ts'
import { seeded } from '../../playground/telegram/random.ts'
import { openDelivery } from '../../playground/telegram/updates/delivery.ts'
import { standIn } from '../support/standin.ts'

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000)
const random = seeded(seed)
t.comment(`SEED=${seed}`)

const today = describe('10.3')
const old = describe('7.1')

// A second source beside the reader, written down by hand: method, parameter, required, kind.
const FACTS: [string, string, boolean, string][] = [
  ['getUpdates', 'allowed_updates', false, 'arr'],
  ['setWebhook', 'url', true, 'str'],
  ['setWebhook', 'certificate', false, 'file'],
  ['setWebhook', 'secret_token', false, 'str'],
  ['sendMessage', 'chat_id', true, 'id'],
  ['sendMessage', 'text', true, 'str'],
  ['sendMessage', 'message_thread_id', false, 'int'],
  ['sendMessage', 'message_effect_id', false, 'str'],
  ['sendMessage', 'link_preview_options', false, 'obj'],
  ['sendMessage', 'reply_parameters', false, 'obj'],
  ['sendMessage', 'allow_paid_broadcast', false, 'bool'],
  ['sendMessage', 'ephemeral_message_parameters', false, 'obj'],
  ['sendPhoto', 'photo', true, 'file'],
  ['sendPhoto', 'show_caption_above_media', false, 'bool'],
  ['sendVideo', 'cover', false, 'file'],
  ['sendVideo', 'start_timestamp', false, 'int'],
  ['sendVideo', 'supports_streaming', false, 'bool'],
  ['sendAudio', 'performer', false, 'str'],
  ['sendMediaGroup', 'media', true, 'arr'],
  ['sendLocation', 'latitude', true, 'num'],
  ['sendLocation', 'live_period', false, 'int'],
  ['sendPoll', 'question', true, 'str'],
  ['sendPoll', 'options', true, 'arr'],
  ['sendDice', 'emoji', false, 'str'],
  ['sendChatAction', 'action', true, 'str'],
  ['copyMessage', 'from_chat_id', true, 'id'],
  ['copyMessage', 'message_id', true, 'int'],
  ['forwardMessages', 'message_ids', true, 'arr'],
  ['getFile', 'file_id', true, 'str'],
  ['banChatMember', 'user_id', true, 'int'],
  ['banChatMember', 'revoke_messages', false, 'bool'],
  ['getUserProfilePhotos', 'user_id', true, 'int'],
  ['answerCallbackQuery', 'callback_query_id', true, 'str'],
  ['answerCallbackQuery', 'show_alert', false, 'bool'],
  ['setMyCommands', 'commands', true, 'arr'],
  ['setMyCommands', 'scope', false, 'obj'],
  ['setMyName', 'name', false, 'str'],
  ['setMyProfilePhoto', 'photo', true, 'obj'],
  ['setChatMenuButton', 'menu_button', false, 'obj'],
  ['editMessageText', 'inline_message_id', false, 'str'],
  ['editMessageMedia', 'media', true, 'obj'],
  ['deleteMessages', 'message_ids', true, 'arr'],
  ['answerInlineQuery', 'results', true, 'arr'],
  ['answerInlineQuery', 'is_personal', false, 'bool'],
  ['savePreparedInlineMessage', 'allow_user_chats', false, 'bool'],
  ['sendInvoice', 'prices', true, 'arr'],
  ['sendInvoice', 'provider_token', false, 'str'],
  ['createInvoiceLink', 'subscription_period', false, 'int'],
  ['answerPreCheckoutQuery', 'ok', true, 'bool'],
  ['refundStarPayment', 'telegram_payment_charge_id', true, 'str'],
  ['editUserStarSubscription', 'is_canceled', true, 'bool'],
  ['setMessageReaction', 'reaction', false, 'arr'],
  ['createForumTopic', 'icon_color', false, 'int'],
]

t.test('the reader finds what the documentation says', async t => {
  for (const [method, key, required, kind] of FACTS) {
    t.match(today.methods.get(method.toLowerCase())?.parameters.get(key), { required, kind }, `${method} ${key}`)
  }
  const absent = {
    sendMessage: ['reply_to_message_id', 'disable_web_page_preview', 'allow_sending_without_reply', 'photo'],
    sendVideo: ['thumb'],
    sendMediaGroup: ['reply_markup', 'caption'],
    getMe: ['chat_id'],
  }
  for (const [method, keys] of Object.entries(absent))
    for (const key of keys) t.notOk(today.methods.get(method.toLowerCase())?.parameters.has(key), `${method} ${key}`)
  for (const name of ['kickChatMember', 'getChatMembersCount', 'sendMesage']) t.notOk(today.methods.has(name), name)
  const kinds = [
    'message',
    'callback_query',
    'message_reaction',
    'purchased_paid_media',
    'guest_message',
    'subscription',
  ]
  for (const kind of kinds) t.ok(today.updates.has(kind), kind)
  t.strictSame([...today.fieldsOf('CopyTextButton')], ['text'])
  t.equal(describe('10.3'), today, 'it is read once')
})

t.test('what the reader does not understand is in no parameter, and what is played is described', async t => {
  for (const { version, methods } of [today, old]) {
    const seen = new Set<object>()
    const odd: string[] = []
    const walk = (shape: Shape, path: string) => {
      if (seen.has(shape)) return
      seen.add(shape)
      if (shape.any) odd.push(path)
      if (shape.items) walk(shape.items, `${path}[]`)
      for (const { fields } of shape.objects) for (const [key, field] of fields) walk(field.shape, `${path}.${key}`)
    }
    for (const { name, parameters } of methods.values())
      for (const [key, { shape }] of parameters) walk(shape, `${name} ${key}`)
    t.strictSame(odd, [], version)
  }
  for (const name of Object.keys(METHODS)) t.equal(today.methods.get(name.toLowerCase())?.name, name)
})

t.test('every method of the description is known, and one that is not played says so', async t => {
  const { telegram, call } = await standIn(t, { apiVersion: '10.3' })
  for (const method of today.methods.values()) {
    const answer = await call(method.name, plain(method))
    const isPlayed = method.name in METHODS
    t.not(answer.description, 'Not Found: method not found', method.name)
    if (!isPlayed) t.match(answer, { error_code: 404, description: `Not Found: ${method.name} is not played here` })
  }
  t.match(await call('kickChatMember'), { error_code: 404, description: 'Not Found: method not found' })
  t.equal(telegram.calls.filter(({ unknown }) => unknown).length, 0)
})

t.test('a made-up call that follows the description passes, and one thing wrong is refused', async t => {
  const counts = { calls: 0, extra: 0, nested: 0, missing: 0, wrong: 0 }
  for (const method of [...today.methods.values(), ...today.methods.values()]) {
    const { fields, nodes } = sampleCall(method)
    const read = (raw: object) => outcome('10.3', method, raw)
    counts.calls++
    if (read(fields) !== '') return t.fail(`${method.name} refuses ${JSON.stringify(fields)}: ${read(fields)}`)

    counts.extra++
    t.equal(read({ ...fields, foo: 1 }), `unknown parameter "foo" of ${method.name}`)
    for (const [key, parameter] of method.parameters) {
      const { [key]: given, ...rest } = fields
      if (parameter.required) {
        counts.missing++
        t.not(read(rest), '', `${method.name} without ${key}`)
      }
      if (given === undefined) continue
      counts.wrong++
      t.not(read({ ...fields, [key]: wrongFor(parameter.shape) }), '', `${method.name} ${key} of another type`)
    }
    for (const node of nodes) {
      const told = nestedFaults(node, () => read(fields))
      for (const [what, fault] of told) {
        counts[what]++
        if (fault === '') t.fail(`${method.name} lets pass: ${what} in ${node.kind.name}, ${JSON.stringify(fields)}`)
      }
    }
  }
  t.comment(JSON.stringify(counts))
  t.ok(counts.extra > 300 && counts.nested > 200 && counts.missing > 300 && counts.wrong > 500)
})

t.test('a refusal names what is wrong and where, and the journal keeps it', async t => {
  const { telegram, anna, call } = await standIn(t, { apiVersion: '10.3' })
  const send = (fields: object) => call('sendMessage', { chat_id: anna.id, text: 'а', ...fields })
  const keyboard = (button: object) => ({ reply_markup: { inline_keyboard: [[{ text: 'б', ...button }]] } })
  const cases: [object, RegExp, string[]?][] = [
    [{ foo: 1 }, /unknown parameter "foo" of sendMessage$/, ['foo']],
    [{ reply_to_message_id: 1 }, /unknown parameter "reply_to_message_id"/, ['reply_to_message_id']],
    [{ disable_web_page_preview: true }, /unknown parameter/, ['disable_web_page_preview']],
    [
      { link_preview_options: { disabled: true } },
      /unknown field "disabled" of LinkPreviewOptions in link_preview_options$/,
    ],
    [
      keyboard({ callback_data: 'a', colour: 'red' }),
      /unknown field "colour" of InlineKeyboardButton\S* in reply_markup\.inline_keyboard\[0\]\[0\]$/,
      ['reply_markup.inline_keyboard[0][0].colour'],
    ],
    [keyboard({ callback_data: 'a', style: 'green' }), /unknown style "green"/],
    [keyboard({}), /Text buttons are unallowed in the inline keyboard/],
    [keyboard({ copy_text: 'a' }), /copy_text" must be of type Object/],
    [keyboard({ copy_text: {} }), /field "text" of CopyTextButton in \S+ is required/],
    [
      { reply_markup: { inline_keyboard: [[{ text: 'а', callback_data: 'а' }]], resize_keyboard: true } },
      /InlineKeyboardMarkup/,
    ],
    [{ entities: [{ type: 'fancy', offset: 0, length: 1 }] }, /unknown type "fancy" of MessageEntity in entities\[0\]/],
    [{ entities: [{ type: 'bold', offset: 0 }] }, /field "length" of .+ in entities\[0\] is required/],
    [{ reply_parameters: { message_id: 'first' } }, /reply_parameters\.message_id" must be of type Number/],
  ]
  for (const [fields, wanted, unknown] of cases) {
    t.match(await send(fields), { error_code: 400, description: wanted })
    if (unknown) t.strictSame(telegram.calls.at(-1)?.unknown, unknown)
  }
  t.match(await call('sendPhoto', { chat_id: anna.id, photo: 'x', thumb: 'y' }), {
    description: /unknown parameter "thumb"/,
  })
  t.match(await call('setMyCommands', { commands: [], scope: { type: 'everybody' } }), {
    description: /unknown type "everybody"/,
  })
  t.equal(telegram.player.chat(anna.id).filter(({ from }) => from === 'bot').length, 0, 'nothing was sent')
  t.match(await send(keyboard({ callback_data: 'a', style: 'success' })), { ok: true })
  t.match(await send({ entities: [{ type: 'text_mention', offset: 0, length: 1, user: { id: anna.id } }] }), {
    ok: true,
  })
  t.match(await send({ reply_markup: '', parse_mode: 'html' }), { ok: true })
})

t.test('an old server does not know new methods, passes over new fields and keeps no trace of them', async t => {
  const { telegram, anna, call } = await standIn(t, { apiVersion: '7.1' })
  const fresh = [...today.methods.values()].filter(({ name }) => !old.methods.has(name.toLowerCase()))
  t.ok(fresh.length > 60)
  for (const { name } of fresh)
    t.match(await call(name), { error_code: 404, description: 'Not Found: method not found' })

  const send = (fields: object) => call('sendMessage', { chat_id: anna.id, text: 'а', ...fields })
  t.match(await send({ message_effect_id: '5104841245755180586', foo: 1 }), { ok: true })
  t.strictSame(telegram.calls.at(-1)?.unknown, ['message_effect_id', 'foo'])
  const button = (fields: object) => ({ reply_markup: { inline_keyboard: [[{ text: 'б', ...fields }]] } })
  const { result } = await send(button({ callback_data: 'a', style: 'success' }))
  t.strictSame(result.reply_markup, { inline_keyboard: [[{ text: 'б', callback_data: 'a' }]] })
  t.match(await send(button({ copy_text: { text: 'x' } })), {
    error_code: 400,
    description: /Text buttons are unallowed in the inline keyboard/,
  })
  t.match(await send({ reply_parameters: { message_id: 'x' } }), { error_code: 400 }, 'what it knows it checks')

  const me = Object.keys((await call('getMe')).result)
  t.strictSame(
    me.filter(key => !old.fieldsOf('UserFromGetMe').has(key)),
    [],
  )
  await call('getUpdates', { timeout: 0, allowed_updates: ['message', 'guest_message'] })
  t.strictSame(telegram.calls.at(-1)?.fields.allowed_updates, ['message'])
})

t.test('an old server queues no update of a kind that it does not know', async t => {
  const queued = (kinds: ReadonlySet<string>, update: object) => {
    const delivery = openDelivery({ ...quiet, random, kinds })
    t.teardown(() => delivery.close())
    return delivery.push(update) !== undefined
  }
  const quiet = { scale: 1, saved: undefined, paused: () => true, emit: () => {}, execute: () => {} }
  t.strictSame([queued(old.updates, { message: {} }), queued(old.updates, { guest_message: {} })], [true, false])
  t.equal(queued(today.updates, { guest_message: {} }), true)
})

t.test('getMe tells what BotFather decided, and a switch is told at once', async t => {
  const { telegram, call } = await standIn(t, { apiVersion: '10.3' })
  const known = today.fieldsOf('UserFromGetMe')
  const { result } = await call('getMe')
  t.strictSame(
    Object.keys(result).filter(key => !known.has(key)),
    [],
  )
  t.match(result, {
    has_topics_enabled: true,
    supports_inline_queries: true,
    supports_guest_queries: true,
    can_join_groups: true,
  })
  telegram.botSettings.has_topics_enabled = false
  t.match((await call('getMe')).result, { has_topics_enabled: false })
})

t.test('the bot has a name, descriptions and a picture, in the language of who looks', async t => {
  const { telegram, anna, call } = await standIn(t, { apiVersion: '10.3' })
  const shown = () => telegram.profileFor(anna.id)
  t.strictSame(shown(), { name: 'Telegen', description: '', shortDescription: '', photo: null })
  for (const [method, key, most] of [
    ['setMyName', 'name', 64],
    ['setMyDescription', 'description', 512],
    ['setMyShortDescription', 'short_description', 120],
  ] as const) {
    t.match(await call(method, { [key]: 'я'.repeat(most + 1) }), { error_code: 400, description: /too long/ })
    t.match(await call(method, { [key]: 'я'.repeat(most), language_code: 'ru' }), { ok: true })
    t.match(await call(method, { [key]: 'я', language_code: 'rus' }), { error_code: 400, description: /language/ })
    t.match(await call(method, { [key]: `all ${key}` }), { ok: true })
  }
  t.strictSame([shown().name.length, shown().description.length, shown().shortDescription.length], [64, 512, 120])
  await call('setMyName', { name: '', language_code: 'ru' })
  t.equal(shown().name, 'all name', 'an empty name gives way to that of all languages')
  t.match(await call('getMyName', { language_code: 'ru' }), { result: { name: 'all name' } })
  t.match((await call('getMe')).result, { first_name: 'all name' })

  const photo = { photo: { type: 'static', photo: 'attach://picture' } }
  const draw = (side: number, kind: 'image/jpeg' | 'image/png') =>
    new Uint8Array(createCanvas(side, side).toBuffer(kind as 'image/png'))
  const refused: [object, Record<string, Uint8Array<ArrayBuffer>>, RegExp][] = [
    [photo, { picture: draw(320, 'image/png') }, /PHOTO_EXT_INVALID/],
    [photo, { picture: draw(80, 'image/jpeg') }, /PHOTO_CROP_SIZE_SMALL/],
    [photo, { another: draw(320, 'image/jpeg') }, /uploaded as a file/],
    [{ photo: { type: 'static', photo: 'AgACAgIAAxkB' } }, {}, /must be of type InputFile/],
    [
      { photo: { type: 'round', photo: 'attach://picture' } },
      { picture: draw(320, 'image/jpeg') },
      /unknown type "round"/,
    ],
  ]
  for (const [fields, files, why] of refused) {
    t.match(await call('setMyProfilePhoto', fields, files), { error_code: 400, description: why })
  }
  t.match(await call('setMyProfilePhoto', photo, { picture: draw(320, 'image/jpeg') }), { ok: true, result: true })
  const { id } = telegram.bot
  const { result } = await call('getUserProfilePhotos', { user_id: id, limit: 1 })
  t.match(result, { total_count: 1, photos: [[{ width: 90 }, { width: 320, height: 320 }]] })
  t.match(telegram.player.file(shown().photo!), { mime: 'image/jpeg' })
  t.match(await call('getUserProfilePhotos', { user_id: anna.id }), { result: { total_count: 0 } })
  t.match(await call('getUserProfilePhotos', { user_id: 5 }), { error_code: 400, description: /user not found/ })
  t.match(await call('removeMyProfilePhoto'), { result: true })
  t.equal(shown().photo, null)
})

type Node = { value: Record<string, unknown>; kind: Shaped; shape: Shape }

/** What the stand-in says to a call before it does anything; an empty string is nothing. */
function outcome(version: Version, { name }: Method, raw: object): string {
  try {
    const { faults } = readCall(describe(version), name, { ...raw }, new Map())
    return faults[0] ?? ''
  } catch (error) {
    return (error as Error).message
  }
}

/** The required parameters of a method alone. */
function plain({ parameters }: Method): Record<string, unknown> {
  const required = [...parameters].filter(([, { required }]) => required)
  return Object.fromEntries(required.map(([key, parameter]) => [key, top(parameter, [], 9)]))
}

/** A call with all that is required and some of the rest, and the objects in it. */
function sampleCall({ parameters }: Method) {
  const nodes: Node[] = []
  const given = [...parameters].filter(([, { required }]) => required || random.int(0, 2) > 0)
  const fields: Record<string, unknown> = Object.fromEntries(given.map(([key, p]) => [key, top(p, nodes, 0)]))
  return { fields, nodes }
}

const top = ({ kind, shape }: Parameter, nodes: Node[], depth: number) =>
  kind === 'id' ? 5 : kind === 'file' ? 'attach://file' : sample(shape, nodes, depth)

/** A value of this shape; below a depth only what must be. */
function sample(shape: Shape, nodes: Node[], depth: number): unknown {
  const { scalars, values, objects, items } = shape
  if (objects.length > 0 && (scalars.size === 0 || depth < 4)) {
    const kind = pick(objects)
    const value: Record<string, unknown> = {}
    nodes.push({ value, kind, shape })
    for (const [key, field] of kind.fields) {
      const isGiven = field.required || (depth < 4 && random.int(0, 2) === 0 && !takesNothing(field.shape))
      if (isGiven) value[key] = sample(field.shape, nodes, depth + 1)
    }
    return value
  }
  if (scalars.has('file')) return 'attach://file'
  if (values.length > 0) return pick(values)
  if (scalars.has('str')) return 'слово'
  if (scalars.has('int')) return 7
  if (scalars.has('num')) return 0.5
  if (scalars.has('bool')) return true
  return items && depth < 6 ? [sample(items, nodes, depth + 1)] : []
}

/** A file where the method takes none. */
const takesNothing = ({ scalars, values, objects, items }: Shape) =>
  scalars.size + values.length + objects.length === 0 && !items

/** What is said of one object with a field too many, one too few, and one of another type. */
function nestedFaults({ value, kind, shape }: Node, read: () => string) {
  const told: ['nested' | 'missing' | 'wrong', string][] = []
  value.foo = 1
  told.push(['nested', read()])
  delete value.foo
  for (const [key, field] of kind.fields) {
    const given = value[key]
    if (given === undefined) continue
    // A kind without this field may be whole without it; of a person the id is enough; no markup at all is allowed.
    const isFree = shape.objects.length > 1 || (kind.name === 'User' && key !== 'id')
    if (field.required && !isFree && kind.name !== 'InlineKeyboardMarkup') {
      delete value[key]
      told.push(['missing', read()])
    }
    value[key] = wrongFor(field.shape)
    told.push(['wrong', read()])
    value[key] = given
  }
  return told
}

/** A value that this shape does not take. */
function wrongFor({ scalars, objects, items, values }: Shape): unknown {
  if (objects.length === 0) return { wrong: true }
  if (!items) return [1]
  return scalars.has('bool') || values.length > 0 ? undefined : true
}

const pick = <T>(of: readonly T[]): T => of[random.int(0, of.length - 1)]!
