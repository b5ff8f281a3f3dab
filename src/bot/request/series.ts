import { randomInt } from 'node:crypto'
import type { Model, Task } from '../../catalogue/models.ts'
import { type Inputs, paramNamed } from '../../catalogue/parameters.ts'
import type { BotDeps } from '../deps.ts'
import { type Candidate, type Candidates, kopOf, takesAll } from './candidates.ts'
import { filesOf, type Request, type SeriesItem, withOnlyFile } from './request.ts'
import { photoTasks } from './tasks.ts'

/** An order of a series with its price now, in kopecks. */
export type SeriesPart = SeriesItem & { candidate: Candidate; kop: number; isFree: boolean }

type Of = { request: Request; task: Task; candidates: Candidates }

/** The same request `n` times, by the first choice. */
export function severalTimes({ task, candidates }: Of, n: number): SeriesItem[] {
  const [first] = candidates.of(task)
  return first ? Array.from({ length: n }, () => ({ modelId: first.model.id })) : []
}

/** The request with the first choice and with the next model that takes as much of it. */
export function comparison({ task, candidates }: Of): SeriesItem[] {
  const [first, ...others] = candidates.of(task)
  const next = others.find(takesAll) ?? others[0]
  return first && next ? [first, next].map(({ model }) => ({ modelId: model.id })) : []
}

/** Each photo of the request by itself; none where there is one photo, or where the task needs all of them at once. */
export function photoByPhoto({ request, task, candidates }: Of): SeriesItem[] {
  const photos = filesOf(request)
  const isOfPhotos = task === 'edit' || (photoTasks as readonly Task[]).includes(task)
  if (!isOfPhotos || photos.length < 2) return []
  const first = candidates.of(task)[0]?.model
  const items = photos.map((_, photo) => {
    const able = candidates.of(task, withOnlyFile(request, photo)).map(({ model }) => model)
    const model = able.find(one => one === first) ?? able[0]
    return model && { modelId: model.id, photo }
  })
  return items.every(item => item !== undefined) ? items : []
}

/**
 * Fills and prices the orders of a series. As many as are left now are free, the rest are paid. Orders whose model can no
 * longer do it are left out.
 */
export function pricedSeries(
  deps: Pick<BotDeps, 'catalogue'>,
  { request, task, candidates }: Of,
  items: SeriesItem[],
): SeriesPart[] {
  const taken = new Map<Model, number>()
  return items.flatMap(item => {
    const { photo, modelId } = item
    const able = candidates.of(task, photo === undefined ? request : withOnlyFile(request, photo))
    const candidate = able.find(({ model }) => model.id === modelId)
    if (!candidate) return []
    const { model } = candidate
    const before = taken.get(model) ?? 0
    const isFree = before < candidates.freeLeftOf(model)
    const kop = kopOf(deps, candidate, isFree)
    if (kop === undefined) return []
    taken.set(model, before + 1)
    return [{ ...item, candidate, kop, isFree }]
  })
}

export const sumOf = (parts: { kop: number }[]): number => parts.reduce((sum, { kop }) => sum + kop, 0)

// The range that all providers of such a parameter take.
const maxSeed = 2_147_483_647

/** A seed of its own for an order, where the model takes one. */
export function seedFor(model: Model): Inputs {
  const seed = paramNamed(model, 'seed')
  if (!seed || seed.hidden) return {}
  const least = Math.max(1, seed.min ?? 1)
  return { seed: randomInt(least, Math.min(maxSeed, seed.max ?? maxSeed)) }
}
