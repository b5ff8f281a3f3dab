import type { FastifyInstance } from 'fastify'
import type { Model } from './models/models.ts'
import type { Recipe } from './results/recipe.ts'
import type { Studio } from './results/studio.ts'

/**
 * `GET /elevenlabs/voice/<voice_id>.mp3`: a recording of each voice that a model takes, without a key, as the provider's static
 * host serves them. Here each is a tune of its own; any other name is not found.
 */
export function sampleRoutes(server: FastifyInstance, models: Map<string, Model>, studio: Studio) {
  const voices = new Set(
    [...models.values()].flatMap(({ params }) => params.find(({ name }) => name === 'voice')?.enum),
  )
  server.get('/elevenlabs/voice/:file', async (request, reply) => {
    const { file } = request.params as { file: string }
    const [, voice] = /^(\w+)\.mp3$/.exec(file) ?? []
    if (voice === undefined || !voices.has(voice)) return reply.code(404).type('text/plain').send('Not Found')
    return reply.type('audio/mpeg').send(Buffer.from(await studio.make(recipeOf(voice), async () => undefined)))
  })
}

const recipeOf = (voice: string): Recipe => ({
  title: voice,
  text: voice,
  details: '',
  seed: voice,
  voice: true,
  kind: 'audio',
  format: 'mp3',
  rate: 44_100,
  kbps: 128,
  seconds: 2,
})
