import { setMaxListeners } from 'node:events'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import { creditRoute, priceRoute } from './account.ts'
import { answerFaults, answerInEnvelopes, askForKey } from './answers.ts'
import { fileRoutes } from './downloads.ts'
import { jobRoutes } from './jobs.ts'
import { documentRoutes } from './models/documents.ts'
import { openProvider, type Provider, type ProviderOptions } from './provider.ts'
import { sampleRoutes } from './samples.ts'
import type { UpstreamEvent, UpstreamStandIn } from './stand-in.ts'
import { openSwitches, type Switches } from './switches.ts'
import { uploadRoutes } from './uploads.ts'

export type { Behaviour, Call, Fault, TaskView, UpstreamEvent, UpstreamStandIn } from './stand-in.ts'

type Options = Omit<ProviderOptions, 'stop' | 'emit'> & { port?: number }

/** Starts a strict stand-in for the Kie jobs API on 127.0.0.1; rules and texts follow its documentation and recordings. */
export async function startUpstream(options: Options = {}): Promise<UpstreamStandIn> {
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const listeners = new Set<(event: UpstreamEvent) => void>()
  const emit = (event: UpstreamEvent) => {
    for (const listener of listeners) listener(event)
  }
  const provider = openProvider({ ...options, stop: stop.signal, emit })
  const switches = openSwitches(emit)
  const server = fastify({ forceCloseConnections: true, requestTimeout: 60_000 })
  await addRoutes(server, { provider, switches, stop: stop.signal })
  await server.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  await provider.begin(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`)

  const { models, tasks, speed, limits, address, apiKey } = provider
  return {
    baseUrl: address.url,
    apiKey,
    models,
    tasks: tasks.list,
    refusals: switches.refusals,
    speed,
    limits,
    get credit() {
      return provider.account.credit
    },
    set credit(credit) {
      provider.setCredit(credit)
    },
    get behaviour() {
      return switches.behaviour
    },
    set behaviour(behaviour) {
      switches.behaviour = behaviour
    },
    next: switches.next,
    faultNext: switches.faultNext,
    tasksPerCallbackPath: tasks.perCallbackPath,
    expire: provider.expire,
    on(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      stop.abort()
      await server.close()
      await provider.close()
    },
  }
}

type Parts = { provider: Provider; switches: Switches; stop: AbortSignal }

async function addRoutes(server: FastifyInstance, { provider, switches, stop }: Parts) {
  const { models, studio, files, tasks, account, speed, limits, address, apiKey } = provider
  answerInEnvelopes(server)
  priceRoute(server, models)
  documentRoutes(server, { models, origin: () => address.url })
  fileRoutes(server, files)
  sampleRoutes(server, models, studio)
  const keyed: FastifyPluginAsync = async guarded => {
    askForKey(guarded, apiKey)
    answerFaults(guarded, switches.faults)
    creditRoute(guarded, account)
    await uploadRoutes(guarded, { files, stop })
    const { behaviourOfNext, refused } = switches
    jobRoutes(guarded, { models, tasks, account, speed, ...limits, behaviourOfNext, refused })
  }
  await server.register(keyed)
}
