"""MLX rewrites of how code is run: compile a function or not, leave evaluation to MLX."""

import ast
from collections.abc import Sequence

from .edit import Edit, Site, always
from .products import called, find_products, mlx_name
from .statements import removal
from .syntax import dotted, indentation, whole_lines
from .view import View

SYNCHRONISING = ("eval", "async_eval", "synchronize")


def find_compiles(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every function that multiplies arrays and is not compiled yet gets `@mx.compile`."""
    mlx = mlx_name(view)
    multiplying = [view.function_of(p.node) for p in find_products(view, mlx)] if mlx else []
    sites: list[Site] = []
    for node in view.statements:
        if not isinstance(node, ast.FunctionDef) or node not in multiplying or not mlx:
            continue
        if isinstance(view.parent[node], ast.ClassDef) or any(_compiles(d, mlx) for d in node.decorator_list):
            continue
        start = view.line_start(node)
        if view.editable(start, start) and not indentation(view, node).strip():
            text = indentation(view, node) + f"@{mlx}.compile".encode() + view.newline
            sites.append(always(f"compiled {node.name} (line {node.lineno})", Edit(start, start, text)))
    return sites


def find_uncompiles(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every `@mx.compile` line can go."""
    mlx = mlx_name(view)
    sites: list[Site] = []
    for node in view.statements:
        for decorator in getattr(node, "decorator_list", []):
            lines = view.line_starts[decorator.lineno - 1], view.line_starts[decorator.end_lineno]
            if mlx and _compiles(decorator, mlx) and view.editable(*lines):
                sites.append(always(f"uncompiled function (line {node.lineno})", Edit(*lines, b"")))
    return sites


def find_evaluations(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every statement that only makes MLX evaluate now can go."""
    mlx = mlx_name(view)
    return [
        always(f"dropped {mlx}.{called(node.value, mlx)} (line {node.lineno})", removal(view, node))
        for node in view.statements
        if mlx and isinstance(node, ast.Expr) and called(node.value, mlx) in SYNCHRONISING
        if view.inside(node) and whole_lines(view, node)
    ]


def _compiles(decorator: ast.expr, mlx: str) -> bool:
    """Whether a decorator is `mx.compile`, called or handed to `partial`."""
    if isinstance(decorator, ast.Call):
        return any(_compiles(part, mlx) for part in [decorator.func, *decorator.args])
    return dotted(decorator) == f"{mlx}.compile"
