import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fenced, splitFences } from '../../activities/mutation/fences.ts'
import { applyRewrite } from '../../activities/mutation/rewrite.ts'
import { parentSource, withBlock } from './fixtures.ts'

const inside = 'TILE = 64\n\n\ndef optimized_matmul(A, B):\n    return A @ B'
const expected = withBlock(inside, 'import mlx.core as mx\n\n', '\nTILE_LIMIT = 512\n')

describe('what is understood', () => {
  it.each([
    ['the inside in a fence', `Bigger tiles.\n\n\`\`\`python\n${inside}\n\`\`\`\nDone.`],
    ['a fence with carriage returns', `\`\`\`python\n${inside}\n\`\`\``.replaceAll('\n', '\r\n')],
    ['a fence of tildes', `~~~\n${inside}\n~~~`],
    ['markers in the fence', `\`\`\`\n# EVOLVE-BLOCK-START\n${inside}\n# EVOLVE-BLOCK-END\n\`\`\``],
    ['the whole program', `\`\`\`python\n${expected}\`\`\``],
    ['the whole program without markers', `\`\`\`python\n${expected.replace(/# EVOLVE.*\n/g, '')}\`\`\``],
    ['bare code', inside],
    ['bare code with markers and prose', `Here:\n# EVOLVE-BLOCK-START\n${inside}\n# EVOLVE-BLOCK-END\n`],
    ['a short example beside the code', `Instead of\n\`\`\`\nTILE = 32\n\`\`\`\nnow\n\`\`\`python\n${inside}\n\`\`\``],
  ])('%s', (_name, reply) => {
    expect(applyRewrite(parentSource, reply)).toEqual({ outcome: 'patched', source: expected })
  })

  it('changes outside of the markers are left out', () => {
    const reply = `\`\`\`python\n${expected.replace('TILE_LIMIT = 512', 'TILE_LIMIT = 1')}\`\`\``
    expect(applyRewrite(parentSource, reply)).toEqual({ outcome: 'patched', source: expected })
  })

  it('several blocks, each between its markers', () => {
    const parent = `${withBlock('a = 1')}${withBlock('b = 1')}`
    const reply = `\`\`\`\n${withBlock('a = 2', '', '')}${withBlock('b = 2\nc = 3', '', '')}\`\`\``
    expect(applyRewrite(parent, reply)).toEqual({
      outcome: 'patched',
      source: `${withBlock('a = 2')}${withBlock('b = 2\nc = 3')}`,
    })
  })

  it('code at the margin for a block inside a function', () => {
    const parent = withBlock('    x = 1\n    return x', 'def f():\n', '')
    expect(applyRewrite(parent, '```\nx = 2\n\nreturn x\n```')).toEqual({
      outcome: 'patched',
      source: withBlock('    x = 2\n\n    return x', 'def f():\n', ''),
    })
  })
})

describe('what is refused', () => {
  it.each([
    ['prose', 'Use larger tiles, they are faster.', 'no fenced code block'],
    ['an open fence', `\`\`\`python\n${inside}`, 'cut off'],
    ['an empty block', '```python\n\n```', 'empty'],
    ['no change', `\`\`\`python\n${parentSource}\`\`\``, 'changes nothing'],
    ['an unpaired marker', `\`\`\`\n# EVOLVE-BLOCK-START\n${inside}\n\`\`\``, "in the reply's code"],
    ['too many blocks', `\`\`\`\n${withBlock('a = 1')}${withBlock('b = 1')}\`\`\``, '1 evolve blocks'],
  ])('%s', (_name, reply, reason) => {
    const result = applyRewrite(parentSource, reply)
    expect(result.outcome === 'unusable' && result.reason).toContain(reason)
  })

  it('one unmarked block for a program that has two', () => {
    const result = applyRewrite(`${withBlock('a = 1')}${withBlock('b = 1')}`, '```\na = 2\n```')
    expect(result.outcome === 'unusable' && result.reason).toContain('give all of them')
  })
})

describe('properties', () => {
  const lines = fc.array(fc.constantFrom('x = 1', '    y = 2', '', '```', '~~~~', '`a`', '# é'), {
    minLength: 1,
    maxLength: 8,
  })

  it('any text in a fence comes back from it', () => {
    fc.assert(
      fc.property(lines, (given) => {
        fc.pre(given.at(-1) !== '')
        const { blocks, prose } = splitFences(`before\n${fenced(given.join('\n'), 'python')}\nafter`)
        expect(prose).toEqual(['before', 'after'])
        expect(blocks).toEqual([{ code: given, closed: true }])
      }),
      { examples: [[['```', '````']]] },
    )
  })

  it('never changes text outside of the block', () => {
    const [above, below] = ['import math\n# EVOLVE-BLOCK-START\n', '\n# EVOLVE-BLOCK-END\n\nLIMIT = 1\n']
    let applied = 0
    fc.assert(
      fc.property(lines, fc.constantFrom('', '```', '```\n# EVOLVE-BLOCK-START'), (given, opening) => {
        const result = applyRewrite(withBlock('x = 0'), `${opening}\n${given.join('\n')}\n\`\`\``)
        if (result.outcome === 'unusable') return
        applied++
        expect(result.source.startsWith(above) && result.source.endsWith(below)).toBe(true)
      }),
    )
    expect(applied).toBeGreaterThan(10)
  })
})
