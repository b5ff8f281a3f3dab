/** A subscription as the settings of Telegram show it: `amount` in Stars a month, `until` in unix seconds. */
export type SubscriptionView = {
  /** The charge id of its first payment. */
  id: string
  title: string
  amount: number
  until: number
  state: 'active' | 'canceled' | 'failed' | 'ended'
  /** Stopped by the bot: the person cannot resume it. */
  byBot: boolean
}
/** How a renewal goes: too few Stars, or an update that is lost, comes twice, or waits until `deliver` is called. */
export type Renewal = { isPoor?: boolean; lost?: boolean; twice?: boolean; late?: boolean }
export type Subscribing = {
  /** What a link to an invoice asks for; it begins a subscription if it is monthly. */
  invoiceOf(url: string): { title: string; description: string; currency: string; amount: number; isMonthly: boolean }
  subscriptions(userId: number): SubscriptionView[]
  /** A month passes: the next payment of a subscription, with its own charge id and the payload of the first. */
  renew(userId: number, id: string, how?: Renewal): { ok: boolean; error?: string; chargeId?: string; deliver(): void }
  /** A month passes without a payment: what is canceled or lacks Stars ends. The bot is not told. */
  lapse(userId: number, id: string): SubscriptionView
  /** In the settings of Telegram; the bot is told by an update. */
  cancelSubscription(userId: number, id: string): SubscriptionView
  resumeSubscription(userId: number, id: string): SubscriptionView
}
