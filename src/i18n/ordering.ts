import type { ShownPrice } from './format.ts'
export type Media = 'image' | 'video' | 'audio'

/** A text as a screen has room for it; `of`: all its characters, where its middle was left out. */
export type Excerpt = { text: string; of: number | undefined }

/** The answer that a step asks for. */
export type Ask =
  | { kind: 'text'; least: number; most: number | undefined; example: string | undefined }
  | { kind: 'link'; example: string | undefined }
  | { kind: 'options'; names: string[] }
  | { kind: 'yes_no' }
  /** `unit` is empty for plain numbers. */
  | { kind: 'number'; min: number | undefined; max: number | undefined; unit: string }
  | { kind: 'files'; media: Media[]; most: number; megabytes: number; seconds: number | undefined }
  | { kind: 'earlier'; models: string[] }
  | { kind: 'either'; labels: string[] }

/** A file that cannot be taken, by the name of its format. */
export type ForeignFile = {
  name: string
  what: Media | 'raw' | 'drawing' | 'document' | 'archive' | 'program'
}
/** Names of the formats to save a file as. */
export type SaveAs = { image: string; drawing: string; video: string; audio: string }

/** Why an answer does not do; `limit` with the unit that the code implies. */
export type Unfit = { code: string; limit: string | number | undefined; why: string | undefined; ask: Ask | undefined }

export type QuoteFacts = {
  name: string
  /** Longer answers, a line each, and short ones that share a line. */
  lines: { label: string; text: string }[]
  choices: { label: string; text: string }[]
  /** Free runs are counted with this one, which is not yet taken. */
  price: ShownPrice
  priceKop: number
  /** Kopecks shown before, where a new price takes the place of one that has run out. */
  wasKop: number | undefined
  balanceKop: number
  typical: string | undefined
  /** What the person's plan takes off, and the price without it. */
  discount: { percent: number; fullKop: number } | undefined
  /** What a measured length comes to: so many units at so many kopecks. */
  billed: { unit: string; quantity: number; unitKop: number } | undefined
  until: Date
  /** The answers that a free run fixes. */
  pinned: { label: string; text: string }[]
  /** When free runs come back, if they are used up. */
  freeAgain: { at: Date; isTomorrow: boolean } | undefined
}

export type TimelineStep =
  | { what: 'price'; kop: number; choices: string }
  | { what: 'held' | 'charged' | 'returned'; kop: number }
  | { what: 'kept'; kop: number; backKop: number }
  | { what: 'free' | 'free_returned' | 'bonus' | 'bonus_returned' | 'cancelled' | 'failed' | 'timeout' }
  | { what: 'sent'; taskTail: string | undefined }
  | { what: 'result'; files: number }

/** `part`: fewer files arrived than were promised, with the refund in kopecks; `price`: the captured amount. */
export type ResultFacts = {
  name: string
  ageMs: number
  price: ShownPrice
  balanceKop: number
  short: string
  part: { arrived: number; promised: number; backKop: number } | undefined
}

/** How long a run usually takes, and when it is due if that is long. */
export type Usual = { typical: string; around: Date | undefined }

/** A run in the list of those under way; `leftMs` where the usual time is known. */
export type BoardState =
  | { what: 'queued' | 'sent' }
  | { what: 'running'; leftMs: number | undefined }
  | { what: 'slow'; ageMs: number }

/** Why a run failed, as far as a person is concerned. */
export type Failure = 'input' | 'moderation' | 'model' | 'late' | 'busy' | 'closed' | 'unknown' | 'cancelled' | 'other'
