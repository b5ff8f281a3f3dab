import type { Model, Param, Scalar } from '../../catalogue/models.ts'
import { changesPrice, type Inputs, optionsFor } from '../../catalogue/parameters.ts'
import type { Language } from '../../money.ts'
import { scalarText } from '../parameter-texts.ts'

// What most people want, in the order of the buttons; then what else has room.
const common = ['1:1', '3:4', '4:3', '9:16', '16:9', 'landscape', 'portrait']
const others = ['2:3', '3:2', '4:5', '5:4', '21:9', '9:21']
const order = [...common, ...others]
// So that «✓ 16:9» is not cut on a phone.
const perRow = 5

/** One shape that a model offers: `name` is «16:9», or a word such as «landscape». */
export type Shape = { name: string; value: Scalar }

/**
 * Names the shape of an option, whichever way the provider writes it: «16:9», «square_hd», «portrait_16_9», «1024x1536».
 * Returns undefined for what is none, such as «auto».
 */
export function shapeOf(value: Scalar): string | undefined {
  const text = String(value)
  if (/^\d{1,2}:\d{1,2}$/.test(text) || text === 'portrait' || text === 'landscape') return text
  if (/^square(_hd)?$/.test(text)) return '1:1'
  const [, side, a, b] = /^(portrait|landscape)_(\d{1,2})_(\d{1,2})$/.exec(text) ?? []
  if (side) {
    const [short, long] = [Number(a), Number(b)].sort((x, y) => x - y)
    return side === 'portrait' ? `${short}:${long}` : `${long}:${short}`
  }
  const [, width = '', height = ''] = /^(\d{3,4})[x*](\d{3,4})$/.exec(text) ?? []
  const unit = divisor(Number(width), Number(height))
  const name = `${Number(width) / unit}:${Number(height) / unit}`
  return order.includes(name) ? name : undefined
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))

/** The parameter that says which shape the result has. One that counts only at times, by a note of the catalogue, is none. */
export function shapeParam({ params, rules }: Model): Param | undefined {
  const param = params.find(
    ({ type, hidden, enum: options = [] }) =>
      type === 'enum' && !hidden && options.filter(value => shapeOf(value) !== undefined).length > 1,
  )
  return rules.some(rule => rule.type === 'note' && param && rule.text.includes(param.name)) ? undefined : param
}

/** The shapes that are open with these answers. */
function shapesFor(model: Model, param: Param, answers: Inputs): Shape[] {
  const shapes = optionsFor(model, param, answers).flatMap(({ allowed, value }) => {
    const name = shapeOf(value)
    return allowed && name !== undefined ? [{ name, value }] : []
  })
  return shapes.filter((one, n) => shapes.findIndex(({ name }) => name === one.name) === n)
}

/** The answer that gives the result this shape; undefined where the model does not offer it with the other answers. */
export function shapeAnswer(model: Model, name: string, answers: Inputs): Inputs | undefined {
  const param = shapeParam(model)
  const shape = param && shapesFor(model, param, answers).find(one => one.name === name)
  return param && shape && { [param.name]: shape.value }
}

/** The shape that these answers give; undefined where they leave it to the model. */
export function shapeIn(model: Model, answers: Inputs): string | undefined {
  const param = shapeParam(model)
  const value = param && (answers[param.name] ?? param.default)
  return value === undefined ? undefined : shapeOf(value as Scalar)
}

export type ShapeChoice = { name: string; text: string; isNow: boolean }

/**
 * The shapes for one row of buttons, the present one among them; none where there is nothing to choose. `earlier`: what the
 * person chose before, the newest first; it comes before what is common. A free run fixes what changes the price.
 */
export function shapeChoices(
  model: Model,
  answers: Inputs,
  { earlier, isFree, language }: { earlier: string[]; isFree: boolean; language: Language },
): ShapeChoice[] {
  const param = shapeParam(model)
  if (!param || (isFree && changesPrice(model, param))) return []
  const now = shapeIn(model, answers)
  const offered = shapesFor(model, param, answers).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const usual = earlier.find(name => offered.some(one => one.name === name))
  const first = ({ name }: Shape) => (name === now ? 0 : name === usual ? 1 : 2)
  const shown = [...offered].sort((a, b) => first(a) - first(b)).slice(0, perRow)
  if (shown.length < 2) return []
  return offered
    .filter(one => shown.includes(one))
    .map(({ name, value }) => ({
      name,
      text: name.includes(':') ? name : scalarText(param, value, language),
      isNow: name === now,
    }))
}
