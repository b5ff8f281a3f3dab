import fc from 'fast-check'
import t from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { createLog } from '../../src/log.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { clip, type Html, html, join, plainLength, split, toPlain } from '../../src/telegram/html.ts'
import { button, keyboard } from '../../src/telegram/screen.ts'

t.test('values are escaped, markup and Html are not', async t => {
  const name = '<b>Рога & "копыта"</b>'
  t.equal(html`<i>${name}</i>`.html, '<i>&lt;b&gt;Рога &amp; &quot;копыта&quot;&lt;/b&gt;</i>')
  t.equal(html`${html`<b>${1}</b>`} &amp; ${[html`<i>a</i>`, html`b`]}`.html, '<b>1</b> &amp; <i>a</i>b')
  t.equal(join([html`a`, html`b`]).html, 'a\nb')
  t.equal(join([html`a`, html`b`], ' < ').html, 'a &lt; b')
  const turned = 'a\u202eb\u2066\u2067c\u2068\u202a\u202b\u202c\u202d\u2069d \u05d0\u200f\u0627'
  t.equal(html`${turned}`.html, 'abcd \u05d0\u200f\u0627', 'what a value would turn round stays as it is')
  t.equal(button(turned, 'h').text, 'abcd \u05d0\u200f\u0627')
  t.equal(html`${'half \ud83d'}`.html, 'half \ufffd', 'half a character would make Telegram refuse the call')
})

t.test('the length is what a reader sees', async t => {
  t.equal(plainLength(html`<b>a</b>${'<&>"'}&#128512;&#x41;`), 8)
  t.equal(toPlain(html`<a href="https://example.org/?a=1&amp;b=2">ссылка</a>${' & Co'}`), 'ссылка & Co')
})

t.test('a text is clipped by whole characters', async t => {
  t.equal(clip('привет', 6), 'привет')
  t.equal(clip('привет!', 6), 'приве…')
  t.equal(clip('один два', 6), 'один…')
  t.equal(clip('😀😀😀', 2), '😀…')
})

t.test('a long text is cut at lines and keeps its markup', async t => {
  t.strictSame(split(html`короткий`), [html`короткий`])
  t.strictSame(split(html`<b>первая\nвторая</b> третья`, 8), [
    html`<b>первая\n</b>`,
    html`<b>вторая</b> `,
    html`третья`,
  ])
  t.strictSame(split(html`<a href="https://example.org">a b</a>`, 2), [
    html`<a href="https://example.org">a </a>`,
    html`<a href="https://example.org">b</a>`,
  ])
  t.strictSame(split(html`${'&&&&'}`, 3), [html`${'&&&'}`, html`${'&'}`], 'never within a named character')
  t.strictSame(split(html`😀😀😀`, 5), [html`😀😀`, html`😀`], 'nor within a pair')
  const pieces = split(html`${`${'a'.repeat(4090)}\n${'б'.repeat(5000)}`}`)
  t.strictSame(pieces.map(plainLength), [4091, 4096, 904])
})

t.test('a button whose data is too long or of strange letters is a mistake when it is built', async t => {
  t.strictSame(button('Меню', 'h'), { text: 'Меню', data: 'h' })
  t.strictSame(button('x'.repeat(70), 'm:a'), { text: `${'x'.repeat(63)}…`, data: 'm:a' })
  t.doesNotThrow(() => button('a', 'x'.repeat(64)))
  for (const data of ['x'.repeat(65), '', 'A', 'м', 'a_b', 'a b', 'a\n']) t.throws(() => button('a', data), RangeError)
  t.strictSame(keyboard({ buttons: [[button('a', 'h')], [], [{ text: 'b', url: 'https://example.org' }]] }), {
    reply_markup: {
      inline_keyboard: [[{ text: 'a', callback_data: 'h' }], [{ text: 'b', url: 'https://example.org' }]],
    },
  })
  t.strictSame(keyboard({ buttons: [] }), {})
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", '/', 'b', ';', '#', '😀', '\n', ' '), maxLength: 60 }),
  fc.constantFrom('</b>', '<a href="tg://user?id=1">', '&lt;', '&#60;', '&amp;lt;', '\ud83d', '<tg-emoji>', '--><!--'),
)
const tags = fc.constantFrom('b', 'i', 'u', 's', 'code', 'pre', 'blockquote', 'tg-spoiler')
const wrapped = (tag: string, inner: Html): Html => ({ html: `<${tag}>${inner.html}</${tag}>` })
const text: fc.Arbitrary<Html> = fc.letrec<{ node: Html }>(tie => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    hostile.map(value => html`${value}`),
    fc.tuple(tags, tie('node')).map(([tag, inner]) => wrapped(tag, inner)),
    fc.tuple(hostile, tie('node')).map(([href, inner]) => html`<a href="https://example.org/${href}">${inner}</a>`),
    fc.array(tie('node'), { maxLength: 4 }).map(nodes => html`${nodes}`),
  ),
})).node

t.test('message-markup: whatever is filled in, and wherever it is cut, Telegram reads it as text', async t => {
  const standIn = await startTelegram({ seed: 1 })
  t.teardown(() => standIn.close())
  standIn.faults.limits = false
  standIn.player.addPerson({ id: 5, firstName: 'Анна' })
  standIn.player.open(5)
  const { apiRoot, token } = standIn
  const log = createLog({ level: 'silent', secrets: [token] })
  const telegram = createTelegram({ token, apiRoot, rateLimiter: async () => 0, log })
  const received = async (message: Html) => {
    const sent = await telegram.call('sendMessage', { chat_id: 5, text: html`.${message}.`.html, parse_mode: 'HTML' })
    return 'text' in sent ? sent.text : ''
  }
  const filled = (value: string) => value.toWellFormed().replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
  // Telegram itself drops carriage returns, and shows other control characters as spaces.
  const shown = (text: string) => [...text.replaceAll('\r', '')].map(c => (c < ' ' && c !== '\n' ? ' ' : c)).join('')

  await fc.assert(
    fc.asyncProperty(hostile, async value => {
      const got = await received(html`<b>${value}</b>`)
      if (got !== shown(`.${filled(value)}.`)) throw new Error(`arrived as ${JSON.stringify(got)}`)
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 2, max: 40 }), async (message, max) => {
      const pieces = split(message, max)
      for (const piece of pieces) {
        if (plainLength(piece) > max) throw new Error(`a piece of ${plainLength(piece)}`)
        const got = await received(piece)
        if (got !== shown(`.${toPlain(piece)}.`)) throw new Error(`arrived as ${JSON.stringify(got)}`)
      }
      const squeezed = (all: string) => all.replace(/\s+/g, '')
      const whole = pieces.map(toPlain).join('')
      if (squeezed(whole) !== squeezed(toPlain(message))) throw new Error('something was lost in the cut')
    }),
    { numRuns: 300 },
  )
  t.pass('600 texts arrived as they were meant')
})
