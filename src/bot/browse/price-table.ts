import type { Catalogue, Model, Param, Scalar } from '../../catalogue/models.ts'
import { price } from '../../catalogue/pricing.ts'
import { inSentence, priceText } from '../../i18n/format.ts'
import type { Language } from '../../money.ts'
import { html } from '../../telegram/html.ts'
import { type RichBlock, table } from '../../telegram/rich.ts'
import type { BotContext } from '../context.ts'
import { labelOf, scalarText } from '../parameter-texts.ts'

type Row = { when: Record<string, Scalar>; kop: number }

/**
 * The prices of a model by the values they depend on, the rest as usual; with two parameters, one goes down and one
 * across. `usualBut` tells the usual values of what the price depends on besides. Undefined where there is one price, or where it depends on what is still to come.
 */
export function priceTable(
  { catalogue }: { catalogue: Catalogue },
  { t, language }: Pick<BotContext, 't' | 'language'>,
  model: Model,
  usualBut: (shown: Param[]) => string,
): RichBlock | undefined {
  const rows = pricesOf(model, catalogue)
  const params = rows && paramsOf(model, rows)
  if (!rows || !params) return undefined
  const [down, across] = params as [Param, Param | undefined]
  const name = (param: Param) => html`${labelOf(param, language)}`
  const value = (param: Param, value: Scalar) => html`${scalarText(param, value, language)}`
  const cost = (kop: number | undefined) => html`${kop === undefined ? '—' : priceText(kop, language)}`
  const lines = valuesOf(rows, down)
  const columns = across ? valuesOf(rows, across) : []
  const priceAt = (line: Scalar, column?: Scalar) =>
    rows.find(({ when }) => when[down.name] === line && (!across || when[across.name] === column))?.kop
  return table({
    align: ['left', ...(across ? columns : [0]).map(() => 'right' as const)],
    head: [
      name(down),
      ...(across ? columns.map(column => columnHead(across, column, language)) : [html`${t.priceColumn}`]),
    ],
    rows: lines.map(line => [
      value(down, line),
      ...(across ? columns.map(column => cost(priceAt(line, column))) : [cost(priceAt(line))]),
    ]),
    ...captioned(t, across && `${labelOf(down, language)} × ${labelOf(across, language)}`, usualBut(params)),
  })
}

/** A yes or no at the top of a column says what it is about. */
const columnHead = (param: Param, value: Scalar, language: Language) => {
  const text = scalarText(param, value, language)
  return html`${typeof value === 'boolean' ? `${labelOf(param, language)}: ${inSentence(text)}` : text}`
}

function captioned(t: BotContext['t'], axes: string | undefined, usual: string) {
  const words = [axes, usual].filter(Boolean).join(' · ')
  return words === '' ? {} : { caption: html`${t.priceColumn}: ${words}` }
}

function pricesOf(model: Model, { rates }: Catalogue): Row[] | undefined {
  const { variants, measures = [] } = model.price
  if (variants.length < 2 || measures.length > 0) return undefined
  try {
    return variants.map(({ when }) => ({ when, kop: price(model, when, rates).kop }))
  } catch (error) {
    if (error instanceof RangeError) return undefined // depends on a text or a file that is still to come
    throw error
  }
}

/** The one or two parameters that the prices depend on, in the order of the questions. */
function paramsOf(model: Model, rows: Row[]): Param[] | undefined {
  const names = new Set(rows.flatMap(({ when }) => Object.keys(when)))
  const found = model.params.filter(({ name, hidden }) => names.has(name) && !hidden)
  return found.length === names.size && (found.length === 1 || found.length === 2) ? found : undefined
}

/** The values of a parameter, in the order that the model has them. */
function valuesOf(rows: Row[], param: Param): Scalar[] {
  const used = new Set(rows.map(({ when }) => when[param.name]!))
  const known = (param.enum ?? [false, true]).filter(value => used.has(value))
  return [...known, ...[...used].filter(value => !known.includes(value))]
}
