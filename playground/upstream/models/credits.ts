import type { EarlierTask, Known, OwnFile, Refusal } from './input-check.ts'
import type { Model, Scalar } from './models.ts'

/** Seconds that are charged for sound whose length cannot be read here. */
const UNREAD_SECONDS = 5

/**
 * Credits that this input costs, rounded to a ten-thousandth. The price of a fact that cannot be measured is the
 * dearest one. Throws when no variant of the price fits: the input passed the checks, so the data is wrong.
 */
export function creditsFor(model: Model, input: Record<string, unknown>, known: Known): number | Refusal {
  const { price } = model
  const values: Record<string, unknown> = { ...defaults(model), ...input }
  for (const { name } of price.measures ?? []) {
    const measured = measure(name, values, known)
    if (measured === undefined) return price.max_credits
    values[name] = measured
  }
  if (values.output_tier === 'too large') return { code: 422, msg: 'upscale_factor is invalid: the result exceeds 8K' }
  const bounds = price.quantity_bounds
  const exact = quantityOf(price.quantity, values, bounds.divide_by ?? 1, known)
  const quantity = Math.max(bounds.round === 'up' ? Math.ceil(exact - 1e-9) : exact, bounds.min)
  if (quantity > bounds.max) return { code: 422, msg: `input is invalid: ${price.quantity} is above ${bounds.max}` }
  const fits = price.variants.filter(({ when }) =>
    Object.entries(when).every(([name, value]) => values[name] === value),
  )
  if (fits.length !== 1) throw new Error(`the price of ${model.id} has ${fits.length} variants for this input`)
  return roundCredits(fits[0]!.credits * quantity)
}

/** Keeps sums of credits free of binary dust: 5000 - 0.8 - 0.24 stays readable. */
export const roundCredits = (credits: number) => Math.round(credits * 10_000) / 10_000

function defaults(model: Model): Record<string, Scalar> {
  const known = model.params.flatMap(param =>
    param.default === undefined ? [] : [[param.name, param.default] as const],
  )
  return Object.fromEntries(known)
}

function quantityOf(quantity: string, values: Record<string, unknown>, divideBy: number, known: Known): number {
  switch (quantity) {
    case '1':
      return 1
    case 'characters':
      return [...String(values.text)].length / divideBy
    case 'audio_seconds':
      return own(known, values.audio_url)?.seconds ?? UNREAD_SECONDS
    case 'num_frames/frames_per_second':
      return Number(values.num_frames) / Number(values.frames_per_second)
    default:
      return Number(values[quantity])
  }
}

function measure(name: string, values: Record<string, unknown>, known: Known): string | undefined {
  if (name === 'source_resolution') {
    const earlier: EarlierTask | undefined = known.task(String(values.task_id))
    return earlier && String(earlier.input.resolution)
  }
  const file = own(known, values.image_url)
  if (file?.width === undefined || file.height === undefined) return undefined
  const side = Math.max(file.width, file.height) * Number(values.upscale_factor)
  return side <= 2048 ? '2K' : side <= 4096 ? '4K' : side <= 8192 ? '8K' : 'too large'
}

function own(known: Known, url: unknown): OwnFile | undefined {
  const file = known.file(String(url))
  return file === 'foreign' ? undefined : file
}
