/**
 * Does a default run find a real speedup? Runs `mlx_training` with its defaults and the offline mutator, once a run
 * seed, measures each winner once more with a fresh data seed, and prints a Markdown table. About 4 minutes a seed.
 *
 *     npx node scripts/benchmarks/seeds.ts [seeds]
 */
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { loadProblem } from '../../activities/run/load-problem.ts'
import { runFolder } from '../../activities/run/run-folder.ts'
import { connectClient } from '../../temporal/connection.ts'
import type { Speedup } from '../../temporal/evaluation.ts'
import type { RunStatus } from '../../temporal/run-status.ts'
import { problemRoots, runsFolder } from '../../workers/folders.ts'
import { startRun } from '../cli/start-run.ts'
import { evaluateHere } from '../evaluate-here.ts'
import { superviseEmbedded } from '../supervise/supervise.ts'

const problem = 'mlx_training'
const wanted = 1.1
const seeds = Number(process.argv[2] ?? 5)

const home = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-seeds-'))
Object.assign(process.env, { MLX_EVOLVE_HOME: home, MLX_EVOLVE_RUNS: path.join(home, 'runs') })
process.env.MLX_EVOLVE_PORT ??= '7433'
for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'])
  delete process.env[name]

const show = (speedup: Speedup | null | undefined): string =>
  speedup ? `${speedup.median.toFixed(3)} [${speedup.low.toFixed(3)}, ${speedup.high.toFixed(3)}]` : '–'

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
const { stopped } = await superviseEmbedded({ server: true, signal: stop.signal })
const client = await connectClient()
let above = 0
try {
  console.log(
    '| run seed | iterations | evaluations | run, s | best, confirmed by the run | measured once more, eager | compiled | calls forward, backward | above 1.10 |',
  )
  console.log('|---|---|---|---|---|---|---|---|---|')
  for (let seed = 1; seed <= seeds; seed += 1) {
    const id = `seed-${seed}`
    await startRun(client, id, { problem, seed })
    const status = (await client.workflow.getHandle(id).result()) as RunStatus
    const source = readFileSync(path.join(runFolder(runsFolder(), id), 'best_program.py'), 'utf8')
    // Longer than a run affords, with a data seed that no run can have seen.
    const again = { seed: randomInt(2 ** 32), purpose: 'confirmation' as const, options: { timingSeconds: 20 } }
    const evaluation = await evaluateHere(source, await loadProblem(problem, problemRoots()), again)
    const scored = evaluation.verdict === 'scored' ? evaluation : null
    const good = (scored?.speedup?.eager?.low ?? 0) > wanted
    above += good ? 1 : 0
    const { forward = 0, backward = 0 } = scored?.calls?.matmul ?? {}
    console.log(
      `| ${seed} | ${status.iterations} | ${status.evaluated} | ${status.seconds.toFixed(0)} | ${show(status.best?.speedup?.eager)} | ${show(scored?.speedup?.eager)} | ${show(scored?.speedup?.compiled)} | ${forward}, ${backward} | ${good ? 'yes' : `no (${evaluation.reason || evaluation.verdict})`} |`,
    )
  }
  console.log(`\n${above} of ${seeds} winners have their whole interval above ${wanted}.`)
} finally {
  stop.abort()
  await client.connection.close()
  await stopped
}
process.exitCode = above >= Math.ceil(seeds * 0.8) ? 0 : 1
