import type { FastifyInstance } from 'fastify'
import { stringify } from 'yaml'
import type { Model, Param } from './models.ts'

type Options = { models: Map<string, Model>; origin: () => string }

/** The documentation as its readers get it: an index, and a page of Markdown a model with an OpenAPI document in it. */
export function documentRoutes(server: FastifyInstance, { models, origin }: Options) {
  server.get('/llms.txt', async (_request, reply) => {
    const lines = [...models.keys()].map(id => `- [${id}](${origin()}/market/${pageOf(id)}.md): createTask`)
    return reply.type('text/plain; charset=utf-8').send(['# Docs', '', ...lines, ''].join('\n'))
  })

  server.get('/market/:page', async (request, reply) => {
    const { page } = request.params as { page: string }
    const model = [...models.values()].find(({ id }) => `${pageOf(id)}.md` === page)
    if (!model) return reply.code(404).send('Not Found')
    const text = `# ${model.id}\n\n## OpenAPI Specification\n\n\`\`\`yaml\n${stringify(documentOf(model))}\`\`\`\n`
    return reply.type('text/markdown; charset=utf-8').send(text)
  })
}

const pageOf = (id: string) => id.replace(/[^a-z0-9.-]/g, '-')

function documentOf({ id, params }: Model) {
  const required = params.filter(param => param.required).map(({ name }) => name)
  const properties = Object.fromEntries(params.map(param => [param.name, propertyOf(param)]))
  const schema = {
    type: 'object',
    required: ['model', 'input'],
    properties: {
      model: { type: 'string', enum: [id], default: id },
      callBackUrl: { type: 'string', format: 'uri' },
      input: { type: 'object', properties, required },
    },
  }
  const post = { requestBody: { content: { 'application/json': { schema } } } }
  return { openapi: '3.0.1', info: { title: id, version: '1.0.0' }, paths: { '/api/v1/jobs/createTask': { post } } }
}

function propertyOf(param: Param) {
  const { value_type: type, min, max, min_length: minLength, max_length: maxLength, max_files: maxItems } = param
  if (type === 'string[]') return { type: 'array', items: { type: 'string', format: 'uri' }, maxItems }
  const given = { type, enum: param.enum, minimum: min, maximum: max, minLength, maxLength }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
