import { setTimeout as pause } from 'node:timers/promises'
import { startFlood } from '../bench/flood-load.ts'
import { traps } from '../tests/support/media/hostile.ts'
import { jpegOf } from '../tests/support/media/media.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

const accounts = 50

/** What the accounts share: the world, the host of slow files, and what they have done so far. */
type Attack = {
  player: World['telegram']['player']
  web: string
  hostile: { bytes: Uint8Array; mime: string }[]
  isOn: boolean
  invited: number
  /** The longest wait for the answer to a hostile file. */
  longestMs: number
}
type Way = (attack: Attack, id: number, own: Random) => Promise<void>

/** The attack: fifty accounts, each doing one thing after another while it lasts. */
export async function prepareAttack(world: World, random: Random, web: string) {
  const { telegram, url } = world
  const { player } = telegram
  const flood = await startFlood()
  world.atEnd(async () => flood.stop())
  const did = new Map<string, number>()
  const count = (what: string) => did.set(what, (did.get(what) ?? 0) + 1)
  const hostile = traps(19 * 1_048_576)
    .slice(0, 5)
    .map(({ make, mime }) => ({ bytes: make(), mime }))
  const attack: Attack = { player, web, hostile, isOn: false, invited: 0, longestMs: 0 }
  const people = Array.from({ length: accounts }, (_, n) =>
    player.addPerson({ firstName: `Счёт ${n}`, languageCode: 'ru' }),
  )

  async function strangers() {
    while (attack.isOn) {
      await flood.send({ address: url, method: 'GET', path: '/readyz', connections: 200, ms: 1_000 })
      await flood.send({ address: url, method: 'POST', path: '/webhook', connections: 100, ms: 1_000 })
      count('a flood of strangers')
    }
  }
  async function live(id: number, own: Random) {
    player.open(id)
    while (attack.isOn) {
      const [what, act] = own.pick(ways)
      await act(attack, id, own)
      count(what)
    }
  }

  return {
    did,
    longestMs: () => attack.longestMs,
    /** Everything at once, until the returned function is called. */
    begin() {
      attack.isOn = true
      const lives = people.map(({ id }, n) => live(id, random.fork(`account ${n} ${Date.now()}`)))
      const flooding = strangers()
      return async () => {
        attack.isOn = false
        await Promise.all([flooding, ...lives])
      }
    },
  }
}

async function answered({ player }: Attack, id: number, maxMs: number): Promise<number> {
  const [began, before] = [Date.now(), player.chat(id).length]
  while (Date.now() < began + maxMs && player.chat(id).length <= before + 1) await pause(100)
  return Date.now() - began
}

/** Opens a model and begins its questions. */
async function begin(attack: Attack, id: number, model: string) {
  const { player } = attack
  player.open(id, `m_${model}`)
  await answered(attack, id, 4_000)
  const card = player.chat(id).findLast(message => message.buttons.flat().some(({ text }) => /Начать/.test(text)))
  const button = card?.buttons.flat().find(({ text }) => /Начать/.test(text))
  if (card && button) await player.press(id, card.messageId, { data: button.data! }, true).catch(() => {})
  await pause(500)
}

const pixels = jpegOf(1_200, 800).bytes

const presses: Way = async (attack, id) => {
  const last = attack.player.chat(id).findLast(message => message.buttons.flat().some(({ data }) => data))
  const data = last?.buttons.flat().find(button => button.data)?.data
  for (let n = 0; last && data && n < 60 && attack.isOn; n++) {
    void attack.player.press(id, last.messageId, { data }, true).catch(() => {})
    await pause(1_000 / 12)
  }
}

const hostileFile: Way = async (attack, id, own) => {
  const { bytes, mime } = own.pick(attack.hostile)
  await begin(attack, id, mime.startsWith('video') ? 'wan-2-6-video-to-video' : 'elevenlabs-audio-isolation')
  await attack.player.send(id, { kind: 'document', fileName: 'file', mime, bytes }).catch(() => {})
  const took = await answered(attack, id, 30_000)
  if (attack.isOn) attack.longestMs = Math.max(attack.longestMs, took)
}

const slowLink: Way = async (attack, id) => {
  await begin(attack, id, 'recraft-remove-background')
  attack.player.say(id, `${attack.web}/slow/${id}.jpg`)
  await pause(2_000)
}

const manyLinks: Way = async (attack, id) => {
  await begin(attack, id, 'seedream-4-5-edit')
  attack.player.say(id, Array.from({ length: 130 }, (_, n) => `${attack.web}/slow${n}`).join(' '))
  await pause(2_000)
}

const pastes: Way = async (attack, id) => {
  for (let n = 0; n < 10 && attack.isOn; n++) attack.player.say(id, 'слово '.repeat(680))
  await pause(2_000)
}

const album: Way = async (attack, id) => {
  await begin(attack, id, 'seedream-4-5-edit')
  for (let n = 0; n < 8 && attack.isOn; n++) {
    await attack.player
      .send(id, { kind: 'photo', fileName: 'a.jpg', mime: 'image/jpeg', bytes: pixels })
      .catch(() => {})
  }
}

const invitation: Way = async attack => {
  if (attack.invited++ > 200) return void (await pause(1_000))
  const { id } = attack.player.addPerson({ firstName: 'Друг', languageCode: 'ru' })
  attack.player.open(id, 'r_abcdefghijkl')
  await answered(attack, id, 5_000)
}

const freeRun: Way = async (attack, id) => {
  await begin(attack, id, 'z-image')
  attack.player.say(id, 'кот')
  await answered(attack, id, 4_000)
  const offer = attack.player.chat(id).at(-1)
  const start = offer?.buttons.flat().find(({ text }) => /Запустить/.test(text))
  if (offer && start?.data) await attack.player.press(id, offer.messageId, { data: start.data }, true).catch(() => {})
  await pause(1_000)
}

const nonsense: Way = async (attack, id) => {
  for (const text of ['/paysupport', 'верните', '/delete_me', '/nothing', '/find x', '/admin'])
    attack.player.say(id, text)
  await pause(1_500)
}

const ways: [string, Way][] = [
  ['presses, 12 a second', presses],
  ['a hostile file', hostileFile],
  ['a slow link', slowLink],
  ['130 links', manyLinks],
  ['pastes', pastes],
  ['an album of uploads', album],
  ['an invitation', invitation],
  ['a free run', freeRun],
  ['support, forgetting, nonsense', nonsense],
]
