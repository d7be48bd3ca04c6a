import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import getPort from 'get-port'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, expectRefusal } from '../support/cli.ts'

/** Everything here is refused before, or because, there is no server. */
let folder: string
let home: string
let environment: { env: NodeJS.ProcessEnv }
const file = (name: string): string => path.join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-test-'))
  home = file('home')
  mkdirSync(home)
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...env } = process.env
  const address = `127.0.0.1:${await getPort()}`
  const own = { MLX_EVOLVE_HOME: home, MLX_EVOLVE_RUNS: file('runs'), TEMPORAL_ADDRESS: address }
  environment = { env: { ...env, ...own } }
  writeFileSync(file('negative.yaml'), 'problem: closed_form\niterations: -3\nsede: 1\nselection: {archiveSize: 0}\n')
  writeFileSync(file('list.yaml'), '- problem\n')
  writeFileSync(file('broken.yaml'), 'problem: [closed_form\niterations: 3\n')
  writeFileSync(file('nameless.yaml'), 'iterations: 3\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const usage: [string, string[], (string | RegExp)[]][] = [
  ['no such command', ['evolve'], ["unknown command 'evolve'"]],
  ['no such option', ['run', '--bogus'], ["unknown option '--bogus'"]],
  ['an argument missing', ['status'], ["missing required argument 'id'"]],
  ['an option missing', ['extend', 'x'], ["required option '--iterations <n>'"]],
  ['one argument too many', ['status', 'x', 'y'], ['too many arguments']],
  ['no such worker', ['worker', 'gpu'], ["unknown command 'gpu'"]],
  [
    'negative iterations',
    ['run', '--problem', 'closed_form', '--iterations', '-3'],
    ['--iterations', "'-3'", 'least 1'],
  ],
  ['half a seed', ['start', '--seed', '0.5'], ['--seed', "'0.5'", 'whole number of at least 0']],
  ['an impossible port', ['server', '--port', '99999'], ['--port', "'99999'", 'from 1 to 64534']],
  ['no problem', ['run'], ['problem: missing', '--problem', '--config']],
  ['no problem in the file either', ['run', '--config', 'nameless.yaml'], ['problem: missing']],
  ['no such config file', ['run', '--config', 'none.yaml'], ['none.yaml', 'no such file']],
  ['a folder as config file', ['run', '--config', '.'], ['a folder, expected a file']],
  ['a config file that is not YAML', ['run', '--config', 'broken.yaml'], ['broken.yaml: not YAML', 'line 2']],
  ['a config file that is a list', ['run', '--config', 'list.yaml'], ['list.yaml: expected settings', 'found a list']],
  ['no such program', ['evaluate', 'none.py'], ['none.py', 'no such file']],
  ['no such program to inject', ['inject', 'x', 'none.py'], ['none.py', 'no such file']],
  [
    'every bad field of a config file',
    ['run', '--config', 'negative.yaml'],
    [
      'negative.yaml: ',
      /iterations: .*>=1, found -3/,
      /sede: unknown, expected one of problem/,
      /archiveSize: .*found 0/,
    ],
  ],
]

describe.concurrent('bad usage is one line and exit code 2', () => {
  test.each(usage)('%s', async (_name, args, patterns) => {
    const here = args.map((arg) => (/^(.*\.(yaml|py)|\.)$/.test(arg) ? file(arg) : arg))
    expectRefusal(await cli(environment, here), 2, patterns)
  })
})

describe.concurrent('without a server', () => {
  const commands = [
    ['status', 'x'],
    ['pause', 'x'],
    ['run', '--problem', 'closed_form'],
  ]
  test.each(commands)('%s says which address did not answer', async (...args) => {
    const { TEMPORAL_ADDRESS: address = '' } = environment.env
    expectRefusal(await cli(environment, args), 1, ['No Temporal server answered', address, 'TEMPORAL_ADDRESS'])
  })
})

test('nothing of all that left anything behind', () => {
  expect(readdirSync(home)).toEqual([])
  expect(readdirSync(folder)).not.toContain('runs')
})

describe('a port in use', () => {
  let port: number
  let occupant: Server
  beforeAll(async () => {
    port = await getPort()
    occupant = createServer()
    await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', resolve))
  })
  afterAll(() => {
    occupant.close()
  })

  test('server names it and says how to choose another', async () => {
    const result = await cli(environment, ['server', '--port', String(port)])
    expectRefusal(result, 1, [`Port ${port}`, 'the Temporal server', 'in use', 'MLX_EVOLVE_PORT'])
    expect(readdirSync(home)).toEqual([])
  })

  test('start does too, and starts no worker', async () => {
    const own = { TEMPORAL_ADDRESS: '', MLX_EVOLVE_PORT: String(port) }
    const result = await cli(environment, ['start', '--problem', 'closed_form'], own)
    expectRefusal(result, 1, [`Port ${port}`, 'in use'])
    expect(readdirSync(home)).toEqual([])
  })
})

test('a variable that is no port is named', async () => {
  const result = await cli(environment, ['server'], { MLX_EVOLVE_PORT: 'http' })
  expectRefusal(result, 1, ['MLX_EVOLVE_PORT is "http"', 'from 1 to 64534'])
})
