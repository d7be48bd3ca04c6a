import { expect, test } from 'vitest'
import { checkSandbox, describeSandbox } from '../../scripts/doctor/sandbox.ts'

test('the sandbox of this machine is named, with what to do where it is the weaker one', async () => {
  const check = await checkSandbox()
  expect(check.found).toMatch(/^(bubblewrap|sandbox-exec|limited): /)
  if (check.status === 'ok') expect(check.mend).toBeNull()
  else expect(check).toMatchObject({ status: 'warn', mend: expect.stringMatching(/bubblewrap|bwrap|trust/) })
})

test('a weaker sandbox is a warning that says how to mend it', () => {
  const facts = { mode: 'limited', strong: false, why: 'bubblewrap is not installed', mend: 'install bubblewrap' }
  expect(describeSandbox(facts)).toEqual({
    name: 'Sandbox of candidates',
    status: 'warn',
    found: 'limited: bubblewrap is not installed',
    mend: 'install bubblewrap',
  })
  expect(describeSandbox({ ...facts, mend: null }).mend).toContain('docs/sandbox.md')
})

test('a Python that does not run is a failure that names it', async () => {
  expect(await checkSandbox('/nowhere/python')).toMatchObject({
    status: 'fail',
    found: expect.stringContaining('/nowhere/python'),
  })
})
