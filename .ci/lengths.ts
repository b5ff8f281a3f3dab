import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { type AnyNode, parse } from 'acorn'

const mostFunctionLines = 60
const mostFileLines = 300

/** Folders and files (by the beginning of their paths) that are not held to it yet. */
const exempt: string[] = []

/** A sentence for every function over 60 lines, from its first line to its last, and every file over 300. */
export function lengthProblems(files: string[]): string[] {
  return files
    .filter(file => file.endsWith('.ts') && !exempt.some(start => file.startsWith(start)))
    .flatMap(file => {
      const text = readFileSync(file, 'utf8')
      const lines = text.split('\n').length - 1
      const long =
        lines > mostFileLines ? [`${file} has ${lines} lines: split it by subject (${mostFileLines} at most)`] : []
      return [
        ...long,
        ...functionsOf(text)
          .filter(one => one.lines > mostFunctionLines)
          .map(({ name, line, lines }) => `${file}:${line} ${name} has ${lines} lines: ${mostFunctionLines} at most`),
      ]
    })
}

type Found = { name: string; line: number; lines: number }

function functionsOf(text: string): Found[] {
  // Types become blanks, so every line stays where it is.
  const program = parse(stripTypeScriptTypes(text), { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  const found: Found[] = []
  visit(program, '(unnamed)')
  return found

  function visit(node: AnyNode, name: string) {
    if (/Function/.test(node.type) && node.loc) {
      const { start, end } = node.loc
      const own = 'id' in node && node.id && 'name' in node.id ? String(node.id.name) : name
      found.push({ name: own, line: start.line, lines: end.line - start.line + 1 })
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (child && typeof child === 'object' && 'type' in child) visit(child as AnyNode, nameIn(node) ?? name)
      }
    }
  }
}

/** What a function that stands directly in this node is called by. */
function nameIn(node: AnyNode): string | undefined {
  const named = node.type === 'VariableDeclarator' ? node.id : 'key' in node ? node.key : undefined
  return named?.type === 'Identifier' ? named.name : undefined
}
