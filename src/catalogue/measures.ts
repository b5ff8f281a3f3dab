import { compare, type Decimal, decimal, decimalText, divideUp } from '../money.ts'
import { characters, given, type Inputs, isEarlier, isFiles } from './inputs.ts'
import type { Measure, Model } from './schema.ts'

/**
 * Returns how many units these answers cost, exact and within the model's bounds. The answers must be complete
 * (withDefaults). Throws RangeError if a measured value is missing or unknown, or the quantity is out of bounds.
 */
export function quantityOf(model: Model, inputs: Inputs): Decimal {
  const { quantity, quantity_bounds: bounds } = model.price
  const exact = rawQuantity(model, inputs)
  // A measure below one unit costs one unit. A parameter below its bound is an error.
  const rounded = bounds.round === 'up' ? divideUp(exact, decimal(1)) : exact
  const inside = compare(rounded, decimal(bounds.min)) >= 0 && compare(rounded, decimal(bounds.max)) <= 0
  if (!inside) {
    throw new RangeError(`${model.id}: ${quantity} is ${decimalText(rounded)}, not ${bounds.min} to ${bounds.max}`)
  }
  return rounded
}

function rawQuantity({ id, price }: Model, inputs: Inputs): Decimal {
  const { quantity, quantity_bounds: bounds } = price
  switch (quantity) {
    case '1':
      return decimal(1)
    case 'duration':
    case 'duration_seconds':
      return number(id, inputs, quantity)
    case 'num_frames/frames_per_second':
      return divideUp(number(id, inputs, 'num_frames'), number(id, inputs, 'frames_per_second'))
    case 'characters': {
      const text = given(inputs, bounds.of ?? '')
      if (typeof text !== 'string') throw new RangeError(`${id}: the text is missing`)
      return divideUp(decimal(characters(text)), decimal(bounds.divide_by ?? 1))
    }
    case 'audio_seconds': {
      const seconds = fileIn(inputs, bounds.of ?? '')?.seconds
      if (seconds === undefined || !(seconds > 0)) throw new RangeError(`${id}: the length of the audio is unknown`)
      return decimal(Math.ceil(seconds))
    }
  }
}

/**
 * Returns the measured word that a price variant depends on. Undefined if it is unknown: the most expensive variant
 * then applies. Throws RangeError if the measure is known but has no price.
 */
export function measured(model: Model, { name, enum: known, of }: Measure, inputs: Inputs): string | undefined {
  const word = name === 'output_tier' ? outputTier(inputs, of) : sourceResolution(inputs, of)
  if (word !== undefined && !known.includes(word)) throw new RangeError(`${model.id}: no price for ${name} ${word}`)
  return word
}

function outputTier(inputs: Inputs, [picture = '', factor = '']: string[]): string | undefined {
  const side = longestSide(inputs, picture)
  if (side === undefined) return undefined
  const px = side * Number(inputs[factor])
  if (px <= 2048) return '2K'
  if (px <= 4096) return '4K'
  return px <= 8192 ? '8K' : `${px} px`
}

function sourceResolution(inputs: Inputs, [source = '']: string[]): string | undefined {
  const earlier = given(inputs, source)
  const resolution = isEarlier(earlier) ? earlier.params.resolution : undefined
  return typeof resolution === 'string' ? resolution : undefined
}

/** Returns pixels. Undefined if the size of the file is unknown. */
export function longestSide(inputs: Inputs, name: string): number | undefined {
  const file = fileIn(inputs, name)
  return file?.widthPx && file.heightPx ? Math.max(file.widthPx, file.heightPx) : undefined
}

function fileIn(inputs: Inputs, name: string) {
  const files = given(inputs, name)
  return isFiles(files) ? files[0] : undefined
}

function number(id: string, inputs: Inputs, name: string): Decimal {
  const value = given(inputs, name)
  if (typeof value !== 'number') throw new RangeError(`${id}: ${name} is not a number`)
  return decimal(value)
}
