/**
 * Limits how fast new connections are opened: 10 in half a second, and one in two seconds once no delivery has
 * succeeded for ten seconds. `scale` shortens every wait.
 */
export function openConnectionLimit(scale: number) {
  let opened: number[] = []
  let lastSuccessAt = 0
  return {
    /** When the next delivery may open a connection, in unix ms. */
    nextAt(now: number): number {
      const isHealthy = now - lastSuccessAt < 10_000 * scale
      const [most, windowMs] = isHealthy ? [10, 500 * scale] : [1, 2000 * scale]
      opened = opened.filter(at => at > now - windowMs)
      return opened.length < most ? now : opened[opened.length - most]! + windowMs
    },
    open: () => void opened.push(Date.now()),
    succeeded() {
      lastSuccessAt = Date.now()
    },
    reset() {
      opened = []
    },
  }
}
