import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import { parse, YAMLParseError } from 'yaml'
import { type ProblemConfig, type ProblemSnapshot, problemConfig } from '../../temporal/problem.ts'
import { describeIssues, explained } from '../../temporal/settings.ts'
import { checkProgram } from '../mutation/evolve-block.ts'

/** On disk; the rest of a 2 MB payload is for populations. */
const snapshotBytes = 1024 * 1024
const ignoredFolders = new Set(['__pycache__', 'node_modules', '.git', '.venv'])

const notFound = (message: string) => ApplicationFailure.nonRetryable(message, 'ProblemNotFound')
const invalid = (message: string) => ApplicationFailure.nonRetryable(message, 'ProblemInvalid')

const isFolder = async (folder: string): Promise<boolean> =>
  (await stat(folder).catch(() => null))?.isDirectory() ?? false

const problemNames = async (roots: string[]): Promise<string[]> => {
  const found = await Promise.all(
    roots.map(async (root) => ((await isFolder(root)) ? readdir(root, { withFileTypes: true }) : [])),
  )
  return found.flatMap((entries) => entries.filter((e) => e.isDirectory()).map((e) => e.name)).sort()
}

const findFolder = async (problem: string, roots: string[]): Promise<string> => {
  const isPath = problem.includes('/') || problem.includes(path.sep)
  const candidates = isPath ? [path.resolve(problem)] : roots.map((root) => path.join(root, problem))
  for (const folder of candidates) if (await isFolder(folder)) return folder
  const known = (await problemNames(roots)).join(', ')
  throw notFound(`problem: no folder "${problem}" under ${roots.join(', ')}; known problems: ${known || 'none'}`)
}

const listFiles = async (folder: string, below = ''): Promise<string[]> => {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true })
  const nested = await Promise.all(
    entries.map((entry) => {
      const relative = path.posix.join(below, entry.name)
      if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : listFiles(folder, relative)
      return entry.isFile() ? [relative] : []
    }),
  )
  return nested.flat().sort()
}

const readFiles = async (folder: string): Promise<Record<string, string>> => {
  const names = await listFiles(folder)
  const sizes = await Promise.all(
    names.map(async (name) => ({ name, bytes: (await stat(path.join(folder, name))).size })),
  )
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > snapshotBytes) {
    const largest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 3)
    const named = largest.map(({ name, bytes }) => `${name} (${bytes} bytes)`).join(', ')
    throw invalid(`${folder} holds ${total} bytes, at most ${snapshotBytes} fit into history; largest: ${named}`)
  }
  const texts = await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')]))
  return Object.fromEntries(texts)
}

const parseYaml = (text: string, file: string): unknown => {
  try {
    return parse(text) ?? {}
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw invalid(`${file}: not YAML: ${error.message.split('\n')[0]}`)
  }
}

const parseConfig = (text: string, file: string): ProblemConfig => {
  const parsed = problemConfig.safeParse(parseYaml(text, file), explained)
  if (parsed.success) return parsed.data
  throw invalid(`${file}: ${describeIssues(parsed.error, 'file')}`)
}

const checkFiles = (files: Record<string, string>, config: ProblemConfig, folder: string): void => {
  const source = files[config.initialProgram]
  if (source === undefined)
    throw invalid(`${folder}: ${config.initialProgram} is missing (initialProgram in config.yaml)`)
  const reason = checkProgram(source)
  if (reason !== null) throw invalid(`${folder}/${config.initialProgram}: ${reason}`)
  if (config.evaluator === 'function' && files['evaluator.py'] === undefined) {
    throw invalid(`${folder}: evaluator.py is missing; it must define evaluate(program_path) -> dict`)
  }
}

const hashOf = (files: Record<string, string>): string => {
  const hash = createHash('sha256')
  for (const [name, text] of Object.entries(files)) hash.update(JSON.stringify([name, text]))
  return hash.digest('hex')
}

/**
 * Reads a problem folder once, whole.
 * @param problem a name under `roots`, or a path.
 * @throws ApplicationFailure ProblemNotFound or ProblemInvalid, naming the folder, the file and what was expected.
 */
export const loadProblem = async (problem: string, roots: string[]): Promise<ProblemSnapshot> => {
  const folder = await findFolder(problem, roots)
  const files = await readFiles(folder)
  const config = parseConfig(files['config.yaml'] ?? '', path.join(folder, 'config.yaml'))
  checkFiles(files, config, folder)
  return { name: path.basename(folder), hash: hashOf(files), config, files }
}
