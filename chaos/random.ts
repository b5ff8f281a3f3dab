export type Random = {
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  shuffled<T>(list: readonly T[]): T[]
  /** A stream of its own, so that who draws more does not shift the others. */
  fork(name: string): Random
}

const mask = (1n << 64n) - 1n

/** splitmix64: the schedule of a run follows from its 64-bit seed. */
export function seeded(seed: bigint): Random {
  let state = seed & mask
  function next(): number {
    state = (state + 0x9e3779b97f4a7c15n) & mask
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
    return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53
  }
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  const pick = <T>(from: readonly T[]): T => from[int(0, from.length - 1)]!
  function shuffled<T>(list: readonly T[]): T[] {
    const left = [...list]
    return list.map(() => left.splice(int(0, left.length - 1), 1)[0]!)
  }
  const fork = (name: string) =>
    seeded([...name].reduce((sum, letter) => (sum * 1_099_511_628_211n + BigInt(letter.codePointAt(0)!)) & mask, seed))
  return { int, chance: probability => next() < probability, pick, shuffled, fork }
}
