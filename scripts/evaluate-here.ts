import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { machineFacts } from '../activities/evaluation/environment.ts'
import { defaultLockFile, evaluateOnce } from '../activities/evaluation/evaluate.ts'
import { createProblemCache } from '../activities/evaluation/problem-cache.ts'
import { confirmationSettings } from '../temporal/confirmation-settings.ts'
import type { EvaluateInput, Evaluation } from '../temporal/evaluation.ts'
import { homeFolder } from '../temporal/home.ts'
import type { ProblemSnapshot } from '../temporal/problem.ts'
import { runConfig } from '../temporal/run-config.ts'
import { mergeSettings } from '../temporal/settings.ts'
import { repoRoot } from '../workers/folders.ts'
import { pythonPath } from './setup/paths.ts'

export interface EvaluateHere extends Pick<EvaluateInput, 'seed' | 'purpose'> {
  /** Over the problem's own evaluation options. */
  options?: Record<string, unknown>
  onPhase?: (phase: string) => void
}

/** Evaluates a program on this machine without server or workers, against both baselines. */
export const evaluateHere = async (
  source: string,
  problem: ProblemSnapshot,
  { seed, purpose, options = {}, onPhase }: EvaluateHere,
): Promise<Evaluation> => {
  const config = runConfig.parse(mergeSettings(problem.config.run, { problem: problem.name }))
  const confirming = purpose === 'confirmation'
  const settings = confirming ? confirmationSettings(config) : config.evaluation
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
    const job = {
      source,
      seed,
      purpose,
      confirmation: confirming ? { index: 1, incumbentSource: null } : null,
      compiledAbove: 0,
      timeoutSeconds: settings.timeoutSeconds,
      options: { ...settings.options, ...options },
      problemFolder: folder,
      evaluator: problem.config.evaluator,
    }
    return await evaluateOnce(machine, job, onPhase === undefined ? {} : { onPhase })
  } finally {
    await rm(cacheFolder, { recursive: true, force: true })
  }
}
