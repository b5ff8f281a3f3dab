import { globSync } from 'node:fs'
import type { TSchema } from '@sinclair/typebox'
import t from 'tap'
import type { Query, Sql } from '../../src/database/db.ts'
import { world } from '../support/world.ts'

// Every statement of the service is made by `query` with the schema of its rows beside it. Here Postgres describes each
// one, and its columns are compared with the schema: a wrong type, a forgotten column or a removed table cannot pass.
const { owner } = await world(t)
const root = new URL('../../', import.meta.url)
const quiet = /^src\/(main|doctor|audit|catalogue\/(list|check))/

type AnyQuery = Query<unknown[], import('@sinclair/typebox').TObject>
const isQuery = (value: unknown): value is AnyQuery =>
  typeof value === 'function' && 'row' in value && 'statement' in value

// What Postgres calls a type, and what may stand for it in a schema.
const typesOf: Record<number, (schema: TSchema) => boolean> = {
  16: schema => schema.type === 'boolean',
  17: schema => schema.type === 'Uint8Array',
  20: schema => schema.type === 'integer',
  21: schema => schema.type === 'integer',
  23: schema => schema.type === 'integer',
  25: schema => schema.type === 'string',
  114: () => true, // json: what is inside is no column of Postgres'
  701: schema => schema.type === 'number',
  1043: schema => schema.type === 'string',
  1082: schema => schema.type === 'Date',
  1184: schema => schema.type === 'Date',
  1700: schema => schema.type === 'string', // numeric is never parsed for arithmetic
  2278: () => true, // void
}
const bare = (schema: TSchema): TSchema => {
  const parts = schema.anyOf as TSchema[] | undefined
  const inner = parts?.find(part => part.type !== 'null')
  return inner ? bare(inner) : schema
}

let count = 0
for (const file of globSync('src/**/*.ts', { cwd: root }).sort()) {
  if (quiet.test(file)) continue
  const module: Record<string, unknown> = await import(new URL(file, root).href)
  for (const [name, statement] of Object.entries(module)) {
    if (!isQuery(statement)) continue
    count += 1
    await t.test(`${file} ${name}: Postgres gives what its schema says`, async t => {
      const described: { name: string; type: number }[] = []
      const describe = (async (text: TemplateStringsArray, ...values: never[]) => {
        const { columns } = await owner(text, ...values).describe()
        described.push(...columns.map(column => ({ name: column.name, type: column.type })))
        return []
      }) as unknown as Sql
      // Whatever an argument is asked for, it is there; Postgres infers every type from the statement itself.
      const text = () => '0'
      const anything: object = new Proxy(
        {},
        { get: (_, key) => (key === Symbol.toPrimitive || key === 'join' ? text : anything) },
      )
      await statement.statement(describe, ...Array.from({ length: statement.statement.length }, () => anything))

      const wanted = Object.keys(statement.row.properties).sort()
      const given = described.filter(column => column.type !== 2278).map(column => column.name)
      t.strictSame(given.sort(), wanted, 'the columns')
      for (const { name, type } of described) {
        const schema = statement.row.properties[name]
        if (!schema) continue
        t.ok(typesOf[type]?.(bare(schema)), `${name} has the Postgres type ${type} and the schema ${bare(schema).type}`)
      }
    })
  }
}
t.ok(count > 25, `${count} statements`)
