import type { BotCall, TelegramStandIn } from '../playground/telegram/server.ts'
import type { UpstreamStandIn } from '../playground/upstream/server.ts'
import type { Database } from './database.ts'
import type { Link } from './link.ts'
import type { Random } from './random.ts'
import type { Sometimes } from './sometimes.ts'

export type Fault = { at: number; what: string; n?: number }
export type Update = TelegramStandIn['updates'][number]

/** A whole run: a database, the stand-ins with their journals, the links between, and the processes. */
export type World = {
  random: Random
  database: Database
  telegram: TelegramStandIn
  upstream: UpstreamStandIn
  instances: Instance[]
  /** Telegram and the upstream come in here, and to whichever process is ready. */
  webhook: Link
  url: string
  env: Record<string, string>
  secrets: string[]
  sometimes: Sometimes
  /** Everything the stand-in ever sent, and every call it ever got. */
  updates: Update[]
  sends: BotCall[]
  /** Every text that was changed in place. */
  edits: BotCall[]
  faults: Fault[]
  problems: string[]
  fault(what: string, n?: number): void
  wrong(what: string): void
  isOver(): boolean
  /** Has the sweep look now. */
  sweep(): Promise<void>
  ready(): Promise<void>
  atEnd(clean: () => Promise<unknown>): void
  close(): Promise<void>
}

/** One process of the service. */
export type Instance = {
  n: number
  port: number
  links: { postgres: Link; telegram: Link; upstream: Link }
  isReady(): boolean
  /** Undefined between two lives. */
  pid(): number | undefined
  signal(name: NodeJS.Signals): void
  /** Resolves with the next death: a signal or an exit code. */
  died(): Promise<string>
  /** The crash point its next life has; taken once. */
  arm(spec: string): void
  armed(): string | undefined
}
