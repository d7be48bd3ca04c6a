import type { Command } from 'commander'
import { formatDoctor, runDoctor } from '../../doctor/doctor.ts'
import { printJson } from '../output.ts'

/** `doctor`: looks at every part and says how to mend what is broken. */
export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('check every part of the system and say how to mend it')
    .option('--json', 'end stdout with one JSON object', false)
    .action(async ({ json }: { json: boolean }) => {
      const checks = await runDoctor()
      if (json) printJson({ checks })
      else console.log(formatDoctor(checks))
      process.exitCode = checks.some(({ status }) => status === 'fail') ? 1 : 0
    })
}
