import type { Measured } from './rounds.ts'

/** One figure of a measurement. `by` names its yardstick, which has the same unit. */
export type Figure = Measured & { what: string; unit: string; by: string; goal?: Goal }

/** What the median is held to. */
export type Goal = { of: 'value' | 'ratio'; atMost: number } | { of: 'ratio'; atLeast: number }

export type Bench = {
  /** Small enough for every change; the long form is for figures that are told to others. */
  isShort: boolean
  /** Of whatever is made up. */
  seed: number
  /** A fresh database with this build's schema: the URL of its owner. */
  database(): Promise<string>
  /** Says what is being done. */
  say(line: string): void
  /** Called when the measurement has ended, the last one first. */
  after(clean: () => unknown): void
}

export type Measurement = (bench: Bench) => Promise<Figure[]>

export function isMet({ value, ratio, goal }: Figure): boolean {
  if (!goal) return true
  const { median } = { value, ratio }[goal.of]
  return 'atMost' in goal ? median <= goal.atMost : median >= goal.atLeast
}
