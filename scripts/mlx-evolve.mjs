#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { handOver } from './setup/hand-over.mjs'
import { nodeModulesCurrent, projectNode, root } from './setup/node-modules.mjs'

if (!nodeModulesCurrent()) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'install.mjs')], { stdio: ['inherit', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}

const main = join(root, 'scripts', 'cli', 'main.ts')
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  await handOver(projectNode, [main, ...process.argv.slice(2)])
} else {
  process.argv[1] = main
  await import(main)
}
