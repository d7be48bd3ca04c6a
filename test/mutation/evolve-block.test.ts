import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkProgram, findEvolveBlocks } from '../../activities/mutation/evolve-block.ts'

const start = '# EVOLVE-BLOCK-START'
const end = '# EVOLVE-BLOCK-END'

describe('findEvolveBlocks', () => {
  test('blocks in source order, whatever the indentation, line ends and trailing words', () => {
    const source = [
      'import x',
      start,
      'a = 1',
      end,
      'def f():',
      `    ${start} here\r`,
      '    pass',
      `\t#EVOLVE-BLOCK-END`,
    ]
    expect(findEvolveBlocks(source.join('\n'))).toEqual({
      outcome: 'found',
      blocks: [
        { start: 1, end: 3 },
        { start: 5, end: 7 },
      ],
    })
  })

  test('the words elsewhere in a line are no marker', () => {
    const source = `x = "${start}"\n# EVOLVE-BLOCK-STARTED\n${start}\n${end}`
    expect(findEvolveBlocks(source)).toEqual({ outcome: 'found', blocks: [{ start: 2, end: 3 }] })
  })

  test.each([
    ['', 'no EVOLVE-BLOCK markers: expected the lines "# EVOLVE-BLOCK-START" and "# EVOLVE-BLOCK-END"'],
    [`x\n${start}\ny`, 'EVOLVE-BLOCK-START in line 2 has no EVOLVE-BLOCK-END'],
    [`${end}\n${start}`, 'EVOLVE-BLOCK-END in line 1 without an EVOLVE-BLOCK-START above it'],
    [`${start}\n${start}\n${end}`, 'EVOLVE-BLOCK-START in line 2 while the one in line 1 is still open'],
    [`${start}\n${end}\n${end}`, 'EVOLVE-BLOCK-END in line 3 without an EVOLVE-BLOCK-START above it'],
  ])('%j is refused: %s', (source, reason) => {
    expect(findEvolveBlocks(source)).toEqual({ outcome: 'unusable', reason })
  })

  test('blocks are found exactly where they were put', () => {
    const text = fc.array(fc.constantFrom('', 'x = 1', '# EVOLVE', '    y'), { maxLength: 4 })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 }), (parts) => {
        const lines: string[] = []
        const expected = parts.map(([before, inside]) => {
          lines.push(...before, start)
          const from = lines.length - 1
          lines.push(...inside, end)
          return { start: from, end: lines.length - 1 }
        })
        expect(findEvolveBlocks(lines.join('\n'))).toEqual({ outcome: 'found', blocks: expected })
      }),
    )
  })
})

test('checkProgram names what is missing, or nothing', () => {
  expect(checkProgram(' \n\t')).toBe('the program is empty')
  expect(checkProgram('x = 1')).toMatch(/^no EVOLVE-BLOCK markers/)
  expect(checkProgram(`${start}\nnot python (\n${end}\n`)).toBeNull()
})
