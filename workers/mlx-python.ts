import { execa } from 'execa'

/** The Python that a worker is to evaluate with has no MLX. */
export class MlxMissing extends Error {
  override name = 'MlxMissing'
}

const limitMs = 120_000

/**
 * Makes sure that a Python has MLX: a worker without it would take evaluations from those that have it, and fail them.
 *
 * @param python path of the interpreter
 * @throws MlxMissing with Python's own words
 */
export const assertMlx = async (python: string): Promise<void> => {
  const result = await execa(python, ['-P', '-c', 'import mlx.core'], {
    reject: false,
    stdin: 'ignore',
    timeout: limitMs,
  })
  if (!result.failed) return
  const said = result.stderr?.trim().split('\n').at(-1) || result.shortMessage || 'no reason'
  throw new MlxMissing(
    `${python} could not import MLX: ${said.replaceAll('\n', ' ')}; an mlx worker needs it: run \`node scripts/install.mjs\`, ` +
      'or name another Python with MLX_EVOLVE_PYTHON_BIN',
  )
}
