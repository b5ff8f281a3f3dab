/** A text with its links, as Telegram writes them: offsets in UTF-16 units. */
export type Worded = { text: string; links: { offset: number; length: number; url: string }[] }

// A rich message has at most 32,768 characters, 500 blocks and 16 levels (Bot API 10.1, «Rich Message Limits»). One
// level takes up to four levels of JSON: the list, its items, an item, its blocks.
const maxCharacters = 32_768
const maxNodes = 100_000
const maxLevels = 64

type Node = Record<string, unknown>
/**
 * What has been read so far. `isLabelled`: an item's label was written, and its first words follow on the same line.
 */
type Reading = { parts: string[]; length: number; links: Worded['links']; nodes: number; isLabelled: boolean }

/**
 * Returns the words of a RichMessage in reading order: a line for each block, item and row. It looks for fields with
 * words and not for kinds of blocks, so it also reads kinds that are added later. Never throws. Leaves out what exceeds
 * the limits.
 */
export function readRich(rich: unknown): Worded {
  const so: Reading = { parts: [], length: 0, links: [], nodes: 0, isLabelled: false }
  if (isNode(rich)) each(so, rich.blocks, 0, block)
  const text = so.parts.join('').trimEnd().toWellFormed()
  return { text, links: so.links.filter(({ offset, length }) => length > 0 && offset + length <= text.length) }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns whether one more node is allowed. */
const enters = (so: Reading, level: number): boolean =>
  level < maxLevels && ++so.nodes <= maxNodes && so.length < maxCharacters

type Read = (so: Reading, node: unknown, level: number) => void

function each(so: Reading, list: unknown, level: number, read: Read): void {
  if (!Array.isArray(list)) return
  for (const node of list) {
    if (!enters(so, level)) return
    read(so, node, level + 1)
  }
}

function say(so: Reading, words: string): void {
  const part = words.slice(0, maxCharacters - so.length)
  if (part === '') return
  so.parts.push(part)
  so.length += part.length
}

function newLine(so: Reading): void {
  if (!so.isLabelled && so.length > 0 && !so.parts.at(-1)?.endsWith('\n')) say(so, '\n')
  so.isLabelled = false
}

/** RichText: a string, a list of them, or an object around either. */
function words(so: Reading, node: unknown, level: number): void {
  if (typeof node === 'string') say(so, node)
  else if (Array.isArray(node)) each(so, node, level, words)
  else if (isNode(node) && enters(so, level)) object(so, node, level)
}

function object(so: Reading, node: Node, level: number): void {
  const offset = so.length
  words(so, node.text ?? node.alternative_text ?? node.expression ?? node.button, level + 1)
  if (typeof node.url === 'string') so.links.push({ offset, length: so.length - offset, url: node.url })
}

function line(so: Reading, node: unknown, level: number): void {
  if (node === undefined || node === null) return
  newLine(so)
  words(so, node, level + 1)
}

function block(so: Reading, node: unknown, level: number): void {
  if (!isNode(node) || !enters(so, level)) return
  if (typeof node.label === 'string' && node.label !== '') {
    newLine(so)
    say(so, `${node.label} `)
    so.isLabelled = true
  }
  line(so, node.summary, level)
  line(so, node.text ?? node.expression, level)
  each(so, node.blocks, level, block)
  each(so, node.items, level, block)
  each(so, node.cells, level, row)
  each(so, node.buttons, level, line)
  caption(so, node.caption, level)
  line(so, node.credit, level)
  so.isLabelled = false
}

function row(so: Reading, cells: unknown, level: number): void {
  if (!Array.isArray(cells)) return
  newLine(so)
  for (const [n, cell] of cells.entries()) {
    if (!enters(so, level)) return
    if (n > 0) say(so, ' | ')
    if (isNode(cell)) words(so, cell.text, level + 1)
  }
}

/** A table's caption is words. A picture's caption is an object with words and their author. */
function caption(so: Reading, node: unknown, level: number): void {
  const isParted = isNode(node) && node.type === undefined
  line(so, isParted ? node.text : node, level)
  if (isParted) line(so, node.credit, level)
}
