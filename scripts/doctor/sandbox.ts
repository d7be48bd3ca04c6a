import { execa } from 'execa'
import { z } from 'zod'
import { pythonPath, root } from '../setup/paths.ts'
import { tail } from '../setup/step.ts'
import { type Check, fail, ok, warn } from './check.ts'

const name = 'Sandbox of candidates'

/** What `python -m optimized_kernels.sandbox` prints. */
const sandboxFacts = z.object({
  mode: z.string(),
  strong: z.boolean(),
  why: z.string(),
  /** What to do for a stronger one; null where nothing can be done. */
  mend: z.string().nullable(),
})
export type SandboxFacts = z.infer<typeof sandboxFacts>

/** The line about the sandbox that was found. */
export function describeSandbox({ mode, strong, why, mend }: SandboxFacts): Check {
  if (strong) return ok(name, `${mode}: ${why}`)
  return warn(name, `${mode}: ${why}`, mend ?? 'evaluate only programs you trust; docs/sandbox.md says what is missing')
}

/** Which sandbox is in force on this machine, and why not a stronger one. */
export async function checkSandbox(python = pythonPath()): Promise<Check> {
  const result = await execa(python, ['-m', 'optimized_kernels.sandbox'], {
    env: { PYTHONPATH: root },
    reject: false,
    timeout: 60_000,
  })
  if (!result.failed) return describeSandbox(sandboxFacts.parse(JSON.parse(result.stdout)))
  const said = tail(result.stderr || (result.shortMessage ?? ''), 1)
  return fail(name, `${python}: ${said}`, 'run `node scripts/install.mjs`')
}
