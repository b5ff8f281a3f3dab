import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { caller } from '../support/standin.ts'

type Answer = { ok: boolean; result: Record<string, unknown> & { message_id: number }; description?: string }

const paragraph = (text: unknown) => ({ type: 'paragraph', text })
const cell = (text: unknown, more: object = {}) => ({ text, align: 'left', valign: 'top', ...more })
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  t.teardown(() => telegram.close())
  const { id } = telegram.player.addPerson({ firstName: 'Анна' })
  telegram.player.open(id)
  telegram.faults.limits = false
  const bare = caller<Answer>(telegram)
  const call = (method: string, fields: object) => bare(method, { chat_id: id, ...fields })
  const send = (...blocks: unknown[]) => call('sendRichMessage', { rich_message: { blocks } })
  return { telegram, id, call, send }
}

t.test('a rich message is kept as described and its words are read from it', async t => {
  const { telegram, id, send } = await standIn(t)
  const { result, description } = await send(
    { type: 'heading', text: ['Цены ', { type: 'bold', text: 'модели' }], size: 2 },
    {
      type: 'table',
      is_compact: true,
      caption: 'За одно изображение',
      cells: [
        [cell('Размер', { is_header: true }), cell('Цена', { is_header: true, align: 'right' })],
        [cell('1K'), cell('5 ₽', { align: 'right' })],
      ],
    },
    { type: 'list', items: [{ blocks: [paragraph('раз')] }, { blocks: [paragraph('два')], value: 4, type: 'i' }] },
    { type: 'details', summary: 'Ещё', blocks: [{ type: 'blockquote', blocks: [paragraph('тихо')], credit: 'Анна' }] },
    { type: 'buttons', buttons: [{ text: 'Заказать', callback_data: 'order', style: 'primary' }] },
  )
  t.equal(description, undefined)
  const message = telegram.player.chat(id).at(-1)!
  t.same(message.rich, result.rich_message)
  t.equal(
    message.text,
    'Цены модели\nРазмер Цена\n1K 5 ₽\nЗа одно изображение\n• раз\niv. два\nЕщё\nтихо\nАнна\nЗаказать',
  )
  t.match(message.html, /^Цены <b>модели<\/b>\nРазмер Цена\n/)
})

t.test('a button inside of a rich message is pressed as one below it', async t => {
  const { telegram, id, call, send } = await standIn(t)
  const button = { type: 'button', button: { text: 'Ещё', callback_data: 'more' } }
  const { result } = await send({ type: 'details', summary: 'Цены', blocks: [paragraph(['И ', button])] })
  await t.rejects(telegram.player.press(id, result.message_id, { data: 'less' }), /no button/)
  const pressed = telegram.player.press(id, result.message_id, { text: 'Ещё' })
  const { result: updates } = await call('getUpdates', { chat_id: undefined, allowed_updates: ['callback_query'] })
  const press = (updates as unknown as { callback_query?: { id: string; data: string } }[]).at(-1)?.callback_query
  t.equal(press?.data, 'more')
  await call('answerCallbackQuery', { chat_id: undefined, callback_query_id: press?.id })
  t.match(await pressed, { showAlert: false })
})

t.test('a picture in a collage is a file of the server, fetched once for all blocks', async t => {
  const { telegram, id, call } = await standIn(t)
  const form = new FormData()
  const blocks = [
    {
      type: 'collage',
      blocks: [{ type: 'photo', photo: { type: 'photo', media: 'attach://one', has_spoiler: true } }],
      caption: { text: 'Пример' },
    },
  ]
  form.set('chat_id', String(id))
  form.set('rich_message', JSON.stringify({ blocks }))
  form.set('one', new Blob([Buffer.from(picture, 'base64')], { type: 'image/png' }), 'one.png')
  const answer = await fetch(`${telegram.apiRoot}/bot${telegram.token}/sendRichMessage`, { method: 'POST', body: form })
  t.equal(answer.status, 200, await answer.clone().text())
  const photo = telegram.player.chat(id).at(-1)!.rich!.blocks[0]!.blocks![0]!
  t.equal(photo.has_spoiler, true)
  const media = photo.photo!.at(-1)!.file_id
  const again = { type: 'slideshow', blocks: [{ type: 'photo', photo: { type: 'photo', media } }] }
  t.equal((await call('sendRichMessage', { rich_message: { blocks: [again] } })).ok, true, 'by its file id')
})

const deep = (levels: number): object =>
  levels === 0 ? paragraph('дно') : { type: 'blockquote', blocks: [deep(levels - 1)] }
const many = (length: number, make: (nth: number) => unknown) => Array.from({ length }, (_, nth) => make(nth))
const table = (...cells: unknown[]) => ({ type: 'table', cells })

const refused: Record<string, [unknown[], RegExp]> = {
  'no blocks': [[], /rich message is empty/],
  'blanks alone': [[paragraph('  ')], /rich message is empty/],
  'a block of tomorrow': [[{ type: 'hologram', text: 'x' }], /unknown type "hologram"/],
  'a block that is no object': [['x'], /must be of type Object/],
  'a block without a type': [[{ text: 'x' }], /"type" of InputRichBlock/],
  'a paragraph without text': [[{ type: 'paragraph' }], /"text" of InputRichBlockParagraph/],
  'a text of tomorrow': [[paragraph({ type: 'glowing', text: 'x' })], /unknown type "glowing"/],
  'a number as text': [[paragraph(5)], /blocks\[0\]\.text" must be/],
  'a heading of size 7': [[{ type: 'heading', text: 'x', size: 7 }], /"heading"|"size"/],
  'a heading without size': [[{ type: 'heading', text: 'x' }], /"heading"|"size"/],
  'a wrong link': [[paragraph({ type: 'url', text: 'x', url: 'javascript:1' })], /wrong URL/],
  'a wrong format of time': [
    [paragraph({ type: 'date_time', text: 'x', unix_time: 1, date_time_format: 'dw' })],
    /wrong date_time_format/,
  ],
  'a cell without alignment': [[table([{ text: 'x', valign: 'top' }])], /"align" of RichBlockTableCell/],
  'a cell aligned to nowhere': [[table([cell('x', { valign: 'centre' })])], /"left"|"centre"|valign/],
  'a table without rows': [[table()], /no rows/],
  '21 columns': [[table(many(21, () => cell('x')))], /more than 20 columns/],
  '21 columns by spans': [[table([cell('x', { colspan: 20 }), cell('y')])], /more than 20 columns/],
  '21 columns by rows that reach down': [
    [
      table(
        [cell('x', { rowspan: 2 }), cell('y')],
        many(20, () => cell('z')),
      ),
    ],
    /more than 20 columns/,
  ],
  '501 blocks': [many(501, () => paragraph('x')), /more than 500 blocks/],
  '501 blocks with rows': [[table(...many(500, () => [cell('x')]))], /more than 500 blocks/],
  '32769 characters': [[paragraph('😀'.repeat(32_769))], /longer than 32768/],
  '17 levels': [[deep(16)], /more than 16 levels/],
  '51 media': [
    many(51, () => ({ type: 'photo', photo: { type: 'photo', media: 'https://example.com/a.png' } })),
    /more than 50 media/,
  ],
  'a photo that is a video': [[{ type: 'photo', photo: { type: 'video', media: 'x' } }], /InputMediaPhoto/],
  'a text in a collage': [[{ type: 'collage', blocks: [paragraph('x')] }], /photos and videos/],
  'an empty list': [[{ type: 'list', items: [] }], /no items/],
  'a thinking block': [[{ type: 'thinking', text: 'x' }], /sendRichMessageDraft only/],
  '9 buttons in a row': [
    [{ type: 'buttons', buttons: many(9, () => ({ text: 'x', callback_data: 'x' })) }],
    /1-8 buttons/,
  ],
  'a button of two kinds': [
    [{ type: 'buttons', buttons: [{ text: 'x', callback_data: 'x', url: 'https://t.me' }] }],
    /exactly one kind/,
  ],
  'a link that only looks like one': [
    [{ type: 'buttons', buttons: [{ text: 'x', url: 'https://t.me', style: 'link' }] }],
    /for callback buttons only/,
  ],
  'a bold button': [
    [{ type: 'buttons', buttons: [{ text: { type: 'bold', text: 'x' }, callback_data: 'x' }] }],
    /may be plain/,
  ],
  'a button with 65 bytes': [
    [paragraph({ type: 'button', button: { text: 'x', callback_data: 'x'.repeat(65) } })],
    /1-64 bytes/,
  ],
}

t.test('what the description does not allow in a rich message is refused and says why', async t => {
  const { telegram, id, send } = await standIn(t)
  const before = telegram.player.chat(id).length
  for (const [what, [blocks, why]] of Object.entries(refused)) {
    const answer = await send(...blocks)
    t.match(answer, { ok: false, error_code: 400, description: why }, what)
  }
  t.equal(telegram.player.chat(id).length, before, 'nothing was sent')
})

t.test('what stands at a limit of rich messages is taken', async t => {
  const { send } = await standIn(t)
  const atLimits: Record<string, unknown[]> = {
    '20 columns': [table(many(20, () => cell('x')))],
    '500 blocks': many(500, () => paragraph('x')),
    '32768 characters': [paragraph('😀'.repeat(32_768))],
    '16 levels': [deep(15)],
  }
  for (const [what, blocks] of Object.entries(atLimits)) t.match(await send(...blocks), { ok: true }, what)
})

t.test('exactly one way to write a rich message is used', async t => {
  const { call } = await standIn(t)
  const blocks = [paragraph('x')]
  const wrong = [
    {},
    { blocks, html: '<p>x</p>' },
    { markdown: 'x' },
    { html: 'x' },
    { blocks, media: [] },
    { blocks: 1 },
  ]
  for (const rich_message of wrong) {
    t.match(
      await call('sendRichMessage', { rich_message }),
      { ok: false, error_code: 400 },
      JSON.stringify(rich_message),
    )
  }
  t.match(await call('sendRichMessage', {}), { ok: false, error_code: 400 })
})

t.test('a text is edited into a rich message and back; what changes nothing is refused', async t => {
  const { telegram, id, call } = await standIn(t)
  const rich_message = { blocks: [paragraph('богато')] }
  const sent = await call('sendMessage', { text: 'просто' })
  const edit = (fields: object) => call('editMessageText', { message_id: sent.result.message_id, ...fields })
  const last = () => telegram.player.chat(id).at(-1)!
  t.match(await edit({ rich_message }), { ok: true })
  t.match(last(), { text: 'богато', rich: rich_message })
  t.match(await edit({ rich_message }), { error_code: 400, description: /not modified/ })
  t.match(await edit({ text: 'просто' }), { ok: true })
  t.equal(last().rich, undefined)
  t.equal(last().text, 'просто')
  t.match(await edit({ rich_message, text: 'x' }), { error_code: 400, description: /exactly one/ })
  t.match(await edit({}), { error_code: 400, description: /message text is empty/ })
})

t.test('a server of 7.1 has no rich messages', async t => {
  const { call, send } = await standIn(t, { apiVersion: '7.1' })
  t.match(await send(paragraph('x')), { ok: false, error_code: 404, description: 'Not Found: method not found' })
  const sent = await call('sendMessage', { text: 'просто' })
  const rich = { message_id: sent.result.message_id, rich_message: { blocks: [paragraph('x')] } }
  t.match(await call('editMessageText', rich), { ok: false, error_code: 400, description: /message text is empty/ })
})
