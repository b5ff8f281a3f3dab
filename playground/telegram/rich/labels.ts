const ROMAN: [number, string][] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
]

/** What stands before an item: a bullet, or its number in the wanted kind of numbers. */
export function labelOf(value: number | undefined, type = '1'): string {
  if (value === undefined) return '•'
  if (value < 1 || value > 3999 || type === '1') return `${value}.`
  const label = type.toLowerCase() === 'i' ? roman(value) : letters(value)
  return `${type === type.toUpperCase() ? label.toUpperCase() : label}.`
}

function roman(value: number): string {
  let left = value
  return ROMAN.map(([worth, sign]) => {
    const times = Math.floor(left / worth)
    left -= times * worth
    return sign.repeat(times)
  }).join('')
}

function letters(value: number): string {
  const last = String.fromCharCode(97 + ((value - 1) % 26))
  return value > 26 ? letters(Math.floor((value - 1) / 26)) + last : last
}
