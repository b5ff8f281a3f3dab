/**
 * Of two ways to measure one length, in seconds, the exact one; where it is more than half a second shorter than the other,
 * one of them is false, and the longer one is charged.
 */
export const dearer = (exact: number, other: number): number => (other > exact + 0.5 ? other : exact)
