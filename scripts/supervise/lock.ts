import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homeFile } from '../../temporal/home.ts'
import { isRunning, type ProcessReference, processReference, thisProcess } from '../../temporal/process-reference.ts'

/** Another process already supervises the workers of this home folder. */
export class SupervisorRunning extends Error {
  override name = 'SupervisorRunning'
  readonly pid: number

  constructor(pid: number) {
    super(
      `Workers are already supervised by process ${pid}: another \`mlx-evolve start\` is running. ` +
        `Let it work, stop it with \`kill ${pid}\`, or give this one a folder of its own with MLX_EVOLVE_HOME ` +
        '(and a port with MLX_EVOLVE_PORT).',
    )
    this.pid = pid
  }
}

const file = () => homeFile('supervisor.json')

/** The supervisor that runs in this home folder, if any. */
export function runningSupervisor(): ProcessReference | null {
  const holder = readHolder()
  return holder !== null && isRunning(holder) ? holder : null
}

/**
 * Makes this process the supervisor of its home folder; a dead one's lock is taken over.
 *
 * @returns releases the lock
 * @throws SupervisorRunning
 */
export function takeLock(): () => void {
  const draft = `${file()}.${process.pid}`
  writeFileSync(draft, JSON.stringify(thisProcess()))
  try {
    while (!linked(draft)) {
      const holder = runningSupervisor()
      if (holder !== null) throw new SupervisorRunning(holder.pid)
      rmSync(file(), { force: true })
    }
  } finally {
    rmSync(draft)
  }
  return () => rmSync(file(), { force: true })
}

/** A link appears at once and with its content, or not at all. */
const linked = (draft: string): boolean => absent('EEXIST', () => linkSync(draft, file())) !== null

function readHolder(): ProcessReference | null {
  const text = absent('ENOENT', () => readFileSync(file(), 'utf8'))
  return text === null ? null : processReference.parse(JSON.parse(text))
}

/** What the call returns, or null where it fails with this one code. */
function absent<T>(code: string, call: () => T): T | null {
  try {
    return call()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return null
    throw error
  }
}
