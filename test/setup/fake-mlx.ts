import { join } from 'node:path'
import { execa } from 'execa'

const build = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("mlx/__init__.py", "")
    wheel.writestr("mlx/core.py", "__version__ = '0.0.7'\\ndef default_device(): return 'fake device'\\n")
    info = "mlx-0.0.7.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: mlx\\nVersion: 0.0.7\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`

/** Writes a wheel that installs in no time and answers what set-up asks MLX; returns its path. */
export async function writeFakeMlx(folder: string, python: string): Promise<string> {
  const wheel = join(folder, 'mlx-0.0.7-py3-none-any.whl')
  await execa(python, ['-c', build, wheel])
  return wheel
}
