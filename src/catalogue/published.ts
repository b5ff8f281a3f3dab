import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parse } from 'yaml'
import { Unknown } from '../errors.ts'

// What the upstream publishes about its models: prices in a feed, parameters in its documentation. Others can change
// both, so they are checked against a schema, limited in size and number, and read with short timeouts.

const timeoutMs = 20_000
// A page of the feed has 40 KB, one of the documentation 30 KB.
const maxBytes = 2 * 1024 * 1024
// There were 483 rows and 264 pages at the last check.
const maxFeedPages = 50
const maxDocuments = 600
const atOnce = 4
// The hosts refuse unusual user agents: docs/providers/kie.md, "Files".
const userAgent = 'Mozilla/5.0 (compatible; Telegen/1.0)'

/** A row of the price feed. `modelId` is the slug in its link, if there is one. */
export type PriceRow = { row: string; unit: string; credits: number | undefined; modelId: string | undefined }

const loose = { additionalProperties: true }
const Short = Type.String({ maxLength: 500 })
const FeedPage = Type.Object(
  {
    code: Type.Literal(200),
    data: Type.Object(
      {
        records: Type.Array(
          Type.Object(
            {
              modelDescription: Short,
              creditPrice: Type.Union([Short, Type.Number()]),
              creditUnit: Short,
              anchor: Type.Optional(Type.Union([Short, Type.Null()])),
            },
            loose,
          ),
          { maxItems: 100 },
        ),
        pages: Type.Integer({ minimum: 1, maximum: maxFeedPages }),
      },
      loose,
    ),
  },
  loose,
)

/**
 * Reads every row of the feed behind `POST {base}/client/v1/model-pricing/page`. Throws Unknown if it cannot be read.
 */
export async function readFeed(base: string): Promise<PriceRow[]> {
  const url = new URL(`${base}/client/v1/model-pricing/page`)
  const rows: PriceRow[] = []
  for (let pageNum = 1, pages = 1; pageNum <= pages; pageNum++) {
    const text = await fetched(url, { pageNum, pageSize: 100 })
    const page = checked(FeedPage, json(text, url), `page ${pageNum} of ${url.href}`)
    pages = page.data.pages
    rows.push(...page.data.records.map(rowOf))
  }
  return rows
}

// Credits, not dollars: the feed's dollars have misprints.
function rowOf({ modelDescription, creditPrice, creditUnit, anchor }: Static<typeof FeedPage>['data']['records'][0]) {
  const price = String(creditPrice).trim()
  const credits = /^\d{1,6}(\.\d{1,6})?$/.test(price) ? Number(price) : undefined
  const modelId = anchor && URL.canParse(anchor) ? new URL(anchor).searchParams.get('model') : undefined
  return { row: plain(modelDescription), unit: plain(creditUnit), credits, modelId: modelId ?? undefined }
}

const plain = (text: string) => text.replace(/\s+/g, ' ').trim()

const Property = Type.Object(
  {
    type: Type.Optional(Short),
    enum: Type.Optional(
      Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), { maxItems: 500 }),
    ),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    minLength: Type.Optional(Type.Number()),
    maxLength: Type.Optional(Type.Number()),
    maxItems: Type.Optional(Type.Number()),
  },
  loose,
)
export type Property = Static<typeof Property>
const InputSchema = Type.Object(
  {
    properties: Type.Record(Type.String(), Type.Unknown()),
    required: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
  },
  loose,
)
/** A model's parameters by the documentation. */
export type Documented = { properties: Map<string, Property>; required: Set<string> }

/**
 * Reads the documented inputs by model. `{base}/llms.txt` lists the pages. Each model's page, a Markdown file below
 * `/market/`, has a YAML block: an OpenAPI document whose createTask names the model by `const` or `enum`, and its
 * parameters in the schema of `input`. Throws Unknown if it cannot be read.
 */
export async function readDocuments(base: string): Promise<Map<string, Documented>> {
  const index = await fetched(new URL(`${base}/llms.txt`))
  const pages = new Set<string>()
  for (const [, link = ''] of index.matchAll(/\]\(([^()\s]{1,500})\)/g)) {
    const url = link.endsWith('.md') ? URL.parse(link, `${base}/`) : null
    if (url?.href.startsWith(`${base}/market/`)) pages.add(url.href)
  }
  if (pages.size === 0) throw new Unknown(`${base}/llms.txt names no pages of models`)
  if (pages.size > maxDocuments) throw new Unknown(`${base}/llms.txt names ${pages.size} pages of models`)

  const documented = new Map<string, Documented>()
  const waiting = [...pages]
  const work = async () => {
    for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
      const text = await fetched(new URL(page))
      for (const [id, input] of modelsOf(text, page)) documented.set(id, input)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return documented
}

function modelsOf(text: string, page: string): [string, Documented][] {
  const source = yamlBlocks(text).find(block => block.includes('/api/v1/jobs/createTask'))
  if (source === undefined) return [] // a page about something else
  let document: unknown
  try {
    document = parse(source, { maxAliasCount: 100 })
  } catch (error) {
    throw new Unknown(`${page} is not YAML`, { cause: error })
  }
  const at = (node: unknown, ...path: string[]) =>
    path.reduce<unknown>((from, key) => resolved(document, from, key), node)
  const path = ['paths', '/api/v1/jobs/createTask', 'post', 'requestBody', 'content', 'application/json', 'schema']
  const request = at(document, ...path, 'properties')
  const model = at(request, 'model')
  const ids = [at(model, 'const'), ...list(at(model, 'enum'))].filter(id => typeof id === 'string')
  if (ids.length === 0) return []
  const input = checked(InputSchema, at(request, 'input'), `the input of ${page}`)
  const names = Object.keys(input.properties)
  const properties = new Map(
    names.map(name => [name.trim(), checked(Property, at(input, 'properties', name), `${name} of ${page}`)]),
  )
  const required = new Set(input.required?.map(name => name.trim()))
  return ids.map(id => [id.trim(), { properties, required }])
}

function yamlBlocks(text: string): string[] {
  const blocks: string[] = []
  let open: string[] | undefined
  for (const line of text.split('\n')) {
    if (open === undefined) {
      if (/^```ya?ml/.test(line)) open = []
    } else if (line.startsWith('```')) {
      blocks.push(open.join('\n'))
      open = undefined
    } else open.push(line)
  }
  return blocks
}

/** Returns a part of a document, following references within it. */
function resolved(document: unknown, from: unknown, key: string): unknown {
  let node = own(from, key)
  for (let hops = 0; hops < 8; hops++) {
    const reference = own(node, '$ref')
    if (typeof reference !== 'string' || !reference.startsWith('#/')) return node
    const names = reference.slice(2).split('/')
    node = names.map(name => name.replaceAll('~1', '/').replaceAll('~0', '~')).reduce<unknown>(own, document)
  }
  return undefined
}

const own = (from: unknown, key: string): unknown =>
  typeof from === 'object' && from !== null && Object.hasOwn(from, key) ? Reflect.get(from, key) : undefined

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Returns the text at an address, by POST if there is a body. Follows no redirects. */
async function fetched(url: URL, body?: object): Promise<string> {
  try {
    const headers = { 'user-agent': userAgent, ...(body && { 'content-type': 'application/json' }) }
    const request = body ? { method: 'POST', body: JSON.stringify(body) } : {}
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { ...request, headers, signal, redirect: 'error' })
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`)
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch (error) {
    const { message, cause } = error as Error
    const why = cause instanceof Error && cause.message ? cause.message : message
    throw new Unknown(`${url.href}: ${why}`, { cause: error })
  }
}

function json(text: string, url: URL): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Unknown(`${url.href}: not JSON`, { cause: error })
  }
}

function checked<S extends TSchema>(schema: S, value: unknown, what: string): Static<S> {
  if (Value.Check(schema, value)) return value
  const [first] = Value.Errors(schema, value)
  throw new Unknown(`${what} is not as expected: ${first?.path || '/'}: ${first?.message}`)
}
