import t from 'tap'
import { improved } from '../../src/bot/order/prompt-helper.ts'
import { parse } from '../../src/bot/routes.ts'
import { openCatalogue } from '../../src/catalogue/models.ts'
import { checkInputs } from '../../src/catalogue/parameters.ts'
import { scrubber } from '../../src/log.ts'
import { kopecksOf } from '../../src/money.ts'
import { html, split, toPlain } from '../../src/telegram/html.ts'
import { taskIdOf } from '../../src/upstream/callbacks.ts'
import { attackOn, patternsBelow, patternsIn } from '../support/patterns.ts'

// What people, Telegram and the upstream write goes through patterns. None may take the square of a text’s length.
const catalogue = openCatalogue({ rates: { usdRubRate: '95', markup: '2.0' }, contentFilter: true })

t.test('the search finds patterns that were here before and took the square of the time', async t => {
  const bad = [
    /0+$/,
    /(?<!:\/\/\S*),(?=\p{L})/gu,
    / +([,.;!?])(?=\s|$)/g,
    /^```ya?ml[^\n]*\n([\s\S]*?)^```/gm,
    /\bmodel name\b.*\bnot supported\b/,
    /<[^>]*>|&(?:lt|gt);|./gisu,
    /(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu,
    /:\/\/[^\s@]*@/g,
  ]
  for (const regex of bad) t.type(attackOn(regex), 'string', String(regex))
})

t.test('slow-pattern: no pattern takes more than its share of time, however a text is made', async t => {
  const found = patternsBelow('src')
  t.ok(found.length > 200, `${found.length} patterns`)
  const ofModels = catalogue.models.flatMap(model =>
    model.params.flatMap(param => ('pattern' in param && param.pattern ? [param.pattern] : [])),
  )
  t.comment(`${found.length} patterns of the code, ${ofModels.length} of the catalogue`)
  const seen = new Set<string>()
  const all = [...found, ...ofModels.map(source => ({ at: 'catalogue', regex: new RegExp(source) }))]
  for (const { at, regex } of all) {
    if (seen.has(String(regex))) continue
    seen.add(String(regex))
    t.equal(attackOn(regex), undefined, `${at} ${regex}`)
  }
})

t.test('every pattern of a file is found, and the line it stands in', async t => {
  const code = "const a = /x+/g\nconst b = new RegExp('y+$')\nconst c = { pattern: '^z' }\nconst d = 4 / 2 / 1"
  t.strictSame(
    patternsIn(code, 'file').map(({ at, regex }) => `${at} ${regex}`),
    ['file:1 /x+/g', 'file:2 /y+$/', 'file:3 /^z/'],
  )
})

t.test('slow-pattern: what reads a long text is done with it in a moment', async t => {
  const long = 100_000
  const parts = [
    'a',
    ' ',
    '<',
    '&',
    '0',
    '-',
    ':',
    '/',
    '@',
    'а',
    ', ',
    '://,',
    '\u0301',
    '😀',
    '<b>',
    '&amp',
    'a:',
    '\n ',
  ]
  const scrub = scrubber(['a-secret', 'pass"word', '\\\\', 'aaaa', '::::'])
  const readers: Record<string, (text: string) => unknown> = {
    parse,
    taskIdOf: text => taskIdOf({ taskId: text }),
    kopecksOf,
    improved: text => improved(text, 'image'),
    scrub,
    toPlain: text => toPlain(html`${text}`),
    split: text => split(html`${text}`),
    checkInputs: text => catalogue.models.map(model => checkInputs(model, { prompt: text, text, url: text })),
  }
  for (const [name, reader] of Object.entries(readers)) {
    for (const part of parts) {
      for (const end of ['', '!']) {
        const text = part.repeat(long / part.length) + end
        const before = process.cpuUsage()
        reader(text)
        const { user } = process.cpuUsage(before)
        // The square of the length would be ten seconds and more.
        t.ok(user < 2_000_000, `${name} of ${JSON.stringify(part)}, ${user} µs`)
      }
    }
  }
})
