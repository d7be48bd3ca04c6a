import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { homeFile, homeFolder } from './home.ts'

/** The home folder cannot be written: nothing that has to outlive a process could be kept. */
export class HomeUnwritable extends Error {
  override name = 'HomeUnwritable'
}

/**
 * Makes sure that the home folder is there and takes files: a worker that finds out later has taken work by then.
 *
 * @throws HomeUnwritable naming the folder and why
 */
export async function assertHomeWritable(): Promise<void> {
  const probe = homeFile(`probe-${randomUUID()}`)
  try {
    await mkdir(homeFolder(), { recursive: true })
    await writeFile(probe, 'x', { flush: true })
    await rm(probe, { force: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    await rm(probe, { force: true }).catch(() => undefined) // an empty file may be left on a full disk
    throw new HomeUnwritable(
      `the home folder ${homeFolder()} cannot be written: ${error.message}; ` +
        'make room or give this user write access, or choose another with MLX_EVOLVE_HOME',
    )
  }
}
