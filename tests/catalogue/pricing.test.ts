import fc from 'fast-check'
import t from 'tap'
import { creditsFor } from '../../playground/upstream/models/credits.ts'
import { type Known, refusedInput } from '../../playground/upstream/models/input-check.ts'
import { documentedModels } from '../../playground/upstream/models/models.ts'
import { combinationsOf } from '../../src/catalogue/consistency.ts'
import { pinForFree } from '../../src/catalogue/free-tier.ts'
import { loadModels, loadShelf, type Model } from '../../src/catalogue/models.ts'
import {
  changesPrice,
  checkInputs,
  type EarlierValue,
  type FileValue,
  type Inputs,
  isEarlier,
  isFiles,
  toWire,
  withDefaults,
} from '../../src/catalogue/parameters.ts'
import { price, priceAtDefaults, priceRange, variantsWhere } from '../../src/catalogue/pricing.ts'
import { inputsOf, sampleOf } from '../support/answers.ts'

const models = [...loadModels(), ...loadShelf()]
const modelOf = (id: string): Model => models.find(model => model.id === id)!
// One credit is then 0.95 rubles.
const rates = { usdRubRate: '95', markup: '2.0' }
const ranges = new Map(models.map(model => [model.id, priceRange(model, rates)]))
const documented = documentedModels()
const file = (kind: FileValue['kind'], mime: string, extra: Partial<FileValue> = {}): FileValue[] => [
  { url: 'https://files.example.com/1', kind, mime, bytes: 1000, ...extra },
]
const photo = (extra: Partial<FileValue> = {}) => file('image', 'image/jpeg', extra)
const voice = (seconds?: number) => file('audio', 'audio/mpeg', seconds === undefined ? {} : { seconds })

t.test('the prices at defaults are those computed by hand', async t => {
  const expected: Record<string, number> = {
    'z-image': 76, // 0.8 credits
    'recraft/remove-background': 95, // 1
    'kling-2.6/text-to-video': 52_25, // 55
    'wan/2-6-text-to-video': 99_28, // 104.5, 99.275 rubles
    'seedream/4.5-edit': 6_18, // 6.5, 6.175 rubles
    'bytedance/seedance-1.5-pro': 26_60, // 8 s of 3.5
    'grok-imagine/image-to-video': 13_68, // 6 s of 2.4
    'elevenlabs/sound-effect-v2': 1_14, // 5 s of 0.24
    'wan/2-2-a14b-speech-to-video-turbo': 57_00, // 80 frames at 16 a second, 5 s of 12
    'infinitalk/from-audio': 2_85, // one second of 3
    'elevenlabs/text-to-speech-multilingual-v2': 11_40, // one thousand characters of 12
    'topaz/image-upscale': 9_50, // 10 for the smallest result
  }
  for (const [id, kop] of Object.entries(expected)) t.equal(priceAtDefaults(modelOf(id), rates).kop, kop, id)
})

t.test('the price follows everything that changes the cost', async t => {
  const kop = (id: string, inputs: Inputs) => price(modelOf(id), inputs, rates).kop
  t.equal(kop('kling-2.6/text-to-video', { sound: true, duration: '10' }), 209_00)
  t.equal(kop('bytedance/seedance-1.5-pro', { duration: 12, resolution: '1080p', generate_audio: true }), 171_00)
  t.equal(kop('elevenlabs/sound-effect-v2', { duration_seconds: 0.5 }), 12, '0.114 rubles go up to a kopeck')
  t.equal(kop('infinitalk/from-audio', { audio_url: voice(6.1), resolution: '720p' }), 79_80, '7 s of 12')
  t.equal(kop('elevenlabs/audio-isolation', { audio_url: voice(0.2) }), 19, 'a started second is a second')
  const speech = 'elevenlabs/text-to-speech-multilingual-v2'
  t.equal(kop(speech, { text: '🙂'.repeat(1000) }), 11_40)
  t.equal(kop(speech, { text: '🙂'.repeat(1001) }), 22_80)
  const talk = 'wan/2-2-a14b-speech-to-video-turbo'
  t.equal(kop(talk, { num_frames: 84, frames_per_second: 16, resolution: '720p' }), 136_80, '5.25 s go up to 6 of 24')
  t.equal(kop(talk, { num_frames: 40, frames_per_second: 60 }), 11_40, 'less than a second is one')
  t.same(price(modelOf(talk), {}, rates), { kop: 57_00, credits: '60', quantity: '5', unit: 'second' })
})

t.test('an upscaled picture is priced by the size of the result, and by the dearest while it is unknown', async t => {
  const kop = (sides: Partial<FileValue>, upscale_factor: string) =>
    price(modelOf('topaz/image-upscale'), { image_url: photo(sides), upscale_factor }, rates).kop
  t.equal(kop({ widthPx: 1024, heightPx: 10 }, '2'), 9_50)
  t.equal(kop({ widthPx: 10, heightPx: 1025 }, '2'), 19_00)
  t.equal(kop({ widthPx: 2048, heightPx: 10 }, '2'), 19_00)
  t.equal(kop({ widthPx: 2048, heightPx: 2048 }, '4'), 38_00)
  t.equal(kop({}, '1'), 38_00)
  t.throws(() => kop({ widthPx: 2049, heightPx: 1 }, '4'), RangeError)
})

t.test('an upscaled video is priced by its earlier resolution, and by the dearest while it is unknown', async t => {
  const kop = (params: Record<string, unknown>, resolution: string) => {
    const task_id: EarlierValue = { generationId: 'g', taskId: 't', modelId: 'grok-imagine/text-to-video', params }
    return price(modelOf('grok-imagine/upscale'), { task_id, resolution }, rates).kop
  }
  t.equal(kop({ resolution: '480p' }, '720p'), 9_50)
  t.equal(kop({ resolution: '480p' }, '1080p'), 28_50)
  t.equal(kop({ resolution: '720p' }, '1080p'), 19_00)
  t.equal(kop({}, '1080p'), 28_50)
  t.throws(() => kop({ resolution: '1080p' }, '1080p'), RangeError)
})

t.test('what cannot be priced is refused rather than guessed', async t => {
  const refused = (id: string, inputs: Inputs, use = rates) =>
    t.throws(() => price(modelOf(id), inputs, use), RangeError, `${id} ${JSON.stringify(inputs)}`)
  refused('infinitalk/from-audio', { audio_url: voice() })
  refused('infinitalk/from-audio', {})
  refused('infinitalk/from-audio', { audio_url: voice(15.5) })
  refused('elevenlabs/text-to-speech-turbo-2-5', { text: 'a'.repeat(5001) })
  refused('bytedance/seedance-1.5-pro', { duration: 13 })
  refused('bytedance/seedance-1.5-pro', { duration: Number.NaN })
  refused('hailuo/2-3-image-to-video-pro', { resolution: '1080P', duration: '10' })
  refused('kling-2.6/text-to-video', { duration: '7' })
  for (const usdRubRate of ['0', '-1', 'NaN', '', '95,5', '1e2']) refused('z-image', {}, { ...rates, usdRubRate })
  for (const markup of ['0.99', '0', '', 'two']) refused('z-image', {}, { ...rates, markup })
  // A field that was renamed at its source reads as nothing.
  const model = modelOf('z-image')
  const free = { ...model.price, variants: model.price.variants.map(variant => ({ ...variant, credits: 0 })) }
  t.throws(() => price({ ...model, price: free }, { prompt: 'кот' }, rates), /below one kopeck/)
  t.equal(price(model, { prompt: 'кот' }, rates).kop, 76)
})

t.test('every allowed combination that a price may ask for has exactly one, of at least a kopeck', async t => {
  const rows = models.flatMap(model => combinationsOf(model).map(row => ({ model, row })))
  const wrong = rows.filter(({ model, row }) => variantsWhere(model, row).length !== 1)
  t.strictSame(
    wrong.map(({ model, row }) => `${model.id} ${JSON.stringify(row)}`),
    [],
  )
  const core = new Set(loadModels().map(({ id }) => id))
  t.equal(rows.filter(({ model }) => core.has(model.id)).length, 795)
  for (const model of models) {
    const { minKop, maxKop } = priceRange(model, { usdRubRate: '0.01', markup: '1' })
    t.ok(minKop >= 1 && maxKop >= minKop, model.id)
  }
})

t.test('every list value and every yes or no in every combination that the rules allow can be sold', async t => {
  let count = 0
  for (const model of models) {
    const faults = new Set<string>()
    const sold = new Set<string>()
    // Which combinations are allowed depends on the files and on the earlier run, so each meets several.
    const bases = halvesOf(model).flatMap(half => fc.sample(half, { numRuns: 20, seed: 7 }))
    for (const row of allCombinationsOf(model)) {
      for (const inputs of bases.map(base => ({ ...base, ...row }))) {
        if (checkInputs(model, inputs).length > 0) continue
        sold.add(JSON.stringify(row))
        const fault = faultOf(model, inputs)
        if (fault) faults.add(`${fault}: ${JSON.stringify(row)}`)
      }
    }
    count += sold.size
    t.strictSame([...faults], [], model.id)
  }
  t.comment(`${count} combinations`)
  t.ok(count >= 694, 'those of the core, and more')
})

t.test('100,000 right answers of any kind have one price each, and the wire carries all it was priced by', async t => {
  let count = 0
  for (const model of models) {
    const property = fc.property(inputsOf(model), inputs => {
      fc.pre(checkInputs(model, inputs).length === 0)
      count++
      const fault = faultOf(model, inputs)
      if (fault) throw new Error(fault)
    })
    t.doesNotThrow(() => fc.assert(property, { numRuns: 2_400 }), model.id)
  }
  t.comment(`${count} sets of answers`)
  t.ok(count >= 100_000)
})

/** What is wrong with the price or the wire of right answers; nothing for all but a mistake of ours. */
function faultOf(model: Model, inputs: Inputs): string | undefined {
  const shown = price(model, inputs, rates)
  const { minKop, maxKop } = ranges.get(model.id)!
  if (!Number.isSafeInteger(shown.kop) || shown.kop < 1) return `${shown.kop} is no price`
  if (shown.kop < minKop || shown.kop > maxKop) return `${shown.kop} is not within ${minKop} to ${maxKop}`
  if (price(model, withDefaults(model, inputs), rates).kop !== shown.kop) return 'defaults change the price'
  const wire = toWire(model, inputs, true)
  const unsent = model.params.find(param => changesPrice(model, param) && wire[param.name] === undefined)
  if (unsent) return `${unsent.name} is priced and not sent`
  // The provider's stand-in was written from the documentation alone: it must neither refuse nor take more.
  const provider = documented.get(model.id)!
  const known = knownOf(inputs)
  const refused = refusedInput(provider, wire, known)
  if (refused) return refused.msg
  const credits = creditsFor(provider, wire, known)
  return credits === Number(shown.credits) ? undefined : `the provider takes ${credits}, not ${shown.credits}`
}

/** All lists and all questions of yes or no, however long, against each other. */
function allCombinationsOf(model: Model): Inputs[] {
  let rows: Inputs[] = [{}]
  for (const param of model.params.filter(one => !one.hidden)) {
    const values = param.type === 'boolean' ? [true, false] : (param.enum ?? [])
    if (values.length > 0) rows = rows.flatMap(row => values.map(value => ({ ...row, [param.name]: value })))
  }
  return rows
}

/** Answers to what must be answered, once with each half of an either/or. */
function halvesOf(model: Model): fc.Arbitrary<Inputs>[] {
  const halves = model.rules.flatMap(rule => (rule.type === 'exactly_one_of' ? rule.params : []))
  const names = halves.length > 0 ? halves : ['']
  return names.map(half => {
    const needed = model.params.filter(
      param => !param.hidden && ((param.required && param.default === undefined) || param.name === half),
    )
    return fc.record(Object.fromEntries(needed.map(param => [param.name, sampleOf(param)])))
  })
}

t.test('a free run costs what the defaults cost, whatever was asked for', async t => {
  for (const model of models.filter(one => one.price.quantity === '1' && !one.price.measures)) {
    fc.assert(
      fc.property(inputsOf(model), inputs => {
        const pinned = pinForFree(model, inputs)
        t.equal(price(model, pinned, rates).kop, priceAtDefaults(model, rates).kop, model.id)
        for (const param of model.params.filter(one => !changesPrice(model, one) && inputs[one.name] !== undefined)) {
          t.equal(pinned[param.name], inputs[param.name], 'what costs nothing stays as it was asked for')
        }
      }),
      { numRuns: 10 },
    )
  }
})

/** What the provider would find out about the same files and tasks. */
function knownOf(inputs: Inputs): Known {
  const values = Object.values(inputs)
  const files = values.filter(isFiles).flat()
  return {
    file(url) {
      const { mime, bytes, widthPx, heightPx, seconds } = files.find(one => one.url === url)!
      return {
        mime,
        bytes,
        ...(widthPx && { width: widthPx }),
        ...(heightPx && { height: heightPx }),
        ...(seconds && { seconds }),
      }
    },
    task(taskId) {
      const earlier = values.filter(isEarlier).find(one => one.taskId === taskId)!
      return { model: earlier.modelId, state: 'success', input: earlier.params, resultUrls: Array(6).fill('https://a') }
    },
  }
}
