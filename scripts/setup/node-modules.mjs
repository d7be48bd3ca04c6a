// Plain JavaScript on purpose: this runs before anything is installed, on the system's own Node.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Node 24 as the npm package `node` installs it. */
export const projectNode = join(root, 'node_modules', '.bin', 'node')

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} LockedPackage */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
const lockedPackages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages

/**
 * Whether node_modules holds what package-lock.json asks for.
 *
 * npm writes `node_modules/.package-lock.json` as the last act of an install, so it also tells a half-done one.
 */
export function nodeModulesCurrent() {
  const installedFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile) || !existsSync(projectNode)) return false
  const installed = lockedPackages(installedFile)
  return Object.entries(lockedPackages(join(root, 'package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true
    const found = installed[path]
    // Packages for other platforms are optional and stay away.
    if (found === undefined) return wanted.optional === true
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

/**
 * The environment without what an enclosing `npm start` put there: with node_modules/.bin in PATH, npm would run on
 * the very Node it is about to replace.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentForNpm(env) {
  const outer = /^(npm_(lifecycle|package|command|execpath|node_execpath)|NODE$|INIT_CWD$)/
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !outer.test(name)))
  const binFolder = `${sep}node_modules${sep}.bin`
  kept.PATH = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(binFolder))
    .join(delimiter)
  return kept
}

/**
 * Runs `npm ci`.
 *
 * @returns {Promise<boolean>} whether it worked; what went wrong has been printed
 */
export async function installNodeModules() {
  console.error('[node] npm ci: installs the JavaScript packages and Node 24, usually 15 to 60 seconds')
  const started = Date.now()
  // Development packages too: one of them fetches the Temporal CLI.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const code = await new Promise((resolve) => {
    const npm = spawn('npm', args, { cwd: root, env: environmentForNpm(process.env), stdio: ['ignore', 2, 2] })
    npm.on('error', () => resolve('npm was not found on PATH'))
    npm.on('exit', (status, signal) => resolve(status ?? signal))
  })
  if (code === 0 && nodeModulesCurrent()) {
    console.error(`[node] done in ${((Date.now() - started) / 1000).toFixed(0)} s`)
    return true
  }
  console.error(
    `[node] failed: tried \`npm ${args.join(' ')}\` in ${root} (${code === 0 ? `no ${projectNode} afterwards` : code}).\n` +
      '       By hand: check that the npm registry can be reached, delete node_modules, then run `npm ci`.',
  )
  return false
}
