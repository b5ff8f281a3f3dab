import t from 'tap'
import { shapeAnswer, shapeChoices, shapeOf, shapeParam } from '../../src/bot/request/shapes.ts'
import { to } from '../../src/bot/routes.ts'
import type { Model } from '../../src/catalogue/models.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions, dataOf } from '../support/messages.ts'

// The shape of a picture is a row of buttons under its price: one press changes it and shows the price of now.
const stage = await chats(t)
const { catalogue, generationsOf, owner, person, quoteOf, running, end, story, switches } = stage

/** The row of shapes of the last screen. */
const row = (who: Person) =>
  who
    .last()
    .buttons.flatMap(one => (one.some(({ data }) => data?.startsWith('qs:')) ? [one.map(({ text }) => text)] : []))
const shapes = (who: Person) => row(who)[0] ?? []
const ratioOf = async (who: Person) => (await quoteOf(who.id))?.inputs.aspect_ratio
const openOf = async (who: Person) =>
  (await owner`select id from pay.quotes where user_id = ${who.id} and closed_at is null and expires_at > now()`).length

t.test('a shape is read however the provider writes it', async t => {
  const names = {
    '16:9': '16:9',
    square: '1:1',
    square_hd: '1:1',
    portrait_16_9: '9:16',
    landscape_4_3: '4:3',
    '1024x1536': '2:3',
    '1024*1024': '1:1',
    portrait: 'portrait',
  }
  for (const [value, name] of Object.entries(names)) t.equal(shapeOf(value), name, value)
  for (const value of ['auto', '720p', '2K', '1000x37', 5, true]) t.equal(shapeOf(value), undefined, String(value))
})

t.test(
  'every model with shapes offers five at most, the present one among them, and those a rule closes not at all',
  async t => {
    const offered = catalogue.models.flatMap(model => {
      const param = shapeParam(model)
      if (!param) return []
      const about = { earlier: [], isFree: false, language: 'ru' as const }
      for (const value of param.enum ?? []) {
        const choices = shapeChoices(model, { [param.name]: value }, about)
        t.ok(choices.length >= 2 && choices.length <= 5, `${model.id}: ${choices.length}`)
        const now = choices.filter(({ isNow }) => isNow).map(({ name }) => name)
        t.strictSame(now, shapeOf(value) ? [shapeOf(value)] : [], `${model.id}: ${value}`)
      }
      return [model.id]
    })
    t.equal(offered.length, 21)
    const model = structuredClone(catalogue.byId('z-image')!) as Model
    const then = { aspect_ratio: ['1:1', '4:3'] }
    model.params.push({
      ...model.params[1]!,
      name: 'mode',
      type: 'enum',
      enum: ['a', 'b'],
      default: 'a',
      required: false,
    })
    model.rules.push({
      type: 'requires',
      text: '',
      if: { mode: 'b' },
      then,
      why: { ru: 'режим', en: 'mode' },
    })
    const names = (answers: object) =>
      shapeChoices(model, { ...answers }, { earlier: [], isFree: false, language: 'ru' }).map(({ name }) => name)
    t.strictSame(names({ mode: 'b' }), ['1:1', '4:3'])
    t.equal(shapeAnswer(model, '16:9', { mode: 'b' }), undefined)
    t.strictSame(shapeAnswer(model, '16:9', { mode: 'a' }), { aspect_ratio: '16:9' })
  },
)

story('one press changes the shape of a request in the same message, and nothing of it is lost', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('Рыжий кот в лодке')
  const { messageId } = anna.last()
  t.strictSame(row(anna), [['✓ 1:1', '3:4', '4:3', '9:16', '16:9']])
  const old = (await quoteOf(anna.id))!.id
  await anna.presses('16:9')
  t.equal(anna.last().messageId, messageId)
  t.strictSame(shapes(anna), ['1:1', '3:4', '4:3', '9:16', '✓ 16:9'])
  t.match(anna.last().text, /Картинка по вашим словам[\s\S]*Рыжий кот в лодке/)
  t.equal(await ratioOf(anna), '16:9')
  t.equal(await openOf(anna), 1, 'the old price is closed')
  await anna.presses({ data: to.quote(old, 'startFree') })
  t.equal((await generationsOf(anna.id)).length, 0, 'and starts nothing')
  await anna.says('Рыжий кот в шляпе')
  t.equal(await ratioOf(anna), '16:9', 'other words, the same shape')
  await anna.presses('🔀')
  await anna.presses('Seedream')
  t.equal(await ratioOf(anna), '16:9', 'another model, the same shape')
  await anna.presses('➕ Ещё')
  await anna.presses('Сравнить')
  const ratios = await owner`
    select inputs ->> 'aspect_ratio' as ratio from pay.quotes where user_id = ${anna.id} and closed_at is null`
  t.strictSame([...ratios], [{ ratio: '16:9' }, { ratio: '16:9' }], 'both of a comparison')
})

story(
  'an order that was filled in by hand keeps its answers, and words at the new price are its new words',
  async t => {
    const anna = await person({ kop: 500_00 })
    await anna.begins('seedream-4-5-text-to-image')
    await anna.says('маяк')
    await anna.presses('3:4')
    t.match((await quoteOf(anna.id))!.inputs, { prompt: 'маяк', aspect_ratio: '3:4' })
    await anna.says('другой маяк')
    t.match((await quoteOf(anna.id))!.inputs, { prompt: 'другой маяк', aspect_ratio: '3:4' })
    t.equal((await quoteOf(anna.id))!.model_id, 'seedream/4.5-text-to-image')
    await anna.presses('16:9')
    await anna.presses('✏️ Изменить')
    t.ok(captions(anna.last()).includes('Соотношение сторон: 16:9'), captions(anna.last()).join(' | '))
  },
)

story('what the shape shows is what is charged and sent, and a film has its own shapes', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('sora-2-text-to-video')
  await anna.says('волны').then(() => anna.presses('По умолчанию'))
  t.strictSame(shapes(anna), ['✓ Горизонтально', 'Вертикально'])
  await anna.presses('Вертикально')
  const quote = (await quoteOf(anna.id))!
  t.match(quote.params, { aspect_ratio: 'portrait' })
  await anna.presses('✅')
  const [run] = await generationsOf(anna.id)
  t.equal(run?.quote_id, quote.id)
  t.equal(run?.price_kop, Number(quote.price_kop))
})

story('too little money: the shapes stay, with the packs', async t => {
  const anna = await person()
  await anna.begins('seedream-4-5-text-to-image')
  await anna.says('маяк')
  t.match(anna.last().text, /Не хватает/)
  await anna.presses('9:16')
  t.match(anna.last().text, /Не хватает/)
  t.equal(await ratioOf(anna), '9:16')
})

story('two quick presses end with the second shape, and the same one twice changes nothing', async t => {
  const anna = await person({ kop: 100_00 })
  for (const begin of [
    () => anna.says('кот'),
    async () => {
      await anna.begins('google-imagen4')
      await anna.says('кот')
    },
  ]) {
    await begin()
    const screen = anna.last()
    const [tall, wide] = [dataOf(screen, '3:4'), dataOf(screen, '16:9') || dataOf(screen, '✓ 16:9')]
    await anna.presses({ data: tall }, screen)
    await anna.presses({ data: wide }, screen)
    t.equal(await ratioOf(anna), '16:9')
    t.ok(shapes(anna).includes('✓ 16:9'))
    const now = (await quoteOf(anna.id))!.id
    await anna.presses({ data: wide }, screen)
    await anna.presses('✓ 16:9')
    t.equal((await quoteOf(anna.id))!.id, now, 'no new price for the same')
    // The same update handled again, as after a crash.
    await anna.presses('4:3', anna.last(), 3)
    t.equal(await ratioOf(anna), '4:3')
    t.equal(await openOf(anna), 1)
    t.ok(shapes(anna).includes('✓ 4:3'))
  }
})

story('a shape of an old price, of a started one and of nobody’s starts and changes nothing', async t => {
  const [anna, boris] = [await person({ kop: 100_00 }), await person({ kop: 100_00 })]
  await anna.says('кот')
  const old = anna.last()
  const before = (await quoteOf(anna.id))!.id
  await boris.presses({ data: to.shape(before, '16:9') })
  t.match(boris.last().text, /Что сделать|Напишите|Меню|меню/i)
  t.equal((await quoteOf(anna.id))!.id, before)
  await anna.says('/menu')
  const late = await anna.presses({ data: to.shape(before, '16:9') }, old)
  t.match(late, { answer: { text: 'Эта цена закрыта' } })
  t.match(late.screen.text, /больше не запускает/)
  await anna.says('собака')
  const { id } = (await quoteOf(anna.id))!
  const screen = anna.last()
  await anna.presses('✅')
  const started = await anna.presses({ data: to.shape(id, '16:9') }, screen)
  t.match(started, { answer: { text: 'Уже запущено' } })
  t.equal((await generationsOf(anna.id)).length, 1)
})

story('a price that has run out is a new one in the new shape; a shape or a model that is gone is said', async t => {
  const anna = await person({ kop: 100_00 })
  const expire = () =>
    owner.begin(async tx => {
      await tx`set local session_replication_role = replica`
      await tx`update pay.quotes set expires_at = now() - interval '1 minute' where user_id = ${anna.id}`
    })
  for (const begin of [
    () => anna.says('кот'),
    async () => {
      await anna.begins('google-imagen4')
      await anna.says('кот')
    },
  ]) {
    await begin()
    const { id } = (await quoteOf(anna.id))!
    await expire()
    await anna.presses('3:4')
    t.equal(await ratioOf(anna), '3:4')
    t.not((await quoteOf(anna.id))!.id, id)
    const gone = await anna.presses({ data: to.shape((await quoteOf(anna.id))!.id, '21:9') })
    t.match(gone, { answer: { text: 'Такой формы у модели сейчас нет' } })
    t.equal(await ratioOf(anna), '3:4')
    t.ok(captions(gone.screen).includes('✓ 3:4'))
  }
  await switches('google/imagen4', 'off')
  await anna.presses('16:9')
  t.match(anna.last().text, /Модель временно недоступна/)
  t.equal(await openOf(anna), 0)
  await anna.says('/menu')
})

story('of many shapes the one that the person last used is shown, and the one of a free run too', async t => {
  const anna = await person({ kop: 500_00 })
  await end(
    anna.id,
    await running(anna.id, { modelId: 'flux-2/flex-text-to-image', inputs: { prompt: 'a', aspect_ratio: '2:3' } }),
  )
  await anna.begins('seedream-4-5-text-to-image')
  await anna.says('маяк')
  t.strictSame(shapes(anna), ['✓ 1:1', '3:4', '4:3', '9:16', '2:3'])
})
