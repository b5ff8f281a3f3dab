import t from 'tap'
import { loadModels, loadShelf, type Model, type Param } from '../../src/catalogue/models.ts'
import {
  checkInputs,
  checkValue,
  type EarlierValue,
  type FileValue,
  type Inputs,
  optionsFor,
  type Problem,
  questions,
  toWire,
  type Value,
  withDefaults,
  withoutTextDefaults,
} from '../../src/catalogue/parameters.ts'
import { price } from '../../src/catalogue/pricing.ts'

const models = [...loadModels(), ...loadShelf()]
const modelOf = (id: string): Model => models.find(model => model.id === id)!
const paramOf = (id: string, name: string): Param => modelOf(id).params.find(param => param.name === name)!
const photo = (extra: Partial<FileValue> = {}): FileValue => ({
  url: 'https://files.example.com/photo.jpg',
  kind: 'image',
  mime: 'image/jpeg',
  bytes: 100_000,
  ...extra,
})
const voice = (extra: Partial<FileValue> = {}): FileValue => ({
  url: 'https://files.example.com/voice.ogg',
  kind: 'audio',
  mime: 'audio/ogg',
  bytes: 100_000,
  seconds: 4.2,
  ...extra,
})
const clip: FileValue = { url: 'https://files.example.com/a.mp4', kind: 'video', mime: 'video/mp4', bytes: 100_000 }
const earlier = (modelId: string, params: Record<string, unknown> = {}): EarlierValue => ({
  generationId: 'abcdefghijkl',
  taskId: '330a9433fd309e9e18df1c567ae38471',
  modelId,
  params,
})

/** The answers a person would give to send this wire value. */
function answer(param: Param, wire: unknown): Value {
  if (param.previous_models) return earlier(param.previous_models[0]!, { resolution: '480p' })
  if (param.type === 'file' || param.type === 'file[]') {
    const sample = { image: photo(), audio: voice(), video: clip }[param.accept![0]!]
    return [wire].flat().map(url => ({ ...sample, url: String(url), mime: param.formats![0]! }))
  }
  return (param.type === 'integer' ? Number(wire) : wire) as Value
}

t.test('the documented example of every model is accepted and goes out as documented', async t => {
  for (const model of models) {
    const inputs: Inputs = {}
    for (const [name, wire] of Object.entries(model.example_input)) inputs[name] = answer(paramOf(model.id, name), wire)
    t.same(checkInputs(model, inputs), [], model.id)
    const sent = toWire(model, inputs, true)
    for (const [name, wire] of Object.entries(model.example_input)) {
      t.strictSame(sent[name], wire, `${name} of ${model.id}`)
    }
    for (const name of Object.keys(sent)) {
      const { always_send, required, hidden } = paramOf(model.id, name)
      t.ok(name in model.example_input || always_send || required || hidden, `${model.id} sends ${name} unasked`)
    }
  }
})

t.test('each kind of wrong answer is named', async t => {
  const wrong = (id: string, name: string, value: unknown, expected: Omit<Problem, 'param'>) =>
    t.same(checkValue(modelOf(id), paramOf(id, name), value), { param: name, ...expected }, `${name}: ${expected.code}`)

  wrong('z-image', 'prompt', 12, { code: 'wrong_type' })
  wrong('z-image', 'prompt', 'a'.repeat(1001), { code: 'too_long', limit: 1000 })
  wrong('flux-2/pro-text-to-image', 'prompt', 'ab', { code: 'too_short', limit: 3 })
  wrong('z-image', 'prompt', ' \n ', { code: 'too_short', limit: 1 })
  wrong('z-image', 'aspect_ratio', '5:4', { code: 'not_in_list' })
  wrong('sora-2-text-to-video', 'n_frames', 10, { code: 'not_in_list' })
  wrong('sora-watermark-remover', 'video_url', 'https://example.com/a', { code: 'pattern' })
  wrong('kling-2.6/text-to-video', 'sound', 'true', { code: 'wrong_type' })
  wrong('bytedance/seedance-1.5-pro', 'duration', 3, { code: 'too_small', limit: 4 })
  wrong('bytedance/seedance-1.5-pro', 'duration', 13, { code: 'too_large', limit: 12 })
  wrong('bytedance/seedance-1.5-pro', 'duration', 4.5, { code: 'step', limit: 1 })
  wrong('bytedance/seedance-1.5-pro', 'duration', '5', { code: 'wrong_type' })
  wrong('bytedance/seedance-1.5-pro', 'duration', Number.NaN, { code: 'wrong_type' })
  wrong('elevenlabs/sound-effect-v2', 'duration_seconds', 0.55, { code: 'step', limit: 0.1 })
  wrong('wan/2-2-a14b-speech-to-video-turbo', 'num_frames', 82, { code: 'step', limit: 4 })
  wrong('google/nano-banana-edit', 'image_urls', 'https://files.example.com/a.jpg', { code: 'wrong_type' })
  wrong('google/nano-banana-edit', 'image_urls', [], { code: 'too_few_files', limit: 1 })
  wrong('google/nano-banana-edit', 'image_urls', Array(11).fill(photo()), { code: 'too_many_files', limit: 10 })
  wrong('recraft/remove-background', 'image', [photo(), photo()], { code: 'too_many_files', limit: 1 })
  wrong('recraft/remove-background', 'image', [voice()], {
    code: 'file_kind',
    limit: 'JPEG, PNG, WEBP, HEIC, AVIF, TIFF, BMP',
  })
  wrong('recraft/remove-background', 'image', [photo({ mime: 'image/gif' })], {
    code: 'file_kind',
    limit: 'JPEG, PNG, WEBP, HEIC, AVIF, TIFF, BMP',
  })
  wrong('recraft/remove-background', 'image', [photo({ bytes: 5 * 1024 * 1024 + 1 })], { code: 'file_size', limit: 5 })
  const sized = (widthPx: number, heightPx: number) => [photo({ widthPx, heightPx })]
  wrong('recraft/remove-background', 'image', sized(255, 900), { code: 'file_dimensions', limit: '≥ 256 px' })
  wrong('recraft/remove-background', 'image', sized(4097, 900), { code: 'file_dimensions', limit: '≤ 4096 px' })
  wrong('recraft/remove-background', 'image', sized(4096, 4000), { code: 'file_dimensions', limit: '≤ 16 MP' })
  wrong('infinitalk/from-audio', 'audio_url', [voice({ seconds: 15.1 })], { code: 'file_duration', limit: 15 })
  const { seconds: _, ...unmeasured } = voice()
  wrong('infinitalk/from-audio', 'audio_url', [unmeasured], { code: 'file_duration', limit: 15 })
  wrong('grok-imagine/upscale', 'task_id', '330a9433fd309e9e18df1c567ae38471', { code: 'wrong_type' })
  wrong('grok-imagine/upscale', 'task_id', earlier('z-image'), { code: 'not_in_list' })
  wrong('z-image', 'nsfw_checker', false, { code: 'unknown_param' })
})

t.test('right answers at the very limits are accepted', async t => {
  const right = (id: string, name: string, value: unknown) =>
    t.equal(checkValue(modelOf(id), paramOf(id, name), value), undefined, `${name} of ${id}`)

  right('z-image', 'prompt', '🙂'.repeat(1000))
  right('elevenlabs/sound-effect-v2', 'duration_seconds', 0.7)
  right('elevenlabs/text-to-speech-turbo-2-5', 'speed', 1.15)
  right('wan/2-5-text-to-video', 'seed', -7)
  right('recraft/remove-background', 'image', [photo({ widthPx: 4000, heightPx: 4000, bytes: 5 * 1024 * 1024 })])
  right('infinitalk/from-audio', 'audio_url', [voice({ mime: 'audio/ogg; codecs=opus', seconds: 15 })])
  right('infinitalk/from-audio', 'audio_url', [voice({ mime: 'audio/x-m4a' })])
  right('infinitalk/from-audio', 'audio_url', [voice({ mime: 'audio/mp3' })])
  right('wan/2-6-video-to-video', 'video_urls', [clip, { ...clip, mime: 'video/matroska' }])
})

t.test('missing, unknown and hidden parameters are named together', async t => {
  const problems = checkInputs(modelOf('kling-2.6/image-to-video'), { prompt: '', steps: 3, duration: '7' })
  t.same(problems, [
    { param: 'steps', code: 'unknown_param' },
    { param: 'prompt', code: 'missing' },
    { param: 'image_urls', code: 'missing' },
    { param: 'duration', code: 'not_in_list' },
  ])
  t.same(checkInputs(modelOf('z-image'), { prompt: 'a', nsfw_checker: false }), [
    { param: 'nsfw_checker', code: 'unknown_param' },
  ])
})

t.test('a rule between fields refuses the clash and says why in both languages', async t => {
  const broken = (id: string, inputs: Inputs) => {
    const problems = checkInputs(modelOf(id), inputs)
    for (const { why } of problems) t.ok(why?.ru && why.en)
    return problems.map(({ param, code, rule, limit }) => [param, code, rule, ...(limit === undefined ? [] : [limit])])
  }
  const hailuo = { prompt: 'a', image_url: [photo()] }
  const animate = 'grok-imagine/image-to-video'
  const picture = earlier('grok-imagine/text-to-image')

  t.same(broken('hailuo/2-3-image-to-video-pro', { ...hailuo, resolution: '1080P', duration: '10' }), [
    ['duration', 'rule', 'requires'],
  ])
  t.same(broken('hailuo/2-3-image-to-video-pro', { ...hailuo, resolution: '1080P' }), [])
  t.same(broken(animate, {}), [['image_urls', 'missing', 'exactly_one_of']])
  t.same(broken(animate, { image_urls: [], task_id: picture }), [])
  t.same(broken(animate, { image_urls: [photo()], task_id: picture }), [['task_id', 'rule', 'exactly_one_of']])
  t.same(broken(animate, { image_urls: [photo()], index: 1 }), [['index', 'rule', 'only_with']])
  t.same(broken(animate, { task_id: picture, index: 1, mode: 'spicy' }), [])
  t.same(broken(animate, { image_urls: [photo()], mode: 'spicy' }), [['mode', 'rule', 'forbidden_when_present']])
  t.same(broken(animate, { image_urls: [photo(), photo()], resolution: '1080p' }), [
    ['image_urls', 'too_many_files', 'max_files_when', 1],
  ])
  t.same(broken(animate, { image_urls: [photo()], resolution: '1080p' }), [])
  const video = (resolution: string) => earlier('grok-imagine/text-to-video', { resolution })
  t.same(broken('grok-imagine/upscale', { task_id: video('720p') }), [['resolution', 'rule', 'requires_earlier']])
  t.same(broken('grok-imagine/upscale', { task_id: video('720p'), resolution: '1080p' }), [])
  t.same(broken('grok-imagine/upscale', { task_id: video('1080p'), resolution: '1080p' }), [
    ['task_id', 'rule', 'requires_earlier'],
  ])
  const upscale = { image_url: [photo({ widthPx: 3000, heightPx: 2000 })] }
  t.same(broken('topaz/image-upscale', upscale), [])
  t.same(broken('topaz/image-upscale', { ...upscale, upscale_factor: '4' }), [
    ['image_url', 'file_dimensions', 'max_output_side', '≤ 8192 px'],
  ])
})

t.test(
  'options that a rule forbids after the answers so far are hidden with the rule, whichever came first',
  async t => {
    const offered = (id: string, name: string, inputs: Inputs) => {
      const options = optionsFor(modelOf(id), paramOf(id, name), inputs)
      for (const option of options) t.equal(option.allowed, option.why === undefined)
      return options.filter(option => option.allowed).map(option => option.value)
    }
    const hailuo = 'hailuo/2-3-image-to-video-standard'
    const animate = 'grok-imagine/image-to-video'

    t.same(offered(hailuo, 'duration', {}), ['6', '10'])
    t.same(offered(hailuo, 'duration', { resolution: '1080P' }), ['6'])
    t.same(offered(hailuo, 'resolution', { duration: '10' }), ['768P'])
    t.same(
      offered(hailuo, 'resolution', { duration: '10', resolution: '1080P' }),
      ['768P'],
      'an old answer can be mended',
    )
    t.same(offered(animate, 'mode', { image_urls: [photo()] }), ['fun', 'normal'])
    t.same(offered(animate, 'mode', { task_id: earlier('grok-imagine/text-to-image') }), ['fun', 'normal', 'spicy'])
    t.same(offered(animate, 'resolution', { image_urls: [photo(), photo()] }), ['480p', '720p'])
    t.same(offered('topaz/image-upscale', 'upscale_factor', { image_url: [photo({ widthPx: 3000, heightPx: 9 })] }), [
      '1',
      '2',
    ])
    t.same(offered('topaz/image-upscale', 'upscale_factor', { image_url: [photo()] }), ['1', '2', '4'])
    const two = { image_urls: [photo(), photo()], resolution: '1080p' }
    t.same(offered(animate, 'aspect_ratio', two).length, 5, 'a clash elsewhere is no fault of this field')
    const shot = earlier('grok-imagine/image-to-video', { resolution: '720p' })
    t.same(offered('grok-imagine/upscale', 'resolution', { task_id: shot }), ['1080p'])
  },
)

t.test('yes and no, and handy numbers, are options; free text and free numbers have none', async t => {
  const values = (id: string, name: string) =>
    optionsFor(modelOf(id), paramOf(id, name), {}).map(option => option.value)
  t.same(values('kling-2.6/text-to-video', 'sound'), [true, false])
  t.same(values('grok-imagine/text-to-video', 'duration'), [6, 12, 18, 24, 30])
  t.same(values('bytedance/seedance-1.5-pro', 'duration'), [4, 6, 8, 10, 12])
  t.same(values('elevenlabs/sound-effect-v2', 'duration_seconds'), [1, 3, 5, 10, 22])
  t.same(values('elevenlabs/sound-effect-v2', 'prompt_influence'), [0, 0.3, 0.5, 0.75, 1])
  t.same(values('elevenlabs/text-to-speech-turbo-2-5', 'speed'), [0.7, 0.85, 1, 1.1, 1.2])
  t.same(values('wan/2-5-text-to-video', 'seed'), [])
  t.same(values('z-image', 'prompt'), [])
})

t.test('every handy number is a right answer and the default is among them', async t => {
  for (const model of models) {
    for (const param of model.params.filter(({ type }) => type === 'integer' || type === 'number')) {
      const options = optionsFor(model, param, {})
      t.ok(options.length <= 5, `${model.id} ${param.name}`)
      for (const { value } of options) t.equal(checkValue(model, param, value), undefined, `${param.name} ${value}`)
      if (options.length > 0 && param.default !== undefined) {
        t.ok(
          options.some(({ value }) => value === param.default),
          `${model.id} ${param.name} offers its default`,
        )
      }
    }
  }
})

t.test('on the wire numbers become texts where documented, files addresses, earlier results task ids', async t => {
  t.same(
    toWire(modelOf('grok-imagine/image-to-video'), { task_id: earlier('grok-imagine/text-to-image'), index: 0 }, true),
    { task_id: '330a9433fd309e9e18df1c567ae38471', index: 0, duration: '6', resolution: '480p' },
  )
  t.same(toWire(modelOf('recraft/remove-background'), { image: [photo()] }, true), { image: photo().url })
  t.same(
    toWire(
      modelOf('flux-2/pro-image-to-image'),
      { prompt: 'make it blue', input_urls: [photo(), photo({ url: 'https://files.example.com/2.jpg' })] },
      false,
    ),
    {
      prompt: 'make it blue',
      input_urls: [photo().url, 'https://files.example.com/2.jpg'],
      aspect_ratio: '1:1',
      resolution: '1K',
      nsfw_checker: false,
    },
  )
})

t.test('empty optional answers are left out, and the content filter follows the operator', async t => {
  const inputs = { prompt: 'a bird', negative_prompt: '', seed: 0 }
  t.same(toWire(modelOf('wan/2-5-text-to-video'), inputs, true), {
    prompt: 'a bird',
    duration: '5',
    resolution: '1080p',
    seed: 0,
    nsfw_checker: true,
  })
  for (const model of models.filter(({ params }) => params.some(({ name }) => name === 'nsfw_checker'))) {
    for (const on of [true, false]) t.equal(toWire(model, {}, on).nsfw_checker, on, model.id)
  }
})

t.test('defaults fill what is required or bears the price, and never what was answered', async t => {
  t.same(withDefaults(modelOf('kling-2.6/text-to-video'), { prompt: 'a', duration: '10' }), {
    prompt: 'a',
    duration: '10',
    sound: false,
    aspect_ratio: '1:1',
  })
  t.same(withDefaults(modelOf('google/nano-banana'), { prompt: 'a', output_format: '' }), { prompt: 'a' })
})

t.test('a text mostly in Cyrillic has a voice of its own, at the same price; any other has today’s', async t => {
  for (const id of ['elevenlabs/text-to-speech-turbo-2-5', 'elevenlabs/text-to-speech-multilingual-v2']) {
    const model = modelOf(id)
    const voiceOf = (text: string, more = {}) => withDefaults(model, { text, ...more }).voice ?? 'left out'
    const [usual, cyrillic] = ['EkK5I93UQWFDigLMpZcX', 'nPczCjzI2devNBz1zQrb']
    const today = paramOf(id, 'voice').required ? usual : 'left out'
    for (const text of ['Добрый вечер', 'Купите iPhone сегодня', 'Привіт', 'так 2026!'])
      t.equal(voiceOf(text), cyrillic, text)
    for (const text of ['Good evening', 'Say «привет» to everyone', '2026', '你好', ''])
      t.equal(voiceOf(text), today, text)
    t.equal(voiceOf('Добрый вечер', { voice: usual }), usual, 'a voice that was chosen stays')
    t.equal(toWire(model, { text: 'Добрый вечер' }, true).voice, cyrillic)
    const priceOf = (more: object) =>
      price(model, { text: 'Добрый вечер', ...more }, { usdRubRate: '95', markup: '2' }).kop
    t.equal(priceOf({}), priceOf({ voice: usual }))
    const texts = withoutTextDefaults(model, { text: 'Привет', voice: cyrillic, speed: 1.1 })
    t.same(texts, { text: 'Привет', speed: 1.1 })
    t.same(
      withoutTextDefaults(model, { text: 'Hello', voice: cyrillic }),
      { text: 'Hello', voice: cyrillic },
      'was chosen',
    )
  }
})

t.test('the dialogue asks files, then the text, then what changes the price; the rest are extras', async t => {
  const names = (id: string) => {
    const { asked, extras } = questions(modelOf(id))
    return [asked.map(param => param.name), extras.map(param => param.name)]
  }
  t.same(names('z-image'), [['prompt'], ['aspect_ratio']])
  t.same(names('kling-2.6/image-to-video'), [['image_urls', 'prompt', 'sound', 'duration'], []])
  t.same(names('grok-imagine/image-to-video'), [
    ['image_urls', 'duration', 'resolution'],
    ['index', 'prompt', 'mode', 'aspect_ratio'],
  ])
  t.same(names('topaz/image-upscale'), [['image_url', 'upscale_factor'], []])
  t.same(names('grok-imagine/upscale'), [['task_id', 'resolution'], []])
  t.same(names('google/imagen4'), [['prompt'], ['negative_prompt', 'aspect_ratio', 'seed']])
  for (const model of models) {
    const all = names(model.id).flat()
    t.equal(new Set(all).size, all.length, `${model.id} asks nothing twice`)
    t.notOk(
      all.some(name => paramOf(model.id, name).hidden),
      `${model.id} offers nothing hidden`,
    )
  }
})
