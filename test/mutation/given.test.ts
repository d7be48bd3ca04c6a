import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createGivenProposer } from '../../activities/mutation/given.ts'
import { proposal } from '../../temporal/program.ts'
import { python } from './python-path.ts'

const { prepareGiven } = createGivenProposer({ python })
const wrap = (body: string) => `# EVOLVE-BLOCK-START\n${body}\n# EVOLVE-BLOCK-END\n`
const initial = wrap('größe = 1')

describe('prepareGiven', () => {
  test('the initial program becomes a proposal of its own', async () => {
    const result = await prepareGiven({ id: 'initial', source: initial, initialSource: initial })
    if (result.outcome !== 'proposed') throw new Error(result.reason)
    expect(proposal.parse(result.proposal)).toEqual({
      id: 'initial',
      source: initial,
      hash: createHash('sha256').update(initial).digest('hex'),
      parents: [],
      change: 'initial program',
      mutator: 'given',
      features: { complexity: 1, diversity: 0 },
    })
    expect(result.usage).toBeNull()
  })

  test('an injected program is measured against the initial one', async () => {
    const result = await prepareGiven({ id: 'i0-g1-x0', source: wrap('y = 2'), initialSource: initial })
    if (result.outcome !== 'proposed') throw new Error(result.reason)
    expect(result.proposal).toMatchObject({ change: 'injected program', features: { diversity: 0.5 } })
  })

  test.each([
    ['', 'the program is empty'],
    ['x = 1\n', 'no EVOLVE-BLOCK markers: expected the lines "# EVOLVE-BLOCK-START" and "# EVOLVE-BLOCK-END"'],
    ['# EVOLVE-BLOCK-START\n', 'EVOLVE-BLOCK-START in line 1 has no EVOLVE-BLOCK-END'],
    [wrap('x = = 1'), 'not Python: invalid syntax in line 2'],
    [wrap('x = 1\nreturn x'), "not Python: 'return' outside function in line 3"],
    [wrap('x = "\0"'), 'not Python: source code string cannot contain null bytes'],
  ])('%j is refused: %s', async (source, reason) => {
    const result = await prepareGiven({ id: 'initial', source, initialSource: source })
    expect(result).toEqual({ outcome: 'unusable', reason, reply: '', usage: null })
  })

  test('nesting beyond the parser is a reason, not a crash', async () => {
    const source = wrap(`x = ${'-'.repeat(100_000)}1`)
    const result = await prepareGiven({ id: 'initial', source, initialSource: source })
    expect(result).toMatchObject({ outcome: 'unusable', reason: expect.stringMatching(/^not Python: ./) })
  })

  test('candidates are compiled, not run', async () => {
    const source = wrap('raise SystemExit(7)')
    expect(await prepareGiven({ id: 'initial', source, initialSource: source })).toMatchObject({ outcome: 'proposed' })
  })

  test('no Python is a failure of the machine, said plainly', async () => {
    const proposer = createGivenProposer({ python: '/nowhere/python3' })
    const failure = proposer.prepareGiven({ id: 'initial', source: initial, initialSource: initial })
    await expect(failure).rejects.toMatchObject({
      type: 'PythonMissing',
      nonRetryable: true,
      message: 'no Python at /nowhere/python3: expected an interpreter, version 3.11 or newer',
    })
  })
})
