import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { startTelegram } from '../playground/telegram/server.ts'
import { startUpstream } from '../playground/upstream/server.ts'
import { traps } from '../tests/support/media/hostile.ts'
import { pngOf } from '../tests/support/media/media.ts'
import type { Figure, Measurement } from './measurement.ts'
import { type Spread, spread } from './rounds.ts'
import { freePort, startService } from './service.ts'

// The five of the review, in the names of the tests.
const five = [
  'moov in moov, without end',
  'udta beside udta',
  'free beside free',
  'Void elements',
  'a comment that says four milliards',
]
const bytes = 19 * 1_048_576
const heapMb = 400
// Between two presses of the other person.
const pauseMs = 150

/** One person's hostile files, one after another, beside another who presses a button all the time. */
export const measure: Measurement = async bench => {
  const url = await bench.database()
  const owner = postgres(url, { max: 2, onnotice: () => {} })
  bench.after(() => owner.end({ timeout: 1 }))
  const telegram = await startTelegram({ timeScale: 0.02 })
  const upstream = await startUpstream()
  bench.after(() => Promise.all([telegram.close(), upstream.close()]))
  telegram.faults.limits = false
  const port = await freePort()
  const service = await startService(url, telegram.apiRoot, undefined, {
    NODE_OPTIONS: `--max-old-space-size=${heapMb}`,
    TELEGRAM_BOT_TOKEN: telegram.token,
    KIE_BASE_URL: upstream.baseUrl,
    KIE_UPLOAD_URL: upstream.baseUrl,
    KIE_API_KEY: upstream.apiKey,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORT: String(port),
  })
  bench.after(service.stop)
  const { player } = telegram

  const newest = (id: number) => player.chat(id).findLast(message => message.from === 'bot')
  /** Milliseconds until the bot says something new, and what. */
  async function answer(id: number, act: () => unknown) {
    const [seen, start] = [newest(id)?.messageId ?? 0, performance.now()]
    await act()
    for (;;) {
      const last = newest(id)
      if (last && last.messageId > seen) return { ms: performance.now() - start, text: last.text ?? '' }
      if (performance.now() - start > 60_000) return { ms: 60_000, text: '' }
      await pause(5)
    }
  }
  /** Nobody is held up for being fast: what is measured is the work. */
  const forget = () => owner`delete from pay.rates where key like 'act:%'`
  async function personAt(model: string) {
    const { id } = player.addPerson({ firstName: 'Анна', languageCode: 'ru' })
    player.open(id, `m_${model}`)
    for (;;) {
      const message = player.chat(id).findLast(one => one.buttons.flat().some(({ text }) => /Начать/.test(text)))
      const data = message?.buttons.flat().find(({ text }) => /Начать/.test(text))?.data
      if (message && data) {
        await player.press(id, message.messageId, { data }, true) // the question takes the card's place
        return id
      }
      await pause(20)
    }
  }

  const other = player.addPerson({ firstName: 'Борис', languageCode: 'ru' }).id
  await answer(other, () => player.open(other))
  /** How long the other one waits for each press, while `work` goes on. */
  async function beside(work: () => Promise<unknown>): Promise<number[]> {
    let isOver = false
    const done = work().finally(() => {
      isOver = true
    })
    const waits: number[] = []
    while (!isOver) {
      if (waits.length % 20 === 0) await forget()
      const start = performance.now()
      const message = player.chat(other).findLast(one => one.buttons.flat().some(({ data }) => data))!
      const { data = '' } = message.buttons.flat().find(one => one.data)!
      await player.press(other, message.messageId, { data }, true)
      waits.push(performance.now() - start)
      await pause(pauseMs)
    }
    await done
    return waits
  }

  const times = bench.isShort ? 2 : 10
  const alone = await beside(() => pause(bench.isShort ? 5_000 : 30_000))
  const large = Buffer.from(pngOf(300, 300, bytes).bytes)
  const send = (id: number, mime: string, content: Uint8Array) =>
    player.send(id, { kind: 'document', fileName: 'file', mime, bytes: content })
  const harmless = await beside(async () => {
    for (let n = 0; n < times * 2; n++) {
      const id = await personAt('recraft-remove-background')
      await answer(id, () => send(id, 'image/png', large))
    }
  })

  const filming = await personAt('wan-2-6-video-to-video')
  const singing = await personAt('infinitalk-from-audio')
  await answer(singing, () => send(singing, 'image/png', pngOf(640, 480).bytes))
  const told: number[] = []
  const waits: number[] = []
  let [unanswered, deaths, peakMb] = [0, 0, 0]
  for (const { name, make, mime } of traps(bytes).filter(trap => five.includes(trap.name))) {
    const content = make()
    const id = mime === 'video/mp4' ? filming : singing
    const before = told.length
    waits.push(
      ...(await beside(async () => {
        for (let n = 0; n < times; n++) {
          await forget()
          const { ms, text } = await answer(id, () => send(id, mime, content))
          told.push(ms)
          if (!/^Это не похоже/.test(text)) unanswered += 1
          peakMb = Math.max(peakMb, service.rssMb())
          if (!service.isAlive()) deaths += 1
        }
      })),
    )
    bench.say(`${name}: told within ${Math.max(...told.slice(before)).toFixed(0)} ms`)
  }
  const children = childrenMb(service.pid)
  bench.say(`${children.length} processes that look at files hold ${children.map(mb => mb.toFixed(0)).join(', ')} MB`)
  bench.say(`the service held ${peakMb.toFixed(0)} MB at most; ${unanswered} files were not answered as they should be`)
  await pause(bench.isShort ? 5_000 : 30_000)

  const one = (value: number): Spread => spread([value])
  const against = (value: number, by: number) => ({ value: one(value), ratio: one(value / by), yardstick: one(by) })
  const figures: Figure[] = [
    {
      what: `the other's answer beside ${five.length} hostile files, ${times} times each, p99`,
      unit: 'ms',
      by: 'the same person alone, p99',
      ...against(p99(waits), p99(alone)),
      goal: { of: 'value', atMost: 500 },
    },
    {
      what: 'the other’s answer beside hostile files, p99',
      unit: 'ms',
      by: 'a picture of 19 MB instead, p99',
      ...against(p99(waits), p99(harmless)),
    },
    {
      what: 'until the sender was told, the longest',
      unit: 'ms',
      by: 'the same person alone, p99',
      ...against(Math.max(...told), p99(alone)),
      goal: { of: 'value', atMost: 15_000 },
    },
    {
      what: 'memory of the service afterwards',
      unit: 'MB',
      by: 'the process of the bench itself',
      ...against(service.rssMb(), process.memoryUsage.rss() / 2 ** 20),
      goal: { of: 'value', atMost: 200 },
    },
    {
      what: 'deaths of the service, and files that were not answered',
      unit: '',
      by: 'files',
      ...against(deaths + unanswered, told.length),
      goal: { of: 'value', atMost: 0 },
    },
  ]
  return figures
}

const p99 = (values: number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0

/** Megabytes of each process that this one has started. */
function childrenMb(pid: number): number[] {
  return readdirSync('/proc').flatMap(name => {
    try {
      const status = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/status`, 'latin1') : ''
      const [, parent, kb] = /PPid:\s+(\d+)[\s\S]*VmRSS:\s+(\d+)/.exec(status) ?? []
      return Number(parent) === pid ? [Number(kb) / 1_024] : []
    } catch {
      return [] // it has just ended
    }
  })
}
