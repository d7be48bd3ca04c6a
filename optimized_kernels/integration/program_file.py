"""A program's file as a module of its own, also beside other programs."""

from __future__ import annotations

import hashlib
import linecache
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from optimized_kernels.integration.errors import OptimizationRefused


@dataclass(frozen=True)
class ProgramFile:
    """A program as it was when it was read; `path` is absolute, `digest` is SHA-256 of the source in hex."""

    path: Path
    source: str
    digest: str


def read_program(program: Path) -> ProgramFile:
    """Reads `program`. Raises OptimizationRefused where that is no readable text file."""
    path = program.expanduser().absolute()
    try:
        encoded = path.read_bytes()
        source = encoded.decode("utf-8")
    except OSError as error:
        reason = f"{error.strerror or error}; expected the path of a Python file"
        raise OptimizationRefused(program, "file", reason) from error
    except UnicodeDecodeError as error:
        raise OptimizationRefused(program, "file", f"not UTF-8 at byte {error.start}") from error
    return ProgramFile(path, source, hashlib.sha256(encoded).hexdigest())


def load(program: ProgramFile) -> ModuleType:
    """Runs the source as a new module. Raises whatever the program raises."""
    name = f"evolved_program_{program.digest[:12]}"
    file_name = str(program.path)
    module = ModuleType(name)
    module.__file__ = file_name
    # Tracebacks show what ran, even after the file has changed; dataclasses look for their module.
    linecache.cache[file_name] = (
        len(program.source),
        None,
        program.source.splitlines(keepends=True),
        file_name,
    )
    sys.modules[name] = module
    exec(compile(program.source, file_name, "exec"), module.__dict__)
    return module
