import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname } from 'node:path'
import { type AnyNode, parse } from 'acorn'

const maxLines = { function: 60, file: 300 }
// Where these bounds hold. The texts of a language are data: their files may be long.
const held = ['src/', 'playground/', 'bench/', 'chaos/', '.ci/']
const texts = ['src/i18n/']

const maxFiles = { folder: 25, bot: 15 }
const counted = ['src/', 'playground/', 'tests/']

const isBelow = (folders: string[], file: string) => folders.some(folder => file.startsWith(folder))

/** A problem for each function over 60 lines, from its first to its last, and each file over 300. */
export function lengthProblems(files: string[]): string[] {
  return files
    .filter(file => /\.[jt]s$/.test(file) && isBelow(held, file))
    .flatMap(file => {
      const text = readFileSync(file, 'utf8')
      const lines = text.split('\n').length - 1
      const isLong = lines > maxLines.file && !isBelow(texts, file)
      const functions = functionsIn(file, text).filter(({ lines }) => lines > maxLines.function)
      return [
        ...(isLong ? [`${file} has ${lines} lines, ${maxLines.file} at most: split it by subject`] : []),
        ...functions.map(
          ({ name, line, lines }) => `${file}:${line} ${name} has ${lines} lines, ${maxLines.function} at most`,
        ),
      ]
    })
}

/**
 * A problem for each folder of src, playground and tests with more than 25 files, and for src/bot with more than 15 files
 * of TypeScript. Files in sub-folders do not count.
 */
export function folderProblems(files: string[]): string[] {
  const counts = new Map<string, number>()
  const kept = files.filter(file => isBelow(counted, file))
  for (const folder of kept.map(file => dirname(file))) counts.set(folder, (counts.get(folder) ?? 0) + 1)
  const bot = kept.filter(file => dirname(file) === 'src/bot' && file.endsWith('.ts')).length
  return [
    ...[...counts]
      .filter(([, count]) => count > maxFiles.folder)
      .map(([folder, count]) => `${folder} has ${count} files, ${maxFiles.folder} at most: divide it by subject`),
    ...(bot > maxFiles.bot ? [`src/bot has ${bot} .ts files, ${maxFiles.bot} at most: a feature has its folder`] : []),
  ]
}

type Found = { name: string; line: number; lines: number }

function functionsIn(file: string, text: string): Found[] {
  // Types become blanks, so every line stays where it is.
  const code = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
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

/** The name of a function: its own, or that of the variable or property that holds it. */
function nameOf(node: AnyNode): string | undefined {
  const named = 'id' in node ? node.id : 'key' in node ? node.key : undefined
  return named?.type === 'Identifier' ? named.name : undefined
}
