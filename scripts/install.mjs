// Set-up of a fresh clone, run by npm before `start` and `test`. Once everything is there it only looks.
import { join } from 'node:path'
import { handOver } from './setup/hand-over.mjs'
import { installNodeModules, nodeModulesCurrent, projectNode, root } from './setup/node-modules.mjs'

if (!nodeModulesCurrent() && !(await installNodeModules())) process.exit(1)
await handOver(projectNode, [join(root, 'scripts', 'setup', 'main.ts'), ...process.argv.slice(2)])
