import type { Config } from '../config.ts'

/** The configuration with the address of the database: the operator's, or the embedded server's. */
export type Settings = Config & { databaseUrl: string }
export type Build = { version: string; commit: string }

/** A part of the running service. Opening one connects to nothing; `start` does. */
export type Part = {
  /** Resolves once the part works, or when `signal` is aborted. Throws only what an operator must fix. */
  start?(signal: AbortSignal): Promise<void>
  /** Begins no more work. Resolves when the running work is done; the caller waits `graceMs` milliseconds at most. */
  drain?(graceMs: number): Promise<unknown>
  /** Closes connections, processes and files. */
  [Symbol.asyncDispose]?(): Promise<void>
  /** Members that other parts use. */
  [given: string]: unknown
}
