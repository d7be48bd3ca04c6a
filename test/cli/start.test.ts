import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import getPort from 'get-port'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFolder } from '../../activities/run/run-folder.ts'
import { pythonPath } from '../../scripts/setup/paths.ts'
import { isRunning, type ProcessReference, referTo } from '../../temporal/process-reference.ts'
import { cli, main } from '../support/cli.ts'
import { copyProblem, loggingEvaluator } from '../support/problem.ts'

/** `start` as on a fresh machine: no server, no workers, a home folder of its own. */
let home: string
let runs: string
let env: NodeJS.ProcessEnv
let slow: string
/** Everything that a failing test may leave behind, supervisors before what they would start again. */
const begun: ProcessReference[] = []

beforeAll(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-test-'))
  runs = path.join(home, 'runs')
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, TEMPORAL_ADDRESS: _address, ...rest } = process.env
  env = {
    ...rest,
    NO_COLOR: '1',
    MLX_EVOLVE_HOME: home,
    MLX_EVOLVE_RUNS: runs,
    MLX_EVOLVE_DEVICE_LOCK: path.join(home, 'device.lock'),
    MLX_EVOLVE_CALIBRATE: '0',
    MLX_EVOLVE_PORT: String(await getPort({ port: Array.from({ length: 100 }, (_, i) => 27_000 + i) })),
  }
  const evaluator = loggingEvaluator(path.join(home, 'log'), 0.1)
  slow = copyProblem(path.join(home, 'slow'), { 'evaluator.py': evaluator })
})
afterAll(() => {
  for (const left of begun.filter(isRunning)) process.kill(left.pid, 'SIGKILL')
  rmSync(home, { recursive: true, force: true })
})

const start = (...args: string[]) => {
  const options = { env, extendEnv: false, stdin: 'ignore', reject: false } as const
  const child = execa(process.execPath, [main, 'start', ...args], options)
  const reference = child.pid === undefined ? null : referTo(child.pid)
  if (reference !== null) begun.push(reference)
  return child
}

/** What a process has said so far, on both streams. */
const listen = (child: { stdout: Readable; stderr: Readable } & Promise<unknown>) => {
  let text = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk
      for (const check of waiting) check()
    })
  }
  return {
    /** Resolves with the match once it has been said; rejects if the process ends without having said it. */
    until: (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = pattern.exec(text)
          if (found === null) return
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        child.finally(() => reject(new Error(`never said ${pattern}:\n${text}`)))
        check()
      }),
    text: () => text,
  }
}

/** The server and the workers that this output tells of. */
const processesIn = (text: string): ProcessReference[] => {
  const found = [...text.matchAll(/\(process (\d+)\)/g)].flatMap(([, pid]) => referTo(Number(pid)) ?? [])
  begun.push(...found)
  return found
}

let first: string

test('Ctrl-C stops everything and says how to go on', async () => {
  const child = start('--problem', slow, '--iterations', '16')
  const said = listen(child)
  first = (await said.until(/started run (\S+)/))[1] ?? ''
  await said.until(/running [1-9]\d*\/16 iterations/)
  const processes = processesIn(said.text())
  expect(processes).toHaveLength(3)
  child.kill('SIGINT')
  const { exitCode, stdout } = await child
  expect(exitCode).toBe(1)
  expect(stdout).toContain(`\`npm start\` goes on with ${first}`)
  expect(processes.filter(isRunning)).toEqual([])
})

test('the next start goes on with the run, and after kill -9 so does the one after it', async () => {
  const killed = start()
  const said = listen(killed)
  await said.until(new RegExp(`going on with run ${first}\\b`))
  await said.until(/running \d+\/16 iterations/)
  const [server] = processesIn(said.text())
  killed.kill('SIGKILL')
  await killed
  expect(server && isRunning(server)).toBe(true)

  const last = start('--problem', slow, '--iterations', '16', '--json')
  const told = listen(last)
  await told.until(/Temporal server adopted/)
  await told.until(new RegExp(`going on with run ${first}\\b`))
  processesIn(told.text())
  const { stdout, exitCode } = await last
  expect(exitCode, told.text()).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ id: first, phase: 'completed', iterations: 16 })
  expect(readFileSync(path.join(runFolder(runs, first), 'report.md'), 'utf8')).toContain('16 iterations')
  await expect.poll(() => begun.filter(isRunning), { timeout: 40_000 }).toEqual([])
})

/** Runs a command in a terminal of its own and passes on what is written to stdin. */
const openTerminal = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)'
const sized = ['sh', '-c', 'stty rows 24 columns 80; exec "$@"', 'sh']

test('nothing but what was in flight was evaluated twice', () => {
  const trace = readFileSync(path.join(runFolder(runs, first), 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const records = trace.map((line): { id: string; hash: string; outcome: string } => JSON.parse(line))
  expect(new Set(records.map(({ id }) => id)).size).toBe(16)
  const evaluations = readFileSync(path.join(home, 'log'), 'utf8').trim().split('\n').length
  const wanted = 1 + records.filter(({ outcome }) => outcome !== 'duplicate' && outcome !== 'unusable').length
  // One in flight at Ctrl-C at most, one at the kill.
  expect(evaluations).toBeLessThanOrEqual(wanted + 2)
})

test('after a run is complete, start begins a new one', async () => {
  const child = start('--problem', 'closed_form', '--iterations', '2', '--json')
  const said = listen(child)
  const second = (await said.until(/started run (\S+)/))[1]
  processesIn(said.text())
  const { stdout, exitCode } = await child
  expect(exitCode).toBe(0)
  expect(second).not.toBe(first)
  expect(JSON.parse(stdout)).toMatchObject({ id: second, phase: 'completed', iterations: 2 })
  expect(begun.filter(isRunning)).toEqual([])
})

test('a second start follows the run of the first, and leaves it to the first', async () => {
  const keeper = start('--problem', slow, '--iterations', '400')
  const kept = listen(keeper)
  const [, id] = await kept.until(/started run (\S+)/)
  await kept.until(/running \d+\/400 iterations/)
  const processes = processesIn(kept.text())

  const joined = start()
  const said = listen(joined)
  await said.until(new RegExp(`process ${keeper.pid} keeps server and workers running`))
  await said.until(new RegExp(`going on with run ${id}\\b`))
  await said.until(/running \d+\/400 iterations/)
  joined.kill('SIGINT')
  const { exitCode } = await joined
  expect(said.text()).toContain(`no longer following; \`npm start\` goes on with ${id}`)
  expect(exitCode).toBe(1)
  expect(processes.filter(isRunning)).toEqual(processes)
  keeper.kill('SIGINT')
  await keeper
  expect(processes.filter(isRunning)).toEqual([])
})

test('Ctrl-C in a terminal does the same, from within the live view', async () => {
  const command = [process.execPath, main, 'start', '--problem', slow, '--iterations', '200']
  const child = execa(pythonPath(), ['-c', openTerminal, ...sized, ...command], {
    env,
    extendEnv: false,
    reject: false,
  })
  const said = listen(child)
  await said.until(/[1-9]\d*\/200 iterations/)
  const processes = processesIn(said.text())
  expect(processes).toHaveLength(3)
  child.stdin.write('\u0003')
  const { exitCode } = await child
  expect(said.text()).toMatch(/stopping the workers and the server; `npm start` goes on with slow-/)
  expect(exitCode).toBe(1)
  expect(processes.filter(isRunning)).toEqual([])
})

test('a server that is not there any more is said so', async () => {
  const { stderr, exitCode } = await cli({ env }, ['status', first])
  expect(stderr).toMatch(/^mlx-evolve: No Temporal server answered at .*npx mlx-evolve server/)
  expect(exitCode).toBe(1)
})
