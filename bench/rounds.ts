/** The middle value, and the lowest and the highest. */
export type Spread = { median: number; low: number; high: number }

/** What was measured, in its own unit, and as a multiple of the yardstick of the same rounds. */
export type Measured = { value: Spread; ratio: Spread; yardstick: Spread }

/** How much of whatever is measured; called again and again. */
export type Probe = () => Promise<number>

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { median, low: sorted[0]!, high: sorted.at(-1)! }
}

/**
 * Measures the subjects by a yardstick, in turns: yardstick, subject, yardstick, subject … Each value is divided by the
 * mean of the yardsticks on both sides of it, so that what slows the machine for a while slows both.
 */
export async function compare<Name extends string>(
  rounds: number,
  yardstick: Probe,
  subjects: Record<Name, Probe>,
): Promise<Record<Name, Measured>> {
  const names = Object.keys(subjects) as Name[]
  const values = new Map(names.map(name => [name, [] as number[]]))
  const ratios = new Map(names.map(name => [name, [] as number[]]))
  const yardsticks = [await yardstick()]
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const before = yardsticks.at(-1)!
      const value = await subjects[name]()
      const after = await yardstick()
      yardsticks.push(after)
      values.get(name)!.push(value)
      ratios.get(name)!.push(value / ((before + after) / 2))
    }
  }
  const measured = names.map(name => {
    const [value, ratio] = [spread(values.get(name)!), spread(ratios.get(name)!)]
    return [name, { value, ratio, yardstick: spread(yardsticks) }]
  })
  return Object.fromEntries(measured) as Record<Name, Measured>
}

/** Milliseconds of CPU that this process spends on one of `times` pieces of work; other processes are not counted. */
export async function cpuMs(times: number, work: (n: number) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let n = 0; n < times; n++) await work(n)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / times
}

export async function wallMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
