import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { Refusal } from './refusal.ts'

/**
 * A web site the developer visits may reach 127.0.0.1 too, and may point a name of its own at it. So the name asked for
 * must be ours, a page that asks must be ours, and a browser that says where the question comes from must name us.
 */
export async function ownAddressOnly(request: FastifyRequest) {
  const { port } = request.server.server.address() as AddressInfo
  const { host, origin } = request.headers
  const own = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (!host || !own.includes(host)) {
    const url = `http://127.0.0.1:${port}`
    throw new Refusal(421, 'wrong_host', { ru: `Откройте страницу по адресу ${url}`, en: `Open the page at ${url}` })
  }
  const asking = request.headers['sec-fetch-site'] ?? 'none'
  const stranger = request.url.startsWith('/api/') && asking !== 'same-origin' && asking !== 'none'
  if (stranger || (origin !== undefined && origin !== `http://${host}`)) {
    throw new Refusal(403, 'wrong_origin', {
      ru: 'Запросы принимаются только со страницы самой песочницы',
      en: 'Requests are taken from the page of the playground only',
    })
  }
}

/** Headers of every answer; `index` is the text of the page. */
export const safeHeaders = (index: string) => ({
  'content-security-policy': contentPolicy(index),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
})

/** Nothing but our own files; the one inline script, the import map, is named by its hash. */
function contentPolicy(index: string) {
  const map = /<script type="importmap">([^<]*)<\/script>/.exec(index)?.[1] ?? ''
  const hash = createHash('sha256').update(map).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
