import { intOf, isObject, textOf } from '../api/fields.ts'
import { readButton } from './buttons.ts'
import { labelOf } from './labels.ts'
import { MEDIA, type Pending, readMedia } from './media.ts'
import { type Meter, no } from './meter.ts'
import { readRows } from './table.ts'
import { readText, required } from './text.ts'
import type { Caption, ListItem, RichBlock } from './wire.ts'

type Fields = Record<string, unknown>
/** `pending` collects the blocks whose files are fetched later. */
type Reading = { meter: Meter; pending: Pending[] }

/** Reads blocks as InputRichMessage has them. Throws 400 for what is not described or above a limit. */
export function readBlocks(from: unknown, reading: Reading): RichBlock[] {
  if (!Array.isArray(from)) throw no('blocks must be an Array')
  return from.map(block => {
    if (!isObject(block)) throw no('a block must be an Object')
    if (typeof block.type !== 'string') throw no('a block has no type')
    reading.meter.block()
    const { type } = block
    return reading.meter.inside(() => readBlock(type, block, reading))
  })
}

const WITH_TEXT = ['paragraph', 'footer', 'pullquote', 'expandable_blockquote']

function readBlock(type: string, from: Fields, reading: Reading): RichBlock {
  const { meter } = reading
  const text = () => readText(from.text, meter)
  if (WITH_TEXT.includes(type)) return { type, text: text(), ...credit(from, meter) }
  if (Object.hasOwn(MEDIA, type)) return media(type, from, reading)
  switch (type) {
    case 'heading':
      return { type, text: text(), size: whole(from, 'size', 1, 6) }
    case 'pre': {
      const language = textOf(from, 'language')
      return { type, text: text(), ...(language ? { language } : {}) }
    }
    case 'divider':
      return { type }
    case 'mathematical_expression': {
      const expression = required(from, 'expression', type)
      meter.characters(expression)
      return { type, expression }
    }
    case 'anchor':
      return { type, name: required(from, 'name', type) }
    case 'list':
      return { type, items: readItems(from.items, reading) }
    case 'blockquote':
      return { type, blocks: readBlocks(from.blocks, reading), ...credit(from, meter) }
    case 'collage':
    case 'slideshow':
      return { type, blocks: pictures(type, from, reading), ...caption(from, meter) }
    case 'table':
      return table(from, meter)
    case 'details': {
      const summary = readText(from.summary, meter)
      const open = from.is_open === true ? { is_open: true as const } : {}
      return { type, summary, blocks: readBlocks(from.blocks, reading), ...open }
    }
    case 'map':
      return map(from, meter)
    case 'buttons':
      return buttons(from, meter)
    case 'thinking':
      throw no('a thinking block is for sendRichMessageDraft only')
    default:
      throw no(`a block of the unknown type "${type}"`)
  }
}

function media(type: string, from: Fields, { meter, pending }: Reading): RichBlock {
  meter.media()
  const one = readMedia(from, type)
  Object.assign(one.block, caption(from, meter))
  pending.push(one)
  return one.block
}

function pictures(type: string, from: Fields, reading: Reading): RichBlock[] {
  const blocks = readBlocks(from.blocks, reading)
  if (blocks.length === 0) throw no(`a ${type} is empty`)
  const other = blocks.find(block => !['photo', 'video', 'animation'].includes(block.type))
  if (other) throw no(`a ${type} has photos and videos, not "${other.type}"`)
  return blocks
}

function readItems(from: unknown, reading: Reading): ListItem[] {
  if (!Array.isArray(from) || from.length === 0) throw no('a list has no items')
  return from.map((item, index) => {
    if (!isObject(item)) throw no('an item of a list must be an Object')
    reading.meter.block()
    const value = intOf(item, 'value')
    const type = textOf(item, 'type')
    if (type !== undefined && !['a', 'A', 'i', 'I', '1'].includes(type)) throw no(`wrong type "${type}" of an item`)
    const ordered = value === undefined && type === undefined ? undefined : (value ?? index + 1)
    return {
      label: labelOf(ordered, type),
      blocks: reading.meter.inside(() => readBlocks(item.blocks, reading)),
      ...(item.has_checkbox === true ? { has_checkbox: true as const } : {}),
      ...(item.is_checked === true ? { is_checked: true as const } : {}),
      ...(ordered === undefined ? {} : { value: ordered, type: type ?? '1' }),
    }
  })
}

function table(from: Fields, meter: Meter): RichBlock {
  const looks = ['is_bordered', 'is_striped', 'is_compact'].filter(look => from[look] === true)
  return {
    type: 'table',
    cells: readRows(from.cells, meter),
    ...Object.fromEntries(looks.map(look => [look, true])),
    ...(from.caption === undefined ? {} : { caption: readText(from.caption, meter) }),
  }
}

function map(from: Fields, meter: Meter): RichBlock {
  const { location } = from
  if (!isObject(location)) throw no('a map has no location')
  const { latitude, longitude } = location
  if (typeof latitude !== 'number' || typeof longitude !== 'number') throw no('a map has no location')
  const [width, height] = [whole(from, 'width', 0, 10_000), whole(from, 'height', 0, 10_000)]
  if (width + height > 10_000 || Math.max(width, height) > 20 * Math.min(width, height)) throw no('wrong size of a map')
  const where = { location: { latitude, longitude }, zoom: whole(from, 'zoom', 0, 24) }
  return { type: 'map', ...where, width, height, ...caption(from, meter) }
}

function buttons(from: Fields, meter: Meter): RichBlock {
  const list = from.buttons
  if (!Array.isArray(list) || list.length < 1 || list.length > 8) throw no('a row has 1-8 buttons')
  const align = textOf(from, 'align')
  if (align !== undefined && !['left', 'center', 'right'].includes(align)) throw no(`wrong align "${align}" of buttons`)
  const read = list.map(one => readButton(one, value => readText(value, meter)))
  return { type: 'buttons', buttons: read, ...(align === undefined ? {} : { align }) }
}

const credit = (from: Fields, meter: Meter) =>
  from.credit === undefined ? {} : { credit: readText(from.credit, meter) }

function caption(from: Fields, meter: Meter): { caption?: Caption } {
  const value = from.caption
  if (value === undefined) return {}
  if (!isObject(value)) throw no('a caption must be an Object')
  return { caption: { text: readText(value.text, meter), ...credit(value, meter) } }
}

function whole(from: Fields, key: string, least: number, most: number): number {
  const value = intOf(from, key)
  if (value === undefined || value < least || value > most) throw no(`${key} must be ${least}-${most}`)
  return value
}
