import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { language, words } from './words.js'

/** Asks the playground's server. Throws an Error whose message can be shown to the person. */
export async function call(method, path, body) {
  const isForm = body instanceof FormData
  const request = { method, headers: { 'accept-language': language } }
  if (body !== undefined) {
    request.body = isForm ? body : JSON.stringify(body)
    if (!isForm) request.headers['content-type'] = 'application/json'
  }
  let response
  try {
    response = await fetch(path, request)
  } catch {
    throw new Error(words.server.silent)
  }
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Error(answer.error?.message ?? words.server.answered(response.status))
  return answer
}

export const get = path => call('GET', path)
export const post = (path, body = {}) => call('POST', path, body)
export const remove = path => call('DELETE', path)
export const patch = (path, body) => call('PATCH', path, body)

const listeners = new Set()
const tell = news => {
  for (const listener of listeners) listener(news)
}

/** Starts listening; `hello` is sent on each (re)connection, since news may have been missed, and `away` on a loss. */
export function listen() {
  const source = new EventSource('/api/events')
  source.addEventListener('open', () => tell({ type: 'hello' }))
  source.addEventListener('error', () => tell({ type: 'away' }))
  source.addEventListener('message', event => tell(JSON.parse(event.data)))
}

export function onNews(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

// A burst of news is answered by one reading, and the last piece of it is never missed. Milliseconds.
const restMs = 120

/** What `path` answers, read again when news that `concerns` it comes. `[undefined, …]` until the first answer. */
export function useLive(path, concerns) {
  const [answer, setAnswer] = useState()
  const wanted = useRef(concerns)
  wanted.current = concerns
  const again = useRef(() => {})

  useEffect(() => {
    let alive = true
    let reading = false
    let stale = false
    async function read() {
      stale = true
      if (reading) return
      reading = true
      while (stale && alive) {
        stale = false
        try {
          const next = await get(path)
          if (alive) setAnswer(next)
        } catch {
          // The banner says that the server is away; `hello` reads again.
        }
        await new Promise(resolve => setTimeout(resolve, restMs))
      }
      reading = false
    }
    again.current = read
    void read()
    const deaf = onNews(news => {
      if (news.type === 'hello' || wanted.current(news)) void read()
    })
    return () => {
      alive = false
      deaf()
    }
  }, [path])

  return [answer, useCallback(() => void again.current(), [])]
}
