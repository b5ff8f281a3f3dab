import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { traps } from '../tests/support/media/hostile.ts'
import { pngOf } from '../tests/support/media/media.ts'
import { answer, type Chats, forgetPresses, openChats } from './chats.ts'
import type { Figure, Measurement } from './measurement.ts'
import { spread } from './rounds.ts'
import type { Service } from './service.ts'

// The five of the review, in the names of the tests.
const five = [
  'moov in moov, without end',
  'udta beside udta',
  'free beside free',
  'Void elements',
  'a comment that says four milliards',
]
const bytes = 19 * 1_048_576
// The heap of the service.
const heapMb = 400
// Between two presses of the other person.
const pauseMs = 150

type Times = { alone: number[]; harmless: number[]; waits: number[]; told: number[] }
/** Sends of one file to one person's question. */
type Attack = { id: number; mime: string; content: Uint8Array; times: number }

/** One person's hostile files, one after another, beside another who presses a button all the time. */
export const measure: Measurement = async bench => {
  const world = await openChats(bench, { NODE_OPTIONS: `--max-old-space-size=${heapMb}` })
  const { player, service } = world
  const other = player.addPerson({ firstName: 'Борис', languageCode: 'ru' }).id
  await answer(world, other, () => player.open(other))

  const times = bench.isShort ? 2 : 10
  const alone = await pressBeside(world, other, () => pause(bench.isShort ? 5_000 : 30_000))
  const harmless = await pressBeside(world, other, () => sendPictures(world, times * 2))

  const filming = await personAt(world, 'wan-2-6-video-to-video')
  const singing = await personAt(world, 'infinitalk-from-audio')
  await answer(world, singing, () => send(world, singing, 'image/png', pngOf(640, 480).bytes))
  const told: number[] = []
  const waits: number[] = []
  let [unanswered, deaths, peakMb] = [0, 0, 0]
  for (const { name, make, mime } of traps(bytes).filter(trap => five.includes(trap.name))) {
    const attack: Attack = { id: mime === 'video/mp4' ? filming : singing, mime, content: make(), times }
    const before = told.length
    const work = async () => {
      for await (const { ms, text } of attacks(world, attack)) {
        told.push(ms)
        if (!/^Это не похоже/.test(text)) unanswered += 1
        peakMb = Math.max(peakMb, service.rssMb())
        if (!service.isAlive()) deaths += 1
      }
    }
    waits.push(...(await pressBeside(world, other, work)))
    bench.say(`${name}: told within ${Math.max(...told.slice(before)).toFixed(0)} ms`)
  }
  const children = childrenMb(service.pid)
  bench.say(`${children.length} processes that look at files hold ${children.map(mb => mb.toFixed(0)).join(', ')} MB`)
  bench.say(`the service held ${peakMb.toFixed(0)} MB at most; ${unanswered} files were not answered as they should be`)
  await pause(bench.isShort ? 5_000 : 30_000)
  return [
    ...waitingFigures({ alone, harmless, waits, told }, times),
    ...serviceFigures(service, deaths + unanswered, told.length),
  ]
}

/** A new person, who is asked for the first value of a model. */
async function personAt({ player }: Chats, model: string): Promise<number> {
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

/** Presses buttons as `id` until `work` has ended; returns the milliseconds that each press took. */
async function pressBeside(world: Chats, id: number, work: () => Promise<unknown>): Promise<number[]> {
  const { player } = world
  let isOver = false
  const done = work().finally(() => {
    isOver = true
  })
  const waits: number[] = []
  while (!isOver) {
    if (waits.length % 20 === 0) await forgetPresses(world)
    const start = performance.now()
    const message = player.chat(id).findLast(one => one.buttons.flat().some(({ data }) => data))!
    const { data = '' } = message.buttons.flat().find(one => one.data)!
    await player.press(id, message.messageId, { data }, true)
    waits.push(performance.now() - start)
    await pause(pauseMs)
  }
  await done
  return waits
}

const send = ({ player }: Chats, id: number, mime: string, content: Uint8Array) =>
  player.send(id, { kind: 'document', fileName: 'file', mime, bytes: content })

/** So many pictures as large as the hostile files, each by a new person. */
async function sendPictures(world: Chats, count: number): Promise<void> {
  const large = Buffer.from(pngOf(300, 300, bytes).bytes)
  for (let n = 0; n < count; n++) {
    const id = await personAt(world, 'recraft-remove-background')
    await answer(world, id, () => send(world, id, 'image/png', large))
  }
}

async function* attacks(world: Chats, { id, mime, content, times }: Attack) {
  for (let n = 0; n < times; n++) {
    await forgetPresses(world)
    yield await answer(world, id, () => send(world, id, mime, content))
  }
}

const against = (value: number, by: number) => ({
  value: spread([value]),
  ratio: spread([value / by]),
  yardstick: spread([by]),
})

const waitingFigures = ({ alone, harmless, waits, told }: Times, times: number): Figure[] => [
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
]

const serviceFigures = (service: Service, failures: number, files: number): Figure[] => [
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
    ...against(failures, files),
    goal: { of: 'value', atMost: 0 },
  },
]

const p99 = (values: number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0

/** Megabytes of each child process of `pid`. */
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
