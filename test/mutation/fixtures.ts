import { createHash, randomUUID } from 'node:crypto'
import type { MutateInput } from '../../temporal/mutation.ts'
import type { Program } from '../../temporal/program.ts'
import { type RunInput, runConfig } from '../../temporal/run-config.ts'

export const parentSource = `import mlx.core as mx

# EVOLVE-BLOCK-START
TILE = 32
SCALE = 0.5


def optimized_matmul(A, B):
    if A.ndim == 2:
        return mx.matmul(A, B)
    return A @ B
# EVOLVE-BLOCK-END

TILE_LIMIT = 512
`

/** A program around an evolve block with the given inside. */
export const withBlock = (inside: string, head = 'import math\n', tail = '\nLIMIT = 1\n'): string =>
  `${head}# EVOLVE-BLOCK-START\n${inside}\n# EVOLVE-BLOCK-END\n${tail}`

export function makeProgram(id: string, source = parentSource, overrides: Partial<Program> = {}): Program {
  return {
    id,
    source,
    hash: createHash('sha256').update(source).digest('hex'),
    parents: [],
    change: '',
    mutator: 'given',
    features: {},
    island: 0,
    generation: 0,
    score: 1.0625,
    metrics: { step_ms: 12.5, loss: 3.25 },
    artifacts: {},
    speedup: null,
    calls: null,
    ...overrides,
  }
}

export function makeInput(
  overrides: Partial<MutateInput> = {},
  mutation: NonNullable<RunInput['mutation']> = {},
): MutateInput {
  return {
    run: randomUUID(),
    id: 'i0-g1-d0',
    draw: '1/0/1/0',
    problem: { name: 'mlx_training', description: 'Make the training step fast.' },
    parent: makeProgram('i0-g0-d1'),
    top: [],
    diverse: [],
    failures: [],
    initialSource: parentSource,
    config: runConfig.parse({ problem: 'p', mutation }).mutation,
    ...overrides,
  }
}
