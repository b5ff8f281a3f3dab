import type { Model, Param, Rule, Scalar } from './models.ts'

export type Refusal = { code: number; msg: string }

/** What this server knows about one of its own files; sizes are missing where the format is not understood. */
export type OwnFile = { mime: string; bytes: number; width?: number; height?: number; seconds?: number }
export type EarlierTask = { model: string; state: string; input: Record<string, unknown>; resultUrls: string[] }
export type Known = {
  /** `foreign` for another host's address, undefined for an address of ours where nothing lies. */
  file(url: string): OwnFile | 'foreign' | undefined
  task(taskId: string): EarlierTask | undefined
}

/**
 * Refuses an input that the documented schema does not allow. Written from the documentation alone,
 * so that a mistake in the service's own checks is seen here. Missing fields come as code 500: docs/providers/kie.md,
 * "Creating a task".
 */
export function refusedInput(model: Model, input: Record<string, unknown>, known: Known): Refusal | undefined {
  const params = new Map(model.params.map(param => [param.name, param]))
  const strange = Object.keys(input).find(name => !params.has(name))
  if (strange !== undefined) return { code: 422, msg: `${strange} is not a parameter of ${model.id}` }
  for (const param of model.params) {
    // A parameter that changes the price must never be left to a default that may change.
    if ((param.required || param.always_send) && isEmpty(input[param.name])) {
      return { code: 500, msg: `${param.name} is required` }
    }
  }
  for (const [name, value] of Object.entries(input)) {
    const problem = valueProblem(params.get(name)!, value, known)
    if (problem) return { code: 422, msg: `${name} ${problem}` }
  }
  for (const rule of model.rules) {
    if (breaks(rule, input)) return { code: 422, msg: `input is invalid: ${rule.text}` }
  }
  return earlierTaskProblem(model, input, known)
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

function valueProblem(param: Param, value: unknown, known: Known): string | undefined {
  if (param.value_type === 'string[]') return filesProblem(param, value, known)
  const wanted = param.value_type === 'integer' ? 'number' : param.value_type
  if (typeof value !== wanted)
    return `must be a ${wanted}, not ${value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value}`
  switch (param.type) {
    case 'enum':
      return param.enum!.includes(value as Scalar) ? undefined : `must be one of ${param.enum!.join(', ')}`
    case 'integer':
    case 'number':
      return numberProblem(param, value as number | string)
    case 'file':
      return fileProblem(param, value as string, known)
    case 'string':
      return textProblem(param, value as string)
    default:
      return undefined
  }
}

function textProblem(param: Param, text: string) {
  const characters = [...text].length
  // An optional text without a value is left out; upstream takes "" for a missing field unless it documents a length of 0.
  const least = param.min_length ?? 1
  if (characters < least) return `must be at least ${least} characters long`
  if (param.max_length !== undefined && characters > param.max_length) {
    return `must be at most ${param.max_length} characters long`
  }
  if (param.pattern && !new RegExp(param.pattern).test(text)) return `must match ${param.pattern}`
  return undefined
}

function numberProblem(param: Param, value: number | string) {
  const written = param.type === 'integer' ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/
  if (typeof value === 'string' && !written.test(value)) return 'must be a number written as a string'
  const number = Number(value)
  if (!Number.isFinite(number)) return 'must be a finite number'
  if (param.type === 'integer' && !Number.isInteger(number)) return 'must be a whole number'
  if (param.min !== undefined && number < param.min) return `must be at least ${param.min}`
  if (param.max !== undefined && number > param.max) return `must be at most ${param.max}`
  if (param.step !== undefined) {
    const steps = number / param.step
    if (Math.abs(steps - Math.round(steps)) > 1e-6) return `must be a multiple of ${param.step}`
  }
  return undefined
}

function filesProblem(param: Param, value: unknown, known: Known) {
  if (!Array.isArray(value)) return 'must be a list of URLs'
  if (value.length < (param.min_files ?? 0)) return `must have at least ${param.min_files} files`
  if (value.length > param.max_files!) return `must have at most ${param.max_files} files`
  for (const url of value) {
    if (typeof url !== 'string') return 'must be a list of URLs'
    const problem = fileProblem(param, url, known)
    if (problem) return problem
  }
  return undefined
}

function fileProblem(param: Param, url: string, known: Known) {
  if (!URL.canParse(url)) return 'must be a URL'
  const file = known.file(url)
  if (file === 'foreign') return url.startsWith('https://') ? undefined : 'must be an https URL'
  if (!file) return 'is invalid: Failed to get the file information'
  const family = file.mime.split('/')[0] as 'image'
  // An MP4 box may hold sound alone, so its family is taken from what the documentation accepts.
  const accepted =
    param.accept!.includes(family) || (file.mime === 'video/mp4' && param.accept!.includes('audio' as 'image'))
  if (!accepted) return `must be ${param.accept!.join(' or ')}, not ${file.mime}`
  if (family === 'image' && !param.formats!.includes(file.mime)) return `must be ${param.formats!.join(', ')}`
  if (file.bytes > param.max_mb! * 1024 * 1024) return `must be at most ${param.max_mb} MB`
  if (param.max_seconds !== undefined && (file.seconds ?? 0) > param.max_seconds) {
    return `must be at most ${param.max_seconds} seconds long`
  }
  if (file.width === undefined || file.height === undefined) return undefined
  const [short, long] = [Math.min(file.width, file.height), Math.max(file.width, file.height)]
  if (param.min_side_px !== undefined && short < param.min_side_px)
    return `must be at least ${param.min_side_px} px wide`
  if (param.max_side_px !== undefined && long > param.max_side_px) return `must be at most ${param.max_side_px} px wide`
  if (param.max_megapixels !== undefined && (short * long) / 1e6 > param.max_megapixels) {
    return `must be at most ${param.max_megapixels} megapixels`
  }
  return undefined
}

function breaks(rule: Rule, input: Record<string, unknown>): boolean {
  const holds = (condition: Record<string, Scalar>) =>
    Object.entries(condition).every(([name, value]) => input[name] === value)
  switch (rule.type) {
    case 'note':
      return false
    case 'requires':
      return (
        holds(rule.if) &&
        Object.entries(rule.then).some(([name, values]) => name in input && !values.includes(input[name] as Scalar))
      )
    case 'exactly_one_of':
      return rule.params.filter(name => name in input).length !== 1
    case 'only_with':
      return rule.param in input && !(rule.with in input)
    case 'forbidden_when_present':
      return rule.present in input && rule.values.includes(input[rule.param] as Scalar)
    case 'max_files_when':
      return holds(rule.if) && Array.isArray(input[rule.param]) && (input[rule.param] as unknown[]).length > rule.max
    case 'multiple_of':
      return rule.param in input && Number(input[rule.param]) % rule.value !== 0
  }
}

/** A parameter that names an earlier task: it must be ours, of the right model, finished, and have that many results. */
function earlierTaskProblem(model: Model, input: Record<string, unknown>, known: Known): Refusal | undefined {
  for (const { name, previous_models: models } of model.params) {
    const taskId = input[name]
    if (!models || taskId === undefined) continue
    const task = known.task(String(taskId))
    if (!task || !models.includes(task.model) || task.state !== 'success') {
      return { code: 422, msg: `${name} is invalid: it must be a successful task of ${models.join(' or ')}` }
    }
    if (Number(input.index ?? 0) >= task.resultUrls.length) {
      return { code: 422, msg: `index is invalid: task ${taskId} has ${task.resultUrls.length} results` }
    }
    if (model.id === 'grok-imagine/upscale' && !larger(input.resolution, task.input.resolution)) {
      return { code: 422, msg: `resolution is invalid: the earlier task has ${task.input.resolution}` }
    }
  }
  return undefined
}

// The price list has no row for a result that is not larger than its source.
const larger = (wanted: unknown, source: unknown) => Number.parseInt(`${wanted}`, 10) > Number.parseInt(`${source}`, 10)
