/** The credits that a task took, as an exact decimal. */
export const costOf = ({ creditsConsumed }: { creditsConsumed?: number }): { cost?: string } =>
  creditsConsumed === undefined ? {} : { cost: String(creditsConsumed) }

/** Returns whether the callback address that is stored with a task is that of another run. */
export const isForeign = (named: string | undefined, ours: string | undefined): boolean =>
  named !== undefined && ours !== undefined && named.split('/callbacks/')[1] !== ours.split('/callbacks/')[1]
