import type { MutationConfig } from '../../temporal/run-config.ts'

const region = `Only what stands between the lines
# EVOLVE-BLOCK-START
and
# EVOLVE-BLOCK-END
may change. The two lines themselves and everything outside of them must stay as they are.
Begin your answer with one line that says what you change and why you expect it to score higher.`

const diff = `${region}
Then give the change as one or more blocks of exactly this form:

<<<<<<< SEARCH
lines of the program, copied character by character
=======
the lines that take their place
>>>>>>> REPLACE

Every SEARCH part must occur exactly once in the program as it was shown: copy enough neighbouring lines to make it
unique. SEARCH parts must not overlap. To delete lines, leave the second part empty.`

const rewrite = `${region}
Then give the whole new content between the two lines, complete, in one fenced code block (\`\`\`python … \`\`\`), without
the two lines and without anything from outside of them.`

/** What the model is told about the form of its answer. */
export const replyRules = (reply: MutationConfig['reply']): string => (reply === 'diff' ? diff : rewrite)
