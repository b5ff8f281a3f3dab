import { parseArgs } from 'node:util'
import { Unknown } from '../errors.ts'
import { claimedRows, type Drift, parameterDrift, priceDrift } from './drift.ts'
import { loadModels, loadShelf } from './models.ts'
import { readDocuments, readFeed } from './published.ts'

// `npm run -s models:check`: compares the catalogue with what the upstream publishes. Exits 0 if they agree, 1 if they
// differ, 2 if the upstream did not answer. It changes nothing: read what it found and edit models.json.

type Report = { feed: string; documents: string; drift: Drift[]; unanswered: string[] }

async function check(feed: string, documents: string): Promise<Report> {
  const models = [...loadModels(), ...loadShelf()]
  const [rows, documented] = await Promise.allSettled([readFeed(feed), readDocuments(documents)])
  const claimed = claimedRows(models)
  const drift = models.flatMap(model => [
    ...(rows.status === 'fulfilled' ? priceDrift(model, rows.value, claimed) : []),
    ...(documented.status === 'fulfilled' ? parameterDrift(model, documented.value.get(model.id)) : []),
  ])
  const unanswered = [rows, documented].flatMap(request =>
    request.status === 'rejected' ? [whyNot(request.reason)] : [],
  )
  return { feed, documents, drift, unanswered }
}

function whyNot(reason: unknown): string {
  if (reason instanceof Unknown) return reason.message
  throw reason
}

function text({ drift, unanswered }: Report): string {
  const lines = [...Map.groupBy(drift, ({ model }) => model)].flatMap(([model, found]) => [
    model,
    ...found.map(({ kind, what, ours, theirs }) => `  ${kind}: ${what}: ${ours} → ${theirs}`),
  ])
  if (drift.length > 0) return [...lines, `${drift.length} differences`].join('\n')
  return unanswered.length > 0 ? 'no differences in what could be asked' : 'no differences'
}

async function main() {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const address = (name: string, fallback: string) => (process.env[name]?.trim() || fallback).replace(/(?<!\/)\/+$/, '')
  const report = await check(
    address('KIE_BASE_URL', 'https://api.kie.ai'),
    address('KIE_DOCS_URL', 'https://docs.kie.ai'),
  )
  console.log(values.json ? JSON.stringify(report, null, 2) : text(report))
  for (const what of report.unanswered) console.error(`could not ask ${what}`)
  process.exitCode = report.unanswered.length > 0 ? 2 : report.drift.length > 0 ? 1 : 0
}

if (import.meta.main) await main()
