import fc from 'fast-check'
import type { Model, Param } from '../../src/catalogue/models.ts'
import { checkValue, type FileValue, type Inputs, type Value } from '../../src/catalogue/parameters.ts'

/** Right answers one by one; the rules between them may still refuse. */
export function inputsOf(model: Model): fc.Arbitrary<Inputs> {
  const fields = model.params.filter(param => !param.hidden)
  const arbitraries = Object.fromEntries(fields.map(param => [param.name, sampleOf(param)]))
  const required = fields.filter(param => param.required && param.default === undefined)
  return fc.record<Inputs>(arbitraries, { requiredKeys: required.map(param => param.name) }).map(inputs => {
    for (const param of fields) {
      const value = inputs[param.name]
      if (value !== undefined && checkValue(model, param, value)) {
        throw new Error(`a wrong sample for ${model.id} ${param.name}`)
      }
    }
    return inputs
  })
}

/** A right answer to one parameter. */
export function sampleOf(param: Param): fc.Arbitrary<Value> {
  if (param.previous_models) {
    return fc.record({
      generationId: fc.constant('abcdefghijkl'),
      taskId: fc.constant('330a9433fd309e9e18df1c567ae38471'),
      modelId: fc.constantFrom(...param.previous_models),
      params: fc.record({ resolution: fc.constantFrom('480p', '720p', '1080p') }),
    })
  }
  switch (param.type) {
    case 'boolean':
      return fc.boolean()
    case 'enum':
      return fc.constantFrom(...param.enum!)
    case 'integer':
    case 'number': {
      const { min = -1000, max = 1000, step = 1 } = param
      const places = `${step}`.split('.')[1]?.length ?? 0
      return fc
        .integer({ min: 0, max: Math.round((max - min) / step) })
        .map(n => Number((min + n * step).toFixed(places)))
    }
    case 'string': {
      if (param.pattern)
        return fc.constant(param.name === 'language_code' ? 'ru' : 'https://sora.chatgpt.com/p/s_example')
      const most = Math.min(param.max_length ?? 20, 5000)
      return fc.integer({ min: Math.max(param.min_length ?? 1, 1), max: most }).map(length => 'ы'.repeat(length))
    }
    case 'file':
    case 'file[]':
      return fc
        .array(fileOf(param), {
          minLength: Math.max(param.min_files ?? 1, 1),
          maxLength: param.type === 'file' ? 1 : param.max_files!,
        })
        .map(files => files.map((one, at) => ({ ...one, url: `https://files.example.com/${param.name}/${at}` })))
  }
}

function fileOf(param: Param): fc.Arbitrary<FileValue> {
  const common = { url: 'https://files.example.com', bytes: 1000, mime: param.formats![0]! }
  if (param.accept![0] === 'image') {
    const side = fc.integer({ min: Math.max(256, param.min_side_px ?? 0), max: 4000 })
    return fc.tuple(side, side).map(([widthPx, heightPx]) => ({ ...common, kind: 'image', widthPx, heightPx }))
  }
  const hundredths = fc.integer({ min: 1, max: (param.max_seconds ?? 60) * 100 })
  return hundredths.map(n => ({ ...common, kind: param.accept![0]!, seconds: n / 100 }))
}
