"""What a program may import: MLX, the pure standard library, and what its problem allows by name."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator

from optimized_kernels.measurement.verdict import Rejected

MLX_MODULES = frozenset({"mlx", "mlx.core", "mlx.nn", "mlx.optimizers", "mlx.utils"})

# Computes nothing outside Python objects and reaches neither files, processes, clocks nor the interpreter.
# fmt: off
PURE_MODULES = frozenset({
    "__future__", "abc", "bisect", "cmath", "collections", "collections.abc", "contextlib", "copy",
    "dataclasses", "enum", "fractions", "functools", "heapq", "itertools", "math", "numbers", "operator",
    "random", "re", "statistics", "string", "typing",
})
# fmt: on

# Modules keep what they import: contextlib.os, dataclasses.builtins, random._os.
IMPURE_MODULES = frozenset(sys.stdlib_module_names) - PURE_MODULES


def is_allowed(module: str, allow_modules: Collection[str]) -> bool:
    """Whether `module`, or a package that it is in, was allowed by name."""
    parts = module.split(".")
    return any(".".join(parts[: count + 1]) in allow_modules for count in range(len(parts)))


def _imported(tree: ast.AST) -> Iterator[tuple[int, str, str | None]]:
    """Line, module and name of every import; no name where the module itself is meant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                if module == "mlx":
                    yield node.lineno, f"mlx.{alias.name}", None
                else:
                    yield node.lineno, module, alias.name


def refused_import(tree: ast.AST, allow_modules: Collection[str]) -> Rejected | None:
    """The first import that is not allowed."""
    for line, module, name in _imported(tree):
        if is_allowed(module, allow_modules):
            continue
        if module not in MLX_MODULES and module not in PURE_MODULES:
            allowed = "MLX, pure modules of the standard library and what options.allowModules names"
            return Rejected("static", f"line {line} imports {module}; a program may import {allowed} only")
        if name is None or module == "__future__":
            continue
        hidden = module in PURE_MODULES and name in IMPURE_MODULES and not is_allowed(name, allow_modules)
        if hidden or name.startswith("_"):
            return Rejected("static", f"line {line} imports {name} from {module}, where it is not public")
    return None
