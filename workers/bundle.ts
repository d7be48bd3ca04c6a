import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { writeWhole } from '../activities/run/run-folder.ts'
import { dataConverter } from '../temporal/data-converter.ts'
import { homeFile } from '../temporal/home.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Everything that workflow code can import, and the lock file for what it takes from packages. */
const inputs = [
  'workflows',
  'temporal',
  'activities/selection',
  'activities/mutation/evolve-block.ts',
  'package-lock.json',
]

const filesUnder = async (target: string): Promise<string[]> => {
  if (path.extname(target) !== '') return [target]
  const entries = await readdir(path.join(root, target), { recursive: true, withFileTypes: true })
  return entries.filter((e) => e.isFile()).map((e) => path.relative(root, path.join(e.parentPath, e.name)))
}

const inputsHash = async (failureConverterPath: string | undefined): Promise<string> => {
  const files = (await Promise.all(inputs.map(filesUnder))).flat().sort()
  const hash = createHash('sha256').update(failureConverterPath === undefined ? '' : 'encrypted failures')
  for (const file of files) hash.update(file).update(await readFile(path.join(root, file)))
  return hash.digest('hex').slice(0, 16)
}

/**
 * Path of the bundled workflow code. Bundling takes seconds, so the bundle is kept and made again only when a source
 * has changed.
 */
export const workflowBundlePath = async (env: NodeJS.ProcessEnv = process.env): Promise<string> => {
  const { failureConverterPath } = dataConverter(env)
  const file = homeFile(`workflow-bundle-${await inputsHash(failureConverterPath)}.js`)
  if (existsSync(file)) return file
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'workflows/index.ts'),
    workflowInterceptorModules: [path.join(root, 'workflows/interceptors.ts')],
    ...(failureConverterPath === undefined ? {} : { failureConverterPath }),
    logger: new DefaultLogger('WARN'), // its reports are no JSON, and nobody asks for them
  })
  await mkdir(path.dirname(file), { recursive: true })
  await writeWhole(file, code)
  return file
}
