import postgres from 'postgres'
import { exampleFor, mainText } from '../src/bot/parameter-texts.ts'
import { loadModels, type Model } from '../src/catalogue/models.ts'
import { documentedModels } from './upstream/models/models.ts'
import { recipeFor } from './upstream/results/recipe.ts'
import { openStudio } from './upstream/results/studio.ts'

const wishes = ['рыжий кот в лодке на закате', 'город под дождём, неоновые вывески', 'горное озеро на рассвете']
const sentAs = { image: 'photo', video: 'video', audio: 'audio' } as const

/** Gives every model examples made by the studio of the stand-in, unless there are some already. */
export async function bringExamples(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  const studio = openStudio()
  try {
    if ((await sql`select from pay.examples limit 1`).length > 0) return
    const documented = documentedModels()
    for (const model of loadModels()) {
      const known = documented.get(model.id)
      if (!known) continue
      for (const [n, words] of wordsFor(model).entries()) {
        const main = mainText(model)
        const input = { ...model.example_input, ...exampleFor(model, 'ru'), ...(main && { [main.name]: words }) }
        const recipe = recipeFor(known, input, n, 1, { file: () => 'foreign', task: () => undefined })
        const content = await studio.make(recipe, async () => undefined)
        await sql`
          insert into pay.examples (model_id, slot, words, sent_as, content)
          values (${model.id}, ${n + 1}, ${words}, ${sentAs[model.output]}, ${Buffer.from(content)})
          on conflict do nothing`
      }
    }
  } finally {
    await Promise.all([studio.close(), sql.end({ timeout: 1 })])
  }
}

/** Models for pictures by words show what they make of several wishes. */
function wordsFor(model: Model): string[] {
  const main = mainText(model)
  if (!main) return ['']
  return model.category === 'text-to-image' ? wishes : [String(exampleFor(model, 'ru')[main.name] ?? '')]
}
