import t, { type Test } from 'tap'
import { type Model, modelKey } from '../../src/catalogue/models.ts'
import { Refused, Unknown } from '../../src/errors.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats } from '../support/chat.ts'
import { captions, dataOf } from '../support/messages.ts'
import { message } from '../support/updates.ts'

const stage = await chats(t)
const { person, draftOf, generationsOf, quoteOf, balanceOf, running, end, story, found, links, woken, owner } = stage

const document = (userId: number, document: object) => message(userId, { document })
const sticker = (userId: number) =>
  message(userId, {
    sticker: {
      file_id: 's',
      file_unique_id: 's',
      type: 'regular',
      width: 1,
      height: 1,
      is_animated: false,
      is_video: false,
    },
  })

await story('the shortest way: start, text, price, run', async t => {
  const anna = await person({ kop: 500_00 })
  const ask = await anna.begins('wan-2-5-text-to-video')
  t.match(ask.text, /Понадобится:\n1\. Описание — до 800 знаков\n2\. Длительность: 5\u00a0с или 10\u00a0с/)
  t.match(ask.text, /^Wan 2\.5: [\s\S]*\n\nШаг 1 из 3 · Описание\nПришлите текст, до 800 знаков/)
  t.strictSame(captions(ask).slice(-2), ['⚙️ Дополнительно', '✖️ Отмена'])
  await anna.says('кот <b>в</b> лодке & вёсла')
  await anna.presses('По умолчанию: 5')
  const price = (await anna.presses('По умолчанию: 1080p')).screen
  t.match(
    price.text,
    /Описание: кот <b>в<\/b> лодке & вёсла\nДлительность: 5\u00a0с · Разрешение: 1080p\n\nЦена: 95\u00a0₽/,
  )
  t.match(price.text, /На балансе: 500\u00a0₽ · останется: 405\u00a0₽/)
  const { screen } = await anna.presses('✅ Запустить за 95\u00a0₽')
  const [run] = await generationsOf(anna.id)
  t.match(run, { exec_state: 'queued', price_kop: 95_00, message_id: screen.messageId })
  t.equal(await balanceOf(anna.id), 405_00)
  t.match(
    screen.text,
    new RegExp(
      `^⏳ Принято\\. В очереди\\. 95\u00a0₽ отложены, не списаны\\.\nМожно заняться другим: пришлю сюда около\u00a0\\d\\d:\\d\\d\u00a0МСК\\.\n.* · №\u00a0${run!.id.slice(-4)}$`,
    ),
  )
  t.strictSame(captions(screen), ['Отменить'])
  t.ok(woken.includes(run!.id), 'a worker was woken')
  t.equal(await draftOf(anna.id), undefined, 'nothing is left to fill in')
})

await story('a single question is one message, and a free run costs nothing', async t => {
  const anna = await person()
  const ask = await anna.begins('z-image')
  t.match(ask.text, /^Z-Image: картинка по тексту · Описание\nПришлите текст, до 1000 знаков/)
  await anna.says('кот')
  t.match(anna.last().text, /Цена: бесплатно · останется 9 из 10 сегодня/)
  await anna.presses('✅ Запустить бесплатно')
  t.match(await generationsOf(anna.id), [{ exec_state: 'queued', price_kop: 0 }])
  t.match(anna.last().text, /Запуск бесплатный/)
})

await story('a text that does not do is named, and the question stays', async t => {
  const anna = await person()
  await anna.begins('z-image')
  await anna.says('я'.repeat(1120))
  t.match(anna.last().text, /^Текст длиннее 1000 знаков на 120\. Сократите, пожалуйста\.\n\nZ-Image/)
  await anna.sends('image/png', { kind: 'photo' })
  t.match(anna.last().text, /^Здесь нужен текст\.\n\nZ-Image/)
  stage.api.player.raw(sticker(anna.id))
  await stage.serve()
  t.match(anna.last().text, /^Здесь нужен текст\.\n\nZ-Image/)
  t.match(await draftOf(anna.id), { step: 'ask:prompt@0', inputs: { answers: {} } })
  await anna.begins('flux-2-pro-text-to-image')
  await anna.says('ок')
  t.match(anna.last().text, /^Текст короче 3 знаков/)
})

await story('a list takes what its buttons say, and a rule closes what does not fit and says why', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('hailuo-2-3-image-to-video-pro')
  await anna.sends('image/png', { kind: 'photo', caption: 'ветер' })
  t.match(anna.last().text, /Шаг 3 из 4 · Длительность/, 'the caption was the description')
  await anna.says('семь')
  t.match(anna.last().text, /^Варианта «семь» нет\. Выберите, пожалуйста, кнопкой/)
  await anna.says('10 с')
  t.match(anna.last().text, /Недоступно: 1080P\. 1080P бывает только длиной 6 секунд\./)
  t.strictSame(captions(anna.last()).slice(0, 2), ['По умолчанию: 768P', '← Назад'])
  await anna.says('1080p')
  t.match(anna.last().text, /^1080P бывает только длиной 6 секунд\./)
  await anna.presses('По умолчанию: 768P')
  t.match(await quoteOf(anna.id), { params: { duration: '10', resolution: '768P', prompt: 'ветер' } })
})

await story('a number takes a comma or a point, plain digits, and its bounds', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('elevenlabs-sound-effect-v2')
  await anna.says('гром')
  for (const wrong of ['пять', '５', '0,4', '22.5', '1e1', '']) {
    if (wrong) await anna.says(wrong)
    t.match(anna.last().text, /^Нужно число от 0,5 до 22, обычными цифрами\./, wrong)
  }
  await anna.says('7,25')
  t.match(anna.last().text, /^Нужно число с шагом 0,1\./)
  await anna.says('7,5')
  t.match(await quoteOf(anna.id), { params: { duration_seconds: 7.5 } })
  await anna.presses('✏️ Изменить')
  await anna.presses('Длительность: 7,5')
  await anna.says('8.5')
  await anna.presses('Готово')
  t.match(await quoteOf(anna.id), { params: { duration_seconds: 8.5 } })
})

await story('yes and no can be pressed or written', async t => {
  const anna = await person({ kop: 900_00 })
  await anna.begins('kling-2-6-text-to-video')
  await anna.says('кот')
  t.match(anna.last().text, /Звук\nДа или нет\?\nСейчас: 52,25\u00a0₽/)
  await anna.says('может быть')
  t.match(anna.last().text, /^Ответьте «Да» или «Нет»/)
  await anna.says('ДА')
  t.match(anna.last().text, /Длительность[\s\S]*Сейчас: 104,50\u00a0₽/, 'the price follows the answers')
  await anna.presses('10')
  t.match(await quoteOf(anna.id), { params: { sound: true, duration: '10' }, price_kop: '20900' })
})

await story('files come as uploads or links, and each fault has plain words', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('recraft-remove-background')
  t.match(anna.last().text, /Пришлите фото до 5 МБ или ссылку https\.\nНе меньше 256 точек по каждой стороне\./)
  const faults: [() => Promise<unknown>, RegExp][] = [
    [() => anna.says('вот'), /^Здесь подойдёт только фото: файл или ссылка https/],
    [() => anna.sends('audio/ogg', { kind: 'voice' }), /^Здесь подойдёт только фото/],
    [() => anna.sends('application/pdf'), /^Это не похоже на фото, видео или звук/],
    [() => given({ mime: 'image/gif' }), /^Такой файл модель не примет\. Подойдёт фото: JPEG, PNG, WEBP/],
    [() => anna.sends('video/mp4'), /^Здесь подойдёт только фото/],
    [() => given({ bytes: 6 * 1024 * 1024 }), /^Нужен файл до 5 МБ/],
    [
      () => given({ widthPx: 200, heightPx: 300 }),
      /^Фото слишком маленькое: нужно не меньше 256 точек по каждой стороне\./,
    ],
    [() => given({ widthPx: 4097, heightPx: 900 }), /^Фото слишком большое: нужно не больше 4096 точек/],
    [() => given({ widthPx: 4096, heightPx: 4000 }), /^Фото слишком большое: нужно не больше 16 мегапикселей/],
    [() => anna.says('https://nowhere.example/a.png'), /^По ссылке ничего не нашлось/],
    [() => anna.says('https://inside.example/a.png'), /^Ссылка не подходит\. Нужен открытый адрес https/],
    [() => anna.says('https://slow.example/a.png'), /^Файл не удалось получить\. Пришлите ещё раз/],
  ]
  links.set('https://inside.example/a.png', new Refused('private_address', 'inside'))
  links.set('https://slow.example/a.png', new Unknown('no answer'))
  links.set('https://good.example/a.png', { mime: 'image/webp' })
  const given = (more: object) => {
    found.push(more)
    return anna.sends('image/png')
  }
  for (const [send, words] of faults) {
    await send()
    t.match(anna.last().text, words)
    t.match(anna.last().text, /удаление фона · Фото/, 'the question is there again')
  }
  stage.api.player.raw(document(anna.id, { file_id: 'big', file_unique_id: 'b', file_size: 21 * 1024 * 1024 }))
  await stage.serve()
  t.match(anna.last().text, /^Файл больше 20 МБ\. Пришлите ссылку или файл поменьше\./)
  await anna.says('https://good.example/a.png')
  t.match(anna.last().text, /Фото: 1 файл[\s\S]*бесплатно/)
})

await story('sound has a length, and a longer one is refused with the limit', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('kling-v1-avatar-standard')
  await anna.sends('image/png')
  t.match(anna.last().text, /Шаг 2 из 3 · Звук\nПришлите звук до 10 МБ, не длиннее 15 с, или ссылку https/)
  found.push({ seconds: 16 })
  await anna.sends('audio/mpeg')
  t.match(anna.last().text, /^Запись длиннее 15 с/)
  await anna.sends('audio/ogg', { kind: 'voice' })
  t.match(anna.last().text, /Шаг 3 из 3 · Описание/)
})

await story('an album is taken picture by picture on one screen, and what is over is said', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('flux-2-pro-image-to-image')
  const before = anna.chat().filter(message => message.from === 'bot').length
  for (let n = 1; n <= 3; n++) {
    await anna.sends('image/png', { kind: 'photo', albumId: 'a1' })
    t.match(anna.last().text, new RegExp(`Принято ${n} из 8`))
  }
  t.equal(anna.chat().filter(message => message.from === 'bot').length, before + 1, 'one screen')
  await anna.sends('image/png')
  t.match(anna.last().text, /Принято 4 из 8/)
  await anna.presses('Очистить')
  t.notMatch(anna.last().text, /Принято/)
  t.notOk(captions(anna.last()).includes('Готово'), 'nothing to be done with yet')
  links.set('https://good.example/b.png', {})
  await anna.says('https://good.example/b.png\nhttps://good.example/b.png')
  t.match(anna.last().text, /Принято 2 из 8/)
  await anna.presses('Готово')
  t.match(anna.last().text, /Описание/)
  t.equal((await draftOf(anna.id))?.inputs.answers.input_urls?.toString().split(',').length, 2)

  await anna.presses({ data: `d:${(await draftOf(anna.id))!.id}:${(await draftOf(anna.id))!.rev}:x` })
  await anna.begins('wan-2-6-image-to-video')
  for (let n = 1; n <= 3; n++) await anna.sends('image/png', { kind: 'photo', albumId: 'a2' })
  t.match(anna.last().text, /^Лишние файлы альбома не приняты\.\n\nШаг 2 из 4 · Описание/)
})

await story('a link of one kind takes only that link', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('sora-watermark-remover')
  t.match(anna.last().text, /Пришлите ссылку, например: https:\/\/sora\.chatgpt\.com\/p\/s_example/)
  await anna.sends('video/mp4')
  t.match(anna.last().text, /^Здесь нужна ссылка\./)
  await anna.says('https://example.com/a.mp4')
  t.match(anna.last().text, /^Нужна ссылка вида https:\/\/sora\.chatgpt\.com/)
  await anna.says(' https://sora.chatgpt.com/p/s_mine ')
  t.match(await quoteOf(anna.id), { params: { video_url: 'https://sora.chatgpt.com/p/s_mine' } })
})

await story('an earlier result is chosen from a person’s own fitting runs', async t => {
  const anna = await person({ kop: 500_00 })
  const boris = await person()
  await anna.begins('grok-imagine-upscale')
  t.match(
    anna.last().text,
    /Сначала создайте видео моделью «Grok Imagine: видео по тексту».*: выбирать пока не из чего\./,
  )
  t.equal(dataOf(anna.last(), 'Grok Imagine: видео по тексту'), 'm:grok-imagine-text-to-video')
  const foreign = await running(boris.id, { modelId: 'grok-imagine/text-to-video' })
  await end(boris.id, foreign)
  const run = async (resolution: string) => {
    const id = await running(anna.id, { modelId: 'grok-imagine/text-to-video', params: { resolution } })
    await end(anna.id, id)
    return id
  }
  await run('1080p')
  const [low, high] = [await run('480p'), await run('720p')]
  await anna.begins('grok-imagine-upscale')
  const offered = captions(anna.last()).filter(text => text.includes('№'))
  t.strictSame(
    offered.map(text => text.slice(-4)),
    [high, low].map(id => id.slice(-4)),
    'newest first, no 1080p, no one else’s',
  )
  await anna.says('первый')
  t.match(anna.last().text, /^Выберите, пожалуйста, кнопкой/)
  await anna.presses(captions(anna.last())[0]!)
  t.match(anna.last().text, /Недоступно: 720p/, 'what is already 720p cannot become 720p')
  await anna.presses('1080p')
  t.match(await quoteOf(anna.id), { params: { task_id: `task-${high}`, resolution: '1080p' } })
  t.match(anna.last().text, new RegExp(`Прошлый результат: № ${high.slice(-4)}`))
})

await story('of two ways to say what to start from, one is asked for first', async t => {
  const anna = await person({ kop: 500_00 })
  await end(anna.id, await running(anna.id, { modelId: 'grok-imagine/text-to-image' }))
  await anna.begins('grok-imagine-image-to-video')
  t.strictSame(captions(anna.last()).slice(0, 2), ['Фото', 'Прошлый результат'])
  await anna.says('вот')
  t.match(anna.last().text, /^Выберите, пожалуйста, кнопкой/)
  await anna.presses('Фото')
  await anna.sends('image/png')
  await anna.presses('← Назад')
  t.strictSame(captions(anna.last()).slice(0, 2), ['Фото', 'Прошлый результат'])
  await anna.presses('Прошлый результат')
  await anna.presses(captions(anna.last())[0]!)
  const { answers } = (await draftOf(anna.id))!.inputs
  t.strictSame(Object.keys(answers), ['task_id'], 'the other half is gone')
})

await story('back keeps the answers, default and extras do what they say, cancel spends nothing', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  t.notOk(captions(anna.last()).includes('← Назад'), 'nothing before the first question')
  await anna.says('кот')
  await anna.presses('10')
  await anna.presses('← Назад')
  t.match(anna.last().text, /Длительность[\s\S]*Выбрано: 10\u00a0с/)
  await anna.presses('← Назад')
  t.match(anna.last().text, /Описание[\s\S]*Выбрано: кот/)
  await anna.presses('Оставить как есть')
  t.match(anna.last().text, /Разрешение/, 'on to what is open')
  await anna.presses('⚙️ Дополнительно')
  t.ok(captions(anna.last()).includes('Что исключить: не задано'))
  await anna.presses('Что исключить')
  await anna.says('вёсла')
  t.ok(captions(anna.last()).includes('Что исключить: вёсла'))
  await anna.presses('Зерно')
  await anna.says('1,5')
  t.match(anna.last().text, /^Нужно целое число/)
  await anna.says('15')
  await anna.presses('Зерно: 15')
  await anna.presses('Не задавать')
  t.ok(captions(anna.last()).includes('Зерно: не задано'))
  await anna.says('что-нибудь')
  t.match(anna.last().text, /^Нажмите на поле, которое хотите изменить/)
  await anna.presses('Готово')
  t.match(anna.last().text, /Разрешение/)
  await anna.presses('По умолчанию')
  t.match((await quoteOf(anna.id))?.params, {
    prompt: 'кот',
    duration: '10',
    resolution: '1080p',
    negative_prompt: 'вёсла',
  })
  await anna.presses('✖️ Отмена')
  t.match(anna.last().text, /^Отменено\. Деньги не тратились\.$/)
  t.strictSame(captions(anna.last()), ['🏠 Меню'])
  t.equal(await draftOf(anna.id), undefined)
  t.equal(await balanceOf(anna.id), 500_00)
})

await story('a press on a passed step changes nothing and shows where the order stands', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  const first = dataOf(anna.last(), '💡')
  await anna.says('кот')
  const ten = dataOf(anna.last(), '10')
  await anna.presses({ data: ten })
  const before = await draftOf(anna.id)
  const { answer } = await anna.presses({ data: ten })
  t.match(answer, { text: 'Этот шаг уже пройден' })
  t.match((await anna.presses({ data: first })).answer, { text: 'Этот шаг уже пройден' })
  t.match(anna.last().text, /Шаг 3 из 3 · Разрешение/)
  t.strictSame(await draftOf(anna.id), before)
  const boris = await person()
  await boris.presses({ data: dataOf(anna.last(), '720p') })
  t.strictSame(await draftOf(anna.id), before, 'and another person’s press is nobody’s')
})

await story('an update handled twice leads to the same step', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  await anna.presses({ data: 'w:wan-2-5-text-to-video' }, anna.last(), 2)
  await anna.says('кот', 2)
  t.match(anna.last().text, /^Шаг 2 из 3/)
  const { answer } = await anna.presses('По умолчанию: 5', anna.last(), 2)
  t.notMatch(answer, { text: /пройден/ })
  await anna.presses('По умолчанию', anna.last(), 2)
  t.match(anna.last().text, /Цена: 95/)
  await anna.presses('✅', anna.last(), 2)
  t.equal((await generationsOf(anna.id)).length, 1)
  t.equal(await balanceOf(anna.id), 405_00)
  t.match(anna.last().text, /Принято/)
  const [{ count } = { count: 0 }] =
    await owner`select count(*)::int as count from pay.quotes where user_id = ${anna.id}`
  t.equal(count, 1, 'one price was made')
})

await story('beginning another order asks what to do with the unfinished one', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  await anna.says('кот')
  await anna.presses({ data: 'w:z-image' })
  t.match(anna.last().text, /^У вас есть незаконченный заказ: Wan 2\.5: видео по тексту\.$/)
  await anna.presses('Продолжить')
  t.match(anna.last().text, /Шаг 2 из 3 · Длительность/)
  await anna.presses({ data: 'w:z-image' })
  await anna.presses('Начать новый')
  t.match(anna.last().text, /^Z-Image/)
  t.match(await draftOf(anna.id), { model_id: 'z-image', inputs: { answers: {} } })
})

await story('a text or a photo sent before the model was chosen fills itself in', async t => {
  const anna = await person()
  await anna.says('рыжий кот')
  await anna.presses({ data: 'w:z-image' })
  t.match(anna.last().text, /Описание: рыжий кот[\s\S]*бесплатно/)
  const boris = await person({ kop: 100_00 })
  await boris.sends('image/png', { kind: 'photo' })
  await boris.presses({ data: 'w:recraft-remove-background' })
  t.match(boris.last().text, /Фото: 1 файл/)
  await boris.says('я'.repeat(1_500))
  await boris.presses({ data: 'w:z-image' })
  t.match(boris.last().text, /^Текст длиннее 1000 знаков на 500[\s\S]*Пришлите текст/)
})

await story('an example begins with answers that can be seen and changed', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.presses({ data: 'me:kling-2-6-image-to-video' })
  t.match(anna.last().text, /Шаг 1 из 4 · Фото/, 'the photo is still the person’s')
  await anna.sends('image/png')
  t.match(anna.last().text, /Описание: волосы развеваются на ветру/)
})

await story('a length has its unit once, in both languages, and numbers are written as people write them', async t => {
  for (const [languageCode, doubled] of [
    ['ru', /с с\b|с\u00a0с|, с:|, с /],
    ['en', /\bs s\b|s\u00a0s|, s:|, s /],
  ] as const) {
    const anna = await person({ kop: 500_00, languageCode })
    for (const model of stage.catalogue.models) {
      await anna.presses({ data: `m:${modelKey(model.id)}` })
      t.notMatch(anna.last().text, doubled, `${model.id}: the card`)
      await anna.presses({ data: `mi:${modelKey(model.id)}` })
      t.notMatch(anna.last().text, doubled, `${model.id}: the parameters`)
    }
  }
  const anna = await person()
  const inputs = { text: 'гром', duration_seconds: 2.5 }
  const id = await running(anna.id, { modelId: 'elevenlabs/sound-effect-v2', inputs })
  await anna.presses({ data: `g:${id}` })
  t.match(anna.last().text, /\nДлительность: 2,5\u00a0с(\n|$)/)
  await anna.presses({ data: 'mi:bytedance-seedance-1-5-pro' })
  t.match(anna.last().text, /до\u00a020\u00a0000\u00a0знаков/)
})

await story('a card says how long it takes as the price does, and what a second or a thousand signs cost', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.presses({ data: 'm:grok-imagine-image-to-video' })
  const usual = /Обычно готово за\s\S+\sмин/.exec(anna.last().text!)?.[0]
  t.match(usual, /2–3/)
  t.notMatch(anna.last().text, /успешно/, 'nothing was measured yet')
  await anna.presses({ data: 'w:grok-imagine-image-to-video' })
  await anna.presses('Фото')
  await anna.sends('image/png')
  await anna.presses('Готово')
  await anna.presses('По умолчанию')
  await anna.presses('По умолчанию')
  t.match(anna.last().text, usual!, 'the same at the price')
  await anna.presses({ data: 'm:kling-v1-avatar-standard' })
  t.match(anna.last().text, /\n7,60\u00a0₽ за секунду записи\n/)
  await anna.presses({ data: 'm:elevenlabs-text-to-speech-turbo-2-5' })
  t.match(anna.last().text, /₽ за 1000\u00a0знаков\n/)
  await anna.presses({ data: 'mi:sora-watermark-remover' })
  t.match(anna.last().text, /— ссылка;/)
  await anna.presses({ data: 'mi:nano-banana-pro' })
  t.match(anna.last().text, /по\u00a020\u00a0МБ/, 'no more than can be sent')
})

await story('a price that a photo decides is «up to» until the photo is there', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('topaz-image-upscale')
  t.match(anna.last().text, /Сейчас: до 38\u00a0₽/)
  await anna.sends('image/png')
  t.match(anna.last().text, /Сейчас: 9,50\u00a0₽/)
})

await story('of an album the one photo is taken, and the rest is named at whatever comes next', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('recraft-remove-background')
  for (let n = 1; n <= 2; n++) await anna.sends('image/png', { kind: 'photo', albumId: 'a3' })
  t.match(
    anna.last().text,
    /^Лишние файлы альбома не приняты\.\n\nRecraft: удаление фона\nФото: 1 файл/,
    'at the price',
  )
  await anna.presses('✖️ Отмена')
  await anna.begins('kling-v1-avatar-standard')
  for (let n = 1; n <= 2; n++) await anna.sends('image/png', { kind: 'photo', albumId: 'a4' })
  t.match(anna.last().text, /^Лишние файлы альбома не приняты\.\n\nШаг 2 из 3 · Звук/, 'at a question for sound')
})

await story('a voice is known by its name, a language by two letters, a repeat by a number', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('elevenlabs-text-to-speech-turbo-2-5')
  await anna.says('Добрый вечер')
  await anna.presses('✏️ Изменить')
  await anna.presses('Голос')
  await anna.says('Зевс')
  t.match(anna.last().text, /^Варианта «Зевс» нет/)
  await anna.says('голос')
  t.notOk(captions(anna.last()).some(text => text.startsWith('Голос: Xavier')))
  await anna.says('xavier')
  t.ok(captions(anna.last()).some(text => text.startsWith('Голос: Xavier')))
  await anna.presses('Код языка')
  await anna.says('русский')
  t.match(anna.last().text, /^Две латинские буквы: ru, en, de\./)
  await anna.says('RU')
  t.ok(captions(anna.last()).includes('Код языка: ru'))

  await anna.presses('✖️ Отмена')
  await anna.begins('google-imagen4')
  await anna.presses('⚙️ Дополнительно')
  await anna.presses('Зерно')
  t.match(anna.last().text, /Число, чтобы повторить результат\nПришлите число\./)
  await anna.says('кот')
  t.match(anna.last().text, /^Нужно число, обычными цифрами\./)
  await anna.says('77')
  t.ok(captions(anna.last()).includes('Зерно: 77'))
})

await story('an earlier result is named by its words and model, and its pictures are counted from one', async t => {
  const anna = await person({ kop: 500_00 })
  const modelId = 'grok-imagine/text-to-image'
  await end(
    anna.id,
    await running(anna.id, { modelId, params: { prompt: 'рыжий кот в лодке посреди большого озера' } }),
    undefined,
    4,
  )
  const checklist = await anna.begins('grok-imagine-image-to-video')
  t.match(checklist.text, /1\. Фото или прошлый результат\n2\. Длительность: от 6 до 30\u00a0с\n/)
  await anna.presses('Прошлый результат')
  t.match(captions(anna.last())[0], /^\d\d\.\d\d \d\d:\d\d · рыжий кот в лодке п… · Grok Imagine: \S*… · № ....$/)
  await anna.presses(captions(anna.last())[0]!)
  await anna.presses('⚙️ Дополнительно')
  await anna.presses('Номер картинки: 1')
  await anna.says('0')
  t.match(anna.last().text, /^Нужно число от 1 до 6/)
  await anna.says('5')
  t.match(anna.last().text, /^В прошлом результате меньше картинок/)
  await anna.says('4')
  t.ok(captions(anna.last()).includes('Номер картинки: 4'))
  t.equal((await draftOf(anna.id))?.inputs.answers.index, 3, 'the wire counts from nought')
})

await story('earlier results come by pages of five, and a button means its own on every page', async t => {
  const anna = await person({ kop: 500_00 })
  const ids: string[] = []
  for (let n = 0; n < 7; n++) {
    const id = await running(anna.id, { modelId: 'grok-imagine/text-to-video', params: { resolution: '480p' } })
    await end(anna.id, id)
    ids.unshift(id)
  }
  await anna.begins('grok-imagine-upscale')
  const shown = () => captions(anna.last()).flatMap(text => /№ (.{4})$/.exec(text)?.[1] ?? [])
  const numbers = ids.map(id => id.slice(-4))
  t.strictSame(shown(), numbers.slice(0, 5))
  await anna.presses('›')
  t.strictSame(shown(), numbers.slice(5))
  t.ok(captions(anna.last()).includes('2/2'))
  await anna.presses(captions(anna.last())[1]!)
  t.match((await draftOf(anna.id))?.inputs.answers, { task_id: { generationId: ids[6] } })
})

/** The model with other fields for a while, as after a deploy. */
function changed(t: Test, modelId: string, change: (model: Model) => void) {
  const model = stage.catalogue.byId(modelId)!
  const before = structuredClone(model)
  change(model)
  t.teardown(() => Object.assign(model, before))
}
const fieldOf = ({ params }: Model, name: string) => params.find(param => param.name === name)!

await story('a button of a model as it was before a deploy chooses nothing of the new one', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  await anna.says('кот в лодке')
  await anna.presses('По умолчанию: 5')
  const old = captions(anna.last())
  changed(t, 'wan/2-5-text-to-video', model => fieldOf(model, 'resolution').enum?.reverse())
  await anna.presses('720p')
  t.match(anna.last().text, /^Настройки модели изменились\. Проверьте ответы, пожалуйста\.\n\nШаг 3 из 3 · Разрешение/)
  t.match((await draftOf(anna.id))?.inputs.answers, { prompt: 'кот в лодке', duration: '5', resolution: undefined })
  t.not(captions(anna.last())[0], old[0])
  await anna.presses('720p')
  t.match((await quoteOf(anna.id))?.params, { resolution: '720p' })
})

await story('after a deploy the first answer that does not do any more is asked for again', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  await anna.says('кот в лодке')
  changed(t, 'wan/2-5-text-to-video', model => Object.assign(fieldOf(model, 'prompt'), { max_length: 5 }))
  await anna.presses('По умолчанию: 5')
  t.match(anna.last().text, /^Настройки модели изменились[\s\S]*Шаг 1 из 3 · Описание\nПришлите текст, до 5 знаков/)
  await anna.says('кот')
  changed(t, 'wan/2-5-text-to-video', model => Object.assign(fieldOf(model, 'duration'), { name: 'seconds' }))
  await anna.says('5')
  t.match(anna.last().text, /^Настройки модели изменились/, 'an answer to a question that is no more')
  await anna.presses('✖️ Отмена')
  t.equal(await draftOf(anna.id), undefined)
})

await story('an order that offers earlier results first offers them at once', async t => {
  const anna = await person({ kop: 500_00 })
  await end(anna.id, await running(anna.id, { modelId: 'grok-imagine/text-to-video', params: { resolution: '480p' } }))
  await anna.begins('grok-imagine-upscale')
  t.match(anna.last().text, /Понадобится:\n1\. Прошлый результат — выберете из списка\n2\. Разрешение/)
  await anna.presses(captions(anna.last())[0]!)
  t.match(anna.last().text, /^Шаг 2 из 2/)
})

await story(
  'the list of questions heads the first one until it is answered, and an old draft goes on there',
  async t => {
    const anna = await person({ kop: 500_00 })
    await anna.begins('grok-imagine-image-to-video')
    t.match(anna.last().text, /Понадобится:[\s\S]*Шаг 1 из 3[\s\S]*Из чего делать/)
    await anna.presses('Фото')
    t.notMatch(anna.last().text, /Понадобится/, 'once a half is chosen')
    await anna.presses('← Назад')
    t.match(anna.last().text, /Понадобится/)
    await anna.says('не фото')
    t.notMatch(anna.last().text, /Понадобится/, 'a refusal says only why')
    await anna.begins('wan-2-5-text-to-video')
    // As drafts of the day before an update may stand.
    await owner`update pay.drafts set step = 'start' where user_id = ${anna.id}`
    const { id, rev } = (await draftOf(anna.id))!
    await anna.presses({ data: `d:${id}:${rev}:k` })
    t.match(anna.last().text, /Шаг 1 из 3 · Описание/)
    await owner`update pay.drafts set step = 'start' where user_id = ${anna.id}`
    await anna.says('кот')
    t.match(anna.last().text, /^Шаг 2 из 3/)
  },
)

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(stage.api.calls)), [])
})
