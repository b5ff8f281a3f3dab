export type LaneDispatch = {
  /** Requests a run of the lane, in this process or another. */
  enqueue(lane: string): Promise<void>
  /** From now on this process handles updates itself, by `run`. */
  handleHere(run: (lane: string) => void): void
  /** From now on others handle them. */
  stop(): void
}

/**
 * Decides which process handles the next update of a lane. Without the worker role, before `handleHere` and after `stop`,
 * pg-boss does. `run` is set late because a handler may enqueue its own lane.
 */
export function createLaneDispatch(queue: { lane(lane: string): Promise<void> }): LaneDispatch {
  let here: ((lane: string) => void) | undefined
  return {
    async enqueue(lane) {
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
