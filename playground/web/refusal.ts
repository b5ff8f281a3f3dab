import { type Static, Type } from '@sinclair/typebox'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** A refusal that the page shows as it is. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly statusCode: number
  readonly code: string
  constructor(statusCode: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.statusCode = statusCode
    this.code = code
  }
}

/** Turns a refusal of the stand-in (no such button now, a rule of Telegram) into one that the page shows. */
export async function playing<T>(move: () => T | Promise<T>): Promise<T> {
  try {
    return await move()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Refusal(409, 'refused', `Telegram так не даёт: ${reason}`, { cause: error })
  }
}

/** Every refusal and failure leaves as `{ error: { code, message } }`; our own faults are printed, not shown. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Refusal) return reply.code(error.statusCode).send(failure(error.code, error.message))
  if (error.validation) {
    const [first] = error.validation
    const field = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') || error.validationContext || 'тело'
    return reply.code(400).send(failure('invalid', `Не подходит ${field}: ${first?.message ?? error.message}`))
  }
  const status = error.statusCode ?? 500
  if (status < 500) return reply.code(status).send(failure(error.code ?? 'invalid', error.message))
  console.error(`playground page: ${request.method} ${request.url}`, error)
  return reply.code(500).send(failure('broken', 'Ошибка песочницы, подробности в её выводе'))
}

export function answerNotFound(_request: FastifyRequest, reply: FastifyReply) {
  return reply.code(404).send(failure('not_found', 'Здесь ничего нет'))
}

const Failure = Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) })
const failure = (code: string, message: string): Static<typeof Failure> => ({ error: { code, message } })
