import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { type AnyNode, parse } from 'acorn'

const maxLines = { function: 60, file: 300 }

// Where these bounds hold, and what below it is still to be cut. Texts of a language are data: their files may be long.
const held = ['src/']
const notYet: string[] = []
const texts = ['src/i18n/']

/** A problem for each function over 60 lines, from its first to its last, and each file over 300. */
export function lengthProblems(files: string[]): string[] {
  const isBelow = (folders: string[], file: string) => folders.some(folder => file.startsWith(folder))
  return files
    .filter(file => file.endsWith('.ts') && isBelow(held, file) && !isBelow(notYet, file))
    .flatMap(file => {
      const text = readFileSync(file, 'utf8')
      const lines = text.split('\n').length - 1
      const isLong = lines > maxLines.file && !isBelow(texts, file)
      const functions = functionsIn(text).filter(({ lines }) => lines > maxLines.function)
      return [
        ...(isLong ? [`${file} has ${lines} lines, ${maxLines.file} at most: split it by subject`] : []),
        ...functions.map(
          ({ name, line, lines }) => `${file}:${line} ${name} has ${lines} lines, ${maxLines.function} at most`,
        ),
      ]
    })
}

type Found = { name: string; line: number; lines: number }

function functionsIn(text: string): Found[] {
  // Types become blanks, so every line stays where it is.
  const program = parse(stripTypeScriptTypes(text), { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  const found: Found[] = []
  const visit = (node: AnyNode, name: string) => {
    const called = nameOf(node) ?? name
    if (/Function/.test(node.type) && node.loc) {
      const { start, end } = node.loc
      found.push({ name: called, line: start.line, lines: end.line - start.line + 1 })
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, called)
  }
  visit(program, 'a function')
  return found
}

const isNode = (value: unknown): value is AnyNode => typeof value === 'object' && value !== null && 'type' in value

/** What a function here is called by: its own name, or that of the variable or property around it. */
function nameOf(node: AnyNode): string | undefined {
  const named = 'id' in node ? node.id : 'key' in node ? node.key : undefined
  return named?.type === 'Identifier' ? named.name : undefined
}
