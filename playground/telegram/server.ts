import { randomInt } from 'node:crypto'
import { openRunner } from './api/calls.ts'
import { serve } from './api/http.ts'
import type { User } from './chats/message.ts'
import { openEvents } from './events.ts'
import { openFaults } from './faults.ts'
import { openPlayer } from './player/player.ts'
import { type Random, seeded } from './random.ts'
import { commandsFor } from './settings/settings.ts'
import { load, openSnapshot } from './snapshot.ts'
import type { ApiVersion, BotCall, TelegramStandIn } from './stand-in.ts'
import { openDelivery } from './updates/delivery.ts'
import { openWorld, saveWorld } from './world.ts'

export type { BotCall, Button, MessageView, Person, Press, TelegramStandIn } from './stand-in.ts'

type Options = {
  port?: number
  dataDir?: string
  seed?: number
  timeScale?: number
  token?: string
  /** Refuse webhooks that the real server would refuse: plain http and unusual ports. */
  httpsOnly?: boolean
  /** At 7.1 what came later is unknown. */
  apiVersion?: ApiVersion
}

/**
 * A Bot API server on 127.0.0.1 that is as strict as the real one. `dataDir` keeps chats and files across runs;
 * `timeScale` 0.1 makes waits ten times shorter (retries, expiry, the time to answer a press), never the send limits.
 */
export async function startTelegram(options: Options): Promise<TelegramStandIn> {
  const { dataDir, timeScale: scale = 1, httpsOnly = false, apiVersion = '10.3' } = options
  const saved = dataDir === undefined ? undefined : await load(dataDir)
  const runs = saved?.runs ?? 0
  const random = seeded((options.seed ?? randomInt(2 ** 31)) + runs * 7919)
  const token = options.token ?? saved?.token ?? newToken(random)
  const bot = botOf(token)

  const { on, emit } = openEvents()
  const calls: BotCall[] = []
  const faults = openFaults(() => delivery.pump())
  const delivery = openDelivery({
    scale,
    random,
    saved: saved?.delivery,
    paused: () => faults.deliveryPaused,
    emit,
    // As on the real server, the outcome of a call in the answer to a delivery is not reported.
    execute: (method, fields) => void run(method, fields, new Map()).catch(() => {}),
  })
  const world = openWorld({
    apiVersion,
    scale,
    httpsOnly,
    random,
    dataDir,
    bot,
    saved,
    delivery,
    emit,
    limited: () => faults.limits,
  })
  const snapshot = openSnapshot(dataDir, () => ({ token, runs: runs + 1, ...saveWorld(world) }))
  const run = openRunner({ world, calls, faults, changed: snapshot.changed, emit })
  const lose = () => faults.paymentLost > 0 && faults.paymentLost-- > 0
  const { apiRoot, close } = await serve({ port: options.port ?? 0, token, run, download: world.files.download })
  delivery.pump()

  return {
    apiRoot,
    token,
    bot: { id: bot.id, username: bot.username!, firstName: bot.first_name },
    calls,
    updates: delivery.journal,
    get commands() {
      return commandsFor(world.settings)
    },
    commandsFor: userId => commandsFor(world.settings, world.chats.person(userId)),
    player: openPlayer(world, { changed: snapshot.changed, lose }),
    faults,
    on,
    async close() {
      delivery.close()
      world.presses.close()
      world.payments.close()
      await close()
      await snapshot.close()
    },
  }
}

const botOf = (token: string): User => ({
  id: Number(token.split(':')[0]),
  is_bot: true,
  first_name: 'Telegen',
  username: 'telegen_playground_bot',
})

/** The shape of a real token: the bot's id, a colon, 35 characters. */
const newToken = (random: Random) => `${random.digits(10)}:AA${random.letters(33)}`
