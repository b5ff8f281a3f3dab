import { intOf, isObject, textOf } from '../api/fields.ts'
import { type Meter, no } from './meter.ts'
import { readText } from './text.ts'
import type { Cell } from './wire.ts'

const MOST_COLUMNS = 20
const ALIGN = ['left', 'center', 'right']
const VALIGN = ['top', 'middle', 'bottom']

/** Reads the rows of a table; spans are counted into its columns. Throws 400. */
export function readRows(rows: unknown, meter: Meter): Cell[][] {
  if (!Array.isArray(rows) || rows.length === 0) throw no('a table has no rows')
  const read = rows.map(row => {
    if (!Array.isArray(row)) throw no('a row of a table must be an Array')
    meter.block()
    return row.map(cell => meter.inside(() => readCell(cell, meter)))
  })
  const columns = columnsOf(read)
  if (columns === 0) throw no('a table has no cells')
  if (columns > MOST_COLUMNS) throw no(`more than ${MOST_COLUMNS} columns in a table`)
  return read
}

function readCell(from: unknown, meter: Meter): Cell {
  if (!isObject(from)) throw no('a cell of a table must be an Object')
  const { text } = from
  return {
    ...(text === undefined || text === null ? {} : { text: readText(text, meter) }),
    ...(from.is_header === true ? { is_header: true as const } : {}),
    ...span(from, 'colspan'),
    ...span(from, 'rowspan'),
    align: oneOf(from, 'align', ALIGN),
    valign: oneOf(from, 'valign', VALIGN),
  }
}

function span(from: Record<string, unknown>, key: 'colspan' | 'rowspan') {
  const value = intOf(from, key)
  if (value === undefined || value === 1) return {}
  if (value < 1) throw no(`${key} of a cell must be positive`)
  return { [key]: value }
}

/** Both alignments are required fields of RichBlockTableCell. */
function oneOf(from: Record<string, unknown>, key: string, allowed: string[]): string {
  const value = textOf(from, key)
  if (value === undefined || !allowed.includes(value)) throw no(`${key} of a cell must be one of ${allowed.join(', ')}`)
  return value
}

/** How many columns the rows take, with the cells that reach down from rows above. */
function columnsOf(rows: Cell[][]): number {
  let most = 0
  let above: number[] = []
  for (const row of rows) {
    const reaching = above.filter(left => left > 0)
    const width = row.reduce((sum, { colspan = 1 }) => sum + colspan, reaching.length)
    most = Math.max(most, width)
    above = [
      ...reaching.map(left => left - 1),
      ...row.flatMap(({ colspan = 1, rowspan = 1 }) =>
        rowspan > 1 ? Array<number>(Math.min(colspan, MOST_COLUMNS + 1)).fill(rowspan - 1) : [],
      ),
    ]
  }
  return most
}
