/**
 * Chooses between two measurements of one length, in seconds. Returns the exact one, unless it is more than half a
 * second shorter than the other: then one of them is wrong, and the longer one is charged.
 */
export const dearer = (exact: number, other: number): number => (other > exact + 0.5 ? other : exact)
