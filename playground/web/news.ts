import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Books } from './books.ts'

type News = { type: string; userId?: number; messageId?: number; taskId?: string; action?: string; changed?: string[] }
export type NewsRoom = ReturnType<typeof newsRoom>

/** Notifies every open page of changes, as server-sent events; the page then reads again. */
export function newsRoom() {
  const listeners = new Set<ServerResponse>()
  const write = (text: string) => {
    for (const listener of listeners) listener.write(text)
  }
  const beat = setInterval(() => write(': still here\n\n'), 15_000) // or a proxy and a laptop's sleep end it unseen
  beat.unref()
  return {
    send: (news: News) => write(`data: ${JSON.stringify(news)}\n\n`),
    listening: () => listeners.size > 0,
    listen(request: FastifyRequest, reply: FastifyReply) {
      reply.hijack()
      const response = reply.raw
      response.writeHead(200, {
        ...reply.getHeaders(),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
      } as Record<string, string>)
      response.write('retry: 1000\n\n')
      listeners.add(response)
      request.raw.on('close', () => listeners.delete(response))
    },
    close() {
      clearInterval(beat)
      for (const listener of listeners) listener.end()
      listeners.clear()
    },
  }
}

/** Notifies pages of changes in the tables. It polls Postgres, and only while a page listens. */
export function watchBooks(books: Books, news: NewsRoom) {
  let last: Record<string, string> = {}
  let timer: NodeJS.Timeout
  let stopped = false
  async function look() {
    if (news.listening()) {
      const pulse = await books.pulse()
      const changed = Object.entries(pulse).flatMap(([part, text]) => (last[part] === text ? [] : [part]))
      last = pulse
      if (changed.length > 0 && !stopped) news.send({ type: 'books', changed })
    }
    if (!stopped) wait()
  }
  function wait() {
    timer = setTimeout(() => void look(), 1_000)
    timer.unref()
  }
  wait()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
