import type { Caption, Cell, RichBlock, RichMessage, RichText } from './wire.ts'

type Words = (text: RichText | undefined) => string

/** The words of a rich message as a reader sees them: a line for each block, item and row. */
export const plainMessage = (message: RichMessage): string => plainBy(plainOf, message)

/** The same lines, with each text as `words` writes it. */
export const plainBy = (words: Words, { blocks }: RichMessage): string => linesOf(words, blocks)

const linesOf = (words: Words, blocks: RichBlock[] = []): string =>
  blocks
    .map(block => plainBlock(words, block))
    .filter(Boolean)
    .join('\n')

function plainBlock(words: Words, block: RichBlock): string {
  const { text, summary, items = [], cells = [], buttons = [], blocks, credit, caption } = block
  const lines = [
    words(text),
    words(summary),
    typeof block.expression === 'string' ? words(block.expression) : '',
    ...items.map(item => `${item.label} ${linesOf(words, item.blocks)}`),
    ...cells.map(row => plainRow(words, row)),
    buttons.map(one => words(one.text)).join(' '),
    linesOf(words, blocks),
    words(credit),
    ...plainCaption(words, caption),
  ]
  return lines.filter(Boolean).join('\n')
}

const plainRow = (words: Words, row: Cell[]): string =>
  row
    .map(cell => words(cell.text))
    .filter(Boolean)
    .join(' ')

const plainCaption = (words: Words, caption: Caption | RichText | undefined): string[] =>
  isCaption(caption) ? [words(caption.text), words(caption.credit)] : [words(caption)]

const isCaption = (caption: Caption | RichText | undefined): caption is Caption =>
  typeof caption === 'object' && !Array.isArray(caption) && !('type' in caption)

/** The words of a text alone. */
export function plainOf(text: RichText | undefined): string {
  if (text === undefined) return ''
  if (typeof text === 'string') return text
  if (Array.isArray(text)) return text.map(plainOf).join('')
  if (text.button) return plainOf(text.button.text)
  if (typeof text.alternative_text === 'string') return text.alternative_text
  if (typeof text.expression === 'string') return text.expression
  return plainOf(text.text)
}
