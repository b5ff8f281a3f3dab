import t from 'tap'
import { likely, linksIn } from '../../src/bot/files/links.ts'
import { Refused } from '../../src/errors.ts'
import { readRich } from '../../src/telegram/rich-text.ts'
import { isBlank } from '../../src/visible.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions } from '../support/messages.ts'

// Whatever arrives in a private chat has an answer: forwarded rich messages, kinds of tomorrow, texts that nobody sees,
// links within other words.
const stage = await chats(t, { transferDetails: 'Банк, счёт 1' })
const { api, deps, draftOf, links, person, quoteOf, serve, story } = stage

const codes = (text: string) => [...text].map(sign => `U+${sign.codePointAt(0)!.toString(16)}`).join(' ')
let counter = 10_000
const message = (userId: number, content: object, type = 'private') => ({
  message_id: ++counter,
  date: 1,
  from: { id: userId, is_bot: false, first_name: 'Анна' },
  chat: { id: type === 'private' ? userId : -userId, type },
  ...content,
})
async function sends(anna: Person, content: object) {
  api.player.raw({ message: message(anna.id, content) })
  await serve()
  return anna.last()
}
const said = (anna: Person) => anna.chat().filter(one => one.from === 'bot').length
const rich = (...blocks: unknown[]) => ({ rich_message: { blocks } })
const paragraph = (text: unknown) => ({ type: 'paragraph', text })

t.test('the words of a rich message are read in order, whatever blocks they stand in', async t => {
  const text = (...blocks: unknown[]) => readRich({ blocks }).text
  t.equal(text(paragraph('рыжий кот')), 'рыжий кот')
  t.equal(
    text({ type: 'heading', size: 1, text: ['План ', { type: 'bold', text: 'дня' }] }, paragraph('кот')),
    'План дня\nкот',
  )
  t.equal(
    text({
      type: 'list',
      items: [
        {
          label: '1.',
          blocks: [paragraph('кот'), { type: 'list', items: [{ label: '•', blocks: [paragraph('лапы')] }] }],
        },
        { label: '2.', blocks: [paragraph('лодка')] },
      ],
    }),
    '1. кот\n• лапы\n2. лодка',
  )
  t.equal(text({ type: 'blockquote', blocks: [paragraph('мяу')], credit: 'кот' }), 'мяу\nкот')
  t.equal(text({ type: 'pullquote', text: 'мяу', credit: { type: 'italic', text: 'кот' } }), 'мяу\nкот')
  t.equal(text({ type: 'expandable_blockquote', text: 'длинно' }), 'длинно')
  const cell = (text: unknown) => ({ text, align: 'left', valign: 'top' })
  t.equal(
    text({
      type: 'table',
      cells: [
        [cell('что'), cell('где')],
        [cell('кот'), {}],
      ],
      caption: 'Таблица',
    }),
    'что | где\nкот | \nТаблица',
  )
  t.equal(text({ type: 'details', summary: 'Ещё', blocks: [paragraph('внутри')] }), 'Ещё\nвнутри')
  t.equal(
    text({ type: 'pre', text: 'x = 1', language: 'js' }, { type: 'divider' }, { type: 'footer', text: 'конец' }),
    'x = 1\nконец',
  )
  t.equal(text({ type: 'mathematical_expression', expression: 'a^2' }), 'a^2')
  t.equal(text({ type: 'photo', photo: [], caption: { text: 'подпись', credit: 'автор' } }), 'подпись\nавтор')
  t.equal(
    text({ type: 'collage', blocks: [{ type: 'photo', caption: { text: 'раз' } }], caption: { text: 'два' } }),
    'раз\nдва',
  )
  t.equal(
    text({
      type: 'buttons',
      buttons: [
        { text: 'Да', url: 'https://a.example' },
        { text: 'Нет', callback_data: 'n' },
      ],
    }),
    'Да\nНет',
  )
  t.equal(text(paragraph({ type: 'custom_emoji', custom_emoji_id: '1', alternative_text: '🐈' })), '🐈')
  t.equal(
    text(paragraph(['см. ', { type: 'button', button: { text: 'тут' } }, { type: 'anchor', name: 'a' }])),
    'см. тут',
  )
  t.equal(
    text({ type: 'hologram', text: 'из будущего', blocks: [paragraph('ещё')] }),
    'из будущего\nещё',
    'a kind to come',
  )
  const { text: words, links: found } = readRich({
    blocks: [paragraph(['вот ', { type: 'url', text: 'тут', url: 'https://b.example' }])],
  })
  t.strictSame([words, found], ['вот тут', [{ offset: 4, length: 3, url: 'https://b.example' }]])
})

t.test('a hostile rich message is read within its limits, quickly, and never throws', async t => {
  const deep = (levels: number) => {
    let node: unknown = 'дно'
    for (let n = 0; n < levels; n++) node = n % 2 ? [node] : { type: 'bold', text: node }
    return node
  }
  const nested = (levels: number) => {
    let node: unknown = paragraph('дно')
    for (let n = 0; n < levels; n++) node = { type: 'blockquote', blocks: [node] }
    return node
  }
  const cyclic: Record<string, unknown> = { type: 'blockquote', text: 'о' }
  cyclic.blocks = [cyclic, cyclic]
  const shapes: [string, unknown][] = [
    ['deep words', { blocks: [paragraph(deep(50_000))] }],
    ['deep blocks', { blocks: [nested(50_000)] }],
    ['a million blocks', { blocks: Array(1_000_000).fill(paragraph('кот')) }],
    ['a million empty blocks', { blocks: Array(1_000_000).fill({}) }],
    ['blocks within themselves', { blocks: [cyclic] }],
    ['a long text', { blocks: [paragraph('я'.repeat(3_000_000))] }],
    ['a wide table', { blocks: [{ type: 'table', cells: Array(1_000).fill(Array(1_000).fill({ text: 'я' })) }] }],
  ]
  const odd = [null, undefined, 0, 1.5, true, '', 'я', [], {}, [[]], { text: {} }, { blocks: 'x' }, { text: [null, 1] }]
  for (const value of odd) {
    shapes.push(
      [`odd ${JSON.stringify(value)}`, value],
      ['odd blocks', { blocks: value }],
      ['odd block', { blocks: [value] }],
    )
    for (const name of [
      'text',
      'blocks',
      'items',
      'cells',
      'caption',
      'credit',
      'summary',
      'buttons',
      'label',
      'url',
    ]) {
      shapes.push([`odd ${name}`, { blocks: [{ type: 'paragraph', [name]: value }, paragraph(value)] }])
    }
  }
  for (const [name, shape] of shapes) {
    const began = performance.now()
    const { text } = readRich(shape)
    t.ok(text.length <= 32_768 && performance.now() - began < 10_000, name)
  }
  t.comment(`${shapes.length} shapes`)
  t.equal(readRich({ blocks: [nested(10)] }).text, 'дно', 'what Telegram allows is read')
})

await story('an update with a hostile rich message is answered like any other, and the next one as well', async t => {
  const anna = await person()
  let deep: unknown = paragraph('дно')
  for (let n = 0; n < 20_000; n++) deep = { type: 'blockquote', blocks: [deep] }
  const cyclic: Record<string, unknown> = { type: 'blockquote' }
  cyclic.blocks = [cyclic]
  for (const [n, block] of [deep, cyclic, { type: 'list', items: Array(200_000).fill({ blocks: [] }) }].entries()) {
    const before = said(anna)
    await stage.bot.handle({ update_id: 900_000 + n, message: message(anna.id, rich(block)) })
    t.equal(said(anna), before + 1)
  }
  t.match((await anna.says('/menu')).text, /^Напишите, что нарисовать/)
})

await story('a rich message is a text: for a prompt, a search, a question to support', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('z-image')
  await sends(anna, rich({ type: 'heading', size: 1, text: 'рыжий кот' }, paragraph('в лодке')))
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'рыжий кот\nв лодке' } })
  await anna.says('/cancel')
  await anna.presses({ data: 'f:find:0' })
  await sends(anna, rich(paragraph('upscale')))
  t.match(anna.last().text, /^По запросу «upscale» нашлось/)
  await anna.says('/cancel')
  await sends(anna, rich(paragraph('закат')))
  t.match(anna.last().text, /^Картинка по вашим словам/)
  t.match(await draftOf(anna.id), { kind: 'request', inputs: { parts: [{ text: 'закат' }] } })
  const boss = await person()
  deps.adminIds = [boss.id]
  t.teardown(() => (deps.adminIds = []))
  const id = await stage.running(anna.id)
  await anna.presses({ data: `g:${id}:sp` })
  await sends(anna, rich(paragraph('где мой кот?')))
  t.match(boss.last().text, /где мой кот\?/)
})

/** Fields of Message (Bot API 10.3) that a person sends, each with what Telegram may put there. */
const ofPeople: object[] = [
  { story: { chat: { id: 1 }, id: 1 } },
  { paid_media: { star_count: 1, paid_media: [] } },
  { checklist: { title: 'x', tasks: [] } },
  { gift: { gift: {} } },
  { unique_gift: { gift: {} } },
  { giveaway: {} },
  { giveaway_winners: {} },
  { game: { title: 'x' } },
  { venue: { title: 'x' }, location: {} },
  { web_app_data: { data: 'x', button_text: 'x' } },
  { invoice: { title: 'x' } },
  { poll: { question: '?' } },
  { dice: { emoji: '🎲', value: 1 } },
  { contact: { phone_number: '1' } },
  { location: { latitude: 1, longitude: 1 } },
  { sticker: { file_id: 'x' } },
  { live_photo: {} },
  rich({ type: 'divider' }),
  { rich_message: null },
  { rich_message: 5 },
  { hologram: { of: 'tomorrow' } },
  {},
  { photo: [] },
  { text: 5 },
  { text: '\u2800\u3164' },
]
const ofTheChat = [
  'pinned_message',
  'chat_shared',
  'users_shared',
  'forum_topic_created',
  'chat_background_set',
  'boost_added',
]

await story(
  'nothing that a person sends in a private chat goes without an answer; a line of the chat itself does',
  async t => {
    const anna = await person({ kop: 500_00 })
    for (const content of ofPeople) {
      const before = said(anna)
      await sends(anna, content)
      t.equal(said(anna), before + 1, JSON.stringify(content))
      t.equal(anna.last().text, 'Это я не умею. Пришлите текст, фото, видео или звук.')
    }
    await anna.begins('recraft-remove-background')
    for (const content of ofPeople) {
      await sends(anna, content)
      t.match(anna.last().text, /^Здесь подойдёт только фото/, JSON.stringify(content))
    }
    for (const name of ofTheChat) {
      const before = said(anna)
      await sends(anna, { [name]: {} })
      t.equal(said(anna), before, name)
    }
    t.match(await draftOf(anna.id), { kind: 'order' }, 'and the question stands')
  },
)

await story('an edited message is told to be unread, at the pace of a person, and groups stay as they are', async t => {
  const anna = await person()
  const edit = (content: object, type?: string) =>
    api.player.raw({ edited_message: { ...message(anna.id, content, type), edit_date: 2 } })
  edit({ text: 'кот' })
  await serve()
  t.equal(anna.last().text, 'Исправленное сообщение я не перечитываю. Пришлите его заново, пожалуйста.')
  const before = said(anna)
  edit({ location: { latitude: 1, longitude: 1, live_period: 60 } })
  await serve()
  t.equal(said(anna), before, 'a live location edits itself')
  for (let n = 0; n < 10; n++) edit({ text: `кот ${n}` })
  await serve()
  t.ok(said(anna) - before <= 3, `${said(anna) - before} answers to ten edits`)
  const group = api.player.addGroup('Друзья')
  const calls = api.calls.length
  for (const content of [...ofPeople, { text: '\u3164' }]) {
    api.player.raw({ message: { ...message(anna.id, content), chat: { id: group, type: 'group', title: 'Друзья' } } })
  }
  edit({ text: 'кот' }, 'group')
  await serve()
  t.notOk(
    api.calls.slice(calls).some(({ method }) => method.startsWith('send')),
    'not a word in a group',
  )
})

const unseen = [
  '\u2800',
  '\u3164',
  '\u115f',
  '\u1160',
  '\uffa0',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u200e',
  '\u200f',
  '\u2060',
  '\u2061',
  '\u2064',
  '\ufe0f',
  '\ufe0e',
  '\u00ad',
  '\u180e',
  '\u{e0001}',
  '\u{e0041}\u{e007f}',
  '\u202a\u202e',
  '\u2066\u2069',
  '\u061c',
  '\ufeff',
  '\u0301',
  '\u20dd',
  '\u034f',
  '\u17b4',
  '\u{e0100}',
  '\u2028',
  '\u3000',
  '\u00a0',
  '\u2800 \u200b\u3164',
]
const seen = ['a', '👨‍👩‍👧', '❤️', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣', '🇷🇺', 'й', 'и\u0306', 'نه‌ها', '.', '\u2800я', '—', '한', '𝄞']

await story('a text that nobody can see is none, wherever a text is wanted; what is seen stays as it was', async t => {
  for (const text of unseen) t.ok(isBlank(text), codes(text))
  for (const text of seen) t.notOk(isBlank(text), text)
  const anna = await person({ kop: 500_00 })
  const boss = await person()
  for (const text of unseen) {
    await anna.begins('z-image')
    await sends(anna, { text })
    t.match(anna.last().text, /^Здесь нужен текст/, codes(text))
    await sends(anna, rich(paragraph(text)))
    t.match(anna.last().text, /^Здесь нужен текст/, codes(text))
  }
  await anna.presses({ data: 'f:find:0' })
  await sends(anna, { text: '\u3164' })
  t.match(anna.last().text, /^Это я не умею/)
  t.match(await draftOf(anna.id), { kind: 'find' })
  const command = (text: string) => ({
    text,
    entities: [{ type: 'bot_command', offset: 0, length: text.search(/\s/) }],
  })
  deps.adminIds = [boss.id]
  t.teardown(() => (deps.adminIds = []))
  const heard = said(boss)
  await sends(anna, command('/paysupport \u2800\u200b'))
  t.match(anna.last().text, /Вопрос об оплате или запуске/)
  await sends(anna, { text: '\u2800' })
  t.equal(said(boss), heard, 'no admin was asked nothing')
  await sends(boss, command(`/credit ${anna.id} 50 \u2800\u2800\u2800\u2800\u2800`))
  t.notMatch(captions(boss.last()), [/Начислить|Подтвердить/], 'a reason that nobody sees is none')
  await sends(boss, command('/admin_models off z-image \u3164\u3164\u3164\u3164\u3164'))
  t.match(boss.last().text, /Нужна причина/)
  for (const text of seen) {
    await anna.begins('z-image')
    await sends(anna, { text })
    t.equal((await quoteOf(anna.id))?.inputs.prompt, text)
  }
  await anna.begins('qwen-image-edit')
  const photo = { photo: [{ file_id: 'p', file_unique_id: 'p', width: 600, height: 400 }] }
  await sends(anna, { ...photo, caption: '\u3164\u200b' })
  t.notMatch((await draftOf(anna.id))?.inputs.answers, { prompt: String })
})

t.test('of more links than are wanted those come first that end as a wanted file', t => {
  const [page, a, b] = ['https://x.example/app', 'https://x.example/a.png?s=1', 'https://x.example/b.JPG']
  t.strictSame(likely([page, a, b], ['image'], 3), [page, a, b], 'in their order where there is room')
  t.strictSame(likely([page, a, b], ['image'], 2), [a, b])
  t.strictSame(likely([page, a, b], ['audio'], 1), [page])
  t.end()
})

t.test(
  'links are found where they stand: marked, behind words, in a share sheet, without a scheme, before a full stop',
  async t => {
    const cases: [string, unknown, string[]][] = [
      ['https://a.example/1', [], ['https://a.example/1']],
      ['Смотри это видео https://youtu.be/x?t=1 через приложение', [], ['https://youtu.be/x?t=1']],
      ['(см. https://a.example/b_(c)).', [], ['https://a.example/b_(c)']],
      ['«https://a.example/b», и ещё "http://b.example/c"!', [], ['https://a.example/b', 'http://b.example/c']],
      ['youtube.com/watch?v=abc.', [], ['https://youtube.com/watch?v=abc']],
      ['вот: www.a.example', [], ['https://www.a.example']],
      ['и т.д., кот/собака, 1.5/2, mail@a.example/x', [], []],
      ['a.example', [{ type: 'url', offset: 0, length: 9 }], ['https://a.example']],
      [
        '🐈 тут и там',
        [{ type: 'text_link', offset: 3, length: 3, url: 'https://c.example/d' }],
        ['https://c.example/d'],
      ],
      ['🐈🐈 https://a.example/1', [{ type: 'url', offset: 5, length: 19 }], ['https://a.example/1']],
      ['x', [{ type: 'text_link', offset: 0, length: 1, url: 'tg://user?id=1' }], []],
      ['mailto:a@b.example', [{ type: 'url', offset: 0, length: 18 }], []],
      ['пример.рф/кот', [{ type: 'url', offset: 0, length: 13 }], ['https://пример.рф/кот']],
      ['b.example:8080/x', [{ type: 'url', offset: 0, length: 16 }], ['https://b.example:8080/x']],
      ['https://a.example/1 https://a.example/2', [], ['https://a.example/1', 'https://a.example/2']],
      ['кот', [{ type: 'url', offset: -1, length: 99 }, null, 5, { type: 'text_link' }], []],
      ['кот', 'odd', []],
    ]
    for (const [text, entities, wanted] of cases) t.strictSame(linksIn(text, entities), wanted, text)
    const began = performance.now()
    for (const text of [')'.repeat(40_000), 'a.'.repeat(40_000), `https://${'('.repeat(20_000)}${')'.repeat(30_000)}`])
      linksIn(text, [])
    t.ok(performance.now() - began < 10_000, 'however long')
  },
)

await story(
  'a question for a link takes the first that fits, and one for files no more than it has room for',
  async t => {
    const anna = await person({ kop: 500_00 })
    const taken = async () => (await quoteOf(anna.id))?.params
    for (const [content, wanted] of [
      [{ text: 'Смотри видео https://sora.chatgpt.com/p/s_1 через приложение' }, 's_1'],
      [{ text: 'https://example.com/a и https://sora.chatgpt.com/p/s_2, https://sora.chatgpt.com/p/s_3' }, 's_2'],
      [{ text: 'sora.chatgpt.com/p/s_4.' }, 's_4'],
      [
        {
          text: '🐈 тут',
          entities: [{ type: 'text_link', offset: 3, length: 3, url: 'https://sora.chatgpt.com/p/s_5' }],
        },
        's_5',
      ],
      [{ photo: [{ file_id: 'p', file_unique_id: 'p' }], caption: '(sora.chatgpt.com/p/s_6)' }, 's_6'],
      [rich(paragraph(['вот ', { type: 'url', text: 'ролик', url: 'https://sora.chatgpt.com/p/s_7' }])), 's_7'],
    ] as const) {
      await anna.begins('sora-watermark-remover')
      await sends(anna, content)
      t.match(await taken(), { video_url: `https://sora.chatgpt.com/p/${wanted}` }, JSON.stringify(content))
    }
    await anna.begins('sora-watermark-remover')
    await sends(anna, { text: 'нет ссылки' })
    t.match(anna.last().text, /^Нужна ссылка вида https:\/\/sora/)

    links.set('https://good.example/a.png', {})
    links.set('https://good.example/page', new Refused('not_media', 'a page'))
    for (const text of [
      'Вот фото https://good.example/a.png, лови',
      'good.example/a.png',
      'https://good.example/page и https://good.example/a.png и https://good.example/b.png',
    ]) {
      await anna.begins('recraft-remove-background')
      await sends(anna, { text })
      t.match((await draftOf(anna.id))?.inputs.answers, { image: [{ kind: 'image' }] }, text)
      t.match(anna.last().text, /Фото: 1 файл/)
    }
    await anna.begins('recraft-remove-background')
    const tries: string[] = []
    const { fromLink } = deps.files
    deps.files.fromLink = (url, whose) => {
      tries.push(url)
      return fromLink(url, whose)
    }
    t.teardown(() => (deps.files.fromLink = fromLink))
    await sends(anna, { text: Array.from({ length: 100 }, (_, n) => `https://none.example/${n}`).join(' ') })
    t.match(anna.last().text, /^По ссылке ничего не нашлось/)
    t.match(anna.last().text, /Можно файлов: 1\. Лишние не приняты/)
    t.equal(tries.length, 1, 'a hundred links are not tried')
    await anna.begins('flux-2-pro-image-to-image')
    await sends(anna, { text: Array.from({ length: 9 }, () => 'https://good.example/a.png').join(' ') })
    t.match(anna.last().text, /Можно файлов: 8\. Лишние не приняты/)
    t.match(anna.last().text, /Принято 8 из 8/)
  },
)
