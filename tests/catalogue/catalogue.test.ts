import { execFile } from 'node:child_process'
import { cp, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TObject } from '@sinclair/typebox'
import t from 'tap'
import { deriveFree } from '../../src/catalogue/free-tier.ts'
import {
  type Format,
  loadModels,
  type Model,
  modelKey,
  openCatalogue,
  optionLabel,
} from '../../src/catalogue/models.ts'
import { priceRange } from '../../src/catalogue/pricing.ts'
import { Model as ModelSchema, Param, Pricing } from '../../src/catalogue/schema.ts'

const rates = { usdRubRate: '95', markup: '2.0' }
const open = (extra: Partial<Parameters<typeof openCatalogue>[0]> = {}) =>
  openCatalogue({ rates, contentFilter: true, ...extra })
const five = [
  'z-image',
  'recraft/remove-background',
  'google/imagen4-fast',
  'google/nano-banana',
  'google/nano-banana-edit',
]

t.test('there are 42 models, each in exactly one home list', async t => {
  const catalogue = open()
  t.equal(catalogue.models.length, 42)
  const formats: Format[] = ['image', 'edit', 'video', 'animate', 'audio', 'tools']
  const lists = formats.map(format => catalogue.format(format))
  t.same(
    lists.map(list => list.length),
    [10, 4, 7, 8, 8, 5],
  )
  t.equal(new Set(lists.flat()).size, 42)
})

t.test('each model is found by its id and by its key, which fits into a button', async t => {
  const catalogue = open()
  const keys = catalogue.models.map(model => modelKey(model.id))
  t.equal(new Set(keys).size, 42)
  for (const key of keys) t.match(key, /^[a-z0-9-]{1,41}$/)
  t.equal(Math.max(...keys.map(key => key.length)), 41)
  t.equal(modelKey('google/imagen4'), 'google-imagen4')
  for (const model of catalogue.models) {
    t.equal(catalogue.byId(model.id), model)
    t.equal(catalogue.byKey(modelKey(model.id)), model)
  }
  t.equal(catalogue.byId('google-imagen4'), undefined)
  t.equal(catalogue.byKey('nothing'), undefined)
})

t.test('people read about each model in both languages, without the name of the aggregator', async t => {
  const { models } = open({ choice: 'all' })
  t.equal(new Set(models.map(model => model.description.ru)).size, models.length, 'no description is used twice')
  for (const model of models) {
    const texts = [
      model.name,
      model.description,
      ...model.params.flatMap(param => [param.label, param.hint ?? []]),
    ].flat()
    for (const text of texts) {
      t.notMatch(`${text.ru} ${text.en}`, /\bkie\b|undefined|null/i)
      t.ok(text.ru.length <= 100 && text.en.length <= 100, text.ru)
    }
    t.match(model.description.ru, /^[А-ЯЁ].*\.$/)
  }
})

t.test('cryptic options have names, clear ones stand as they are', async t => {
  const { byId, models } = open({ choice: 'all' })
  const label = (id: string, name: string, value: string) => {
    const param = byId(id)!.params.find(one => one.name === name)!
    return [optionLabel(param, value, 'ru'), optionLabel(param, value, 'en')]
  }
  t.same(label('sora-2-text-to-video', 'aspect_ratio', 'portrait'), ['Вертикально', 'Portrait'])
  t.same(label('google/imagen4', 'aspect_ratio', 'auto'), ['Авто', 'Auto'])
  t.same(label('google/imagen4', 'aspect_ratio', '16:9'), ['16:9', '16:9'])
  t.match(label('elevenlabs/text-to-speech-turbo-2-5', 'voice', 'N2lVS1w4EtoT3dr4eOWO'), [/^Callum — /, /^Callum - /])
  for (const { id, params } of models) {
    for (const param of params.filter(one => one.type === 'enum')) {
      for (const value of param.enum!) {
        const texts = [optionLabel(param, value, 'ru'), optionLabel(param, value, 'en')]
        for (const text of texts) t.notMatch(text, /^[a-z]{5,}$|_|[A-Za-z0-9]{20}/, `${id} ${param.name}`)
      }
    }
  }
})

t.test('the five cheapest models with a price per request are free', async t => {
  t.same(deriveFree(loadModels()), five)
  t.same(deriveFree(loadModels().toReversed()), five, 'the order of the file is no matter')
  t.same([...open().freeIds], five)
})

t.test('an operator may choose five other free models', async t => {
  const chosen = [...five.slice(1), 'kling-2.6/text-to-video']
  t.same([...open({ freeModelIds: chosen }).freeIds], chosen)
})

t.test('a wrong choice of free models is refused', async t => {
  const refused = (freeModelIds: string[], message: RegExp) => t.throws(() => open({ freeModelIds }), { message })
  refused(five.slice(1), /4 are named, not 5/)
  refused([...five, 'google/imagen4'], /6 are named, not 5/)
  refused([], /0 are named, not 5/)
  refused([...five.slice(1), 'google/imagen5'], /google\/imagen5 is not a model/)
  refused([...five.slice(1), five[1]!], /recraft\/remove-background is named twice/)
  refused([...five.slice(1), 'elevenlabs/audio-isolation'], /the price of elevenlabs\/audio-isolation depends/)
})

t.test('rates out of range are refused', async t => {
  for (const usdRubRate of ['0', '0.000', '-95', '', 'abc', 'Infinity', '95,5']) {
    t.throws(() => open({ rates: { ...rates, usdRubRate } }), { message: /USD_RUB_RATE is not a number above 0/ })
  }
  for (const markup of ['0.999', '0', '-2', '', 'abc']) {
    t.throws(() => open({ rates: { ...rates, markup } }), { message: /PRICING_MARKUP is not a number from 1/ })
  }
  t.ok(open({ rates: { usdRubRate: '0.01', markup: '1' } }))
})

t.test('a broken catalogue is refused with every problem named at once', async t => {
  const models = structuredClone(loadModels())
  const edit = (id: string, change: (model: Model) => void) => change(models.find(model => model.id === id)!)
  edit('kling-2.6/text-to-video', ({ price }) => price.variants.pop())
  edit('hailuo/2-3-image-to-video-pro', ({ price }) => price.variants.push({ when: { duration: '6' }, credits: 1 }))
  edit('topaz/image-upscale', ({ price }) => {
    price.variants[0]!.when = { output_size: '2K' }
  })
  edit('grok-imagine/image-to-video', ({ rules }) =>
    rules.push({ type: 'only_with', param: 'frame', with: 'task_id', text: 'x', why: { ru: 'x', en: 'x' } }),
  )
  edit('nano-banana-pro', ({ params }) => {
    delete params.find(param => param.name === 'resolution')!.always_send
  })
  edit('google/imagen4', ({ price }) => {
    price.max_credits = 9
  })
  edit('google/imagen4-fast', ({ price }) => {
    price.variants[0]!.credits = 0
  })
  edit('bytedance/seedance-1.5-pro', ({ price }) => {
    price.quantity_bounds.max = 20
  })
  edit('wan/2-5-text-to-video', ({ params }) => {
    params.find(param => param.name === 'duration')!.default = '7'
  })
  edit('elevenlabs/text-to-speech-turbo-2-5', ({ params }) => {
    params.find(param => param.name === 'voice')!.cyrillic_default = 'Борис'
    params.find(param => param.name === 'speed')!.sample = 'https://static.example.com/{value}.mp3'
  })
  edit('kling-2.6/image-to-video', ({ params }) => {
    params.find(param => param.name === 'duration')!.cyrillic_default = '10'
  })
  edit('z-image', ({ price }) => {
    price.source = 'hearsay'
  })
  models.splice(models.indexOf(models.find(model => model.id === 'grok-imagine/text-to-image')!), 1)
  const error: unknown = t.throws(() => open({ models, rates: { usdRubRate: '0', markup: '0' }, freeModelIds: ['x'] }))
  const message = error instanceof Error ? error.message : ''
  for (const problem of [
    /41 models, not 42/,
    /kling-2\.6\/text-to-video: no price for \{.*"sound":true.*"duration":"10"\}/,
    /hailuo\/2-3-image-to-video-pro: two prices for \{.*"duration":"6"/,
    /topaz\/image-upscale: the price names the unknown parameter output_size/,
    /grok-imagine\/image-to-video: a rule names the unknown parameter frame/,
    /grok-imagine\/image-to-video: task_id names the unknown model grok-imagine\/text-to-image/,
    /nano-banana-pro: resolution changes the price but may stay unsent/,
    /google\/imagen4: max_credits does not follow/,
    /google\/imagen4-fast\/price\/variants\/0\/credits/,
    /seedance-1\.5-pro: the bounds of duration do not agree/,
    /wan\/2-5-text-to-video: duration refuses its own default/,
    /text-to-speech-turbo-2-5: voice refuses its default for Cyrillic/,
    /text-to-speech-turbo-2-5: speed has recordings and no list of values/,
    /kling-2\.6\/image-to-video: duration cannot have a default for Cyrillic/,
    /kling-2\.6\/image-to-video: duration has a default for Cyrillic and no text is spoken/,
    /z-image: the source hearsay is not described/,
    /USD_RUB_RATE/,
    /PRICING_MARKUP/,
    /1 are named, not 5/,
    /x is not a model/,
  ]) {
    t.match(message, problem)
  }
})

t.test('a service with a broken catalogue does not start, and names what is wrong', async t => {
  const root = new URL('../../', import.meta.url).pathname
  const dir = t.testdir({})
  await cp(join(root, 'src'), join(dir, 'src'), { recursive: true })
  await cp(join(root, 'package.json'), join(dir, 'package.json'))
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
  const path = join(dir, 'src/catalogue/models.json')
  const whole = await readFile(path, 'utf8')
  const env = {
    TELEGRAM_BOT_TOKEN: `123456:${'x'.repeat(35)}`,
    KIE_API_KEY: 'a-key-of-nobody',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
  }
  const starts = async (change: (model: (id: string) => Model) => void) => {
    const file = JSON.parse(whole) as { models: Model[] }
    change(id => file.models.find(model => model.id === id)!)
    await writeFile(path, JSON.stringify(file))
    const failure = await promisify(execFile)(process.execPath, ['src/main.ts'], { cwd: dir, env }).then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    )
    t.equal(failure?.code, 1)
    return failure?.stderr
  }
  t.match(
    await starts(model => void model('kling-2.6/text-to-video').price.variants.pop()),
    /kling-2\.6\/text-to-video: no price for \{.*"sound":true.*\}/,
  )
  t.match(
    await starts(model => void model('google/nano-banana').price.variants.push({ when: {}, credits: 9 })),
    /google\/nano-banana: two prices for/,
  )
  t.match(
    await starts(model => {
      model('flux-2/pro-text-to-image').price.variants[0]!.when = { size: '1K' }
    }),
    /flux-2\/pro-text-to-image: the price names the unknown parameter size/,
  )
})

t.test('the example of the guide is a model that can be sold, at the price it says', async t => {
  const guide = await readFile(new URL('../../docs/adding-a-model.md', import.meta.url), 'utf8')
  const example: Model = JSON.parse(/```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '')
  const { rates: at, byId } = open({ models: [...loadModels().slice(0, 41), example], freeModelIds: five })
  t.ok(byId(example.id))
  const { minKop, maxKop } = priceRange(example, at)
  t.strictSame([minKop, maxKop], [4_75, 6_65])
  const keys = (schema: TObject) => Object.keys(schema.properties)
  for (const key of [...keys(ModelSchema), ...keys(Param), ...keys(Pricing)]) {
    t.ok(guide.includes(`\`${key}\``), `${key} is explained`)
  }
})

t.test('a model that stands twice is refused', async t => {
  const models = [...loadModels().slice(0, 41), loadModels()[0]!]
  t.throws(() => open({ models }), { message: /sora-2-text-to-video: two models have this key/ })
})

t.test('every price has its source and date', async t => {
  for (const { id, price } of open().models) t.match(price, { date: /^202[56]-\d\d/, source: /^price-/ }, id)
  const { size } = await stat(new URL('../../src/catalogue/models.json', import.meta.url))
  t.ok(size < 1_000_000, `models.json has ${size} bytes`)
})

t.test('the list of models is printed as a table and as JSON at the rates of the environment', async t => {
  const run = promisify(execFile)
  const list = (args: string[], env: Record<string, string>) =>
    run(process.execPath, ['src/catalogue/list.ts', ...args], { env })
  const { stdout: table } = await list([], {})
  const lines = table.trimEnd().split('\n')
  t.equal(lines.length, 43)
  t.match(
    lines.find(line => line.startsWith('z-image ')),
    /Z-Image: картинка по тексту +text-to-image +0,76 ₽ +free$/,
  )
  t.match(
    lines.find(line => line.startsWith('kling-2.6/t')),
    /text-to-video +52,25 ₽ {2}52,25 ₽ – 209 ₽$/,
  )

  const { stdout } = await list(['--json'], { USD_RUB_RATE: '100', PRICING_MARKUP: '1' })
  const rows: Record<string, unknown>[] = JSON.parse(stdout)
  t.equal(rows.length, 42)
  t.equal(rows.filter(row => row.free).length, 5)
  t.same(
    rows.find(row => row.id === 'wan/2-5-text-to-video'),
    {
      id: 'wan/2-5-text-to-video',
      category: 'text-to-video',
      output: 'video',
      price_kop: 5000,
      price_kop_max: 10_000,
      free: false,
    },
  )

  const failed = await list(['--json'], { USD_RUB_RATE: '0', FREE_TIER_MODEL_IDS: 'z-image' }).catch(error => error)
  t.match(failed, { code: 1, stdout: '', stderr: /USD_RUB_RATE is not a number above 0\n.*1 are named, not 5/ })
})
