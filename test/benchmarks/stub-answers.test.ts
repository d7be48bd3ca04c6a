import { expect, test } from 'vitest'
import { answer } from '../model-stub/answer.ts'

const program = (name: string): string =>
  `\`\`\`python\n# EVOLVE-BLOCK-START\n${name} = 2.0\n# EVOLVE-BLOCK-END\n\`\`\``

/** The order and the words of OpenEvolve's request. */
const openEvolveRequest = [
  { role: 'system', content: 'You are an expert software developer.' },
  {
    role: 'user',
    content: [
      `# Program Evolution History\n\n${program('OTHER')}`,
      `# Current Program\n${program('PARENT')}`,
      '# Task\nUse this format:\n<<<<<<< SEARCH\n# before\n=======\n# after\n>>>>>>> REPLACE',
    ].join('\n\n'),
  },
]

test("OpenEvolve's request is answered with a diff of its current program", () => {
  const reply = answer(openEvolveRequest)
  expect(reply).toMatch(/<<<<<<< SEARCH\nPARENT = 2\.0\n=======\nPARENT = \S+\n>>>>>>> REPLACE/)
  expect(reply).not.toContain('OTHER')
})

test('equal requests get equal answers', () => {
  expect(answer(openEvolveRequest)).toBe(answer(structuredClone(openEvolveRequest)))
})
