import type { Config } from '../config.ts'

/** The configuration with the address of the database: the operator's, or the embedded server's. */
export type Settings = Config & { databaseUrl: string }
export type Build = { version: string; commit: string }

/** A part of the running service. Opening one connects to nothing; its parts of the world are reached from `start` on. */
export type Part = {
  /** Resolves once the part works, and early when `signal` is aborted. Throws what only an operator can mend. */
  start?(signal: AbortSignal): Promise<void>
  /** Begins nothing new from the call on. Resolves when what has begun is done; after `graceMs` milliseconds nobody waits. */
  drain?(graceMs: number): Promise<unknown>
  /** Lets go of connections, processes and files. */
  [Symbol.asyncDispose]?(): Promise<void>
  /** What other parts need of it. */
  [given: string]: unknown
}
