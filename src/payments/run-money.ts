import type { Generation } from './generations.ts'

/**
 * What a run cost, in kopecks. While it is open the whole price is held, and neither kept nor returned. `bonus` and `free`
 * runs cost nothing; `isBack`: the run itself was given back. `held + kept + returned` is the price, always.
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

/** What every screen, file and message says about the money of a run: the one place that reads it from the row. */
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
