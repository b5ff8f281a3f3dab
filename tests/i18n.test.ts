import fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  dateText,
  durationText,
  pluralEn,
  pluralRu,
  priceText,
  rangeText,
  secondText,
  timeText,
} from '../src/i18n/format.ts'
import { navigationRu } from '../src/i18n/navigation.ru.ts'
import { orderingRu } from '../src/i18n/ordering.ru.ts'
import { stringsFor } from '../src/i18n/strings.ts'

/** Every text by its path; functions and built texts as they are. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  const isText = typeof value === 'object' && value !== null && 'html' in value && typeof value.html === 'string'
  if (typeof value !== 'object' || value === null || isText) return [[path, value]]
  return Object.entries(value).flatMap(([key, one]) => leaves(one, `${path}.${key}`))
}
const text = (leaf: unknown) =>
  typeof leaf === 'object' && leaf !== null && 'html' in leaf ? String(leaf.html) : typeof leaf === 'string' ? leaf : ''

const [ru, en] = [leaves(stringsFor('ru')), leaves(stringsFor('en'))]

t.test('every Russian text has an English twin of the same kind', async t => {
  const kinds = (all: [string, unknown][]) => all.map(([path, leaf]) => `${path} ${typeof leaf}`).sort()
  t.strictSame(kinds(en), kinds(ru))
  t.ok(ru.length > 150)
})

t.test('no text is empty or unfinished', async t => {
  for (const [path, leaf] of [...ru, ...en]) {
    if (typeof leaf === 'function') continue
    t.match(text(leaf), /\S/, path)
    t.notMatch(text(leaf), /todo|undefined|\\n/i, path)
  }
})

t.test('the two halves of the words do not hide each other', async t => {
  const shared = Object.keys(navigationRu).filter(key => key in orderingRu)
  t.strictSame(shared, [])
})

const folder = join(import.meta.dirname, '../src/i18n')
const sources = fs.readdirSync(folder).map(name => ({ name, source: fs.readFileSync(join(folder, name), 'utf8') }))

t.test('no text names the seller of the models or promises something for later', async t => {
  for (const { name, source } of sources) t.notMatch(source, /\bkie\b|TODO|FIXME|lorem/i, name)
})

t.test('English is all English, but for the names of languages', async t => {
  for (const { name, source } of sources.filter(({ name }) => name.endsWith('.en.ts'))) {
    t.notMatch(source.replaceAll('Язык', '').replaceAll('Русский', ''), /[а-яё]/i, name)
  }
})

t.test('free is a word, never a price of nothing', async t => {
  t.equal(priceText(0, 'ru'), 'бесплатно')
  t.equal(priceText(0, 'en'), 'free')
  t.equal(priceText(380, 'ru'), '3,80\u00a0₽')
  t.equal(priceText(380, 'en'), '3.80\u00a0₽')
})

t.test('times are those of Moscow, at any season and over midnight', async t => {
  const evening = new Date('2026-11-23T22:09:03Z')
  t.equal(timeText(evening, 'ru'), '01:09\u00a0МСК')
  t.equal(timeText(new Date('2026-07-01T12:40:00Z'), 'en'), '15:40\u00a0MSK')
  t.equal(dateText(evening, 'ru'), '24.11 01:09')
  t.equal(dateText(evening, 'en'), '24 Nov 01:09')
  t.equal(secondText(evening), '01:09:03')
})

t.test('durations are said as people say them', async t => {
  const said = (seconds: number) => durationText(seconds * 1000, 'ru')
  t.strictSame([0, 48, 60, 130, 3_599.6, 3_900].map(said), [
    '0\u00a0с',
    '48\u00a0с',
    '1\u00a0мин',
    '2\u00a0мин\u00a010\u00a0с',
    '1\u00a0ч',
    '1\u00a0ч\u00a05\u00a0мин',
  ])
  t.equal(durationText(72_000, 'en'), '1\u00a0min\u00a012\u00a0s')
  t.equal(rangeText(60_000, 120_000, 'ru'), '1–2\u00a0мин')
  t.equal(rangeText(20_000, 45_000, 'en'), '20–45\u00a0s')
  t.equal(rangeText(61_000, 91_000, 'ru'), '1–2\u00a0мин')
  t.equal(rangeText(110_000, 125_000, 'ru'), '2\u00a0мин')
})

t.test('counts agree with their nouns', async t => {
  const runs = (n: number) => `${n} ${pluralRu(n, 'запуск', 'запуска', 'запусков')}`
  t.strictSame(
    [0, 1, 2, 5, 11, 14, 21, 22, 111, 121].map(runs).map(text => text.split(' ')[1]),
    'запусков запуск запуска запусков запусков запусков запуск запуска запусков запуск'.split(' '),
  )
  t.equal(pluralEn(1, 'run', 'runs'), 'run')
  t.equal(pluralEn(21, 'run', 'runs'), 'runs')
})
