import { setTimeout as pause } from 'node:timers/promises'
import postgres, { type Sql as Owner } from 'postgres'
import { startTelegram, type TelegramStandIn } from '../playground/telegram/server.ts'
import { startUpstream } from '../playground/upstream/server.ts'
import type { Bench } from './measurement.ts'
import { freePort, type Service, startService } from './service.ts'

/** The service between stand-ins of Telegram and the provider, and the people in its chats. */
export type Chats = { owner: Owner; player: TelegramStandIn['player']; service: Service }

/** Starts the service with these variables more. */
export async function openChats(bench: Bench, more: Record<string, string> = {}): Promise<Chats> {
  const url = await bench.database()
  const owner = postgres(url, { max: 2, onnotice: () => {} })
  bench.after(() => owner.end({ timeout: 1 }))
  const telegram = await startTelegram({ timeScale: 0.02 })
  const upstream = await startUpstream()
  bench.after(() => Promise.all([telegram.close(), upstream.close()]))
  telegram.faults.limits = false
  const port = await freePort()
  const service = await startService(url, telegram.apiRoot, undefined, {
    TELEGRAM_BOT_TOKEN: telegram.token,
    KIE_BASE_URL: upstream.baseUrl,
    KIE_UPLOAD_URL: upstream.baseUrl,
    KIE_API_KEY: upstream.apiKey,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORT: String(port),
    ...more,
  })
  bench.after(service.stop)
  return { owner, player: telegram.player, service }
}

/** Milliseconds from the beginning of `act` until the bot says something new that fits, and what it says. */
export async function answer({ player }: Chats, id: number, act: () => unknown, fits = /(?:)/) {
  const newest = () => player.chat(id).findLast(message => message.from === 'bot')
  const [seen, start] = [newest()?.messageId ?? 0, performance.now()]
  await act()
  for (;;) {
    const last = newest()
    if (last && last.messageId > seen && fits.test(last.text ?? '')) {
      return { ms: performance.now() - start, text: last.text ?? '' }
    }
    if (performance.now() - start > 60_000) return { ms: 60_000, text: '' }
    await pause(5)
  }
}

/** Lifts the limit on presses: the work is measured, and not how fast a person may be. */
export const forgetPresses = ({ owner }: Chats) => owner`delete from pay.rates where key like 'act:%'`
