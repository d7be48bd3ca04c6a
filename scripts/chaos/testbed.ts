import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type ModelStub, startModelStub } from '../../test/model-stub/server.ts'
import { giveBundles, takeBundles } from '../../test/support/bundles.ts'
import { copyProblem, loggingEvaluator } from '../../test/support/problem.ts'
import { temporaryHome } from '../../test/temporal/temporary-home.ts'

export interface TestbedOptions {
  /** What a model call takes, milliseconds. */
  modelMs: number
  /** What an evaluation takes at least, seconds. */
  evaluationSeconds: number
}

/** What all rounds share: a home folder, a model that answers by the content of a request, a deterministic problem. */
export interface Testbed {
  home: string
  model: ModelStub
  /** Path of the problem. */
  problem: string
  /** Hashes of the programs whose evaluation began, in that order. */
  evaluations(): string[]
  close(): Promise<void>
}

/** Sets this process's environment, which its server and workers inherit. */
export const openTestbed = async ({ modelMs, evaluationSeconds }: TestbedOptions): Promise<Testbed> => {
  const home = await temporaryHome()
  const model = await startModelStub({ latencyMs: modelMs })
  const log = path.join(home.folder, 'evaluations.log')
  Object.assign(process.env, {
    OPENAI_API_KEY: 'none-needed',
    OPENAI_BASE_URL: model.url,
    MLX_EVOLVE_RUNS: path.join(home.folder, 'runs'),
    MLX_EVOLVE_DEVICE_LOCK: path.join(home.folder, 'device.lock'),
    MLX_EVOLVE_LOG_LEVEL: 'info',
    MLX_EVOLVE_CALIBRATE: '0',
  })
  takeBundles(home.folder)
  return {
    home: home.folder,
    model,
    problem: copyProblem(path.join(home.folder, 'logged'), {
      'evaluator.py': loggingEvaluator(log, evaluationSeconds),
    }),
    evaluations: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []),
    close: async () => {
      giveBundles(home.folder)
      await model.close()
      await home.remove()
    },
  }
}
