import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { type AnyCall, telegramOver } from '../../src/telegram/api.ts'
import { createTelegram, TelegramRefused } from '../../src/telegram/client.ts'
import { effects, withoutEffects } from '../../src/telegram/effects.ts'
import { html, momentTag, toPlain } from '../../src/telegram/html.ts'
import { lacks, noteLack, plainerWhereRefused } from '../../src/telegram/older.ts'
import { button, copyRow, keyboard, maxCopied, show } from '../../src/telegram/screen.ts'
import { silent } from '../support/world.ts'

type Sent = Record<string, unknown>
let servers = 0

/** A client before a server that refuses a call for the reason that `refuses` gives. */
function stage(refuses: (sent: Sent) => string | undefined) {
  const sent: Sent[] = []
  const told: string[] = []
  const call: AnyCall = async (method, payload) => {
    sent.push({ ...payload })
    const why = refuses(sent.at(-1)!)
    if (why) throw new TelegramRefused(/entities/.test(why) ? 'bad_markup' : 'bad_request', `${method}: ${why}`)
    return { message_id: sent.length }
  }
  const apiRoot = `http://server-${++servers}.example/`
  const exact = telegramOver({ token: '1:x', apiRoot }, call)
  return { telegram: plainerWhereRefused(exact, feature => told.push(feature)), apiRoot, sent, told }
}

const knowsNoCopies = ({ reply_markup }: Sent) =>
  JSON.stringify(reply_markup ?? '').includes('copy_text')
    ? "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
    : undefined
const knowsNoTimes = ({ text }: Sent) =>
  String(text).includes('<tg-time')
    ? `can't parse entities: Unsupported start tag "tg-time" at byte offset 9`
    : undefined

const at = new Date('2026-12-01T12:40:30Z')
const screen = {
  text: html`<b>Цена</b> до ${momentTag(at, 't', '15:40 МСК')}`,
  buttons: [[button('Запустить', 'h', 'success')], copyRow('Скопировать', 'https://t.me/bot?start=r_x')],
}

t.test('a screen goes out with its colours, its copy button and a time that the reader sees in their zone', async t => {
  const { telegram, sent, told } = stage(() => undefined)
  await show(telegram, { chatId: 5 }, screen)
  t.strictSame(sent, [
    {
      chat_id: 5,
      text: '<b>Цена</b> до <tg-time unix="1796128830" format="t">15:40 МСК</tg-time>',
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      reply_markup: {
        inline_keyboard: [
          [{ text: 'Запустить', style: 'success', callback_data: 'h' }],
          [{ text: 'Скопировать', copy_text: { text: 'https://t.me/bot?start=r_x' } }],
        ],
      },
    },
  ])
  t.strictSame(told, [])
  t.equal(toPlain(screen.text), 'Цена до 15:40 МСК')
})

t.test('an old server gets the screen without what it refuses, and is asked in vain once', async t => {
  const { telegram, apiRoot, sent, told } = stage(call => knowsNoCopies(call) ?? knowsNoTimes(call))
  t.equal(await show(telegram, { chatId: 5 }, screen), 2)
  t.strictSame(sent.at(-1)!.text, '<b>Цена</b> до 15:40 МСК', 'the other marks stay')
  t.match(sent.at(-1)!.reply_markup, { inline_keyboard: [[{ callback_data: 'h' }]] })
  t.strictSame(told, ['copy'], 'a server without copy buttons is not expected to know times')
  const before = sent.length
  await show(telegram, { chatId: 5 }, screen)
  await show(telegram, { chatId: 5, messageId: 7 }, screen)
  t.equal(sent.length, before + 2)
  t.ok(lacks({ apiRoot }, 'rich'))
})

t.test('a server that knows copy buttons keeps them where it refuses times', async t => {
  const { telegram, apiRoot, sent, told } = stage(knowsNoTimes)
  await show(telegram, { chatId: 5 }, screen)
  t.equal(sent.length, 2)
  t.match(JSON.stringify(sent[1]), 'copy_text')
  t.notMatch(JSON.stringify(sent[1]), 'tg-time')
  t.strictSame(told, ['time'])
  t.strictSame(
    [lacks({ apiRoot }, 'copy'), lacks({ apiRoot }, 'time'), lacks({ apiRoot }, 'rich')],
    [false, true, true],
  )
})

t.test('a keyboard of copy buttons alone is left away', async t => {
  const { telegram, sent } = stage(knowsNoCopies)
  await show(telegram, { chatId: 5 }, { text: html`Код`, buttons: [copyRow('Скопировать', 'ЛЕТО')] })
  t.notOk('reply_markup' in sent.at(-1)!)
})

t.test('a text that a server of today does not copy makes it no old server', async t => {
  const { telegram, apiRoot, sent } = stage(call => knowsNoCopies(call) && 'BUTTON_COPY_TEXT_INVALID')
  await show(telegram, { chatId: 5 }, screen)
  t.match(JSON.stringify(sent.at(-1)), 'tg-time')
  t.notOk(lacks({ apiRoot }, 'copy'))
})

t.test('what a server lacks is remembered for ten minutes and belongs to its address', async t => {
  const [one, other] = [{ apiRoot: 'http://one.example/' }, { apiRoot: 'http://other.example/' }]
  noteLack(one, 'time', 1_000)
  noteLack(one, 'rich', 2_000)
  t.ok(lacks(one, 'time', 3_000), 'a younger lack does not forget an older one')
  t.notOk(lacks(other, 'rich', 3_000))
  t.ok(lacks(one, 'time', 601_999))
  t.notOk(lacks(one, 'time', 602_001))
})

t.test('a refused effect costs nothing but the effect', async t => {
  const { telegram, sent, told } = stage(call => (call.message_effect_id ? 'EFFECT_ID_INVALID' : undefined))
  t.equal(await show(telegram, { chatId: 5 }, { ...screen, effect: 'topUp' }), 2)
  t.equal(sent[0]!.message_effect_id, effects.topUp)
  t.match(JSON.stringify(sent[1]), 'copy_text')
  t.strictSame(told, [], 'the server may be of today')
})

t.test('effects play in private chats, on the last message of a long text, and not where they are off', async t => {
  const { telegram, sent } = stage(() => undefined)
  await show(telegram, { chatId: -100 }, { ...screen, effect: 'topUp' })
  await show(withoutEffects(telegram), { chatId: 5 }, { ...screen, effect: 'topUp' })
  await show(telegram, { chatId: 5, messageId: 9 }, { ...screen, effect: 'topUp' })
  t.ok(
    sent.every(call => !('message_effect_id' in call)),
    'an edit has no effect either',
  )
  const from = sent.length
  await show(telegram, { chatId: 5 }, { text: html`${'слово '.repeat(1_000)}`, buttons: [], effect: 'firstResult' })
  t.strictSame(
    sent.slice(from).map(call => call.message_effect_id),
    [undefined, effects.firstResult],
  )
})

t.test('another refusal comes through, and once', async t => {
  const { telegram, sent } = stage(() => 'chat not found')
  await t.rejects(show(telegram, { chatId: 5 }, { ...screen, effect: 'topUp' }), { name: 'TelegramRefused' })
  t.equal(sent.length, 1)
})

t.test('a text that Telegram would not copy gets no button', async t => {
  t.strictSame(copyRow('Скопировать', ''), [])
  t.strictSame(copyRow('Скопировать', ' \n'), [])
  t.strictSame(copyRow('Скопировать', 'я'.repeat(maxCopied + 1)), [])
  t.strictSame(copyRow('Скопировать', '🎉'.repeat(maxCopied / 2 + 1)), [], 'counted as Telegram may count it')
  t.equal(copyRow('Скопировать', 'я'.repeat(maxCopied)).length, 1)
  t.strictSame(keyboard({ buttons: [copyRow('Скопировать', '')] }), {}, 'and no row')
})

for (const apiVersion of ['10.3', '7.1'] as const) {
  t.test(`Bot API ${apiVersion}: a person reads the same and presses the same, as far as the server goes`, async t => {
    const api = await startTelegram({ seed: 1, apiVersion })
    t.teardown(() => api.close())
    api.faults.limits = false
    const { token, apiRoot } = api
    const client = createTelegram({ token, apiRoot, rateLimiter: async () => 0, log: silent })
    const { id: chatId } = api.player.addPerson({ firstName: 'Анна' })
    api.player.open(chatId)
    const isNew = apiVersion === '10.3'
    await show(client, { chatId }, { ...screen, effect: 'topUp' })
    const seen = () => api.player.chat(chatId).at(-1)!
    t.equal(seen().text, 'Цена до 15:40 МСК')
    t.match(seen().entities, [{ type: 'bold' }, ...(isNew ? [{ type: 'date_time', unix_time: 1_796_128_830 }] : [])])
    t.match(seen().buttons[0], [{ text: 'Запустить', data: 'h', ...(isNew && { style: 'success' }) }])
    t.equal(seen().buttons[1]?.[0]?.copy, isNew ? 'https://t.me/bot?start=r_x' : undefined)
    t.equal(seen().effect?.emoji, isNew ? '🔥' : undefined)
    const photo = { source: createCanvas(20, 20).toBuffer('image/png') }
    await client.call('sendPhoto', { chat_id: chatId, photo, ...caption, ...keyboard(screen) })
    t.match(seen(), { text: 'Цена до 15:40 МСК', media: { kind: 'photo' } }, 'an upload is sent again as well')
    t.equal(api.calls.filter(({ status }) => status !== 200).length, isNew ? 0 : 1)
  })
}
const caption = { caption: screen.text.html, parse_mode: 'HTML' as const }
