import { mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { temporalCliPath, toolsFolder } from './paths.ts'
import { tail } from './step.ts'
import type { CliSource } from './temporal-cli.ts'

/** The newest release that `go install` can build: later ones have replace directives in go.mod. */
const cliPackage = 'github.com/temporalio/cli/cmd/temporal@v1.5.1'

// Without symbols and debug information: less to compile, less to link. The collector idles more: memory for time.
const flags = ['-trimpath', '-ldflags=-s -w', '-gcflags=all=-dwarf=false']
const tuning = { CGO_ENABLED: '0', GOGC: '400' }

/** Builds the CLI through the Go module proxy; interrupted, it goes on from Go's build cache next time. */
export const fromGo: CliSource = async (say, env) => {
  const { execa } = await import('execa')
  const version = await execa('go', ['version'], { reject: false, env, extendEnv: false })
  if (version.code === 'ENOENT') return '`go install`: Go is not on PATH'
  if (version.failed) return `\`go version\` fails: ${tail(version.stderr, 1)}`
  say(`builds the Temporal CLI with ${version.stdout.trim()}: 1 minute on 8 cores, 4 to 6 on 2`)

  const started = Date.now()
  const progress = setInterval(() => say(`still building, ${Math.round((Date.now() - started) / 1000)} s`), 60_000)
  // Built aside and moved, so that no half-written binary is ever taken for the CLI.
  const folder = await mkdtemp(join(toolsFolder, 'build-'))
  try {
    const build = await execa('go', ['install', ...flags, cliPackage], {
      env: { ...env, ...tuning, GOBIN: folder },
      extendEnv: false,
      reject: false,
      all: true,
      stdin: 'ignore',
    })
    if (build.failed) return `\`go install ${cliPackage}\`: ${tail(build.all ?? build.shortMessage ?? '')}`
    await rename(join(folder, 'temporal'), temporalCliPath())
    return null
  } finally {
    clearInterval(progress)
    await rm(folder, { recursive: true, force: true })
  }
}
