import type { Person, TelegramStandIn } from '../telegram/server.ts'
import { Refusal } from './refusal.ts'

/** The person that an address names; 404 for anybody else. */
export function known(player: TelegramStandIn['player'], { userId }: { userId: string }): Person {
  const person = player.people().find(({ id }) => id === Number(userId))
  if (!person) throw new Refusal(404, 'no_person', { ru: `Человека ${userId} нет`, en: `There is no person ${userId}` })
  return person
}
