import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { root } from '../../scripts/setup/paths.ts'

/** A folder that looks like a clone with its JavaScript packages installed, to set up without touching the real one. */
export class Clone {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Clone> {
    const clone = new Clone(await mkdtemp(join(tmpdir(), 'mlx-evolve-clone-')))
    for (const part of ['scripts/setup', 'temporal', 'scripts/install.mjs', 'scripts/mlx-evolve.mjs', 'package.json']) {
      await cp(join(root, part), join(clone.folder, part), { recursive: true })
    }
    await cp(join(root, 'package-lock.json'), join(clone.folder, 'package-lock.json'))
    await symlink(join(root, 'node_modules'), join(clone.folder, 'node_modules'))
    return clone
  }

  async write(path: string, text: string, mode = 0o644): Promise<string> {
    const file = join(this.folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { mode })
    return file
  }

  /** Runs a program in the clone; stdout, stderr and exit code come back, whatever it does. */
  run(program: string, args: string[], env: Record<string, string>) {
    return execa(program, args, { cwd: this.folder, env, extendEnv: false, reject: false, all: true })
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}
