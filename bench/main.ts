import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measure as books } from './books.ts'
import { measure as catalogue } from './catalogue.ts'
import { measure as flood } from './flood.ts'
import { measure as growth } from './growth.ts'
import { measure as hostile } from './hostile.ts'
import { measure as lives } from './lives.ts'
import { type Figure, isMet, type Measurement } from './measurement.ts'
import { measure as memory } from './memory.ts'
import { measure as orders } from './orders.ts'
import { measure as quotes } from './quotes.ts'
import type { Spread } from './rounds.ts'
import { startServer } from './server.ts'
import { measure as webhook } from './webhook.ts'

const measurements: Record<string, Measurement> = {
  books,
  catalogue,
  flood,
  growth,
  hostile,
  lives,
  memory,
  orders,
  quotes,
  webhook,
}

const { values: options, positionals } = parseArgs({
  options: { short: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const names = positionals.length > 0 ? positionals : Object.keys(measurements)
const unknown = names.filter(name => !measurements[name])
if (unknown.length > 0) {
  console.error(`no such measurement: ${unknown.join(', ')}; there are ${Object.keys(measurements).join(', ')}`)
  process.exit(2)
}

const server = await startServer()
const about = {
  at: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0]?.toFixed(1)}`,
  versions: `node ${process.versions.node}, Postgres ${server.version}`,
  seed: Number(options.seed),
  form: options.short ? 'short' : 'long',
}
console.log(`${about.machine}\n${about.versions}, seed ${about.seed}, ${about.form} form; medians (lowest–highest)`)

const figures: (Figure & { isMet: boolean })[] = []
try {
  for (const name of names) {
    console.log(`\n${name}`)
    const cleaning: (() => unknown)[] = []
    const { database } = server
    const bench = {
      isShort: options.short,
      seed: about.seed,
      database,
      say: (line: string) => console.log(`  ${line}`),
      after: (clean: () => unknown) => void cleaning.unshift(clean),
    }
    try {
      for (const figure of await measurements[name]!(bench)) {
        figures.push({ ...figure, isMet: isMet(figure) })
        print(figure)
      }
    } finally {
      for (const clean of cleaning) await clean()
    }
  }
} finally {
  await server.stop()
}

const folder = join(import.meta.dirname, '../artifacts')
mkdirSync(folder, { recursive: true })
const file = join(folder, `bench-${about.at.replace(/[:.]/g, '-')}.json`)
writeFileSync(file, `${JSON.stringify({ ...about, figures }, null, 2)}\n`)
const missed = figures.filter(figure => !figure.isMet).length
console.log(`\n${figures.length} figures, ${missed} missed their goal; written to ${file}`)
process.exitCode = missed === 0 ? 0 : 1

function print(figure: Figure) {
  const { what, unit, by, value, ratio, yardstick, goal } = figure
  const bound = goal && ('atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`)
  const held = goal
    ? `; goal ${goal.of === 'value' ? `${bound} ${unit}` : `× ${bound}`}${isMet(figure) ? '' : ', MISSED'}`
    : ''
  console.log(
    `  ${what}\n    ${text(value)} ${unit}, × ${text(ratio)}${held}\n    by ${by}: ${text(yardstick)} ${unit}`,
  )
}

function text({ median, low, high }: Spread) {
  const short = (n: number) => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2))
  return `${short(median)} (${short(low)}–${short(high)})`
}
