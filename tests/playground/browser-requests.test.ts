/// <reference lib="dom" />
import { createCanvas } from '@napi-rs/canvas'
import t, { type Test } from 'tap'
import { cutCaptions, fits, missing, openPlayground } from '../support/browser.ts'
import { ogg, opus } from '../support/media/sounds.ts'
import { until } from '../support/world.ts'

// What a person sends first is enough, on a phone's screen.
if (missing) t.pass(missing)
else {
  const { page, errors, fromBot, media, press, last, shot, write } = await openPlayground(t)
  await page.setViewportSize({ width: 390, height: 844 })

  const picture = (color: string, name: string) => {
    const canvas = createCanvas(600, 400)
    const paint = canvas.getContext('2d')
    paint.fillStyle = color
    paint.fillRect(0, 0, 600, 400)
    return { name, mimeType: 'image/png', buffer: canvas.toBuffer('image/png') }
  }
  const sends = async (kind: string, files: ReturnType<typeof picture>[], caption = '') => {
    await page.getByTestId('file-input').setInputFiles(files)
    await page.getByTestId('tray-kind').selectOption(kind)
    await page.getByTestId('composer').fill(caption)
    await page.getByTestId('send').click()
  }
  /** The answer is seen whole on a phone, and none of its buttons is cut. */
  const isSeenWhole = async (t: Test) => {
    const { fits: isWhole, message, area } = await fits(page)
    t.ok(isWhole, `${message} of ${area} px`)
    t.strictSame(await cutCaptions(fromBot.last()), [])
  }
  const runs = async () => {
    const before = await media('photo').count()
    await press(/Запустить/)
    await until('one more picture', async () => (await media('photo').count()) > before, 60_000)
  }

  await t.test('words run with one press', async t => {
    await write('Рыжий кот читает газету')
    await last(/Картинка по вашим словам/)
    await shot('request-words')
    await isSeenWhole(t)
    await runs()
    t.pass('it came')
  })

  await t.test('a photo and its caption run with one press', async t => {
    await sends('photo', [picture('teal', 'a.png')], 'сделай фон закатом')
    await last(/Изменить фото по вашим словам[\s\S]*сделай фон закатом/)
    await shot('request-photo-caption')
    await isSeenWhole(t)
    await runs()
    t.pass('it came')
  })

  await t.test('an album and its caption run with one press, with all pictures', async t => {
    await sends('photo', [picture('teal', 'a.png'), picture('coral', 'b.png'), picture('gold', 'c.png')], 'коллаж')
    await last(/Фото: 3 файла[\s\S]*коллаж/)
    await shot('request-album')
    await isSeenWhole(t)
    await runs()
    t.pass('it came')
  })

  await t.test('a photo alone is asked about, and words answer', async t => {
    await sends('photo', [picture('teal', 'a.png')])
    await last(/Что сделать с этим фото/)
    await shot('request-photo')
    await isSeenWhole(t)
    await write('добавь шляпу')
    await last(/Изменить фото по вашим словам[\s\S]*добавь шляпу/)
    await runs()
    t.pass('it came')
  })

  await t.test('voice and a photo are a speaking photo', async t => {
    await sends('voice', [{ name: 'voice.oga', mimeType: 'audio/ogg', buffer: ogg(opus(250)) }])
    await last(/Очистить запись от шума/)
    await sends('photo', [picture('teal', 'a.png')])
    await last(/Фото заговорит вашим голосом/)
    await shot('request-voice-photo')
    await isSeenWhole(t)
    t.pass('priced')
  })

  await t.test('words in answer to a result change it', async t => {
    const result = fromBot.filter({ has: page.getByTestId('photo') }).last()
    await result.hover()
    await result.getByTestId('message-menu').click()
    await page.getByTestId('message-reply').click()
    await write('сделай шар красным')
    await last(/Изменить фото по вашим словам[\s\S]*сделай шар красным/)
    await shot('request-reply')
    await isSeenWhole(t)
    await runs()
    t.pass('it came')
  })

  await t.test('what a model makes stands above its card, and what models make above their list', async t => {
    await write('Кот на крыше')
    await runs()
    await press(/ещё…/)
    await press(/👀 В примеры модели/)
    await until('it is one', async () => (await fromBot.last().getByText('Убрать из примеров').count()) > 0)
    await write('/models')
    await last(/Все модели/)
    const albums = fromBot.getByTestId('album')
    const opens = async (button: RegExp, below: RegExp) => {
      const before = await albums.count()
      await press(button)
      await until('an album', async () => (await albums.count()) > before, 60_000)
      await last(below)
    }
    await until('examples', async () => (await fromBot.last().getByText('👀').count()) > 0, 60_000)
    await opens(/👀 Что получается/, /Все модели/)
    await shot('examples-of-list')
    await press(/Z-Image/)
    await opens(/👀 Что получается: 4/, /Z-Image/)
    await shot('examples-of-model')
    await isSeenWhole(t)
    await write('/menu') // an open card would take what comes next
    await last(/Можно тратить/)
  })

  await t.test('the two parts of one paste are one text', async t => {
    const words = Array.from({ length: 900 }, (_, n) => `слово${n}`).join(' ')
    await write(words)
    // The model that takes so long a text, not the usual one.
    await last(/Nano Banana Pro[\s\S]*слово0/)
    await shot('request-paste')
    await isSeenWhole(t)
    await runs()
    t.pass('it came')
  })

  await t.test('another shape is one press away, at the same place', async t => {
    await write('рыжий кот')
    await last(/рыжий кот/)
    await press(/^9:16$/)
    await last(/✓ 9:16/)
    await shot('request-shape')
    await isSeenWhole(t)
  })

  await t.test(
    'a card asks its only question, the first of several is asked under their list, and a long text is shown in part',
    async t => {
      await write('/start m_google-imagen4')
      await last(/Сразу покажу цену/)
      await shot('request-card')
      await isSeenWhole(t)
      await write('маяк')
      await last(/Описание: маяк/)
      await isSeenWhole(t)
      await write('/start m_grok-imagine-text-to-image')
      await last(/Grok Imagine/)
      await press(/▶️ Начать/)
      await last(/Понадобится[\s\S]*Шаг 1 из 2/)
      await shot('request-first-question')
      await isSeenWhole(t)
      await press(/✨ Улучшить/)
      await last(/Покажу его рядом/)
      await write(`начало ${'слово '.repeat(600)}конец`)
      await last(/Улучшенный/)
      await shot('request-improve')
      await isSeenWhole(t)
      await press(/Назад/)
      await last(/Выбрано/)
      await shot('request-chosen')
      await isSeenWhole(t)
    },
  )

  t.strictSame(errors, [], 'no error in the page')
}
