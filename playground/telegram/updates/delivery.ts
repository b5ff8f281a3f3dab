import { conflict } from '../api/refusal.ts'
import type { Message } from '../chats/message.ts'
import type { Random } from '../random.ts'
import type { TelegramEvent } from '../stand-in.ts'
import { openIntake, type SavedIntake } from './intake.ts'
import type { Webhook } from './line.ts'
import { openPolling, type Poll } from './polling.ts'
import { openQueues } from './queues.ts'
import { openSender } from './sender.ts'

export type SavedDelivery = SavedIntake & { webhook: Webhook | undefined }
export type Delivery = ReturnType<typeof openDelivery>

const HAS_WEBHOOK = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"

type Options = {
  scale: number
  random: Random
  saved: SavedDelivery | undefined
  kinds: ReadonlySet<string>
  paused(): boolean
  emit(event: TelegramEvent): void
  execute(method: string, fields: Record<string, unknown>): void
}

/**
 * Updates on their way to the bot, by webhook or getUpdates. `scale` shortens every wait. `execute` runs the call that
 * a bot may put into its answer to a delivery.
 */
export function openDelivery(options: Options) {
  const { saved, paused } = options
  const emit = () => options.emit({ type: 'webhook' })
  const queues = openQueues()
  const polling = openPolling({ queues, paused })
  const sender = openSender({ ...options, hook: saved?.webhook, queues, pump, emit })
  // The list of the last getUpdates, for a bot without a webhook.
  let polled: string[] = []
  const intake = openIntake({ ...options, queues, allowed: () => sender.webhook()?.allowedUpdates ?? polled })

  /** Starts everything that may start now. */
  function pump() {
    if (paused()) return
    queues.dropExpired()
    polling.answer()
    sender.start()
  }

  /** Sets or removes the webhook; backoffs start anew, and what is in flight is delivered a second time. */
  function change(hook: Webhook | undefined, dropPending: boolean) {
    sender.use(hook)
    if (dropPending) queues.clear()
    if (hook) polling.replace()
    emit()
    if (hook) pump()
  }

  return {
    journal: intake.journal,
    /** Queues an update unless the bot does not want its kind or the buffer is full; returns its id. */
    push(update: object, choice?: { wanted?: boolean }): number | undefined {
      const updateId = intake.push(update, choice)
      if (updateId !== undefined) pump()
      return updateId
    },
    pump,
    /** Delivers an update of the journal once more. */
    redeliver(updateId: number) {
      intake.again(updateId)
      pump()
    },
    set: (hook: Webhook, { dropPending = false } = {}) => change(hook, dropPending),
    unset: ({ dropPending = false } = {}) => change(undefined, dropPending),
    webhook: sender.webhook,
    lastError: sender.lastError,
    /** Long polling; throws 409 while a webhook is set. */
    getUpdates({ allowed, ...poll }: Poll & { allowed: string[] | undefined }) {
      if (sender.webhook()) throw conflict(HAS_WEBHOOK)
      if (allowed) polled = allowed
      return polling.wait(poll, pump)
    },
    pendingCount: queues.liveCount,
    waiting: () => queues.pending().map(({ entry }) => entry.update as { message?: Message }),
    save: (): SavedDelivery => ({ ...intake.save(), webhook: sender.webhook() }),
    close() {
      sender.close()
      polling.replace()
    },
  }
}
