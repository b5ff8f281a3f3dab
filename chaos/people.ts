import { setTimeout as pause } from 'node:timers/promises'
import type { Button, MessageView } from '../playground/telegram/server.ts'
import type { Behaviour } from '../playground/upstream/server.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

const models = ['m_flux-2-pro-text-to-image', 'm_google-imagen4', 'm_seedream-4-5-text-to-image']
const freeModels = ['m_z-image', 'm_google-nano-banana']

// What the provider does with the next order; the rest is a task that goes well.
const moods: [Behaviour, number][] = [
  ['normal', 40],
  ['fail', 6],
  ['moderation', 3],
  ['callback_lost', 10],
  ['callback_twice', 8],
  ['callback_forged', 6],
  ['callback_early', 8],
  ['partial_result', 4],
  ['http_502', 2],
  ['no_task_id', 1],
  ['ambiguous', 4],
  ['silent', 2],
  ['rate_limited', 4],
  ['maintenance', 3],
  ['server_error', 2],
  ['empty_result', 2],
  ['truncated_result', 2],
]
const allMoods = moods.flatMap(([behaviour, weight]) => new Array<Behaviour>(weight).fill(behaviour))

export type People = {
  /** Nobody begins anything new; resolves when all have put their hands down. */
  rest(): Promise<void>
}

/** So many persons who order, pay, cancel, press twice and use codes, each in their own pace, until told to rest. */
export function bringPeople(world: World, random: Random, count: number): People {
  let isResting = false
  const lives = Array.from({ length: count }, async (_, n) => {
    const own = random.fork(`person ${n}`)
    await pause(own.int(0, 1_500))
    while (!isResting) await live(world, own, () => isResting)
  })
  return {
    async rest() {
      isResting = true
      await Promise.all(lives)
    },
  }
}

/** A person at the chat, and what they see of it. */
type Guest = ReturnType<typeof openGuest>
type Found = { message: MessageView; button: Button }

function openGuest(world: World, random: Random, isResting: () => boolean) {
  const { player } = world.telegram
  const { id } = player.addPerson({ firstName: random.pick(['Анна', 'Борис', 'Вера', 'Глеб']), languageCode: 'ru' })
  const fromBot = () => player.chat(id).filter(message => message.from === 'bot')
  let seen = 0

  /** A button that the bot shows after the last act, awaited as long as a person would. */
  async function button(what: RegExp, maxMs = 8_000): Promise<Found | undefined> {
    for (const end = Date.now() + maxMs; Date.now() < end && !isResting(); await pause(60)) {
      for (const message of fromBot().toReversed()) {
        if (message.messageId <= seen && (message.editedAt ?? 0) * 1_000 < Date.now() - 8_000) break
        const found = message.buttons.flat().find(each => what.test(each.text) && each.data)
        if (found) return { message, button: found }
      }
    }
    return undefined
  }
  const tap = ({ message, button }: Found) =>
    void player.press(id, message.messageId, { data: button.data! }, true).catch(() => {})
  async function press(what: RegExp): Promise<boolean> {
    const found = await button(what)
    if (!found) return false
    tap(found)
    return true
  }
  const turn = () => {
    seen = player.chat(id).at(-1)?.messageId ?? 0
  }
  return { id, world, random, player, isResting, fromBot, button, tap, press, turn, seen: () => seen, codes: 0 }
}

/** One person from the first hello to their last act. */
async function live(world: World, random: Random, isResting: () => boolean): Promise<void> {
  const guest = openGuest(world, random, isResting)
  const { player, id } = guest
  player.open(id)
  await pause(random.int(300, 1_500))
  for (let acts = random.int(8, 14); acts > 0 && !isResting(); acts--) {
    const dice = random.int(1, 100)
    if (dice <= 45) await order(guest, false)
    else if (dice <= 60) await order(guest, true)
    else if (dice <= 78) await topUp(guest)
    else if (dice <= 86) await promo(guest)
    else if (dice <= 95) await again(guest)
    else await forge(guest)
    await pause(random.int(50, 500))
  }
}

async function order({ id, world, random, player, button, tap, press, turn }: Guest, isFree: boolean) {
  const { upstream, sometimes } = world
  turn()
  player.open(id, random.pick(isFree ? freeModels : models))
  if (!(await press(/Начать/))) return
  turn()
  await pause(250)
  player.say(id, `маяк в шторм ${random.int(1, 1_000_000)}`)
  let start: Found | undefined
  for (let step = 0; step < 5; step++) {
    start = await button(/Запустить|По умолчанию|Пропустить/)
    if (!start || /Запустить/.test(start.button.text)) break
    tap(start)
    await pause(300)
  }
  if (!start || !/Запустить/.test(start.button.text)) return
  upstream.next(random.pick(allMoods))
  tap(start)
  sometimes.saw(/бесплатно/.test(start.button.text) ? 'person: free start' : 'person: paid start')
  if (random.chance(0.3)) {
    for (let more = random.int(1, 3); more > 0; more--) tap(start)
    sometimes.saw('person: double tap')
  }
  if (random.chance(0.15) && (await press(/^Отменить$/))) sometimes.saw('person: cancel')
  else await pause(random.int(100, 1_500))
}

async function topUp({ id, world, random, player, fromBot, press, turn, seen, isResting }: Guest) {
  const { sometimes } = world
  turn()
  player.say(id, '/topup')
  if (!(await press(/^100\s₽ — ⭐/))) return
  let invoice: MessageView | undefined
  for (const end = Date.now() + 6_000; !invoice && Date.now() < end && !isResting(); await pause(60)) {
    invoice = fromBot().findLast(message => message.invoice && message.messageId > seen())
  }
  if (!invoice) return
  const times = random.chance(0.25) ? 2 : 1
  const paid = await Promise.all(
    Array.from({ length: times }, () => player.pay(id, invoice.messageId).catch(() => ({ ok: false }))),
  )
  const taken = paid.filter(({ ok }) => ok).length
  sometimes.saw('person: top-up paid', Math.min(taken, 1))
  sometimes.saw('person: invoice paid twice', taken === 2 ? 1 : 0)
}

async function promo(guest: Guest) {
  const { id, world, random, player } = guest
  const { sometimes } = world
  player.say(id, '/promo chaos')
  guest.codes += 1
  sometimes.saw(guest.codes > 1 ? 'person: promo code again' : 'person: promo code')
  await pause(random.int(300, 1_200))
}

/** Telegram delivers some of the person's updates once more. */
async function again({ id, world, random }: Guest) {
  const { telegram, sometimes } = world
  const own = telegram.updates.filter(({ deliveredAt, update }) => deliveredAt && isOf(update, id))
  if (own.length === 0) return
  for (const { updateId } of own.slice(-random.int(1, 4))) telegram.player.redeliver(updateId)
  sometimes.saw('telegram: update delivered again after its 200')
  await pause(random.int(100, 600))
}

async function forge({ world, random }: Guest) {
  const { upstream } = world
  const victim = upstream.tasks.at(-random.int(1, 20))
  const path = victim?.callBackUrl ? new URL(victim.callBackUrl).pathname : '/callbacks/kie/aaaaaaaaaaaa/bbbb'
  const body = JSON.stringify({ code: 501, data: { taskId: victim?.taskId ?? 'none', state: 'fail' } })
  const isRight = random.chance(0.5) // the address is ours, and the body may lie about the end
  const url = `${world.url}${isRight ? path : path.replace(/.$/, '!')}`
  await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(3_000) }).catch(() => {})
}

function isOf(update: object, id: number): boolean {
  const content = Object.values(update).find(value => typeof value === 'object' && value !== null) as
    | { from?: { id?: number } }
    | undefined
  return content?.from?.id === id
}
