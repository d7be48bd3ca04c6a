import { rm, symlink } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { temporalCliPath } from './paths.ts'
import type { CliSource } from './temporal-cli.ts'

/** Oldest embedded server with workflow updates switched on. */
const oldestServer = [1, 25] as const

/** Links to a `temporal` on PATH that runs and is recent enough. */
export const fromPath: CliSource = async (_say, env) => {
  const { execa } = await import('execa')
  const folders = (env.PATH ?? '').split(':').filter(isAbsolute)
  const problems: string[] = []
  for (const folder of folders) {
    const binary = join(folder, 'temporal')
    const result = await execa(binary, ['--version'], { reject: false, timeout: 20_000 })
    if (result.code === 'ENOENT' || result.code === 'ENOTDIR') continue
    if (result.failed) problems.push(`${binary} --version fails: ${result.shortMessage ?? ''}`)
    else if (!isRecent(result.stdout)) problems.push(`${binary} is too old (${result.stdout.trim()})`)
    else return link(binary)
  }
  return problems.length > 0 ? problems.join('; ') : 'PATH has no `temporal`'
}

async function link(binary: string): Promise<null> {
  await rm(temporalCliPath(), { force: true })
  await symlink(binary, temporalCliPath())
  return null
}

function isRecent(versionLine: string): boolean {
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(versionLine) ?? []
  if (major === undefined || minor === undefined) return false
  return Number(major) > oldestServer[0] || (Number(major) === oldestServer[0] && Number(minor) >= oldestServer[1])
}
