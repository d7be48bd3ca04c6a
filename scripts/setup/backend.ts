import { SetupFailure } from './step.ts'

/** Which build of MLX this machine gets; each has a lock file `requirements/<backend>.txt`. */
export type Backend = 'mac' | 'cuda' | 'cpu'

const backends: readonly string[] = ['mac', 'cuda', 'cpu'] satisfies Backend[]
const isBackend = (name: string): name is Backend => backends.includes(name)

/**
 * `MLX_EVOLVE_BACKEND` where it is set, else what the machine has: Apple silicon, an NVIDIA GPU, or neither.
 *
 * @throws SetupFailure if the variable names no backend
 */
export async function chooseBackend(env: NodeJS.ProcessEnv = process.env): Promise<Backend> {
  const wanted = env.MLX_EVOLVE_BACKEND
  if (wanted) {
    if (isBackend(wanted)) return wanted
    throw new SetupFailure(
      `MLX_EVOLVE_BACKEND is ${JSON.stringify(wanted)}`,
      [],
      `set it to one of ${backends.join(', ')}, or leave it unset`,
    )
  }
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'mac'
  const { execa } = await import('execa')
  const gpus = await execa('nvidia-smi', ['-L'], { reject: false, timeout: 20_000 })
  return gpus.exitCode === 0 && gpus.stdout.includes('GPU ') ? 'cuda' : 'cpu'
}
