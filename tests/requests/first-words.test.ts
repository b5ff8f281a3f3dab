// What people write first, Russian and English: a question to the bot itself is known, and a wish is never taken for one.
import fc from 'fast-check'
import t from 'tap'
import {
  type Intent,
  intentOf,
  type Output,
  outputOf,
  type PhotoWish,
  photoWishOf,
  type ResultWord,
  resultWordOf,
} from '../../src/bot/request/words.ts'
import { seed } from '../support/mutate.ts'
import { patternsBelow } from '../support/patterns.ts'
import { type FirstWords, firstWords } from './words/first-words.ts'
import { heldOut } from './words/first-words-held-out.ts'

const outputs: Output[] = ['image', 'video', 'speech', 'sound']
type Case = { text: string; answer: Intent | Output }
const casesOf = (words: FirstWords): Case[] =>
  Object.entries(words).flatMap(([answer, texts]) => texts.map(text => ({ text, answer }) as Case))
const all = [...casesOf(firstWords), ...casesOf(heldOut)]
const isWish = ({ answer }: Case) => outputs.some(output => output === answer)
const wishes = all.filter(isWish)
const questions = all.filter(one => !isWish(one))
const answerTo = (text: string) => intentOf(text) ?? outputOf(text)

t.test('of first messages at least 95 in 100 are understood', async t => {
  for (const [name, cases] of Object.entries({ 'all of them': all, 'held out': casesOf(heldOut) })) {
    const wrong = cases.filter(({ text, answer }) => answerTo(text) !== answer)
    const rate = 1 - wrong.length / cases.length
    t.comment(`${name}: ${cases.length - wrong.length} of ${cases.length} right, ${(100 * rate).toFixed(1)} %`)
    t.ok(rate >= 0.95, wrong.map(({ text, answer }) => `${text}: ${answerTo(text)}, not ${answer}`).join('\n'))
  }
})

t.test('the messages are enough of each kind', async t => {
  t.ok(wishes.length >= 150 && questions.length >= 110, `${wishes.length} wishes, ${questions.length} questions`)
  for (const [answer, texts] of Object.entries(firstWords)) t.ok(texts.length >= 10, answer)
  t.equal(new Set(all.map(({ text }) => text)).size, all.length, 'each is there once')
})

t.test('no wish is taken for a question to the bot, with a greeting or politeness neither', async t => {
  for (const { text } of wishes.filter(({ text }) => /\p{L}/u.test(text)))
    for (const said of [text, `Привет! ${text}`, `${text}, пожалуйста 🙏`, `Hi, ${text} please!!!`, text.toUpperCase()])
      t.equal(intentOf(said), undefined, said)
})

t.test('a question is known in capitals, with smileys, and by its last letter held down', async t => {
  for (const { text, answer } of questions.filter(({ text, answer }) => intentOf(text) === answer))
    for (const said of [
      text.toUpperCase(),
      `${text} 😡😡`,
      `  ${text}...\n`,
      text.replace(/(?<=\p{L}\p{L})\p{L}$/u, '$&$&$&$&'),
    ])
      t.equal(intentOf(said), answer, said)
})

t.test('a typo of one letter in a longer word is forgiven, and a word that exists is no typo', async t => {
  const typos: Record<string, Intent | undefined> = {
    пирвет: 'greeting',
    спасбо: 'thanks',
    помошь: 'help',
    'вирните деньги': 'refund',
    'сколько стоет': 'price',
    'where is my pictrue': 'where',
    'i want my refnud': 'refund',
    tanks: undefined,
    cancer: undefined,
    monkey: undefined,
    hay: undefined,
    сукулент: undefined,
    тупик: undefined,
  }
  for (const [text, intent] of Object.entries(typos)) t.equal(intentOf(text), intent, text)
})

t.test('Russian in Latin letters, in the wrong layout and with a Latin letter is Russian', async t => {
  const texts: Record<string, Intent> = {
    privet: 'greeting',
    spasibo: 'thanks',
    'verni dengi': 'refund',
    'gde moe video': 'where',
    'chto ti umeesh': 'help',
    ghbdtn: 'greeting',
    'crjkmrj cnjbn': 'price',
    руддщ: 'greeting',
    'cколько cтоит': 'price',
  }
  for (const [text, intent] of Object.entries(texts)) t.equal(intentOf(text), intent, text)
})

t.test('what is to be made is said by the first words, and a thing with such a name is a picture', async t => {
  const texts: Record<Output, string[]> = {
    video: [
      ...['видео', 'Видео: кот бежит', 'сними ролик', 'анимация логотипа', 'кот танцует, видео', 'сними как кот спит'],
      ...[
        'make a video of my street',
        'can you please make me a short funny clip',
        'dancing cat video',
        'animate a fox',
      ],
    ],
    speech: [
      'озвучь: привет',
      'прочитай вслух стих',
      'скажи голосом: привет',
      'read aloud: hi',
      'voice over',
      'tts hello',
    ],
    sound: ['звук дождя', 'шум прибоя', 'звуковой эффект: взрыв', 'сделай звук грома', 'sound of thunder', 'sfx door'],
    image: [
      ...['кадр из видеоигры', 'a video camera on a table', 'video game hero', 'видеокамера на штативе'],
      ...['обложка для видео', 'a thumbnail for my video', 'кадр из видео', 'сними портрет девушки', 'звуковая волна'],
      ...[
        'скажи да, открытка',
        'reading woman',
        'голос',
        'саунд-бар на полке',
        'клипарт собака',
        'ролики для девочки',
        '',
      ],
    ],
  }
  for (const [output, said] of Object.entries(texts)) for (const text of said) t.equal(outputOf(text), output, text)
})

t.test('words beside a photo ask for an edit unless they say otherwise', async t => {
  const texts: Record<PhotoWish, string[]> = {
    animate: [
      ...['оживи', 'Оживи фото', 'пусть помашет', 'сделай видео', 'пусть она улыбнётся и помашет рукой', 'в видео'],
      ...['чтобы он танцевал', 'сделай видео где она идёт по пляжу', 'анимируй пожалуйста', 'заставь кота прыгать'],
      ...['animate', 'make it move', 'Make her wave', 'turn this into a video', 'bring it to life', 'let him dance'],
    ],
    enlarge: [
      ...['увеличь', 'улучши качество', 'в 4к', 'увеличь в 2 раза', 'сделай качество лучше', 'повысь разрешение'],
      ...['улучши фото пожалуйста', 'сделай чётче', 'upscale', 'upscale 4x', 'enhance quality', 'make it bigger', '4k'],
    ],
    cutout: [
      ...['убери фон', 'вырежи фон', 'прозрачный фон', 'удали задний фон', 'без фона', 'вырежи человека'],
      ...['remove background', 'remove the bg please', 'transparent background', 'no background'],
    ],
    edit: [
      ...['замени фон на море', 'убери фон и поставь горы', 'убери людей с фона', 'сделай фон белым', 'фон как в лесу'],
      ...['увеличь глаза', 'увеличь губы', 'пусть будет в шляпе', 'сделай как в аниме', 'добавь очки', 'надень костюм'],
      ...['сделай меня космонавтом, 4к', 'улучши причёску', 'убери прыщи', 'как кадр из видеоигры', 'удали человека'],
      ...['add sunglasses', 'remove background people', 'change background to a beach', 'in the style of a video game'],
      ...[
        'put a video camera in his hands',
        'make him a king',
        'remove the car',
        'bigger eyes',
        'let her wear a hat',
        '',
      ],
    ],
  }
  for (const [wish, said] of Object.entries(texts)) for (const text of said) t.equal(photoWishOf(text), wish, text)
})

t.test('an answer to a result is one of its buttons only when it says nothing else', async t => {
  const texts: Record<ResultWord, string[]> = {
    repeat: ['ещё', 'Еще раз', 'повтори', 'давай ещё', 'ещё одну', 'заново!', 'again', 'one more', 'try again please'],
    enlarge: ['крупнее', 'увеличь', 'больше разрешение', 'в 4к', 'побольше', 'bigger', 'upscale', 'higher resolution'],
    animate: ['оживи', 'в видео', 'сделай видео', 'animate', 'make it a video', 'video'],
  }
  for (const [word, said] of Object.entries(texts)) for (const text of said) t.equal(resultWordOf(text), word, text)
  const others = [
    'ещё одного кота рядом',
    'больше котов',
    'повтори но в синем',
    'оживи дракона',
    'again but red',
    'кот',
  ]
  for (const text of [...others, 'one more cat', 'спасибо', 'bigger eyes', '', '👍'])
    t.equal(resultWordOf(text), undefined, text)
})

t.test('any text has an answer, however long it is', async t => {
  const read = (text: string) => [intentOf(text), outputOf(text), resultWordOf(text), photoWishOf(text)]
  const signs = [
    'а',
    'a',
    ' ',
    '\n',
    '-',
    '0',
    '\ud83d',
    '👨‍👩‍👧',
    '\u0301',
    'ﷺ',
    'где ',
    'sh',
    'верни деньги ',
    "'",
    '[;',
    'аб',
  ]
  for (const sign of signs) {
    const long = sign.repeat(Math.ceil(100_000 / sign.length))
    t.equal(read(long)[0], undefined, JSON.stringify(sign))
  }
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...all.flatMap(({ text }) => text.split(' '))))
  t.comment(`SEED=${seed}`)
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), words => void read(words.join(' '))),
    { seed: Number(seed % 2n ** 31n), numRuns: 100 },
  )
})

t.test('its patterns repeat nothing that repeats', async t => {
  const patterns = patternsBelow('src/bot/request')
  t.ok(patterns.length > 3)
  for (const { at, regex } of patterns) t.notMatch(regex.source, /[*+}][^()]*\)[*+{]/, at)
})
