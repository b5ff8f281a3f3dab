import { readFileSync } from 'node:fs'
import { type Figure, isMet } from './measurement.ts'

// `node bench/picture.ts artifacts/bench-….json … > docs/performance.svg`: each figure that has a goal, as a part of it.
const figures = process.argv
  .slice(2)
  .flatMap(file => (JSON.parse(readFileSync(file, 'utf8')) as { figures: Figure[] }).figures)
const row = 30
const [left, goalAt, most] = [500, 710, 910]

/** How far a figure is: 1 is the goal itself, more is better. */
const share = ({ value, ratio, goal }: Figure): number =>
  goal === undefined
    ? 0
    : 'atMost' in goal
      ? goal.atMost / { value, ratio }[goal.of].median
      : ratio.median / goal.atLeast
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const short = (n: number) => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2))

const shown = figures.filter(({ goal }) => goal)
const isTwice = ({ what }: Figure) => shown.filter(figure => figure.what === what).length > 1
const bars = shown.map((figure, n) => {
  const y = 50 + n * row
  const width = Math.min(most - left, share(figure) * (goalAt - left))
  const { what, unit, value, ratio, goal } = figure
  const said = goal!.of === 'value' ? `${short(value.median)} ${unit}` : `× ${short(ratio.median)}`
  return `  <text x="${left - 10}" y="${y + 14}" text-anchor="end">${escaped(isTwice(figure) ? `${what} by ${figure.by}` : what)}</text>
  <rect x="${left}" y="${y}" width="${Math.max(2, width).toFixed(0)}" height="18" fill="${isMet(figure) ? '#2f855a' : '#c05621'}"/>
  <text x="${left + Math.max(2, width) + 8}" y="${y + 14}">${escaped(said)}</text>`
})
const height = 60 + shown.length * row
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="1030" height="${height}" font-family="sans-serif" font-size="12">
  <title>Each figure of the bench as a part of its goal</title>
  <rect width="1030" height="${height}" fill="#fff"/>
  <text x="${goalAt}" y="24" text-anchor="middle" font-weight="bold">goal</text>
${bars.join('\n')}
  <line x1="${goalAt}" y1="32" x2="${goalAt}" y2="${height - 10}" stroke="#1a202c" stroke-dasharray="4 3"/>
</svg>`)
