import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEdits } from '../../activities/mutation/edit-blocks.ts'
import { applyPatch } from '../../activities/mutation/patch.ts'
import { parentSource, withBlock } from './fixtures.ts'

const edit = (search: string, replace: string): string =>
  `<<<<<<< SEARCH\n${search}\n=======\n${replace}${replace === '' ? '' : '\n'}>>>>>>> REPLACE\n`

const patched = (parent: string, reply: string): string => {
  const result = applyPatch(parent, reply)
  if (result.outcome === 'unusable') throw new Error(result.reason)
  return result.source
}

const refused = (parent: string, reply: string): string => {
  const result = applyPatch(parent, reply)
  return result.outcome === 'unusable' ? result.reason : 'NOT REFUSED'
}

describe('what is understood', () => {
  it('replaces, deletes and inserts', () => {
    expect(patched(parentSource, edit('TILE = 32', 'TILE = 64'))).toBe(parentSource.replace('TILE = 32', 'TILE = 64'))
    expect(patched(parentSource, edit('SCALE = 0.5', ''))).toBe(parentSource.replace('SCALE = 0.5\n', ''))
    expect(patched(parentSource, edit('TILE = 32', 'TILE = 32\nDEPTH = 2'))).toContain('TILE = 32\nDEPTH = 2\nSCALE')
  })

  it('applies several blocks, each quoting the parent as it was shown', () => {
    const reply = edit('TILE = 32', 'SCALE = 0.5') + edit('SCALE = 0.5', 'TILE = 32')
    expect(patched(parentSource, reply)).toContain('\nSCALE = 0.5\nTILE = 32\n')
  })

  it('applies blocks of different lengths in any order', () => {
    const blocks = [edit('TILE = 32', 'a = 1\nb = 2\nc = 3'), edit('    return A @ B', 'pass'), edit('SCALE = 0.5', '')]
    const child = parentSource
      .replace('TILE = 32\nSCALE = 0.5', 'a = 1\nb = 2\nc = 3')
      .replace('    return A @ B', 'pass')
    for (const order of [blocks, blocks.toReversed()]) expect(patched(parentSource, order.join(''))).toBe(child)
  })

  it.each([
    ['a code fence around the blocks', `Why.\n\`\`\`diff\n${edit('TILE = 32', 'TILE = 64')}\`\`\`\n`],
    ['code fences inside the parts', edit('```python\nTILE = 32\n```', '```python\nTILE = 64\n```')],
    ['carriage returns', edit('TILE = 32', 'TILE = 64').replaceAll('\n', '\r\n')],
    ['trailing white space', edit('TILE = 32   ', 'TILE = 64')],
    ['indented quotation', edit('    TILE = 32', '    TILE = 64')],
    ['blank lines around the quotation', edit('\nTILE = 32\n', '\nTILE = 64\n')],
    ['longer fence signs, lower case', `<<<<<<<<< search\nTILE = 32\n=========\nTILE = 64\n>>>>>>>>> replace`],
    ['the marker quoted as context', edit('# EVOLVE-BLOCK-START\nTILE = 32', '# EVOLVE-BLOCK-START\nTILE = 64')],
  ])('tolerates %s', (_name, reply) => {
    expect(patched(parentSource, reply)).toBe(parentSource.replace('TILE = 32', 'TILE = 64'))
  })

  it('gives a replacement the depth of what it replaces', () => {
    const reply = edit(
      'if A.ndim == 2:\n    return mx.matmul(A, B)',
      'if A.ndim == 2:\n    B = mx.contiguous(B)\n    return mx.matmul(A, B)',
    )
    expect(patched(parentSource, reply)).toContain(
      '    if A.ndim == 2:\n        B = mx.contiguous(B)\n        return mx.matmul(A, B)\n    return A @ B',
    )
  })

  it('shifts what is deeper and what is shallower than the quotation', () => {
    const deeper = edit('return A @ B', 'if B.size:\n    return A @ B\nreturn A')
    expect(patched(parentSource, deeper)).toContain('\n    if B.size:\n        return A @ B\n    return A\n')
    const shallower = edit('            return mx.matmul(A, B)', '            A = A.T\n        return A @ B')
    expect(patched(parentSource, shallower)).toContain('\n        A = A.T\n    return A @ B\n    return A @ B\n')
  })

  it('translates two-space indentation', () => {
    const reply = edit(
      '  if A.ndim == 2:\n    return mx.matmul(A, B)',
      '  if A.ndim == 2:\n    return mx.matmul(A, mx.contiguous(B))',
    )
    expect(patched(parentSource, reply)).toContain(
      '    if A.ndim == 2:\n        return mx.matmul(A, mx.contiguous(B))\n',
    )
  })

  it('prefers the exact place to lenient ones', () => {
    const parent = withBlock('x = 1\nif x:\n    x = 1')
    expect(patched(parent, edit('    x = 1', '    x = 2'))).toBe(withBlock('x = 1\nif x:\n    x = 2'))
    // White space at the end of a line is a smaller difference than at its beginning.
    expect(patched(parent, edit('    x = 1  ', '    x = 2'))).toBe(withBlock('x = 1\nif x:\n    x = 2'))
  })

  it('keeps a program with carriage returns consistent', () => {
    const crlf = parentSource.replaceAll('\n', '\r\n')
    expect(patched(crlf, edit('TILE = 32', 'TILE = 64\nDEPTH = 2'))).toBe(
      crlf.replace('TILE = 32', 'TILE = 64\r\nDEPTH = 2'),
    )
  })
})

describe('what is refused', () => {
  it.each([
    ['prose', 'I would make it faster.', 'the reply holds no SEARCH/REPLACE block'],
    ['a cut block', '<<<<<<< SEARCH\nTILE = 32\n=======\nTILE', 'block 1 is cut off'],
    ['a missing divider', '<<<<<<< SEARCH\nTILE = 32\n>>>>>>> REPLACE', 'no "=======" between'],
    ['a block in a block', '<<<<<<< SEARCH\nTILE = 32\n<<<<<<< SEARCH\n', 'before the next one begins'],
    ['an empty search', edit('', 'x = 1'), 'empty SEARCH'],
    ['no match', edit('DEPTH = 1', 'DEPTH = 2'), 'SEARCH beginning "DEPTH = 1" matches nothing'],
    ['text above the block', edit('import mlx.core as mx', 'import numpy'), 'outside of the evolve block'],
    ['text below the block', edit('TILE_LIMIT = 512', 'TILE_LIMIT = 1'), 'outside of the evolve block'],
    ['text across the end', edit('    return A @ B\n# EVOLVE-BLOCK-END', 'pass'), 'outside of the evolve block'],
    ['text across the start', edit('# EVOLVE-BLOCK-START\nTILE = 32', 'TILE = 64'), 'outside of the evolve block'],
    ['a new marker', edit('TILE = 32', '# EVOLVE-BLOCK-END\nTILE = 64'), 'holds an EVOLVE-BLOCK marker'],
    ['no change', edit('TILE = 32', 'TILE = 32'), 'change nothing'],
    ['overlap', edit('TILE = 32\nSCALE = 0.5', 'a = 1') + edit('SCALE = 0.5', 'b = 1'), 'overlap at line 5'],
  ])('%s', (_name, reply, reason) => {
    expect(refused(parentSource, reply)).toContain(reason)
  })

  it('ambiguous places, naming them', () => {
    expect(refused(withBlock('x = 1\ny = 2\nx = 1'), edit('x = 1', 'x = 3'))).toContain('2 places (lines 3, 5)')
    expect(refused(withBlock('if a:\n    x = 1\nelse:\n  x = 1'), edit('x = 1', 'x = 3'))).toContain('2 places')
  })

  it('a quotation that lost the nesting', () => {
    const reply = edit('if A.ndim == 2:\nreturn mx.matmul(A, B)', 'return mx.matmul(A, B)')
    expect(refused(parentSource, reply)).toContain("lost the program's indentation")
  })

  it('a parent without markers', () => {
    expect(refused('x = 1\n', edit('x = 1', 'x = 2'))).toContain('EVOLVE-BLOCK')
  })
})

const codeLine = fc
  .tuple(
    fc.constantFrom('', '    ', '        '),
    fc.constantFrom('a', 'b', 'x = 1', 'return y', '', '# note', 'é = "…"'),
  )
  .map(([indent, text]) => (text === '' ? '' : indent + text))
const codeLines = fc.array(codeLine, { minLength: 1, maxLength: 12 })

describe('properties', () => {
  const scenario = codeLines.chain((inside) =>
    fc.record({
      inside: fc.constant(inside),
      from: fc.nat(inside.length - 1),
      size: fc.integer({ min: 1, max: inside.length }),
      replacing: fc.array(codeLine, { maxLength: 6 }),
      head: codeLines,
      tail: codeLines,
    }),
  )

  it('a diff made from an edit yields the edited source, unless its quotation is ambiguous or blank', () => {
    fc.assert(
      fc.property(scenario, ({ inside, from, size, replacing, head, tail }) => {
        const program = (lines: string[]) => withBlock(lines.join('\n'), `${head.join('\n')}\n`, tail.join('\n'))
        const parent = program(inside)
        const searched = inside.slice(from, from + size)
        const edited = inside.toSpliced(from, searched.length, ...replacing)
        const reply = `<<<<<<< SEARCH\n${searched.join('\n')}\n=======\n${replacing.map((line) => `${line}\n`).join('')}>>>>>>> REPLACE`
        const result = applyPatch(parent, reply)
        const places = inside.filter((_, at) => searched.every((line, offset) => inside[at + offset] === line)).length
        const blank = searched.every((line) => line === '')
        const unchanged = edited.join('\n') === inside.join('\n')
        if (places > 1 || blank || unchanged) expect(result.outcome).toBe('unusable')
        // An inside that is gone altogether has no line of its own left.
        else if (edited.length > 0) expect(result).toEqual({ outcome: 'patched', source: program(edited) })
      }),
      { numRuns: 1000 },
    )
  })

  it('never changes text outside of the block, whatever the reply says', () => {
    const noise = fc.array(
      fc.oneof(
        codeLine,
        fc.constantFrom(
          '<<<<<<< SEARCH',
          '=======',
          '>>>>>>> REPLACE',
          '# EVOLVE-BLOCK-START',
          '# EVOLVE-BLOCK-END',
          '```',
        ),
      ),
      { maxLength: 20 },
    )
    let applied = 0
    fc.assert(
      fc.property(scenario, noise, ({ inside, head, tail }, lines) => {
        const [above, below] = [
          `${head.join('\n')}\n# EVOLVE-BLOCK-START\n`,
          `\n# EVOLVE-BLOCK-END\n${tail.join('\n')}`,
        ]
        const parent = above + inside.join('\n') + below
        const reply = ['<<<<<<< SEARCH', inside[0] ?? '', '=======', ...lines, '>>>>>>> REPLACE', ...lines].join('\n')
        const result = applyPatch(parent, reply)
        if (result.outcome === 'unusable') return
        applied++
        expect(result.source.startsWith(above)).toBe(true)
        expect(result.source.endsWith(below)).toBe(true)
      }),
      { numRuns: 1000 },
    )
    expect(applied).toBeGreaterThan(20)
  })

  it('reads back the blocks it is given', () => {
    const part = fc.array(codeLine, { minLength: 1, maxLength: 5 })
    const edits = fc.array(fc.record({ search: part, replace: part }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(edits, (given) => {
        fc.pre(given.every(({ search }) => search.some((line) => line !== '')))
        const reply = given
          .map(({ search, replace }) => edit(search.join('\n'), `${replace.join('\n')}`))
          .join('\nso:\n')
        const expected = given.map(({ search, replace }) => ({
          search,
          replace: replace.join('\n') === '' ? [] : replace,
        }))
        expect(parseEdits(reply)).toEqual({ outcome: 'parsed', edits: expected })
      }),
    )
  })
})
