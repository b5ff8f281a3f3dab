import { type TSchema, Type } from '@sinclair/typebox'
import { BadAddress, readAddress } from './address.ts'
import { shortestSecret } from './scrub.ts'

export type Env = Record<string, string | undefined>

const Text = Type.String({ minLength: 1 })
const Decimal = Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,6})?$' })
const Count = Type.String({ pattern: '^\\d{1,6}$' })
const FromOne = Type.String({ pattern: '^[1-9]\\d{0,5}$' })
const Port = Type.String({ pattern: '^\\d{1,5}$' })
const Url = Type.String({ pattern: '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$' })

/** An environment variable: its valid values and its default. */
export type Variable = {
  schema: TSchema
  fallback?: string
  expects: string
  secret?: true | ((value: string) => string[])
  /** Returns what is wrong with a value, in words and without quoting it. */
  problem?: (value: string) => string | undefined
}

// One row per variable. docs/operations/configuration.md has the same in words.
export const variables = {
  TELEGRAM_BOT_TOKEN: {
    schema: Type.String({ pattern: '^\\d{6,}:[\\w-]{30,}$' }),
    expects: 'the token from BotFather',
    secret: true,
    problem: problemOfKey,
  },
  KIE_API_KEY: {
    schema: Type.String({ minLength: 8 }),
    expects: "the upstream's key",
    secret: true,
    problem: problemOfKey,
  },
  DATABASE_URL: {
    schema: Text,
    expects: 'postgres://user:password@host/database, what is special in the password percent-encoded',
    secret: passwordsOf,
    problem: problemOfAddress,
  },
  DATABASE_OWNER_URL: {
    schema: Text,
    expects: 'postgres://user:password@host/database, of the role that owns the tables',
    secret: passwordsOf,
    problem: problemOfAddress,
  },
  PUBLIC_URL: { schema: Url, expects: 'https://host, the base of webhook and callback addresses' },
  TELEGRAM_WEBHOOK_SECRET: {
    schema: Type.String({ pattern: '^[A-Za-z0-9_-]{32,256}(,[A-Za-z0-9_-]{32,256})?$' }),
    expects: '32 to 256 characters of A-Z a-z 0-9 _ -, and after a comma the one before it',
    secret: list,
  },
  CALLBACK_SECRET: { schema: Type.String({ minLength: 32 }), expects: 'at least 32 characters', secret: true },
  KIE_WEBHOOK_KEY: { schema: Text, expects: "the upstream's signing key", secret: true, problem: problemOfKey },
  TELEGRAM_API_ROOT: { schema: Url, fallback: 'https://api.telegram.org', expects: 'an http(s) address' },
  KIE_BASE_URL: { schema: Url, fallback: 'https://api.kie.ai', expects: 'an http(s) address' },
  KIE_UPLOAD_URL: { schema: Url, fallback: 'https://kieai.redpandaai.co', expects: 'an http(s) address' },
  KIE_SAMPLE_URL: { schema: Url, expects: 'an http(s) address' },
  ADMIN_IDS: {
    schema: Type.String({ pattern: '^(\\d{1,16}(\\s*,\\s*\\d{1,16})*)?$' }),
    fallback: '',
    expects: 'Telegram user ids, separated by commas',
  },
  START_BONUS_RUB: {
    schema: Type.String({ pattern: '^\\d{1,6}(\\.\\d{1,2})?$' }),
    fallback: '0',
    expects: 'rubles, with two decimals at most',
  },
  USD_RUB_RATE: { schema: Decimal, fallback: '95', expects: 'a number above 0' },
  PRICING_MARKUP: { schema: Decimal, fallback: '2.0', expects: 'a number from 1' },
  MODELS: {
    schema: Type.String({ pattern: '^(core|all|[+-][a-z0-9./-]+)(\\s*,\\s*[+-][a-z0-9./-]+)*$' }),
    fallback: 'core',
    expects: 'core or all, and changes to it: +id or -id, separated by commas',
  },
  FREE_TIER_MODEL_IDS: { schema: Text, expects: 'exactly 5 model ids, separated by commas' },
  FREE_DAILY_LIMIT: { schema: Count, fallback: '10', expects: 'a whole number' },
  FREE_HOURLY_LIMIT: { schema: Count, fallback: '3', expects: 'a whole number' },
  NEW_FREE_DAILY_LIMIT: { schema: Count, fallback: '1000', expects: 'a whole number' },
  GROUP_ANSWERS_PER_MINUTE: { schema: FromOne, fallback: '10', expects: 'a whole number from 1' },
  GROUP_MEMBER_PER_MINUTE: { schema: FromOne, fallback: '4', expects: 'a whole number from 1' },
  GROUP_MEMBER_DAILY_RUB: {
    schema: Type.String({ pattern: '^[1-9]\\d{0,5}$' }),
    fallback: '100',
    expects: 'whole rubles, at least 1',
  },
  STAR_RATE_RUB: { schema: Decimal, fallback: '1.2', expects: 'a number above 0' },
  TOPUP_PACKS_RUB: {
    schema: Type.String({ pattern: '^[1-9]\\d{0,5}(\\s*,\\s*[1-9]\\d{0,5}){0,9}$' }),
    fallback: '100,300,500,1000,5000',
    expects: 'whole rubles, up to ten amounts separated by commas',
  },
  PLANS: {
    schema: Type.String({
      pattern: '^([a-z0-9]{1,12}(:\\d{1,6}){5}(\\s*,\\s*[a-z0-9]{1,12}(:\\d{1,6}){5}){0,5})?$',
    }),
    fallback: '',
    expects: 'up to six plans, each name:stars:rubles:orders at once:free runs:percent, separated by commas',
  },
  MANUAL_TOPUP_DETAILS: {
    schema: Type.String({ minLength: 1, maxLength: 1000 }),
    expects: 'up to 1000 characters: where to transfer money to',
  },
  PAYMENT_PROVIDER_TOKEN: {
    schema: Type.String({ pattern: '^\\d{3,}:[A-Z]+:\\S{3,200}$' }),
    expects: 'the token of a payment provider from BotFather, like 123456789:LIVE:…',
    secret: true,
    problem: problemOfKey,
  },
  PAYMENT_RECEIPT_VAT: {
    schema: Type.String({ pattern: '^([1-9]|1[0-2])$' }),
    expects: 'the VAT code of receipts by the provider, 1 to 12',
  },
  MAX_ACTIVE_PER_USER: {
    schema: Type.String({ pattern: '^[1-9]\\d{0,3}$' }),
    fallback: '3',
    expects: 'a whole number from 1',
  },
  CONTENT_FILTER: {
    schema: Type.Union([Type.Literal('on'), Type.Literal('off')]),
    fallback: 'on',
    expects: 'on or off',
  },
  BOT_NAME: {
    schema: Type.String({ minLength: 1, maxLength: 64 }),
    expects: 'up to 64 characters: the name that people see',
  },
  PROFILE: {
    schema: Type.Union([Type.Literal('on'), Type.Literal('off')]),
    fallback: 'on',
    expects: 'on or off',
  },
  EFFECTS: {
    schema: Type.Union([Type.Literal('on'), Type.Literal('off')]),
    fallback: 'on',
    expects: 'on or off',
  },
  PORT: { schema: Port, fallback: '8080', expects: 'a port' },
  CLIENT_ADDRESS_HEADER: {
    schema: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{2,63}$' }),
    expects: 'the name of a header, like Fly-Client-IP',
  },
  HOST: { schema: Text, fallback: '0.0.0.0', expects: 'an address to listen on' },
  METRICS_PORT: { schema: Port, fallback: '9090', expects: 'a port' },
  ROLES: {
    schema: Type.String({ pattern: '^(web|worker|web,worker|worker,web)$' }),
    fallback: 'web,worker',
    expects: 'web, worker or web,worker',
  },
  LOG_LEVEL: {
    schema: Type.Union(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map(level => Type.Literal(level)),
    ),
    fallback: 'info',
    expects: 'a pino level',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: { schema: Url, expects: 'an http(s) address, the base of a collector' },
  OTEL_EXPORTER_OTLP_HEADERS: {
    schema: Type.String({ pattern: '^[\\w-]+=[^,=\\s]+(,[\\w-]+=[^,=\\s]+)*$' }),
    expects: 'name=value, several separated by commas, the values percent-encoded',
    secret: headerValues,
  },
  NODE_ENV: { schema: Text, fallback: 'development', expects: 'production or anything else' },
} satisfies Record<string, Variable>

export type Name = keyof typeof variables
export const variableNames = Object.keys(variables) as Name[]

export const secretNames = variableNames.filter(name => 'secret' in variables[name])

/**
 * Returns the values of these variables that must never be written anywhere, including invalid ones and those of a
 * failed start.
 */
export const secretsOf = (env: Env): string[] => [...new Set(secretNames.flatMap(name => partsOf(name, env)))]

/** Returns the secret parts of one variable. */
export function partsOf(name: Name, env: Env): string[] {
  const { secret }: Variable = variables[name]
  const value = env[name]?.trim()
  if (!secret || !value) return []
  return (typeof secret === 'function' ? secret(value) : [value]).filter(Boolean)
}

// Only the password of an address is a secret. Hiding the whole address would hide every mention of its host.
function passwordsOf(value: string): string[] {
  const [from, to] = [value.indexOf(':', value.indexOf('://') + 3), value.lastIndexOf('@')]
  const written = value.includes('://') && from >= 0 && to > from ? value.slice(from + 1, to) : ''
  const inQuery = [...value.matchAll(/[?&](?:ssl)?password=([^&#]*)/g)].map(([, password = '']) => password)
  // An invalid address may hold the password anywhere: before the last `@`, or in all of it.
  const passwords = [written, ...inQuery, problemOfAddress(value) ? value : '']
  return [...new Set([...passwords, ...passwords.map(decoded)])]
}

function problemOfAddress(value: string): string | undefined {
  try {
    readAddress(value)
    return undefined
  } catch (error) {
    if (error instanceof BadAddress) return error.message
    throw error
  }
}

/** Finds characters that were copied with a key. They would be sent with it, and the answer would be «wrong key». */
function problemOfKey(value: string): string | undefined {
  if (/["'`«»“”]/.test(value)) return 'holds quotes: write it without them'
  if (/^bearer\b/i.test(value)) return 'begins with «Bearer »: write the key alone'
  if (/[\r\n]/.test(value)) return 'holds a line end: it is one line'
  if (/\s/.test(value)) return 'holds a blank: it has none'
  if (/[^\x21-\x7e]/.test(value)) return 'holds a sign that no key has, perhaps one that is not seen: copy it again'
  if (/^[A-Z][A-Z_]+=/.test(value)) return 'begins with a name and «=»: write the value alone'
  return undefined
}

// A short header value is a name. One that gives access is longer.
function headerValues(text: string): string[] {
  return list(text)
    .map(pair => pair.slice(pair.indexOf('=') + 1))
    .flatMap(value => [value, decoded(value)])
    .filter(value => value.length >= shortestSecret)
}

/** Decodes percent-encoding. Returns the text unchanged if it is broken. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** Returns the parts between commas, trimmed. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)
}
