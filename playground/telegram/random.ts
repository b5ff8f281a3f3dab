const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

export type Random = {
  /** Both ends included. */
  int(from: number, to: number): number
  /** URL-safe characters, as in tokens and file ids. */
  letters(count: number): string
  digits(count: number): string
}

/** Mulberry32: the same seed gives the same ids and the same "random" waits. Nothing here is secret. */
export function seeded(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const many = (count: number, one: () => string) => Array.from({ length: count }, one).join('')
  return {
    int,
    letters: count => many(count, () => ALPHABET[int(0, 63)]!),
    digits: count => String(int(1, 9)) + many(count - 1, () => String(int(0, 9))),
  }
}
