import type { Model } from './schema.ts'

/**
 * Returns the ids of the models that the operator offers. `choice`: `core` (the default) or `all`, then changes to it,
 * separated by commas: `+id` adds a model, `-id` takes one out. `unknown`: the words that are none of these.
 */
export function offeredOf(
  choice: string,
  core: readonly Model[],
  known: readonly Model[],
): { offered: ReadonlySet<string>; unknown: string[] } {
  const words = choice.split(',').map(word => word.trim())
  const [first = '', ...rest] = words
  const isBase = first === 'core' || first === 'all' || first === ''
  const offered = new Set((first === 'all' ? known : core).map(({ id }) => id))
  const ids = new Set(known.map(({ id }) => id))
  const unknown: string[] = []
  for (const word of isBase ? rest : words) {
    const id = word.slice(1)
    if (!ids.has(id) || !/^[+-]/.test(word)) unknown.push(word)
    else if (word.startsWith('+')) offered.add(id)
    else offered.delete(id)
  }
  return { offered, unknown }
}
