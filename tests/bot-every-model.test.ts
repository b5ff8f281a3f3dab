import t from 'tap'
import { modelKey } from '../src/catalogue/models.ts'
import { checkInputs, toWire } from '../src/catalogue/parameters.ts'
import { captions, chats, type Person } from './support/chat.ts'

const { catalogue, person, draftOf, quoteOf, running, end, story } = await chats(t)

// What anyone could answer, by the kind of the question alone.
async function answer(anna: Person, modelId: string, name: string) {
  const param = catalogue.byId(modelId)!.params.find(one => one.name === name)!
  if (param.previous_models) return anna.presses(captions(anna.last())[0]!)
  switch (param.type) {
    case 'file':
    case 'file[]': {
      const [media] = param.accept!
      const mime = { image: 'image/png', video: 'video/mp4', audio: 'audio/mpeg' }[media!]
      await anna.sends(mime)
      const isOpen = (await draftOf(anna.id))?.step.includes(name)
      return isOpen ? anna.presses('Готово') : undefined
    }
    case 'string':
      return anna.says(param.pattern ? 'https://sora.chatgpt.com/p/s_example' : 'рыжий кот в лодке')
    default:
      return anna.presses(param.default === undefined ? captions(anna.last())[0]! : 'По умолчанию')
  }
}

for (const model of catalogue.models) {
  await story(`${model.id}: from «Start» to a price with whatever anyone could answer`, async t => {
    const anna = await person({ kop: 1_000_000 })
    for (const param of model.params) {
      const [earlier] = param.previous_models ?? []
      if (earlier) await end(anna.id, await running(anna.id, { modelId: earlier, params: { resolution: '480p' } }))
    }
    await anna.begins(modelKey(model.id))
    for (let step = 0; step < 20; step++) {
      const draft = await draftOf(anna.id)
      const [at, name = ''] = draft!.step.split(/[:@]/)
      if (at === 'quote') break
      if (at === 'start') await anna.presses('Начать')
      else if (at === 'choose') await anna.presses(captions(anna.last())[1]!)
      else await answer(anna, model.id, name)
    }
    const quote = await quoteOf(anna.id)
    t.equal(quote?.model_id, model.id)
    t.strictSame(checkInputs(model, quote!.inputs), [], 'the model takes the answers')
    t.strictSame(quote!.params, toWire(model, quote!.inputs, true), 'and they are what will be sent')
    const isFree = catalogue.freeIds.has(model.id)
    t.equal(Number(quote!.price_kop) === 0, isFree)
    t.match(captions(anna.last())[0], isFree ? /^✅ Запустить бесплатно$/ : /^✅ Запустить за [\d\u00a0,]+\u00a0₽$/)
    t.match(anna.last().text, model.name.ru)
  })
}
