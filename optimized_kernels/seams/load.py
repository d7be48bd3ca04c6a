"""A program's source as a module."""

from __future__ import annotations

import linecache
import sys
from types import ModuleType

from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.interface import Interface

MODULE_NAME = "evolved_program"
FILE_NAME = "program.py"


def load_program(source: str) -> ModuleType:
    """Runs `source` as a module of its own. Raises whatever the program raises."""
    module = ModuleType(MODULE_NAME)
    module.__file__ = FILE_NAME
    # Tracebacks then show the program's own lines, dataclasses find their module.
    linecache.cache[FILE_NAME] = (len(source), None, source.splitlines(keepends=True), FILE_NAME)
    sys.modules[MODULE_NAME] = module
    exec(compile(source, FILE_NAME, "exec"), module.__dict__)
    return module


def require_exports(module: ModuleType, interface: Interface) -> None:
    """Raises SeamError naming the first function of `interface` that `module` lacks."""
    for export in interface.exports:
        found = getattr(module, export.name, None)
        if not callable(found):
            raise SeamError(f"program exports {export.name} as {type(found).__name__}; expected {export}")
