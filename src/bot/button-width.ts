// The bubble of a wide message on a phone of 390 px, the gap between buttons, and the space left and right of a text.
const [keyboardPx, gapPx, paddingPx] = [366, 4, 8]

/** The room for the text of one of `perRow` buttons of a row, in px. Telegram cuts a longer text with an ellipsis. */
export const roomOf = (perRow: number): number => (keyboardPx - gapPx * (perRow - 1)) / perRow - 2 * paddingPx

// Widths in px at 15.5 px, medium weight: of the characters that differ from the usual one of their kind.
const widths: [characters: string, px: number][] = [
  ['\u200d\ufe0f', 0],
  ["ijl|!.,:;'’I", 4.2],
  [' \u00a0‹›·•', 4.3],
  ['ftr()[]-/"°', 5.8],
  ['гт', 7],
  ['зэусckvxyz', 8],
  ['жмшщыюфmw@%—', 13],
  ['ЖМШЩЫЮФMW№', 14.5],
  ['→←↩☰⭐', 20],
]
const known = new Map(widths.flatMap(([characters, px]) => [...characters].map(one => [one, px] as const)))

function widthOfOne(character: string): number {
  const px = known.get(character)
  if (px !== undefined) return px
  if (/\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(character)) return 20
  if (/\p{Lu}/u.test(character)) return 10.6
  return /[\p{Script=Latin}\p{Script=Cyrillic}\p{N}\p{P}\p{S}]/u.test(character) ? 8.8 : 15.5
}

/** Estimates how wide Telegram draws a text on a button, in px; rather too wide than too narrow. */
export const widthOf = (text: string): number =>
  [...text].filter(one => !/\p{M}/u.test(one)).reduce((sum, one) => sum + widthOfOne(one), 0)

export const fits = (text: string, perRow = 1): boolean => widthOf(text) <= roomOf(perRow)

/** Returns the text, cut with an ellipsis as far as it and `after` have no room on a button of its own row. */
export function cutToFit(text: string, after = ''): string {
  if (fits(text + after)) return text
  const letters = [...text]
  while (letters.length > 0 && !fits(`${letters.join('').trimEnd()}…${after}`)) letters.pop()
  return `${letters.join('').trimEnd()}…`
}
