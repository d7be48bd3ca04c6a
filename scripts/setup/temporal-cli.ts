import { mkdir } from 'node:fs/promises'
import { temporalCliPresent, toolsFolder } from './paths.ts'
import { type Say, SetupFailure, type Step } from './step.ts'
import { fromDownload } from './temporal-from-download.ts'
import { fromGo } from './temporal-from-go.ts'
import { fromPath } from './temporal-from-path.ts'

const byHand =
  'install the Temporal CLI (macOS: `brew install temporal`, else https://docs.temporal.io/cli) or Go 1.25 or later ' +
  '(https://go.dev/dl), then start again'

/**
 * One way of getting the CLI to `temporalCliPath()`.
 *
 * @returns null when it is there, else why this way did not work
 */
export type CliSource = (say: Say, env: NodeJS.ProcessEnv) => Promise<string | null>

/**
 * The Temporal CLI, which holds the dev server: from PATH, else downloaded, else built. Where the environment names a
 * server only the tests need it.
 */
export const temporalCliStep = (env: NodeJS.ProcessEnv = process.env): Step => ({
  name: 'temporal',
  current: temporalCliPresent,
  provide: async (say) => {
    const { resolveConnection } = await import('../../temporal/connection-options.ts')
    const { source, address } = resolveConnection(env)
    if (source !== 'embedded' && env.npm_lifecycle_event !== 'pretest') {
      return say(`no Temporal CLI is needed: the ${source} names the server ${address}`)
    }
    await mkdir(toolsFolder, { recursive: true })
    const tried: string[] = []
    for (const source of [fromPath, fromDownload, fromGo] satisfies CliSource[]) {
      const reason = await source(say, env)
      if (reason === null) return
      say(reason)
      tried.push(reason)
    }
    throw new SetupFailure('no Temporal CLI', tried, byHand)
  },
})
