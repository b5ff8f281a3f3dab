import { isRecord } from './answers.ts'
import type { Refusal } from './models/input-check.ts'
import type { Behaviour, Call, Fault, UpstreamEvent, UpstreamStandIn } from './stand-in.ts'

export type Switches = ReturnType<typeof openSwitches>

/** How the next calls and tasks behave, and a journal of refusals. */
export function openSwitches(emit: (event: UpstreamEvent) => void) {
  const queue: Behaviour[] = []
  const faults = new Map<string, Fault[]>()
  const refusals: UpstreamStandIn['refusals'] = []
  const switches = {
    behaviour: 'normal' as Behaviour,
    faults,
    refusals,
    next(behaviour: Behaviour, times = 1) {
      queue.push(...new Array<Behaviour>(times).fill(behaviour))
    },
    faultNext(call: Call, fault: Fault, times = 1) {
      faults.set(call, [...(faults.get(call) ?? []), ...new Array<Fault>(times).fill(fault)])
    },
    behaviourOfNext: (): Behaviour => queue.shift() ?? switches.behaviour,
    refused({ code, msg }: Refusal, body: unknown) {
      const { model, input } = isRecord(body) ? body : {}
      refusals.push({ at: Date.now(), model: String(model), code, msg, input })
      emit({ type: 'refusal' })
    },
  }
  return switches
}
