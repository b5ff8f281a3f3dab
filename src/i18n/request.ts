/** A task and its price as a button names them; without a price where it is not known yet. */
export type PricedFacts = { price: string | undefined }
/** What a model cannot take of a request. */
export type UnusedFacts = { files: number; of: number }
