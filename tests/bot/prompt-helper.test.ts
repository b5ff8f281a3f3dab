import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { improved } from '../../src/bot/order/prompt-helper.ts'
import { mainText, promptKind, templatesFor } from '../../src/bot/parameter-texts.ts'
import { characters } from '../../src/catalogue/inputs.ts'
import { loadModels } from '../../src/catalogue/models.ts'
import { checkValue } from '../../src/catalogue/parameters.ts'
import { stringsFor } from '../../src/i18n/strings.ts'

const kinds = ['image', 'edit', 'video', 'animate', 'talk', 'sound'] as const
const wordsOf = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? []

t.test('what a prompt does not mention is added, in the language of the prompt', async t => {
  t.equal(
    improved('кот  в лодке ,вёсла', 'image'),
    'кот в лодке, вёсла, реалистичное фото, мягкий естественный свет, продуманная композиция',
  )
  t.equal(
    improved('Кот в лодке.', 'video'),
    'Кот в лодке. Камера медленно приближается, мягкий естественный свет, кинематографичная картинка',
  )
  t.equal(improved('a cat in a boat', 'sound'), 'a cat in a boat, heard up close, clean recording')
  t.equal(improved('make it snow', 'edit'), 'make it snow, keep everything else unchanged')
})

t.test('what it does mention is not said twice', async t => {
  t.equal(improved('акварель, рассвет, крупный план', 'image'), 'акварель, рассвет, крупный план')
  t.equal(improved('Съёмка с дрона', 'animate'), 'Съёмка с дрона, плавное естественное движение')
  for (const language of ['ru', 'en'] as const) {
    const { hints } = stringsFor(language)
    for (const kind of kinds) {
      const once = improved(language === 'ru' ? 'кот' : 'cat', kind)
      t.equal(improved(once, kind), once, `${language} ${kind}: the second time there is nothing left to add`)
      t.ok(hints[kind].every(({ add }) => once.includes(add)))
    }
  }
})

t.test('nobody’s words change, and no limit is passed', async t => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...'кот a,.;:!? \n\t—«»😀'), maxLength: 60 }),
  )
  const keepsWords = fc.property(
    text,
    fc.constantFrom(...kinds),
    fc.integer({ min: 0, max: 80 }),
    (own, kind, room) => {
      const most = characters(own) + room
      const better = improved(own, kind, most)
      assert.ok(characters(better) <= most)
      assert.deepEqual(wordsOf(better).slice(0, wordsOf(own).length), wordsOf(own))
    },
  )
  t.doesNotThrow(() => fc.assert(keepsWords, { numRuns: 2_000 }))
  t.equal(improved('кот', 'image', 30), 'кот, реалистичное фото', 'as much as there is room for')
  const address = 'кот как на https://example.com/a,b,c?d=1'
  t.ok(improved(address, 'image').startsWith(address), 'and an address stays whole')
})

t.test('every template is a main text that each model of its kind takes', async t => {
  for (const model of loadModels()) {
    const param = mainText(model)
    if (!param) continue
    for (const language of ['ru', 'en'] as const) {
      const templates = templatesFor(model, param, language)
      t.ok(templates.length >= 3)
      for (const { text } of templates) t.equal(checkValue(model, param, text), undefined, `${model.id}: ${text}`)
    }
  }
})

t.test('what is read aloud is known from the catalogue: speech, and nothing else', async t => {
  const spoken = loadModels().filter(model => {
    const param = mainText(model)
    return param && promptKind(model, param) === 'speech'
  })
  t.strictSame(
    spoken.map(({ price }) => price.unit),
    ['1000 characters', '1000 characters'],
  )
})
