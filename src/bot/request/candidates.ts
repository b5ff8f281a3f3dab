import { pinForFree } from '../../catalogue/free-tier.ts'
import type { Model, Task } from '../../catalogue/models.ts'
import type { Inputs, Problem } from '../../catalogue/parameters.ts'
import { withDefaults } from '../../catalogue/parameters.ts'
import { discounted, price, priceAtDefaults } from '../../catalogue/pricing.ts'
import { type DisplayPrice, displayPrices } from '../browse/display-price.ts'
import { ranked } from '../browse/lists.ts'
import { failsOften, successOf } from '../browse/typical.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Filled, fillFrom } from './fill.ts'
import type { Request } from './request.ts'
import { shapeAnswer } from './shapes.ts'
import { does } from './tasks.ts'
import { usedModels } from './used-models.ts'

/** A model that can do a task of a request as it is. */
/** `discount`: percent off its price by the person's plan, which is in `kop`. */
export type Candidate = { model: Model; filled: Filled; kop: number; isFree: boolean; discount: number }

/** What a person can choose from for each task; read once for a screen. */
export type Candidates = {
  /** The models that can do the task, the first choice first; of another request of the person where one is given. */
  of(task: Task, other?: Request): Candidate[]
  /** The free runs of a model that the person may start now. */
  freeLeftOf(model: Model): number
  /** Why the usual model cannot do it, where none can. */
  problemOf(task: Task): { model: Model; problem: Problem } | undefined
}

/** Reads prices, free runs left and earlier settings of the person, and returns the candidates for a request. */
export async function candidatesFor(deps: BotDeps, ctx: BotContext, request: Request): Promise<Candidates> {
  const [priceOf, recent] = await Promise.all([displayPrices(deps, ctx.user.id), usedModels(deps.sql, ctx.user.id)])
  const settingsOf = (model: Model): Inputs =>
    (request.settings?.modelId === model.id ? request.settings.inputs : undefined) ??
    recent.find(({ modelId }) => modelId === model.id)?.inputs ??
    {}
  const texts: Partial<Record<Task, string>> = ctx.t.request.usualText
  const candidateOf = (model: Model, task: Task, of: Request): Candidate | undefined => {
    const fill = (settings: Inputs) => fillFrom(model, of, settings, texts[task] ?? '')
    const shape = request.shape === undefined ? {} : shapeAnswer(model, request.shape, {})
    const usual = fill({ ...settingsOf(model), ...shape })
    // Settings that do not go with these files or words are left out.
    const filled = usual.problem ? fill({}) : usual
    return filled.problem ? undefined : pricedCandidate(deps, model, filled, priceOf(model))
  }
  return {
    of(task, other = request) {
      const { forSale } = deps
      const able = forSale.models
        .filter(model => does(model, task))
        .flatMap(model => candidateOf(model, task, other) ?? [])
      const first = firstChoice(deps, task, able, other, recent)
      const rest = ranked(
        deps,
        able.map(({ model }) => model),
      ).flatMap(model => able.find(one => one.model === model)!)
      return first ? [first, ...rest.filter(candidate => candidate !== first)] : rest
    },
    freeLeftOf(model) {
      const { now, free } = priceOf(model)
      return free && now.kind === 'free' ? Math.min(free.day, free.hour) : 0
    },
    problemOf(task) {
      const model = deps.forSale.usual(task)[0] ?? deps.forSale.models.find(one => does(one, task))
      const problem = model && fillFrom(model, request, {}, texts[task] ?? '').problem
      return model && problem && { model, problem }
    },
  }
}

function pricedCandidate(
  deps: BotDeps,
  model: Model,
  filled: Filled,
  { now, discount }: DisplayPrice,
): Candidate | undefined {
  const isFree = now.kind === 'free'
  const kop = kopOf(deps, { model, filled, discount }, isFree)
  return kop === undefined ? undefined : { model, filled, kop, isFree, discount }
}

/** The price of a filled order in kopecks; undefined: there is none for these answers. */
export function kopOf(
  { catalogue }: Pick<BotDeps, 'catalogue'>,
  { model, filled: { answers }, discount }: Pick<Candidate, 'model' | 'filled' | 'discount'>,
  isFree: boolean,
): number | undefined {
  const inputs = isFree ? pinForFree(model, answers) : withDefaults(model, answers)
  try {
    const { kop } = price(model, inputs, discounted(catalogue.rates, discount))
    return isFree ? 0 : kop
  } catch (error) {
    if (error instanceof RangeError) return undefined // no price for these answers
    throw error
  }
}

/**
 * Returns the chosen model, or that of the open card. Without one, returns from those that take the whole request: the person's last one for the
 * task, else the most successful one in the price class of the usual one, else the usual one.
 */
function firstChoice(
  deps: BotDeps,
  task: Task,
  able: Candidate[],
  { modelId, card }: Request,
  recent: { modelId: string }[],
): Candidate | undefined {
  const chosen = able.find(({ model }) => model.id === (modelId ?? card))
  if (chosen) return chosen
  const whole = able.filter(takesAll)
  const among = whole.length > 0 ? whole : able
  const candidateOf = (id: string) => among.filter(({ model }) => model.id === id)
  const [known] = recent.flatMap(run => candidateOf(run.modelId))
  if (known) return known
  const [usual] = deps.forSale.usual(task).flatMap(({ id }) => candidateOf(id))
  return usual && moreSuccessful(deps, among, usual)
}

/** Whether the model leaves out nothing of the request. */
export const takesAll = ({ filled }: Candidate): boolean => filled.unused.files === 0 && filled.cutAfter === undefined

// As dear as twice the usual one at most, and better by more than chance.
const priceClass = 2
const betterBy = 10

function moreSuccessful({ stats, catalogue }: BotDeps, able: Candidate[], usual: Candidate): Candidate {
  const share = ({ model }: Candidate) => (failsOften(stats.of(model.id)) ? 0 : successOf(stats.of(model.id))?.percent)
  const own = share(usual)
  if (own === undefined) return usual
  const cost = ({ model }: Candidate) => priceAtDefaults(model, catalogue.rates).kop
  const rivals = able.filter(
    candidate =>
      candidate.isFree === usual.isFree &&
      cost(candidate) <= cost(usual) * priceClass &&
      (share(candidate) ?? 0) >= own + betterBy,
  )
  return rivals.reduce((best, candidate) => ((share(candidate) ?? 0) > (share(best) ?? 0) ? candidate : best), usual)
}
