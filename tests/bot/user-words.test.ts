// Whatever people write, as a name, a prompt, a caption or a question, is shown as they wrote it and is never
// markup. Telegram's stand-in parses HTML as strictly as the original and refuses what is wrong.
import { createCanvas } from '@napi-rs/canvas'
import fc from 'fast-check'
import t from 'tap'
import type { MessageView } from '../../playground/telegram/server.ts'
import { toPlain } from '../../src/telegram/html.ts'
import { chats } from '../support/chat.ts'
import { buttons, refusedByOldServer } from '../support/messages.ts'

const { api, deps, serve, owner, story } = await chats(t)
const { player } = api
const photo = createCanvas(600, 400).toBuffer('image/png')
const admin = player.addPerson({ firstName: 'Оператор', languageCode: 'ru' })
deps.adminIds = [admin.id]
player.open(admin.id)
await serve()

const hostile = [
  ...['<a href="https://evil.example/">жми</a>', '<b>', '</b>', '</i></code>', '<', '>', '"', "'", '<script>', '<!--'],
  ...['&', '&lt;', '&lt;b&gt;', '&#60;b&#62;', '&#x3c;', '&bogus;', '<tg-spoiler>', '<pre><code class="language-x">'],
  ...[
    '\u202e',
    '\u2066',
    '\u2067',
    '\u202d',
    '\u0000',
    '\ud83d',
    '\udc00',
    '👨‍👩‍👧',
    '🏳️‍🌈',
    '\u0301',
    '\u200b',
    '\r\n',
    '\n',
    '\t',
  ],
  ...['*_`[x](tg://user?id=1)', 'https://evil.example', '@durov', '#tag', '/start', '{name}', '%s', '\\n'],
]
const words = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...hostile) }, fc.string({ unit: 'binary', maxLength: 6 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map(parts => parts.join(''))

type Scene = (id: number, words: string) => Promise<void>
const says = async (id: number, text: string) => {
  player.say(id, text)
  await serve()
}
const lastOf = (id: number): MessageView => player.chat(id).findLast(message => message.from === 'bot')!
async function presses(id: number, data: RegExp) {
  const message = player.chat(id).findLast(one => buttons(one).some(button => data.test(button.data ?? '')))!
  const button = buttons(message).find(one => data.test(one.data ?? ''))!
  const pressed = player.press(id, message.messageId, { data: button.data! })
  await serve()
  await pressed
}
async function begins(id: number, key: string) {
  const pressed = player.press(id, lastOf(id).messageId, { data: `w:${key}` }, true)
  await serve()
  await pressed
}
const sends = async (id: number, caption: string, fileName: string) => {
  await player.send(id, { kind: 'document', fileName, mime: 'image/png', bytes: photo, caption })
  await serve()
}

/** Where words of a person go, each from a fresh start. */
const scenes: Record<string, Scene> = {
  async 'a prompt, its price, its run and the history'(id, text) {
    await begins(id, 'z-image')
    await says(id, `кот ${text}`)
    await presses(id, /^q:\w+:ed$/)
    await presses(id, /^d:\w+:\d+:a$/)
    await presses(id, /^q:\w+:fr$/)
    const [run] = await owner<{ id: string }[]>`select id from pay.generations where user_id = ${id}`
    for (const data of [`hs:a:0`, `g:${run!.id}`, `g:${run!.id}:why`]) {
      const pressed = player.press(id, lastOf(id).messageId, { data }, true)
      await serve()
      await pressed
    }
  },
  async 'a search'(id, text) {
    await presses(id, /^hm$/)
    await presses(id, /^f:all:0$/)
    await presses(id, /^f:find:0$/)
    await says(id, `кот ${text}`)
  },
  async 'a caption and the name of a file'(id, text) {
    await begins(id, 'seedream-4-5-edit')
    await sends(id, `кот ${text}`, `${text}.png`)
    await presses(id, /^d:\w+:\d+:a$/)
  },
  async 'a file and a text out of the blue'(id, text) {
    await sends(id, `кот ${text}`, `${text}.png`)
    await says(id, `кот ${text}`)
    await presses(id, /^rm:/)
  },
  async 'an option that is none, and a link that leads nowhere'(id, text) {
    await begins(id, 'elevenlabs-text-to-speech-multilingual-v2')
    await presses(id, /^d:\w+:\d+:o$/)
    await presses(id, /^d:\w+:\d+:e:1$/)
    await says(id, `кот ${text}`)
    await begins(id, 'recraft-remove-background')
    await says(id, `https://${text}`)
  },
  async 'a code, and a command that is none'(id, text) {
    await says(id, `/promo ${text}`)
    await says(id, `/топор ${text}`)
    await says(id, `/start ${text}`)
  },
  async 'a question to support, and its answer'(id, text) {
    await owner`delete from pay.rates` // all questions together have a pace
    await says(id, `/paysupport кот ${text}`)
    const question = player.chat(admin.id).findLast(message => message.text?.includes(String(id)))!
    const from = { id: admin.id, is_bot: false, first_name: 'Оператор', language_code: 'ru' }
    const chat = { id: admin.id, type: 'private', first_name: 'Оператор' }
    const date = Math.floor(Date.now() / 1000)
    const bot = { id: api.bot.id, is_bot: true, first_name: api.bot.firstName, username: api.bot.username }
    const asked = { message_id: question.messageId, date, from: bot, chat, text: question.text }
    player.raw({ message: { message_id: 900_000, date, from, chat, text: `ответ ${text}`, reply_to_message: asked } })
    await serve()
  },
}

// What Telegram finds in a text by itself, whoever wrote it, is no markup.
const found = [
  'url',
  'mention',
  'hashtag',
  'cashtag',
  'bot_command',
  'email',
  'phone_number',
  'bank_card',
  'custom_emoji',
]
const markup = (id: number) =>
  player
    .chat(id)
    .filter(message => message.from === 'bot')
    .map(({ entities = [] }) =>
      (entities as { type: string }[]).flatMap(({ type }) => (found.includes(type) ? [] : [type])),
    )

/** Plays a scene with these words; gives the markup of what the bot said, message by message. */
async function plays(scene: Scene, text: string) {
  const name = [...text].slice(0, 64).join('')
  const { id } = player.addPerson({ firstName: name, languageCode: 'ru' })
  const answersBefore = player.chat(admin.id).length
  api.calls.length = 0
  player.open(id)
  await serve()
  await scene(id, text)
  const { calls } = api
  // The stand-in's clock is quick here, and a slow machine answers some presses too late.
  const harmless = /message is not modified|query is too old/
  const refused = calls.filter(
    ({ status, description = '' }) =>
      status !== 200 && !harmless.test(description) && !refusedByOldServer.test(description),
  )
  if (refused.length > 0) throw new Error(refused.map(({ method, description }) => `${method}: ${description}`).join())
  for (const { method, fields } of calls.filter(({ method }) => /^(sendMessage|editMessageText)$/.test(method))) {
    const { link_preview_options: preview } = fields as { link_preview_options?: { is_disabled?: boolean } }
    // A message of blocks has no preview.
    if (!preview?.is_disabled && !('rich_message' in fields)) throw new Error(`${method} would show a page`)
  }
  const turned = calls.filter(({ fields }) => /[\u202a-\u202e\u2066-\u2069]/.test(JSON.stringify(fields)))
  if (turned.length > 0) throw new Error(`${turned[0]!.method} would turn our own words round`)
  const urls = player
    .chat(id)
    .flatMap(buttons)
    .filter(({ url }) => url !== undefined)
  if (urls.length > 0) throw new Error('a button leads out')
  const ofAdmin = player.chat(admin.id).slice(answersBefore)
  return {
    markup: [...markup(id), ...markup(admin.id).slice(-ofAdmin.length || Infinity)],
    said: calls.map(({ fields }) => toPlain({ html: String(fields.text ?? '') })),
  }
}

// Where the words come back in a text of a screen.
const shown = /^(a prompt|a search|an option)/

for (const [name, scene] of Object.entries(scenes)) {
  await story(`odd-characters, message-markup, links-in-text: ${name}: words are words`, async t => {
    const plain = await plays(scene, 'слово')
    const property = fc.asyncProperty(words, async text => {
      const { markup, said } = await plays(scene, text)
      t.strictSame(markup, plain.markup, JSON.stringify(text))
      // Longer ones are cut, and blanks and control characters are Telegram's own to change.
      if (shown.test(name) && /^[!-~]+( [!-~]+)*$/.test(text) && text.length <= 30) {
        const repeats = said.some(one => one.includes(`кот ${text}`))
        t.ok(repeats, `${text} is shown as it was written`)
      }
    })
    await fc.assert(property, { numRuns: 30, examples: [['<b>&lt;i&gt; "a" & b</b>']] })
  })
}
