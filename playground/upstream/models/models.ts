import { createRequire } from 'node:module'

/** What the provider's documentation says about one model; the data is shared with the catalogue, the checks are not. */
export type Model = {
  id: string
  provider: string
  category: string
  name: { en: string; ru: string }
  output: 'image' | 'video' | 'audio'
  params: Param[]
  rules: Rule[]
  price: Price
}
export type Scalar = string | number | boolean
export type Param = {
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean' | 'enum' | 'file' | 'file[]'
  required: boolean
  value_type: 'string' | 'integer' | 'number' | 'boolean' | 'string[]'
  enum?: Scalar[]
  default?: Scalar
  min?: number
  max?: number
  step?: number
  min_length?: number
  max_length?: number
  pattern?: string
  accept?: ('image' | 'video' | 'audio')[]
  formats?: string[]
  min_files?: number
  max_files?: number
  max_mb?: number
  max_seconds?: number
  max_megapixels?: number
  max_side_px?: number
  min_side_px?: number
  previous_models?: string[]
  always_send?: true
}
type Condition = Record<string, Scalar>
export type Rule = { text: string } & (
  | { type: 'note' }
  | { type: 'requires'; if: Condition; then: Record<string, Scalar[]> }
  | { type: 'exactly_one_of'; params: string[] }
  | { type: 'only_with'; param: string; with: string }
  | { type: 'forbidden_when_present'; present: string; param: string; values: Scalar[] }
  | { type: 'max_files_when'; param: string; max: number; if: Condition }
  | { type: 'multiple_of'; param: string; value: number }
)
export type Price = {
  unit: string
  quantity: string
  quantity_bounds: { from: string; min: number; max: number; round: 'none' | 'up'; divide_by?: number }
  measures?: { name: string; enum: string[] }[]
  variants: { when: Condition; credits: number; feed?: { row: string; unit: string } }[]
  max_credits: number
}

/** All models by their slug, each time new ones: what is published may be changed without anybody else seeing it. */
export function documentedModels(): Map<string, Model> {
  const read = createRequire(import.meta.url)
  const files: { models: Model[] }[] = ['models', 'shelf'].map(name => read(`../../../src/catalogue/${name}.json`))
  return new Map(structuredClone(files.flatMap(({ models }) => models)).map(model => [model.id, model]))
}
