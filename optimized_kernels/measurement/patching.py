"""A program is called by its seams; what it imports it leaves as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from optimized_kernels.measurement.aliases import dotted, imported_aliases, root_name
from optimized_kernels.measurement.verdict import Rejected


def _changed(tree: ast.AST) -> Iterator[ast.expr]:
    """What attributes are set on or deleted from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            yield from node.args[:1]


def refused_patch(tree: ast.AST) -> Rejected | None:
    """The first imported thing that the program would change."""
    imported = imported_aliases(tree)
    for node in _changed(tree):
        if root_name(node) in imported:
            reason = f"line {node.lineno} changes {dotted(node)}; a program may not patch what it imports"
            return Rejected("static", reason)
    return None
