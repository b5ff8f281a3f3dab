import type { Generation } from './generations.ts'

/**
 * The cost of a run in kopecks. While it is open the whole price is on hold, neither kept nor returned. `bonus` and `free`
 * runs cost nothing. `isBack`: the run failed and was refunded. `held + kept + returned` is always the price.
 */
export type RunMoney = {
  kind: 'paid' | 'free' | 'bonus'
  priceKop: number
  heldKop: number
  keptKop: number
  returnedKop: number
  isBack: boolean
}

type Row = Pick<Generation, 'isBonus' | 'isFree' | 'priceKop' | 'keptKop' | 'execState' | 'moneyState'>

/** Reads the money of a run from its row: every screen, file and message takes it from here. */
export function moneyOf({ isBonus, isFree, priceKop, keptKop, execState, moneyState }: Row): RunMoney {
  const isBack = execState === 'failed' || execState === 'timeout'
  const kept = moneyState === 'captured' ? (keptKop ?? priceKop) : 0
  const held = moneyState === 'debited' ? priceKop : 0
  return {
    kind: isBonus ? 'bonus' : isFree ? 'free' : 'paid',
    priceKop,
    heldKop: held,
    keptKop: kept,
    returnedKop: priceKop - held - kept,
    isBack,
  }
}
