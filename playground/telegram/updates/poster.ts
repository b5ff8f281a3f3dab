import http from 'node:http'
import https from 'node:https'

/** How one delivery ended; `retryAfterS` in whole seconds, if the bot sent it. */
export type Answer = { status: number; statusText: string; retryAfterS?: number; body: string } | { error: string }

/** The connections to one webhook address. */
export function openPoster(
  url: string,
  options: { secret: string | undefined; maxConnections: number; idleMs: number },
) {
  const { secret, maxConnections, idleMs } = options
  const secure = url.startsWith('https:')
  const settings = { keepAlive: true, maxSockets: maxConnections, timeout: idleMs }
  const agent = secure ? new https.Agent({ ...settings, rejectUnauthorized: true }) : new http.Agent(settings)

  function post(json: string): Promise<Answer> {
    const body = Buffer.from(json)
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
    }
    if (secret !== undefined) headers['X-Telegram-Bot-Api-Secret-Token'] = secret
    return new Promise(resolve => {
      const request = (secure ? https : http).request(
        url,
        { method: 'POST', agent, headers, timeout: idleMs },
        response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', () => resolve({ error: 'Connection closed' }))
          response.on('end', () => {
            const wait = response.headers['retry-after']
            resolve({
              status: response.statusCode ?? 0,
              statusText: response.statusMessage ?? '',
              ...(wait !== undefined && /^\d+$/.test(wait) ? { retryAfterS: Math.min(3600, Number(wait)) } : {}),
              body: Buffer.concat(chunks).toString(),
            })
          })
        },
      )
      // The timeout is one of silence; the bot's handler may still be running when the next try comes.
      request.on('timeout', () => request.destroy(new Error('Read timeout expired')))
      request.on('error', error => resolve({ error: words(error) }))
      request.end(body)
    })
  }

  const count = (sockets: NodeJS.ReadOnlyDict<unknown[]>) =>
    Object.values(sockets).reduce((sum, list) => sum + (list?.length ?? 0), 0)
  return {
    post,
    /** Connections that wait for work. */
    idle: () => count(agent.freeSockets),
    close: () => agent.destroy(),
  }
}

export type Poster = ReturnType<typeof openPoster>

function words(error: Error) {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return 'Connection refused'
  if (code === 'ECONNRESET') return 'Connection reset by peer'
  return error.message
}
