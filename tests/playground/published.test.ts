import t from 'tap'
import { documentedModels } from '../../playground/upstream/models/models.ts'
import { isPublished, refusedByPublished } from '../../playground/upstream/models/published.ts'

t.test('what the provider publishes is checked whatever our catalogue says', async t => {
  const refused = (input: object, id = 'z-image') => refusedByPublished(id, input as Record<string, unknown>)?.msg
  const right = { prompt: 'кот', aspect_ratio: '1:1' }
  t.equal(refused(right), undefined)
  t.match(refused({ aspect_ratio: '1:1' }), 'prompt is required')
  t.match(refused({ ...right, seed: 1 }), 'seed is not published')
  t.match(refused({ ...right, aspect_ratio: '5:1' }), 'must be one of 1:1')
  t.match(refused({ ...right, nsfw_checker: 'true' }), 'must be a boolean, not string')
  t.match(refused({ ...right, prompt: ['кот'] }), 'must be a string')
  t.match(refused({ ...right, prompt: 'к'.repeat(100_000) }), /must be at most \d+ characters/)
  const film = { prompt: 'кот', duration: '6' }
  t.equal(refused(film, 'grok-imagine/text-to-video'), undefined, 'a number may be written as text')
  t.match(refused({ ...film, duration: 'six' }, 'grok-imagine/text-to-video'), 'must be a number')
  t.match(refused({ ...film, duration: '31.5s' }, 'grok-imagine/text-to-video'), 'must be a number')
  t.equal(refused({ anything: 1 }, 'sora-2-text-to-video'), undefined, 'a page that is gone says nothing')
})

t.test('every model whose page is there is checked by it', async t => {
  const gone = [...documentedModels().keys()].filter(id => !isPublished(id))
  t.strictSame(gone.sort(), [
    'elevenlabs/sound-effect-v2',
    'kling/ai-avatar-v1-pro',
    'kling/v1-avatar-standard',
    'sora-2-image-to-video',
    'sora-2-text-to-video',
    'sora-watermark-remover',
  ])
})
