import type { Caption, Cell, RichBlock, RichMessage, RichText } from './wire.ts'

/** The words of a rich message as a reader sees them: a line for each block, item and row. */
export const plainMessage = ({ blocks }: RichMessage): string => blocks.map(plainBlock).filter(Boolean).join('\n')

function plainBlock(block: RichBlock): string {
  const { text, summary, items, cells, buttons, blocks, credit, caption } = block
  const lines = [
    plainOf(text),
    plainOf(summary),
    typeof block.expression === 'string' ? block.expression : '',
    ...(items ?? []).map(item => `${item.label} ${item.blocks.map(plainBlock).filter(Boolean).join('\n')}`),
    ...(cells ?? []).map(plainRow),
    (buttons ?? []).map(one => plainOf(one.text)).join(' '),
    ...(blocks ?? []).map(plainBlock),
    plainOf(credit),
    plainCaption(caption),
  ]
  return lines.filter(Boolean).join('\n')
}

const plainRow = (row: Cell[]): string =>
  row
    .map(cell => plainOf(cell.text))
    .filter(Boolean)
    .join(' ')

const plainCaption = (caption: Caption | RichText | undefined): string =>
  isCaption(caption) ? [plainOf(caption.text), plainOf(caption.credit)].filter(Boolean).join('\n') : plainOf(caption)

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
