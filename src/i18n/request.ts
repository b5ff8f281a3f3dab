import type { Html } from '../telegram/html.ts'

/** A task and its price as a button names them; without a price where it is not known yet. */
export type PricedFacts = { price: string | undefined }
/** What a model cannot take of a request. */
export type UnusedFacts = { files: number; of: number }

/** The choices under a request: how many runs may begin now, of how many at once; the photos that can be done one by one. */
export type MoreFacts = { task: string; room: number; most: number; photos: number }

export type SeriesKindFacts = 'several' | 'compare' | 'photos'
/** One order of a series; `photo` counts from 1. Kopecks. */
export type SeriesLine = { name: string; photo: number | undefined; kop: number }
export type SeriesFacts = {
  kind: SeriesKindFacts
  orders: SeriesLine[]
  sumKop: number
  balanceKop: number
  /** Until when all of the prices hold. */
  until: Date
  /** What the model does not take of the request. */
  leftOut: Html[]
}

/** Why a request was not kept as a template: its `count` of something, and the most there may be. */
export type TemplateProblem = { code: 'words' | 'places' | 'full'; count: number; most: number }
export type PlaceFacts = { name: string; places: string[]; at: number }

/** Why an order of a series did not start. */
export type SeriesRefusal = 'money' | 'room' | 'off' | 'free' | 'paused' | 'banned' | 'price'
/** `short`: the name of the run, where the order was started. */
export type SeriesReport = {
  orders: (SeriesLine & { short: string | undefined })[]
  started: number
  refusal: SeriesRefusal | undefined
}
