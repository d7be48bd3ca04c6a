import { describe, expect, test } from 'vitest'
import { childEnvironment } from '../../activities/evaluation/child-environment.ts'
import { chipQueue, machineFacts, nvidiaDevices } from '../../activities/evaluation/environment.ts'

describe('the machine', () => {
  test('has a chip, an operating system, an architecture and a version of what evaluates', async () => {
    const facts = await machineFacts()
    expect(Object.keys(facts).sort()).toEqual(['arch', 'chip', 'evaluator', 'host', 'os'])
    for (const fact of Object.values(facts)) expect(fact).not.toBe('')
    expect(facts.evaluator).toMatch(/^\d+\.\d+\.\d+-[0-9a-f]{12}$/)
  })

  test('reads the devices that nvidia-smi lists', () => {
    const listing = 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1f)\nGPU 1: NVIDIA L4 (UUID: GPU-2a)\n'
    expect(nvidiaDevices(listing)).toEqual(['NVIDIA H100 80GB HBM3', 'NVIDIA L4'])
    expect(nvidiaDevices('No devices found.\n')).toEqual([])
  })

  test.each([
    ['Apple M4 Max', 'mlx-apple-m4-max'],
    ['NVIDIA H100 80GB HBM3', 'mlx-nvidia-h100-80gb-hbm3'],
    ['Intel(R) Xeon(R) Processor @ 2.60GHz', 'mlx-intel-xeon-processor-2-60ghz'],
    ['  ', 'mlx-unknown'],
  ])('%s polls its own queue', (chip, queue) => {
    expect(chipQueue(chip)).toBe(queue)
  })
})

describe('the environment of an evaluation', () => {
  const folders = { scratch: '/s', repoRoot: '/r', cache: '/c' }

  test('holds what MLX needs, and nothing else of the worker’s', () => {
    const own = {
      PATH: '/bin',
      LANG: 'C',
      HOME: '/home/me',
      TMPDIR: '/elsewhere',
      LD_LIBRARY_PATH: '/lib',
      MLX_ENABLE_TF32: '0',
      MLX_PTX_CACHE_DIR: '/mine',
      DYLD_LIBRARY_PATH: undefined,
      OPENAI_API_KEY: 'x',
      MLX_HUB_TOKEN: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      PYTHONSTARTUP: 'x',
      NODE_OPTIONS: 'x',
    }
    expect(childEnvironment(own, folders)).toEqual({
      PATH: '/bin',
      LANG: 'C',
      LD_LIBRARY_PATH: '/lib',
      MLX_ENABLE_TF32: '0',
      MLX_PTX_CACHE_DIR: '/mine',
      MLX_EVOLVE_KERNEL_CACHE: '/c/cpu',
      MLX_EVOLVE_CALIBRATIONS: '/c/calibrations',
      HOME: '/s',
      TMPDIR: '/s',
      PYTHONPATH: '/r',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUTF8: '1',
    })
  })

  test('keeps compiled kernels across evaluations', () => {
    const { MLX_PTX_CACHE_DIR, MLX_EVOLVE_KERNEL_CACHE } = childEnvironment({}, folders)
    expect([MLX_PTX_CACHE_DIR, MLX_EVOLVE_KERNEL_CACHE]).toEqual(['/c/ptx', '/c/cpu'])
  })
})
