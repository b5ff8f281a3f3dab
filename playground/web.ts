import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import staticFiles from '@fastify/static'
import {
  type FastifyPluginAsyncTypebox,
  type TypeBoxTypeProvider,
  TypeBoxValidatorCompiler,
} from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import type { TelegramStandIn } from './telegram/server.ts'
import type { UpstreamStandIn } from './upstream/server.ts'
import { readBooks } from './web/books.ts'
import { chats } from './web/chats.ts'
import { ownAddressOnly, safeHeaders } from './web/guard.ts'
import { newsRoom, watchBooks } from './web/news.ts'
import { backOffice } from './web/office.ts'
import { answerError, answerNotFound } from './web/refusal.ts'
import { switches } from './web/switches.ts'

type Options = { telegram: TelegramStandIn; upstream: UpstreamStandIn; databaseUrl: string; port?: number }

/**
 * The playground's page and its JSON API, for this machine only: it plays the people of the stand-in Telegram, turns
 * the switches of both stand-ins, and shows the tables of the service. The database may be away at any time.
 */
export async function startWeb({ telegram, upstream, databaseUrl, port = 0 }: Options) {
  const books = readBooks(databaseUrl)
  const news = newsRoom()
  const server = fastify({
    forceCloseConnections: true, // a page that listens for news would keep the server open for ever
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: 300 }, // file ids have no size limit of their own
  }).withTypeProvider<TypeBoxTypeProvider>()
  server.setValidatorCompiler(TypeBoxValidatorCompiler)
  server.setErrorHandler(answerError)
  server.setNotFoundHandler(answerNotFound)

  server.addHook('onRequest', ownAddressOnly)
  const headers = safeHeaders(await readFile(new URL('index.html', page), 'utf8'))
  server.addHook('onRequest', async (_request, reply) => void reply.headers(headers))

  await server.register(staticFiles, { root: fileURLToPath(page), cacheControl: false })
  await server.register(vendor, { prefix: '/vendor' })
  await server.register(chats, { prefix: '/api', telegram })
  await server.register(switches, { prefix: '/api', telegram, upstream, news })
  await server.register(backOffice, { prefix: '/api', telegram, upstream, books })
  server.get('/api/events', (request, reply) => news.listen(request, reply))

  const unlisten = [
    telegram.on(event => news.send(event)),
    upstream.on(event => news.send(event)),
    watchBooks(books, news),
  ]
  await server.listen({ host: '127.0.0.1', port })
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`

  return {
    url,
    async close() {
      for (const stop of unlisten) stop()
      news.close()
      await server.close()
      await books.close()
    },
  }
}

const page = new URL('page/', import.meta.url)

/** Preact and htm as their packages ship them; the page's import map names these addresses. */
const vendor: FastifyPluginAsyncTypebox = async server => {
  const modules = { 'preact.mjs': 'preact', 'hooks.mjs': 'preact/hooks', 'htm.mjs': 'htm' }
  for (const [name, specifier] of Object.entries(modules)) {
    const text = await readFile(new URL(import.meta.resolve(specifier)), 'utf8')
    server.get(`/${name}`, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(text))
  }
}
