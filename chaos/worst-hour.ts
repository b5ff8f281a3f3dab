import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { MessageView } from '../playground/telegram/server.ts'
import { prepareAttack } from './attack.ts'
import { openWorld } from './open-world.ts'
import type { Random } from './random.ts'
import type { Run, Verdict } from './report.ts'
import { openSlowHost } from './slow-host.ts'
import type { World } from './world.ts'

// One owner with fifty accounts does everything that costs somebody else something, beside fifty people who do something
// ordinary every few seconds: how long do those wait for an answer, with it and without?
const ordinary = 50
const goal = 2

type Act = { chatId: number; at: number; isAttacked: boolean }

/** `rounds` times a calm while and one under attack, each of so many seconds. */
export async function worstHour({ random, say }: Run, rounds: number, seconds: number): Promise<Verdict> {
  const host = await openSlowHost()
  const world = await openWorld(random, 1, { isPaced: true, env: near => ({ KIE_UPLOAD_URL: host.address(near) }) })
  world.atEnd(host.close)
  const { sometimes } = world
  const acts: Act[] = []
  const answers = watchAnswers(world)
  let isAttacked = false
  const deaths = countDeaths(world)
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
    const [calm, attacked] = [false, true].map(attacked =>
      latencies(
        acts.filter(act => act.isAttacked === attacked),
        answers.of,
      ),
    ) as [Latencies, Latencies]
    const ratio = attacked.p99 / calm.p99
    if (deaths() > 0) world.wrong(`the process died ${deaths()} times`)
    if (calm.unanswered + attacked.unanswered > 0)
      world.wrong(`${attacked.unanswered} acts were not answered under attack, ${calm.unanswered} without`)
    if (ratio > goal) say(`✗ p99 under attack is × ${ratio.toFixed(2)}, more than ${goal}`)
    for (const { promise, key } of await world.database.owner`select promise, key from pay.broken`) {
      world.wrong(`${promise}: ${key}`)
    }
    const longestMs = attack.longestMs()
    for (const [what, times] of attack.did) sometimes.stands(`attack: ${what}`, times)
    return {
      figures: `alone ${ms(calm)}; under attack ${ms(attacked)}; p99 × ${ratio.toFixed(2)}; ${deaths()} deaths; ${Math.max(...memory).toFixed(0)} MB at the most, ${rssMb(world).toFixed(0)} after; hostile files told of within ${(longestMs / 1_000).toFixed(1)} s; ${[...attack.did.values()].reduce((sum, n) => sum + n, 0)} acts of the attack`,
      problems: world.problems,
      seen: world.sometimes.all(),
      trials: 0,
    }
  } finally {
    answers.stop()
    await world.close()
  }
}

function countDeaths(world: World): () => number {
  let deaths = 0
  void (async () => {
    while (!world.isOver()) {
      await world.instances[0]!.died()
      deaths += 1
    }
  })()
  return () => deaths
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

type Latencies = ReturnType<typeof latencies>
const ms = ({ p50, p99, most, count }: Latencies) =>
  `p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, most ${most.toFixed(0)} ms of ${count}`

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
