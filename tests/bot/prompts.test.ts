import t from 'tap'
import { chats } from '../support/chat.ts'
import { captions, dataOf } from '../support/messages.ts'

const { draftOf, person, quoteOf, story } = await chats(t)

await story('a template is a start: it can be taken as it is or sent back changed', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('z-image')
  t.strictSame(captions(anna.last()).slice(0, 4), ['💡 Персонаж', '💡 Портрет', '💡 Пейзаж', '✨ Улучшить запрос'])
  await anna.presses('💡 Пейзаж')
  t.match(anna.last().text, /Выбрано: горное озеро на рассвете.*\nМожно взять как есть или прислать свой текст\./)
  t.match(anna.last().html, /<code>горное озеро[^<]*<\/code>/, 'one tap copies it')
  await anna.presses('💡 Портрет')
  await anna.presses('Оставить как есть')
  t.match((await quoteOf(anna.id))?.params, { prompt: /^портрет девушки у окна/ })
  await anna.presses('✏️ Изменить')
  await anna.presses('Описание')
  await anna.presses('💡 Персонаж')
  await anna.says('серый кот в скафандре')
  t.ok(captions(anna.last()).includes('Описание: серый кот в скафандре'), 'back in the list of fields')
})

await story('an improved text stands beside one’s own, and either can be taken', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  await anna.presses('✨ Улучшить')
  t.match(anna.last().text, /^Шаг 1 из 3 · Описание\nПришлите текст\. Покажу его рядом с улучшенным, а вы выберете\.$/)
  await anna.says('я'.repeat(801))
  t.match(anna.last().text, /^Текст длиннее 800 знаков на 1/)
  await anna.sends('image/png', { kind: 'photo' })
  t.match(anna.last().text, /^Здесь нужен текст\./)
  await anna.says('кот  <b>в</b> лодке')
  const better =
    'кот <b>в</b> лодке, камера медленно приближается, мягкий естественный свет, кинематографичная картинка'
  t.match(anna.last().text, `\nВаш:\nкот  <b>в</b> лодке\n\nУлучшенный:\n${better}\n`)
  await anna.says('лиса')
  t.match(anna.last().text, /\nВаш:\nлиса\n\nУлучшенный:\nлиса, камера/, 'another text takes its place')
  const old = dataOf(anna.last(), '✨ Взять улучшенный')
  await anna.presses('Оставить мой')
  t.match(anna.last().text, /^Шаг 2 из 3/)
  t.match((await draftOf(anna.id))?.inputs.answers, { prompt: 'лиса' })
  t.match((await anna.presses({ data: old })).answer, { text: 'Этот шаг уже пройден' })
  t.match((await draftOf(anna.id))?.inputs.answers, { prompt: 'лиса' })

  await anna.presses('← Назад')
  await anna.presses('✨ Улучшить')
  await anna.presses('← Назад')
  t.match(anna.last().text, /Описание[\s\S]*Выбрано: лиса/)
  await anna.presses('✨ Улучшить')
  await anna.presses('✨ Взять улучшенный')
  t.match((await draftOf(anna.id))?.inputs.answers, { prompt: /^лиса, камера медленно приближается/ })
  t.match(anna.last().text, /^Шаг 2 из 3/)
})

await story('from the fields of an order the improved text leads back to them', async t => {
  const anna = await person()
  await anna.begins('z-image')
  await anna.says('кот')
  await anna.presses('✏️ Изменить')
  await anna.presses('Описание')
  await anna.presses('✨ Улучшить')
  t.match(anna.last().text, /^Z-Image: картинка по тексту · Описание\nВаш:\nкот\n/)
  await anna.presses('✨ Взять улучшенный')
  t.ok(captions(anna.last()).some(text => text.startsWith('Описание: кот, реалистичное фото')))
  await anna.presses('Описание')
  await anna.presses('✨ Улучшить')
  t.match(anna.last().text, /Здесь уже всё есть, добавить нечего\.$/)
  t.strictSame(captions(anna.last()), ['Оставить мой', '← Назад', '✖️ Отмена'])
})

await story('what is read aloud has templates, and nobody touches its words', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('elevenlabs-text-to-speech-turbo-2-5')
  t.ok(captions(anna.last()).includes('💡 Сказка'))
  t.notOk(captions(anna.last()).some(text => text.startsWith('✨')))
  const { id, rev, step } = (await draftOf(anna.id))!
  t.match((await anna.presses({ data: `d:${id}:${rev}:i` })).answer, { text: 'Этот шаг уже пройден' })
  t.equal((await draftOf(anna.id))?.step, step)
})

await story('long texts fit a message, each from its beginning to its end', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('grok-imagine-text-to-image')
  await anna.presses('✨ Улучшить')
  const before = anna.chat().length
  await anna.says(`начало ${'слово '.repeat(650)}конец`)
  t.equal(anna.chat().length, before + 2, 'one message for one')
  t.match(
    anna.last().text,
    /Ваш \(\d+ знак\S*\):\nначало [\s\S]* … [\s\S]* конец\n\nУлучшенный \(\d+ знак\S*\):\nначало [\s\S]*продуманная композиция\n/,
  )
})

await story('an English person has English templates, whatever the language of the text', async t => {
  const john = await person({ kop: 500_00, languageCode: 'en' })
  await john.begins('z-image')
  t.strictSame(captions(john.last()).slice(0, 4), [
    '💡 Character',
    '💡 Portrait',
    '💡 Landscape',
    '✨ Improve the prompt',
  ])
  await john.presses('✨')
  await john.says('кот')
  t.match(john.last().text, /\nYours:\nкот\n\nImproved:\nкот, реалистичное фото/)
})
