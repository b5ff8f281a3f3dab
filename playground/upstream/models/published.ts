import type { Refusal } from './input-check.ts'
import data from './published.json' with { type: 'json' }

/** A field of `input` as its page publishes it. */
type Field = {
  name: string
  required: boolean
  type: string
  itemType?: string
  enum?: unknown[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}
const published: Record<string, Field[]> = data.models

export const isPublished = (id: string): boolean => Object.hasOwn(published, id)

/**
 * Refuses an input that the model's published schema does not allow, whatever our catalogue says of it. A model whose page is
 * gone has none, and is checked by the catalogue's data alone.
 */
export function refusedByPublished(id: string, input: Record<string, unknown>): Refusal | undefined {
  const fields = published[id]
  if (!fields) return undefined
  const strange = Object.keys(input).find(name => !fields.some(field => field.name === name))
  if (strange !== undefined) return { code: 422, msg: `${strange} is not published for ${id}` }
  for (const field of fields) {
    const value = input[field.name]
    if (value === undefined) {
      if (field.required) return { code: 500, msg: `${field.name} is required` }
      continue
    }
    const problem = problemOf(field, value)
    if (problem) return { code: 422, msg: `${field.name} ${problem}, as published` }
  }
  return undefined
}

function problemOf(field: Field, given: unknown): string | undefined {
  if (Array.isArray(given)) return field.type === 'array' ? itemsProblem(field, given) : `must be a ${field.type}`
  const isNumber = field.type === 'number' || field.type === 'integer'
  // A page may type a number and send text in its example (grok-imagine/text-to-video): both are taken.
  const value = isNumber && typeof given === 'string' && /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given
  const type = field.type === 'integer' && Number.isInteger(value) ? 'integer' : typeof value
  if (type !== field.type) return `must be a ${field.type}, not ${type}`
  if (field.enum && !field.enum.includes(value)) return `must be one of ${field.enum.join(', ')}`
  if (typeof value === 'number') return rangeProblem(value, field.minimum, field.maximum, '')
  if (typeof value === 'string') return rangeProblem([...value].length, field.minLength, field.maxLength, ' characters')
  return undefined
}

function itemsProblem({ itemType, minItems, maxItems }: Field, items: unknown[]): string | undefined {
  if (itemType === 'string' && items.some(item => typeof item !== 'string')) return 'must be a list of strings'
  return rangeProblem(items.length, minItems, maxItems, ' items')
}

function rangeProblem(
  n: number,
  least: number | undefined,
  most: number | undefined,
  unit: string,
): string | undefined {
  if (least !== undefined && n < least) return `must be at least ${least}${unit}`
  return most !== undefined && n > most ? `must be at most ${most}${unit}` : undefined
}
