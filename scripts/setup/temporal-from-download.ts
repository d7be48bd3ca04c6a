import { chmod, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporalCliPath, toolsFolder } from './paths.ts'
import { tail } from './step.ts'
import type { CliSource } from './temporal-cli.ts'

/** A download that has not grown for this long is given up; a slow one may take its time. */
const stallMs = 20_000

/** Lets Temporal's testing package download the CLI, in a process of its own so that it can be given up. */
export const fromDownload: CliSource = async (say, env) => {
  say('downloads the Temporal CLI (about 60 MB, up to a few minutes; gives up after 20 seconds without data)')
  const { execa } = await import('execa')
  const folder = await mkdtemp(join(toolsFolder, 'download-'))
  const stalled = new AbortController()
  const watch = watchGrowth(folder, () => stalled.abort())
  try {
    const script = fileURLToPath(new URL('./download-temporal.ts', import.meta.url))
    const result = await execa(process.execPath, [script, folder], {
      reject: false,
      all: true,
      env,
      extendEnv: false,
      cancelSignal: stalled.signal,
      forceKillAfterDelay: 1000,
    })
    if (result.isCanceled) return `download: no data for ${stallMs / 1000} s`
    if (result.failed) return `download from temporal.download: ${tail(result.all ?? '', 1)}`
    const [file] = await readdir(folder)
    if (file === undefined) return 'download from temporal.download: it left no file'
    await chmod(join(folder, file), 0o755)
    await rename(join(folder, file), temporalCliPath())
    return null
  } finally {
    clearInterval(watch)
    await rm(folder, { recursive: true, force: true })
  }
}

function watchGrowth(folder: string, onStall: () => void): NodeJS.Timeout {
  let size = -1
  let grownAt = performance.now()
  return setInterval(async () => {
    const now = await folderSize(folder)
    if (now !== size) {
      size = now
      grownAt = performance.now()
    } else if (performance.now() - grownAt > stallMs) onStall()
  }, 1000)
}

/** Bytes of the files in a folder; one that is renamed while we look counts as nothing. */
async function folderSize(folder: string): Promise<number> {
  const files = await readdir(folder)
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(folder, file)).then(
        (entry) => entry.size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, bytes) => sum + bytes, 0)
}
