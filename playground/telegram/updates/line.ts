import { openPoster, type Poster } from './poster.ts'

export type Webhook = {
  url: string
  secret?: string
  maxConnections: number
  allowedUpdates: string[]
}
/** A webhook in use, with the number of its deliveries in flight. */
export type Line = { hook: Webhook; poster: Poster; flying: number }

/** The line to the bot; every setWebhook makes another one, and answers over the one before no longer count. */
export function openLine(scale: number, hook: Webhook | undefined) {
  const retired: Poster[] = []
  let line = hook && lineTo(hook)
  let isClosed = false

  function lineTo(hook: Webhook): Line {
    const { url, secret, maxConnections } = hook
    return { hook, poster: openPoster(url, { secret, maxConnections, idleMs: 60_000 * scale }), flying: 0 }
  }

  return {
    /** Undefined without a webhook, and after the end. */
    current: () => (isClosed ? undefined : line),
    hook: () => line?.hook,
    set(hook: Webhook | undefined) {
      if (line) retired.push(line.poster)
      line = hook && lineTo(hook)
    },
    /** Closes the connections; the webhook stays set. */
    close() {
      isClosed = true
      for (const poster of [...retired, ...(line ? [line.poster] : [])]) poster.close()
    },
  }
}
