import { execFile } from 'node:child_process'
import os from 'node:os'
import { promisify } from 'node:util'
import { mlxQueue } from '../../temporal/names.ts'
import { evaluatorVersion } from './evaluator-version.ts'

const run = promisify(execFile)

/** Names of the NVIDIA devices in what `nvidia-smi -L` printed: `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`. */
export const nvidiaDevices = (listing: string): string[] =>
  [...listing.matchAll(/^GPU \d+: (.+?)(?: \(UUID: .*\))?$/gm)].map((match) => match[1] ?? '')

const firstNvidiaDevice = async (): Promise<string | undefined> => {
  try {
    return nvidiaDevices((await run('nvidia-smi', ['-L'], { timeout: 10_000 })).stdout)[0]
  } catch {
    // Not installed, or installed without a driver: this machine has no NVIDIA device to name.
    return undefined
  }
}

/** Machine facts that go with every evaluation: `chip`, `os`, `arch`, `host`, `evaluator`. */
export const machineFacts = async (): Promise<Record<string, string>> => {
  const cpu = os.cpus()[0]?.model.replace(/\s+/g, ' ').trim()
  const known = cpu && cpu !== 'unknown' ? cpu : `${os.arch()} CPU`
  return {
    chip: (process.platform === 'linux' ? await firstNvidiaDevice() : undefined) ?? known,
    os: `${os.type()} ${os.release()}`,
    arch: os.arch(),
    host: os.hostname(),
    evaluator: await evaluatorVersion(),
  }
}

/** Task queue of the machines with this chip: `Apple M4 Max` → `mlx-apple-m4-max`. */
export const chipQueue = (chip: string): string => {
  const slug = chip
    .toLowerCase()
    .replace(/\((r|tm)\)/g, ' ')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return `${mlxQueue}-${slug || 'unknown'}`
}
