import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { startFlood } from '../bench/flood-load.ts'
import type { MessageView } from '../playground/telegram/server.ts'
import { traps } from '../tests/support/hostile.ts'
import { jpegOf } from '../tests/support/media.ts'
import { openWorld } from './open-world.ts'
import type { Random } from './random.ts'
import type { Run, Verdict } from './report.ts'
import type { World } from './world.ts'

// One owner with fifty accounts does everything that costs somebody else something, beside fifty people who do something
// ordinary every few seconds: how long do those wait for an answer, with it and without?
const ordinary = 50
const accounts = 50
const goal = 2

type Act = { chatId: number; at: number; isAttacked: boolean }

/** `rounds` times a calm while and one under attack, each of so many seconds. */
export async function worstHour({ random, say }: Run, rounds: number, seconds: number): Promise<Verdict> {
  const host = await openHost()
  const world = await openWorld(random, 1, { isPaced: true, env: near => ({ KIE_UPLOAD_URL: host.address(near) }) })
  world.atEnd(host.close)
  const { sometimes } = world
  const acts: Act[] = []
  const answers = watchAnswers(world)
  let isAttacked = false
  let deaths = 0
  const dying = (async () => {
    while (!world.isOver()) {
      await world.instances[0]!.died()
      deaths += 1
    }
  })()
  try {
    const people = bringOrdinary(world, random.fork('ordinary'), act => acts.push({ ...act, isAttacked }))
    const attack = await prepareAttack(world, random.fork('attack'), host.web())
    await pause(5_000)
    acts.length = 0
    const memory: number[] = []
    for (let round = 1; round <= rounds; round++) {
      await pause(seconds * 1_000)
      isAttacked = true
      const over = attack.begin()
      for (let second = 0; second < seconds; second++) {
        await pause(1_000)
        memory.push(rssMb(world))
      }
      await over()
      await pause(10_000) // what the attack left in the queues is the attack's
      isAttacked = false
      say(`round ${round}: ${acts.length} acts so far, ${memory.at(-1)?.toFixed(0)} MB`)
    }
    await people.rest()
    await pause(10_000)
    const at = (attacked: boolean) =>
      latencies(
        acts.filter(act => act.isAttacked === attacked),
        answers.of,
      )
    const [calm, attacked] = [at(false), at(true)]
    const ratio = attacked.p99 / calm.p99
    if (deaths > 0) world.wrong(`the process died ${deaths} times`)
    if (calm.unanswered + attacked.unanswered > 0)
      world.wrong(`${attacked.unanswered} acts were not answered under attack, ${calm.unanswered} without`)
    if (ratio > goal) say(`✗ p99 under attack is × ${ratio.toFixed(2)}, more than ${goal}`)
    for (const { promise, key } of await world.database.owner`select promise, key from pay.broken`) {
      world.wrong(`${promise}: ${key}`)
    }
    const told = attack.told()
    for (const [what, times] of attack.did) sometimes.stands(`attack: ${what}`, times)
    const ms = ({ p50, p99, most, count }: typeof calm) =>
      `p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, most ${most.toFixed(0)} ms of ${count}`
    return {
      figures: `alone ${ms(calm)}; under attack ${ms(attacked)}; p99 × ${ratio.toFixed(2)}; ${deaths} deaths; ${Math.max(...memory).toFixed(0)} MB at the most, ${rssMb(world).toFixed(0)} after; hostile files told of within ${(told / 1_000).toFixed(1)} s; ${[...attack.did.values()].reduce((sum, n) => sum + n, 0)} acts of the attack`,
      problems: world.problems,
      seen: world.sometimes.all(),
      trials: 0,
    }
  } finally {
    answers.stop()
    await world.close()
    void dying
  }
}

function rssMb(world: World): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.instances[0]!.pid()}/status`, 'utf8'))?.[1]) / 1_024
  } catch {
    return 0
  }
}

/** When the bot said something in a chat: a message, an edit or the answer to a press. */
function watchAnswers({ telegram }: World) {
  const times = new Map<number, number[]>()
  const stop = telegram.on(event => {
    if (event.type !== 'call') return
    const call = telegram.calls.at(-1)!
    const chatId = Number(call.fields.chat_id)
    if (!/^(send|edit)/.test(call.method) || call.method === 'sendChatAction' || !chatId) return
    const list = times.get(chatId) ?? []
    times.set(chatId, list)
    list.push(Date.now())
  })
  return { of: (chatId: number) => times.get(chatId) ?? [], stop }
}

function latencies(acts: Act[], answersOf: (chatId: number) => number[]) {
  const took = acts.map(({ chatId, at }) => (answersOf(chatId).find(time => time >= at) ?? Number.NaN) - at)
  const answered = took.filter(ms => !Number.isNaN(ms)).sort((a, b) => a - b)
  const at = (share: number) => answered[Math.floor((answered.length - 1) * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), most: at(1), count: answered.length, unanswered: took.length - answered.length }
}

/** People who look around and begin orders: a press or a command each few seconds, the next after the answer. */
function bringOrdinary({ telegram }: World, random: Random, acted: (act: { chatId: number; at: number }) => void) {
  const { player } = telegram
  let isResting = false
  const lives = Array.from({ length: ordinary }, async (_, n) => {
    const own = random.fork(`person ${n}`)
    const { id } = player.addPerson({ firstName: `Гость ${n}`, languageCode: 'ru' })
    const buttons = (message: MessageView) => message.buttons.flat().filter(({ data }) => data)
    await pause(own.int(0, 4_000))
    player.open(id)
    while (!isResting) {
      await pause(own.int(4_000, 8_000))
      const last = player.chat(id).findLast(message => message.from === 'bot' && buttons(message).length > 0)
      const at = Date.now()
      if (!last || own.chance(0.3)) player.say(id, own.pick(['/menu', '/balance', '/history', '/free', '/help']))
      else void player.press(id, last.messageId, { data: own.pick(buttons(last)).data! }, true).catch(() => {})
      acted({ chatId: id, at })
    }
  })
  return {
    async rest() {
      isResting = true
      await Promise.all(lives)
    },
  }
}

/** The attack: fifty accounts, each doing one thing after another while it lasts. */
async function prepareAttack(world: World, random: Random, web: string) {
  const { telegram, url } = world
  const { player } = telegram
  const flood = await startFlood()
  world.atEnd(async () => flood.stop())
  const did = new Map<string, number>()
  const count = (what: string) => did.set(what, (did.get(what) ?? 0) + 1)
  const hostile = traps(19 * 1_048_576)
    .slice(0, 5)
    .map(({ make, mime }) => ({ bytes: make(), mime }))
  const pixels = jpegOf(1_200, 800).bytes
  let longestMs = 0
  let isOn = false
  let invited = 0

  async function answered(id: number, mostMs: number): Promise<number> {
    const [began, before] = [Date.now(), player.chat(id).length]
    while (Date.now() < began + mostMs && player.chat(id).length <= before + 1) await pause(100)
    return Date.now() - began
  }
  const asking = async (id: number, model: string) => {
    player.open(id, `m_${model}`)
    await answered(id, 4_000)
    const begin = player.chat(id).findLast(message => message.buttons.flat().some(({ text }) => /Начать/.test(text)))
    const button = begin?.buttons.flat().find(({ text }) => /Начать/.test(text))
    if (begin && button) await player.press(id, begin.messageId, { data: button.data! }, true).catch(() => {})
    await pause(500)
  }
  const ways: [string, (id: number, own: Random) => Promise<void>][] = [
    [
      'presses, 12 a second',
      async id => {
        const last = player.chat(id).findLast(message => message.buttons.flat().some(({ data }) => data))
        const data = last?.buttons.flat().find(button => button.data)?.data
        for (let n = 0; last && data && n < 60 && isOn; n++) {
          void player.press(id, last.messageId, { data }, true).catch(() => {})
          await pause(1_000 / 12)
        }
      },
    ],
    [
      'a hostile file',
      async (id, own) => {
        const { bytes, mime } = own.pick(hostile)
        await asking(id, mime.startsWith('video') ? 'wan-2-6-video-to-video' : 'elevenlabs-audio-isolation')
        await player.send(id, { kind: 'document', fileName: 'file', mime, bytes }).catch(() => {})
        const took = await answered(id, 30_000)
        if (isOn) longestMs = Math.max(longestMs, took)
      },
    ],
    [
      'a slow link',
      async id => {
        await asking(id, 'recraft-remove-background')
        player.say(id, `${web}/slow/${id}.jpg`)
        await pause(2_000)
      },
    ],
    [
      '130 links',
      async id => {
        await asking(id, 'seedream-4-5-edit')
        player.say(id, Array.from({ length: 130 }, (_, n) => `${web}/slow${n}`).join(' '))
        await pause(2_000)
      },
    ],
    [
      'pastes',
      async id => {
        for (let n = 0; n < 10 && isOn; n++) player.say(id, 'слово '.repeat(680))
        await pause(2_000)
      },
    ],
    [
      'an album of uploads',
      async id => {
        await asking(id, 'seedream-4-5-edit')
        for (let n = 0; n < 8 && isOn; n++) {
          await player.send(id, { kind: 'photo', fileName: 'a.jpg', mime: 'image/jpeg', bytes: pixels }).catch(() => {})
        }
      },
    ],
    [
      'an invitation',
      async () => {
        if (invited++ > 200) return pause(1_000) as Promise<void>
        const { id } = player.addPerson({ firstName: 'Друг', languageCode: 'ru' })
        player.open(id, 'r_abcdefghijkl')
        await answered(id, 5_000)
      },
    ],
    [
      'a free run',
      async id => {
        await asking(id, 'z-image')
        player.say(id, 'кот')
        await answered(id, 4_000)
        const offer = player.chat(id).at(-1)
        const start = offer?.buttons.flat().find(({ text }) => /Запустить/.test(text))
        if (offer && start?.data) await player.press(id, offer.messageId, { data: start.data }, true).catch(() => {})
        await pause(1_000)
      },
    ],
    [
      'support, forgetting, nonsense',
      async id => {
        for (const text of ['/paysupport', 'верните', '/delete_me', '/nothing', '/find x', '/admin'])
          player.say(id, text)
        await pause(1_500)
      },
    ],
  ]
  const people = Array.from({ length: accounts }, (_, n) =>
    player.addPerson({ firstName: `Счёт ${n}`, languageCode: 'ru' }),
  )

  return {
    did,
    told: () => longestMs,
    /** Everything at once, until the function that it gives is called. */
    begin() {
      isOn = true
      const strangers = (async () => {
        while (isOn) {
          await flood.send({ address: url, method: 'GET', path: '/readyz', connections: 200, ms: 1_000 })
          await flood.send({ address: url, method: 'POST', path: '/webhook', connections: 100, ms: 1_000 })
          count('a flood of strangers')
        }
      })()
      const lives = people.map(async ({ id }, n) => {
        const own = random.fork(`account ${n} ${Date.now()}`)
        player.open(id)
        while (isOn) {
          const [what, act] = own.pick(ways)
          await act(id, own)
          count(what)
        }
      })
      return async () => {
        isOn = false
        await Promise.all([strangers, ...lives])
      }
    },
  }
}

/** A host whose files trickle; behind the same address, which the service trusts, the upstream's host of files. */
async function openHost() {
  let to = ''
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/slow')) {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': '100000' })
      const drip = setInterval(() => response.write('x'), 1_000)
      return response.on('close', () => clearInterval(drip))
    }
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = request.headers
    const answer = await fetch(to + request.url, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(request.method === 'POST' && { body: Buffer.concat(parts) }),
    })
    const type = answer.headers.get('content-type') ?? 'application/json'
    return response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const web = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    web,
    address(world: Pick<World, 'upstream'>) {
      to = world.upstream.baseUrl
      return web()
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
