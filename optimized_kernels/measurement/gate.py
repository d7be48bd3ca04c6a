"""The static gate: what can be said about a program without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from optimized_kernels.measurement.verdict import Failed, Rejected
from optimized_kernels.seams.interface import Export, Interface

MAX_BYTES = 200_000

MLX_MODULES = frozenset({"mlx", "mlx.core", "mlx.nn", "mlx.optimizers", "mlx.utils"})

# Computes nothing outside Python objects and reaches neither files, processes, clocks nor the interpreter.
# fmt: off
PURE_MODULES = frozenset({
    "__future__", "abc", "bisect", "cmath", "collections", "collections.abc", "contextlib", "copy",
    "dataclasses", "enum", "fractions", "functools", "heapq", "itertools", "math", "numbers", "operator",
    "random", "re", "statistics", "string", "typing",
})

REFUSED_NAMES = frozenset({
    "__import__", "__builtins__", "breakpoint", "eval", "exec", "globals", "input", "open", "vars",
})

# The well-known ways from an allowed object to the interpreter.
REFUSED_ATTRIBUTES = frozenset({
    "__builtins__", "__globals__", "__loader__", "__spec__", "__subclasses__", "f_globals", "os", "sys",
})
# fmt: on


def _imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module == "mlx":
                yield from ((node.lineno, f"mlx.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def _refused_import(tree: ast.AST) -> Rejected | None:
    for line, module in _imported(tree):
        if module not in MLX_MODULES and module not in PURE_MODULES:
            allowed = "MLX and pure modules of the standard library"
            return Rejected("static", f"line {line} imports {module}; a program may import {allowed} only")
    return None


def _refused_name(tree: ast.AST) -> Rejected | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in REFUSED_NAMES:
            return Rejected("static", f"line {node.lineno} uses {node.id}, which programs may not")
        if isinstance(node, ast.Attribute) and node.attr in REFUSED_ATTRIBUTES:
            return Rejected("static", f"line {node.lineno} uses .{node.attr}, which programs may not")
    return None


def _accepts(function: ast.FunctionDef, count: int) -> bool:
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = positional - len(arguments.defaults)
    keyword_only = sum(default is None for default in arguments.kw_defaults)
    return required <= count and (count <= positional or arguments.vararg is not None) and keyword_only == 0


def _top_level_names(tree: ast.Module) -> set[str]:
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _missing_export(tree: ast.Module, export: Export) -> Failed | None:
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == export.name]
    if not found:
        if export.name in _top_level_names(tree):
            return None  # e.g. a compiled function; loading finds out whether it can be called
        return Failed("static", f"program does not define {export}")
    if not _accepts(found[-1], len(export.parameters)):
        named = f"{export.name}({ast.unparse(found[-1].args)})"
        return Failed("static", f"line {found[-1].lineno} defines {named}; expected {export}")
    return None


def check_source(source: str, interfaces: Sequence[Interface]) -> Failed | Rejected | None:
    """None for a program worth running. Wants every function of `interfaces`; nothing is executed."""
    size = len(source.encode())
    if size > MAX_BYTES:
        return Rejected("static", f"program is {size} bytes long; at most {MAX_BYTES} are accepted")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Failed("static", f"program does not parse: {type(error).__name__}: {error}")
    for interface in interfaces:
        for export in interface.exports:
            missing = _missing_export(tree, export)
            if missing is not None:
                return missing
    return _refused_import(tree) or _refused_name(tree)
