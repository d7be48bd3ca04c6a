import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const shared = path.join(os.tmpdir(), 'mlx-evolve-test-bundles')
const isBundle = (name: string): boolean => /^workflow-bundle-[0-9a-f]+\.js$/.test(name)

const copyNew = (from: string, to: string): void => {
  for (const name of readdirSync(from).filter(isBundle)) {
    const target = path.join(to, name)
    if (existsSync(target)) continue
    const draft = `${target}.${process.pid}`
    copyFileSync(path.join(from, name), draft)
    renameSync(draft, target)
  }
}

/** Workflow bundles are named after what they hold, so home folders of tests can share them: each saves seconds. */
export const takeBundles = (home: string): void => {
  mkdirSync(shared, { recursive: true })
  copyNew(shared, home)
}

export const giveBundles = (home: string): void => copyNew(home, shared)
