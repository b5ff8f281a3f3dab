import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

// What CONTRIBUTING.md adds as an example.
const examples = ['src/bot/home/about.ts', 'sql/migrations/NNNN_subject.sql']
const pages = [...globSync('*.md'), ...globSync('docs/**/*.md')].sort()
const read = (file: string) => readFileSync(file, 'utf8')
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
const anchorsOf = (file: string) => [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title))

t.test('every link of a page leads to a file that is there, and to a heading in it', async t => {
  t.ok(pages.length > 10)
  for (const page of pages) {
    for (const [, link = ''] of read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      t.ok(existsSync(target), `${page}: ${link}`)
      if (anchor && target.endsWith('.md')) t.ok(anchorsOf(target).includes(anchor), `${page}: ${link}`)
    }
  }
})

t.test('every file that a page names by its path is there', async t => {
  for (const page of pages) {
    for (const [, file = ''] of read(page).matchAll(
      /`((?:src|sql|tests|playground|chaos|bench|docs)\/[\w./-]+\.\w+)`/g,
    )) {
      t.ok(existsSync(file) || examples.includes(file), `${page}: ${file}`)
    }
  }
})

t.test('every npm script that a page names is there', async t => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const page of pages) {
    for (const [, name = ''] of read(page).matchAll(/\bnpm run (?:-s )?([a-z][\w:]*)/g))
      t.ok(scripts[name], `${page}: ${name}`)
  }
})
