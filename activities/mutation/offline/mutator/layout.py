"""MLX rewrites of memory layout: make operands contiguous, or stop doing so."""

import ast
from collections.abc import Sequence
from itertools import pairwise

from .edit import Edit, Site, always
from .products import base_parameter, called, find_products, mlx_name
from .syntax import atom, delimited, docstring, indentation, replaced, whole_lines
from .view import Function, View


def find_operands(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every operand of every product: `A @ B` becomes `A @ mx.contiguous(B)`."""
    return [
        always(f"contiguous operand of {label} (line {operand.lineno})", contiguous(view, mlx, operand))
        for mlx, _, label, operand in _operands(view)
    ]


def find_common_operands(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every operand position: the same operand of all products of one function at once."""
    groups: dict[tuple[int, int], list[Edit]] = {}
    for mlx, place, _, operand in _operands(view):
        function = view.function_of(operand)
        if function is not None:
            groups.setdefault((function.lineno, place), []).append(contiguous(view, mlx, operand))
    return [
        always(f"contiguous operand {place + 1} of every product in the function of line {line}", *edits)
        for (line, place), edits in groups.items()
        if len(edits) > 1 and all(a.end <= b.start for a, b in pairwise(edits))
    ]


def find_transposed_operands(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every operand of every product: same values, laid out as if transposed, `mx.contiguous(B.T).T`."""
    return [
        always(
            f"transposed layout of an operand of {label} (line {operand.lineno})",
            replaced(view, operand, f"{mlx}.contiguous(".encode() + atom(view, operand) + b".T).T"),
        )
        for mlx, _, label, operand in _operands(view)
    ]


def find_parameters(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every parameter that products multiply: made contiguous once, where its function begins."""
    sites: list[Site] = []
    seen: list[tuple[int, str]] = []
    for mlx, _, _, operand in _operands(view):
        function = view.function_of(operand)
        name = base_parameter(function, operand) if function else None
        if function is None or name is None or (function.lineno, name) in seen:
            continue
        seen.append((function.lineno, name))
        line = f"{name} = {mlx}.contiguous({name})".encode()
        edit = insertion(view, function, line)
        if edit is not None and line not in view.text(function):
            sites.append(always(f"contiguous parameter {name} (line {function.lineno})", edit))
    return sites


def find_unwraps(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every `mx.contiguous(x)`: back to `x`."""
    mlx = mlx_name(view)
    sites: list[Site] = []
    for node in view.expressions:
        if mlx and isinstance(node, ast.Call) and is_contiguous(node, mlx):
            text = view.text(node.args[0])
            plain = text if delimited(view, node) else atom(view, node.args[0])
            sites.append(
                always(f"dropped {mlx}.contiguous (line {node.lineno})", replaced(view, node, plain))
            )
    return sites


def contiguous(view: View, mlx: str, operand: ast.expr) -> Edit:
    """Wraps an operand in `mx.contiguous(...)`."""
    return replaced(view, operand, f"{mlx}.contiguous(".encode() + view.text(operand) + b")")


def insertion(view: View, function: Function, line: bytes) -> Edit | None:
    """Inserts a line at the beginning of a function's body, behind its docstring."""
    body = [s for s in function.body if not docstring(s)]
    lines = whole_lines(view, body[0]) if body else None
    if lines is None or not view.editable(*lines):
        return None
    return Edit(lines[0], lines[0], indentation(view, body[0]) + line + view.newline)


def _operands(view: View) -> list[tuple[str, int, str, ast.expr]]:
    """(name of MLX, place, product's label, operand) of all operands that are not contiguous already."""
    mlx = mlx_name(view)
    return [
        (mlx, place, product.label, operand)
        for product in (find_products(view, mlx) if mlx else [])
        for place, operand in enumerate(product.operands)
        if mlx and not isinstance(operand, ast.Constant) and not is_contiguous(operand, mlx)
    ]


def is_contiguous(node: ast.expr, mlx: str) -> bool:
    """Whether a node is `mx.contiguous(x)`, or its transpose."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return is_contiguous(node.value, mlx)
    return isinstance(node, ast.Call) and called(node, mlx) == "contiguous" and len(node.args) == 1
