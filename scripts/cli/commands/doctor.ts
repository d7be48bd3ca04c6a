import type { Command } from 'commander'
import { addJsonOption } from '../options.ts'
import { printJson } from '../output.ts'

/** `doctor`: looks at every part and says how to mend what is broken. */
export const addDoctor = (program: Command): void => {
  addJsonOption(program.command('doctor'))
    .description('check every part of the system and say how to mend it')
    .action(async ({ json }: { json: boolean }) => {
      // Loaded when it is wanted: it looks at everything, so it needs everything.
      const { formatDoctor, runDoctor } = await import('../../doctor/doctor.ts')
      const checks = await runDoctor()
      if (json) printJson({ checks })
      else console.log(formatDoctor(checks))
      process.exitCode = checks.some(({ status }) => status === 'fail') ? 1 : 0
    })
}
