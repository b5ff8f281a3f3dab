export type Language = 'ru' | 'en'

/** An exact decimal number: `digits` divided by ten to the power of `scale`. */
export type Decimal = { digits: bigint; scale: number }

/** Reads `12`, `0.8`, `-3.50`. Throws RangeError on everything else: exponents, commas, spaces, NaN, Infinity. */
export function decimal(value: string | number): Decimal {
  const text = String(value)
  const match = /^(-?\d{1,30})(?:\.(\d{1,30}))?$/.exec(text)
  if (!match) throw new RangeError(`not a plain decimal number: ${text.slice(0, 40)}`)
  const [, whole = '', fraction = ''] = match
  return { digits: BigInt(whole + fraction), scale: fraction.length }
}

/** Returns the shortest plain form: `0.8`, `104.5`, `20`. */
export function decimalText({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? '-' : ''
  const padded = abs(digits)
    .toString()
    .padStart(scale + 1, '0')
  const whole = padded.slice(0, padded.length - scale)
  const fraction = padded.slice(padded.length - scale).replace(/(?<!0)0+$/, '')
  return sign + whole + (fraction && `.${fraction}`)
}

export function times(...factors: Decimal[]): Decimal {
  return factors.reduce((a, b) => ({ digits: a.digits * b.digits, scale: a.scale + b.scale }), { digits: 1n, scale: 0 })
}

/** Returns a negative number, zero or a positive number if `a` is below, equal to or above `b`. */
export function compare(a: Decimal, b: Decimal): number {
  const [left, right] = aligned(a, b)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Returns whether `value - from` is a whole number of steps. */
export function isStep(value: Decimal, from: Decimal, step: Decimal): boolean {
  const scale = Math.max(value.scale, from.scale, step.scale)
  return (rescaled(value, scale) - rescaled(from, scale)) % rescaled(step, scale) === 0n
}

/** Returns `a / b` rounded up to a whole number. Throws RangeError unless `b` is above zero. */
export function divideUp(a: Decimal, b: Decimal): Decimal {
  const [left, right] = aligned(a, b)
  if (right <= 0n) throw new RangeError('a divisor must be above zero')
  return { digits: ceilDivide(left, right), scale: 0 }
}

/** Converts rubles to whole kopecks, rounded up. Throws RangeError beyond exact numbers. */
export function kopecksUp(rubles: Decimal): number {
  const kop = Number(ceilDivide(rubles.digits * 100n, 10n ** BigInt(rubles.scale)))
  if (!Number.isSafeInteger(kop)) throw new RangeError(`an amount out of range: ${decimalText(rubles)} rubles`)
  return kop
}

/**
 * Reads an amount as people type it, in kopecks: «100», «100,50», «1 000». Undefined for anything else and for zero.
 */
export function kopecksOf(text: string): number | undefined {
  const match = /^(\d{1,3}(?:\p{Zs}\d{3}){1,3}|\d{1,12})(?:[.,](\d{1,2}))?$/u.exec(text.trim())
  const [, whole = '', fraction = ''] = match ?? []
  const kop = match ? kopecksUp(decimal(`${whole.replace(/\D/g, '')}.${fraction.padEnd(2, '0')}`)) : 0
  return kop > 0 ? kop : undefined
}

/**
 * Formats kopecks: `15 ₽`, `3,80 ₽`, `1 250 ₽` with no-break spaces, `3.80 ₽` in English. Kopecks are shown only if
 * there are any. Throws RangeError unless they are a whole number.
 */
export function formatKop(kop: number, language: Language): string {
  if (!Number.isSafeInteger(kop)) throw new RangeError(`not a whole number of kopecks: ${kop}`)
  const amount = Math.abs(kop)
  const rubles = Math.trunc(amount / 100)
    .toString()
    .replace(/\B(?=(?:\d{3}){1,6}$)/g, '\u00a0')
  const rest = amount % 100
  const point = language === 'ru' ? ',' : '.'
  return `${kop < 0 ? '−' : ''}${rubles}${rest > 0 ? point + String(rest).padStart(2, '0') : ''}\u00a0₽`
}

const abs = (value: bigint) => (value < 0n ? -value : value)
const rescaled = ({ digits, scale }: Decimal, wanted: number) => digits * 10n ** BigInt(wanted - scale)

function aligned(a: Decimal, b: Decimal): [bigint, bigint] {
  const scale = Math.max(a.scale, b.scale)
  return [rescaled(a, scale), rescaled(b, scale)]
}

// BigInt division rounds towards zero, which is already "up" below zero.
function ceilDivide(a: bigint, b: bigint): bigint {
  const cut = a / b
  return a > 0n && cut * b !== a ? cut + 1n : cut
}
