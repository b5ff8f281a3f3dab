import { given, type Inputs, isEarlier, type Problem } from './inputs.ts'
import { longestSide } from './measures.ts'
import type { Model, Rule, Scalar } from './schema.ts'

/** Returns every rule between fields that these answers break, each at the field where it is best corrected. */
export const brokenRules = (model: Model, inputs: Inputs): Problem[] =>
  model.rules.flatMap(rule => broken(rule, inputs) ?? [])

/** Returns the rule that `value` would newly break. Missing answers break no rule. */
export function ruleAgainst(model: Model, name: string, value: Scalar, inputs: Inputs): Rule | undefined {
  const without = Object.fromEntries(Object.entries(inputs).filter(([other]) => other !== name))
  // These rules depend on whether there is an answer, not on its value.
  const ofValues = model.rules.filter(rule => rule.type !== 'exactly_one_of' && rule.type !== 'only_with')
  return ofValues.find(rule => broken(rule, { ...without, [name]: value }) && !broken(rule, without))
}

function broken(rule: Rule, inputs: Inputs): Problem | undefined {
  if (rule.type === 'note') return undefined
  const found = { rule: rule.type, why: rule.why }
  const has = (name: string) => given(inputs, name) !== undefined
  switch (rule.type) {
    case 'requires': {
      const clash = Object.entries(rule.then).find(([name, allowed]) => has(name) && !isIn(allowed, inputs[name]))
      return clash && holds(rule.if, inputs) ? { param: clash[0], code: 'rule', ...found } : undefined
    }
    case 'exactly_one_of': {
      const [first, second] = rule.params.filter(has)
      if (first === undefined) return { param: rule.params[0]!, code: 'missing', ...found }
      return second === undefined ? undefined : { param: second, code: 'rule', ...found }
    }
    case 'only_with':
      return has(rule.param) && !has(rule.with) ? { param: rule.param, code: 'rule', ...found } : undefined
    case 'forbidden_when_present': {
      const clash = has(rule.present) && has(rule.param) && isIn(rule.values, inputs[rule.param])
      return clash ? { param: rule.param, code: 'rule', ...found } : undefined
    }
    case 'max_files_when': {
      const files = given(inputs, rule.param)
      const over = Array.isArray(files) && files.length > rule.max && holds(rule.if, inputs)
      return over ? { param: rule.param, code: 'too_many_files', limit: rule.max, ...found } : undefined
    }
    case 'multiple_of': {
      const value = given(inputs, rule.param)
      const off = typeof value === 'number' && value % rule.value !== 0
      return off ? { param: rule.param, code: 'step', limit: rule.value, ...found } : undefined
    }
    case 'requires_earlier': {
      const earlier = given(inputs, rule.param)
      if (!isEarlier(earlier) || !holds(rule.if, inputs)) return undefined
      const clash = Object.entries(rule.earlier).some(
        ([name, allowed]) => earlier.params[name] !== undefined && !isIn(allowed, earlier.params[name]),
      )
      return clash ? { param: Object.keys(rule.if)[0] ?? rule.param, code: 'rule', ...found } : undefined
    }
    case 'within_results': {
      const earlier = given(inputs, rule.of)
      const files = isEarlier(earlier) ? earlier.files : undefined
      const over = files !== undefined && has(rule.param) && Number(inputs[rule.param]) >= files
      return over ? { param: rule.param, code: 'too_large', limit: files - 1, ...found } : undefined
    }
    case 'max_output_side': {
      const side = longestSide(inputs, rule.param)
      const over = side !== undefined && has(rule.times) && side * Number(inputs[rule.times]) > rule.max
      return over ? { param: rule.param, code: 'file_dimensions', limit: `≤ ${rule.max} px`, ...found } : undefined
    }
  }
}

const isIn = (list: Scalar[], value: unknown) => list.some(one => one === value)

const holds = (condition: Record<string, Scalar>, inputs: Inputs) =>
  Object.entries(condition).every(([name, value]) => inputs[name] === value)
