import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { machineFacts } from '../../activities/evaluation/environment.ts'
import { defaultLockFile, evaluateOnce } from '../../activities/evaluation/evaluate.ts'
import { createProblemCache } from '../../activities/evaluation/problem-cache.ts'
import { loadProblem } from '../../activities/run/load-problem.ts'
import type { Evaluation } from '../../temporal/evaluation.ts'
import { homeFolder } from '../../temporal/home.ts'
import { runConfig } from '../../temporal/run-config.ts'
import { mergeSettings } from '../../temporal/settings.ts'
import { problemRoots, repoRoot } from '../../workers/folders.ts'
import { pythonPath } from '../setup/paths.ts'

/** A program measured on this machine, outside any run, with a data seed that no run can have seen. */
export const remeasure = async (
  source: string,
  problemName: string,
): Promise<{ seed: number; evaluation: Evaluation }> => {
  const problem = await loadProblem(problemName, problemRoots())
  const { evaluation: settings } = runConfig.parse(mergeSettings(problem.config.run, { problem: problemName }))
  const cacheFolder = await mkdtemp(path.join(os.tmpdir(), 'mlx-evolve-'))
  try {
    const { folder } = await createProblemCache(cacheFolder, async () => problem)(problem.hash, '')
    const machine = {
      python: pythonPath(),
      lockFile: defaultLockFile(),
      cacheFolder: path.join(homeFolder(), 'mlx'),
      repoRoot,
      environment: await machineFacts(),
    }
    const seed = randomInt(2 ** 32)
    const { timeoutSeconds, options } = settings
    const job = { source, seed, timeoutSeconds, options, problemFolder: folder, evaluator: problem.config.evaluator }
    return { seed, evaluation: await evaluateOnce(machine, { ...job, compiledAbove: 0, purpose: 'confirmation' }) }
  } finally {
    await rm(cacheFolder, { recursive: true, force: true })
  }
}
