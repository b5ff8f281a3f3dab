// The npm scripts run this first: an older Node cannot read TypeScript, and its own error does not say so.
const { engines } = require('../package.json')

const have = process.versions.node
const need = engines.node.replace(/\D/g, '')
if (Number.parseInt(have, 10) < Number(need)) {
  process.stderr.write(`Telegen needs Node ${need} or later. This is Node ${have} (${process.execPath}).
Run \`npm ci\`, which installs the right one for the npm scripts, or install it from https://nodejs.org.
`)
  process.exit(1)
}
