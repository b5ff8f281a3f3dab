import { type Random, seeded } from '../../chaos/random.ts'

/** Of all fuzzers together: 100,000 cases, or as many as FUZZ says; SEED repeats a run. */
export const cases = Number(process.env.FUZZ ?? 100_000)
export const seed = BigInt(process.env.SEED ?? Date.now())

// What breaks programs: nothing, the edges of numbers, names of prototypes, halves of characters, other people's syntax.
const odd: unknown[] = [
  ...[null, true, false, '', ' ', [], {}, [[]], [null], 0, -0, -1, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 9.9e99],
  ...['__proto__', 'constructor', 'toString', 'length', '\0', '\ud800', '\udfff', '\u202e', '\ufeff', '👨‍👩‍👧', 'NaN'],
  ...[
    '-1',
    '1e9',
    '１２',
    '0x10',
    "'; drop table pay.users; --",
    '$1',
    '%s',
    '{{x}}',
    '<b>',
    '&lt;',
    '../../etc/passwd',
  ],
  ...['https://169.254.169.254/', 'file:///etc/passwd', 'javascript:1', 'a'.repeat(5_000), '😀'.repeat(2_100)],
  ...[{ __proto__: null, toString: 1 }, { length: -1 }, { id: {} }, [1, [2, [3, [4]]]]],
  JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`),
]

const names = odd.filter((one): one is string => typeof one === 'string' && one !== 'length')

export type Mutator = ReturnType<typeof mutator>

/** Spoils what is right. */
export function mutator(name: string) {
  const random: Random = seeded(seed).fork(name)

  /** The value with a few of its parts left out, doubled, put elsewhere or replaced. */
  function value<T>(whole: T): unknown {
    const copy = { root: structuredClone(whole) as unknown }
    for (let n = random.int(1, 3); n > 0; n--) spoil(copy)
    return copy.root
  }

  function spoil(copy: { root: unknown }): void {
    let holder: Record<string, unknown> = copy as Record<string, unknown>
    let key = 'root'
    while (typeof holder[key] === 'object' && holder[key] !== null && random.chance(0.75)) {
      const inner = holder[key] as Record<string, unknown>
      const keys = Object.keys(inner)
      if (keys.length === 0) break
      holder = inner
      key = random.pick(keys)
    }
    switch (random.int(0, 6)) {
      case 0:
        delete holder[key]
        break
      case 1:
        holder[random.pick(names)] = holder[key]
        break
      case 2:
        holder[key] = [holder[key], structuredClone(holder[key])]
        break
      case 3:
        holder[key] = { [key]: holder[key] }
        break
      case 4:
        holder[key] = changed(holder[key])
        break
      default:
        holder[key] = structuredClone(random.pick(odd))
    }
  }

  function changed(part: unknown): unknown {
    if (typeof part === 'string') return text(part)
    return typeof part === 'number' ? part + random.pick([1, -1, 0.5, 2 ** 32, -(2 ** 40)]) : JSON.stringify(part)
  }

  /** A text with some of its characters left out, doubled or changed. */
  function text(whole: string): string {
    const characters = [...whole]
    for (let n = random.int(1, 4); n > 0; n--) {
      const at = random.int(0, characters.length)
      characters.splice(
        at,
        random.int(0, 2),
        ...(random.chance(0.5) ? [String.fromCharCode(random.int(0, 0xffff))] : []),
      )
    }
    return characters.join('')
  }

  /** Bytes with some of them changed, a piece left out or doubled, or the end cut off. */
  function bytes(whole: Uint8Array): Buffer {
    const copy = Buffer.from(whole)
    for (let n = random.int(1, 8); n > 0; n--) copy[random.int(0, copy.length - 1)] = random.int(0, 255)
    const [from, to] = [random.int(0, copy.length), random.int(0, copy.length)].sort((a, b) => a - b) as [
      number,
      number,
    ]
    switch (random.int(0, 3)) {
      case 0:
        return copy.subarray(0, to)
      case 1:
        return Buffer.concat([copy.subarray(0, from), copy.subarray(to)])
      case 2:
        return Buffer.concat([copy.subarray(0, to), copy.subarray(from)])
      default:
        return copy
    }
  }

  return { ...random, value, text, bytes }
}

/**
 * The longest that one turn of the event loop took of the processor so far, in milliseconds. A machine that is busy with
 * others does not count: only our own thread's time does.
 */
export function watchLoop() {
  let worst = 0
  let before = process.threadCpuUsage()
  const beat = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before)
    before = process.threadCpuUsage()
    worst = Math.max(worst, (user + system) / 1_000)
  }, 5)
  return {
    /** Begins anew: what was measured so far was not of what is tested. */
    reset() {
      worst = 0
      before = process.threadCpuUsage()
    },
    end() {
      clearInterval(beat)
      return Math.round(worst)
    },
  }
}
