export type LaneDispatch = {
  /** Has the lane's next update handled, by this process or another. */
  wake(lane: string): Promise<void>
  /** From now on this process handles updates itself, by `run`. */
  handleHere(run: (lane: string) => void): void
  /** From now on others handle them. */
  stop(): void
}

/**
 * Decides where the next update of a lane is handled. Without the worker role, before `handleHere` and after `stop` it goes
 * through the queue. Bound late, because a handler may end by waking its own lane.
 */
export function createLaneDispatch(queue: { lane(lane: string): Promise<void> }): LaneDispatch {
  let here: ((lane: string) => void) | undefined
  return {
    async wake(lane) {
      if (here) here(lane)
      else await queue.lane(lane)
    },
    handleHere(run) {
      here = run
    },
    stop() {
      here = undefined
    },
  }
}
