import t from 'tap'
import { newId } from '../../src/id.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions } from '../support/messages.ts'

// A request that is kept for later: its words with places to fill in, its task, model and settings, and none of its files.
const stage = await chats(t)
const { draftOf, generationsOf, owner, person, quoteOf, running, sql, story, switches } = stage

const textOf = (who: Person) => who.last().html
const templatesOf = (who: Person) => owner<
  { id: string; words: string; task: string; model_id: string; settings: object }[]
>`
  select id, words, task, model_id, settings from pay.templates
  where user_id = ${who.id} and deleted_at is null order by created_at, id`
/** Writes a request and keeps it. */
async function keeps(who: Person, words: string) {
  await who.says('/menu')
  await who.says(words)
  await who.presses('➕')
  await who.presses('💾')
}
/** Opens the list and presses the template whose name begins so. */
async function uses(who: Person, name: string) {
  await who.says('/templates')
  await who.presses(name)
}
const has = (who: Person, words: string, task = 'image', model = 'z-image') => owner`
  insert into pay.templates (user_id, id, words, task, model_id) values (${who.id}, ${newId()}, ${words}, ${task}, ${model})`

story('a request is kept with a press, named by its first words, and its price is one press back', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('/templates')
  t.match(textOf(anna), /^<b>Шаблонов пока нет<\/b>/)
  await keeps(anna, 'Поздравь [имя] с днём рождения')
  t.match(textOf(anna), /Шаблон «Поздравь \[имя\] с днём рождения» сохранён/)
  t.match(textOf(anna), 'Спрошу каждый раз: имя.')
  t.match(await templatesOf(anna), [{ words: 'Поздравь [имя] с днём рождения', task: 'image', model_id: 'z-image' }])
  await anna.presses('‹ К цене')
  t.equal(captions(anna.last())[0], '✅ Запустить бесплатно')
})

story('its place is asked for and filled in, and the price comes as for any request', async t => {
  const anna = await person({ kop: 100_00 })
  await keeps(anna, 'Поздравь [имя] с днём рождения')
  await uses(anna, 'Поздравь')
  t.match(textOf(anna), 'Что вписать вместо «имя»?')
  await anna.says('Олю [и Колю]')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'Поздравь Олю [и Колю] с днём рождения' } })
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 1)
})

story('several places are asked for one after another; lines of one message answer several', async t => {
  const anna = await person({ kop: 100_00 })
  await keeps(anna, '[кто] и [где], [кто] поёт [что]')
  await uses(anna, '[кто]')
  t.match(textOf(anna), /1 из 3\. Что вписать вместо «кто»\?/)
  await anna.says('кот')
  t.match(textOf(anna), /2 из 3\. Что вписать вместо «где»\?/)
  await anna.says('в лодке\n\nгромкую\nпесню')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'кот и в лодке, кот поёт громкую\nпесню' } })
})

story('an answer that is handled twice fills one place', async t => {
  const anna = await person({ kop: 100_00 })
  await keeps(anna, '[кто] и [где]')
  await uses(anna, '[кто]')
  await anna.says('кот', 2)
  t.match(textOf(anna), /2 из 2\. Что вписать вместо «где»\?/)
  await anna.says('в лодке', 2)
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'кот и в лодке' } })
})

story('the model and the settings of the request are kept with it', async t => {
  const anna = await person({ kop: 500_00 })
  const inputs = { prompt: 'старое', aspect_ratio: '16:9', quality: 'high' }
  await running(anna.id, { modelId: 'seedream/4.5-text-to-image', inputs })
  await keeps(anna, 'дом у [чего]')
  await running(anna.id, { modelId: 'seedream/4.5-text-to-image', inputs: { ...inputs, aspect_ratio: '1:1' } })
  await running(anna.id, { modelId: 'google/imagen4', inputs: { prompt: 'x' } })
  await uses(anna, 'дом')
  await anna.says('моря')
  t.match(await quoteOf(anna.id), {
    model_id: 'seedream/4.5-text-to-image',
    inputs: { prompt: 'дом у моря', aspect_ratio: '16:9', quality: 'high' },
  })
})

story('a template of photos keeps no file and asks for one; the words under the photo are added', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.sends('image/png', { kind: 'photo', caption: 'надень [что]' })
  await anna.presses('➕')
  await anna.presses('💾')
  t.match(await templatesOf(anna), [{ words: 'надень [что]', task: 'edit' }])
  t.notMatch(JSON.stringify(await templatesOf(anna)), 'https://')
  await uses(anna, 'надень')
  await anna.says('шляпу')
  t.match(textOf(anna), 'Пришлите фото, и я покажу цену')
  await anna.sends('image/png', { kind: 'photo', caption: 'и шарф' })
  const quote = (await quoteOf(anna.id))!
  t.match(quote, { inputs: { prompt: 'надень шляпу\nи шарф', image_urls: [{ kind: 'image' }] } })
  t.equal((quote.inputs.image_urls as unknown[]).length, 1)
})

story('a photo that comes before the words is kept, and a task without words needs only it', async t => {
  const anna = await person({ kop: 100_00 })
  await has(anna, 'надень [что]', 'edit', 'google/nano-banana-edit')
  await uses(anna, 'надень')
  await anna.sends('image/png', { kind: 'photo' })
  t.match(textOf(anna), /^Файл взял\.\n/)
  await anna.says('шляпу')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'надень шляпу', image_urls: [{ kind: 'image' }] } })
  await has(anna, '', 'cutout', 'recraft/remove-background')
  await uses(anna, 'Убрать фон')
  await anna.sends('image/png', { kind: 'photo' })
  t.equal((await quoteOf(anna.id))!.model_id, 'recraft/remove-background')
})

story('a template whose model is off is done by another', async t => {
  const anna = await person({ kop: 100_00 })
  await keeps(anna, 'кот')
  await switches('z-image', 'off')
  await uses(anna, 'кот')
  t.match(await quoteOf(anna.id), { model_id: 'google/nano-banana', inputs: { prompt: 'кот' } })
  await switches('z-image', 'on')
})

story('deleting can be undone, also twice; a template that is gone for good says so', async t => {
  const anna = await person({ kop: 100_00 })
  await keeps(anna, 'кот')
  await anna.says('/templates')
  const list = anna.last()
  await anna.presses('🗑')
  t.match(textOf(anna), /^Шаблон «кот» удалён\./)
  t.equal((await templatesOf(anna)).length, 0)
  const undone = anna.last()
  await anna.presses('↩️ Вернуть «кот»')
  t.equal((await templatesOf(anna)).length, 1)
  await anna.presses({ data: `te:${(await templatesOf(anna))[0]!.id}:r` }, undone)
  t.match(textOf(anna), 'снова здесь')
  const [{ id } = { id: '' }] = await templatesOf(anna)
  await anna.presses('🗑', list)
  await owner`delete from pay.templates where user_id = ${anna.id}`
  for (const op of ['r', 'u', 'x'])
    t.match((await anna.presses({ data: `te:${id}:${op}` }, list)).answer, { text: 'Этот экран устарел' })
})

story('twenty at most: the next is refused and nothing is lost, and an undo has no room', async t => {
  const anna = await person({ kop: 100_00 })
  for (let n = 0; n < 20; n++) await has(anna, `шаблон ${n}`)
  await keeps(anna, 'ещё один')
  t.match(textOf(anna), 'Шаблон не сохранён: их уже 20')
  const refused = anna.last()
  await anna.says('/templates')
  t.equal(captions(anna.last()).filter(one => one === '🗑').length, 20)
  await anna.presses('🗑')
  const deleted = anna.last()
  await anna.presses('💾', refused)
  t.equal((await templatesOf(anna)).length, 20)
  const { screen } = await anna.presses('↩️', deleted)
  t.match(screen.html, /^Вернуть не получилось: шаблонов уже 20\./)
  t.equal((await templatesOf(anna)).length, 20)
})

story('two saves at once keep one, and at the limit not one too many', async t => {
  const anna = await person()
  const save = (words: string) =>
    sql`select pay.template_save(${anna.id}, ${newId()}, ${words}, 'image', 'z-image', '{}', 20)`
  for (let n = 0; n < 18; n++) await has(anna, `шаблон ${n}`)
  await Promise.all(Array.from({ length: 4 }, () => save('одно и то же')))
  t.equal((await templatesOf(anna)).length, 19)
  let answer: unknown
  let other: Promise<unknown> | undefined
  await owner.begin(async tx => {
    await tx`select pay.template_save(${anna.id}, ${newId()}, 'двадцатый', 'image', 'z-image', '{}', 20)`
    other = save('двадцать первый').then(([row]) => {
      answer = row
    })
    const isBlocked = async () => (await tx`select from pg_locks where not granted`).length > 0
    while (!answer && !(await isBlocked())) await new Promise(setImmediate)
  })
  await other
  t.match(answer, { template_save: 'full' })
  t.equal((await templatesOf(anna)).length, 20)
})

story('thirty places, twenty thousand characters: refused with the number, and the request is still there', async t => {
  const anna = await person({ kop: 500_00 })
  await keeps(anna, Array.from({ length: 30 }, (_, n) => `[место ${n}]`).join(' '))
  t.match(textOf(anna), 'в нём 30 мест в скобках, а можно не больше 10')
  await anna.says('/menu')
  for (let n = 0; n < 5; n++) stage.api.player.say(anna.id, 'кот '.repeat(1000).trim())
  await stage.serve()
  await anna.presses('➕')
  await anna.presses('💾')
  t.match(textOf(anna), /в нём 19.?999|в нём 20\d\d\d/)
  await anna.presses('‹ К цене')
  t.match(captions(anna.last())[0], /^✅/)
  t.equal((await templatesOf(anna)).length, 0)
})

story('brackets that do not close, are empty or hold a line end are plain characters', async t => {
  const anna = await person({ kop: 100_00 })
  const words = 'кот [в лодке и [] и [ ] и [две\nстроки] пёс]'
  await keeps(anna, words)
  t.match(textOf(anna), 'Скобка без пары осталась просто знаком')
  await uses(anna, 'кот')
  t.match(await quoteOf(anna.id), { inputs: { prompt: words } })
})

story('another person’s template cannot be used, deleted or had back', async t => {
  const anna = await person({ kop: 100_00 })
  const boris = await person({ kop: 100_00 })
  await keeps(anna, 'тайна')
  const [{ id } = { id: '' }] = await templatesOf(anna)
  for (const op of ['u', 'x', 'r']) {
    t.match((await boris.presses({ data: `te:${id}:${op}` })).answer, { text: 'Этот экран устарел' })
  }
  t.equal((await templatesOf(anna)).length, 1)
  t.equal(await draftOf(boris.id), undefined)
  await boris.presses({ data: `rq:${(await draftOf(anna.id))!.id}:k` })
  t.equal((await templatesOf(boris)).length, 0)
})

story('a command leaves the template, and a sticker is answered with the question', async t => {
  const anna = await person({ kop: 100_00 })
  await has(anna, '[кто] в лодке')
  await uses(anna, '[кто]')
  stage.api.player.raw({
    message: {
      message_id: 900_000,
      date: Math.floor(Date.now() / 1000),
      from: { id: anna.id, is_bot: false, first_name: 'Анна' },
      chat: { id: anna.id, type: 'private' },
      location: { latitude: 1, longitude: 1 },
    },
  })
  await stage.serve()
  t.match(textOf(anna), /^Здесь нужен ответ словами\.[\s\S]*«кто»/)
  await anna.says('/menu')
  t.equal(await draftOf(anna.id), undefined)
  await anna.says('пёс')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'пёс' } })
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(stage.api.calls)), [])
})
