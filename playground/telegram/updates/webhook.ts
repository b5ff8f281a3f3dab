import { type Call, flag, int, list, text } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { World } from '../world.ts'
import type { Webhook } from './line.ts'

/** A result whose envelope carries a description too. */
export type Described = { result: unknown; description: string }

/** Same arguments change nothing; a changed one starts every delivery anew. */
export function setWebhook(world: World, call: Call): Described {
  const url = text(call, 'url') ?? ''
  if (url === '') return deleteWebhook(world, call)
  checkUrl(url, world.httpsOnly)
  const before = world.delivery.webhook()
  const secret = text(call, 'secret_token')
  if (secret !== undefined && !/^[A-Za-z0-9_-]{1,256}$/.test(secret)) {
    throw bad('secret token contains unallowed characters')
  }
  const maxConnections = int(call, 'max_connections') ?? 40
  if (maxConnections < 1 || maxConnections > 100) throw bad('max_connections must be between 1 and 100')
  const hook: Webhook = {
    url,
    maxConnections,
    // Left out, the previous list stays: https://core.telegram.org/bots/api#setwebhook
    allowedUpdates: readKinds(call) ?? before?.allowedUpdates ?? [],
    ...(secret === undefined ? {} : { secret }),
  }
  const dropPending = flag(call, 'drop_pending_updates')
  if (before && !dropPending && fingerprint(before) === fingerprint(hook)) {
    return { result: true, description: 'Webhook is already set' }
  }
  world.limits.webhook()
  world.delivery.set(hook, { dropPending })
  return { result: true, description: 'Webhook was set' }
}

export function deleteWebhook(world: World, call: Call): Described {
  const had = world.delivery.webhook()
  const dropPending = flag(call, 'drop_pending_updates')
  if (had || dropPending) world.delivery.unset({ dropPending })
  return { result: true, description: had ? 'Webhook was deleted' : 'Webhook is already deleted' }
}

export function getWebhookInfo({ delivery }: World) {
  const hook = delivery.webhook()
  const error = delivery.lastError()
  return {
    url: hook?.url ?? '',
    has_custom_certificate: false,
    pending_update_count: delivery.pendingCount(),
    ...(hook && error ? { last_error_date: Math.floor(error.at / 1000), last_error_message: error.message } : {}),
    ...(hook ? { max_connections: hook.maxConnections, ip_address: '127.0.0.1' } : {}),
    ...(hook && hook.allowedUpdates.length > 0 ? { allowed_updates: hook.allowedUpdates } : {}),
  }
}

export function getUpdates({ delivery, scale }: World, call: Call): Promise<object[]> {
  const limit = int(call, 'limit') ?? 100
  const timeoutS = Math.min(50, Math.max(0, int(call, 'timeout') ?? 0))
  return delivery.getUpdates({
    offset: int(call, 'offset') ?? 0,
    limit: limit < 1 || limit > 100 ? 100 : limit,
    timeoutMs: timeoutS * 1000 * scale,
    allowed: readKinds(call),
  })
}

function checkUrl(url: string, httpsOnly: boolean) {
  const no = (why: string) => bad(`bad webhook: ${why}`)
  if (!URL.canParse(url)) throw no('invalid webhook URL specified')
  const { protocol, port, username } = new URL(url)
  if (protocol !== 'https:' && (httpsOnly || protocol !== 'http:')) {
    throw no('An HTTPS URL must be provided for webhook')
  }
  if (username !== '') throw no('URL must not contain credentials')
  if (httpsOnly && !['', '80', '88', '443', '8443'].includes(port)) {
    throw no('Webhook can be set up only on ports 80, 88, 443 or 8443')
  }
}

/** Unknown kinds are ignored, as by the real server. */
function readKinds(call: Call): string[] | undefined {
  const kinds = list(call, 'allowed_updates')
  if (kinds?.some(kind => typeof kind !== 'string')) throw bad("can't parse allowed_updates: expected strings")
  return kinds?.map(String)
}

const fingerprint = ({ url, secret, maxConnections, allowedUpdates }: Webhook) =>
  JSON.stringify([url, secret ?? '', maxConnections, [...allowedUpdates].sort()])
