import type { FastifyInstance } from 'fastify'
import { isRecord } from './answers.ts'
import type { Model } from './models/models.ts'

const CREDIT_USD = 0.005

/** `GET /api/v1/chat/credit`: the balance, with its fractions. */
export function creditRoute(server: FastifyInstance, account: { credit: number }) {
  server.get('/api/v1/chat/credit', async () => ({ code: 200, msg: 'success', data: account.credit }))
}

/** The public price list: one row per variant of a price, without a slug except in the link (no key is needed). */
export function priceRoute(server: FastifyInstance, models: Map<string, Model>) {
  server.post('/client/v1/model-pricing/page', async ({ body }) => {
    const { pageNum, pageSize } = isRecord(body) ? body : {}
    if (!isCount(pageNum) || !isCount(pageSize))
      return { code: 422, msg: 'pageNum and pageSize are required', data: null }
    const rows = rowsOf([...models.values()])
    const records = rows.slice((pageNum - 1) * pageSize, pageNum * pageSize)
    const pages = Math.ceil(rows.length / pageSize)
    return { code: 200, msg: 'success', data: { records, total: rows.length, size: pageSize, current: pageNum, pages } }
  })
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 1

/** A row for every price. Two variants may share one, as 1K and 2K of a model do. */
function rowsOf(models: Model[]) {
  const rows = models.flatMap(({ id, name, category, provider, price }) =>
    price.variants.map(({ when, credits, feed }) => {
      const parts = Object.entries(when).map(([key, value]) => `${key} ${value}`)
      return {
        modelDescription: feed?.row ?? [name.en, category, ...parts].join(', '),
        interfaceType: category,
        provider,
        creditPrice: String(credits),
        creditUnit: feed?.unit ?? `per ${price.unit}`,
        usdPrice: (credits * CREDIT_USD).toFixed(4),
        anchor: `https://kie.ai/${id.split('/')[0]}?model=${encodeURIComponent(id)}`,
      }
    }),
  )
  return rows.filter((row, at) => {
    const isSame = (other: typeof row) => JSON.stringify(other) === JSON.stringify(row)
    return rows.findIndex(isSame) === at
  })
}
