import { type Static, Type } from '@sinclair/typebox'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** The same words in the languages of the page. */
type Words = { ru: string; en: string }

/** A refusal that the page shows as it is. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly statusCode: number
  readonly code: string
  readonly words: Words
  constructor(statusCode: number, code: string, words: Words, options?: ErrorOptions) {
    super(words.en, options)
    this.statusCode = statusCode
    this.code = code
    this.words = words
  }
}

/** Turns a refusal of the stand-in (no such button now, a rule of Telegram) into one that the page shows. */
export async function playing<T>(move: () => T | Promise<T>): Promise<T> {
  try {
    return await move()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const words = { ru: `Telegram так не даёт: ${reason}`, en: `Telegram does not allow that: ${reason}` }
    throw new Refusal(409, 'refused', words, { cause: error })
  }
}

/** Every refusal and failure leaves as `{ error: { code, message } }`; our own faults are printed, not shown. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const say = (words: Words) => words[languageOf(request)]
  if (error instanceof Refusal) return reply.code(error.statusCode).send(failure(error.code, say(error.words)))
  if (error.validation) {
    const [first] = error.validation
    const field = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') || error.validationContext || 'body'
    const why = first?.message ?? error.message
    const words = { ru: `Не подходит ${field}: ${why}`, en: `This ${field} will not do: ${why}` }
    return reply.code(400).send(failure('invalid', say(words)))
  }
  const status = error.statusCode ?? 500
  if (status < 500) return reply.code(status).send(failure(error.code ?? 'invalid', error.message))
  console.error(`playground page: ${request.method} ${request.url}`, error)
  const broken = { ru: 'Ошибка песочницы, подробности в её выводе', en: 'The playground failed; its output says why' }
  return reply.code(500).send(failure('broken', say(broken)))
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply) {
  const words = { ru: 'Здесь ничего нет', en: 'There is nothing here' }
  return reply.code(404).send(failure('not_found', words[languageOf(request)]))
}

/** The page sends the language that it is shown in. */
const languageOf = ({ headers }: FastifyRequest) => (headers['accept-language']?.startsWith('en') ? 'en' : 'ru')

const Failure = Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) })
const failure = (code: string, message: string): Static<typeof Failure> => ({ error: { code, message } })
