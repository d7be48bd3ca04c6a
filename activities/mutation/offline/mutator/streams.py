"""MLX rewrites that spread a product over two streams, which MLX may run at the same time."""

import ast
from collections.abc import Sequence

from .edit import Change, Edit, Site
from .layout import insertion
from .products import base_parameter, find_products, mlx_name, plain_pairs
from .supply import bound_names, top_statement
from .syntax import atom, replaced, whole_lines
from .view import View

STREAM = "SECOND_STREAM"
# What may be an array: literals cannot be halved.
ARRAYS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def find_halves(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every product of two: its rows, or its columns, in halves on two streams."""
    sites: list[Site] = []
    for mlx, node, left, right in plain_pairs(view):
        stream = _stream(view, mlx, node)
        if stream is not None and isinstance(left, ARRAYS) and isinstance(right, ARRAYS):
            label = f"product on two streams (line {node.lineno})"
            sites.append(
                _either(view, label, stream, node, _halves(mlx, atom(view, left), atom(view, right)))
            )
    return sites


def find_direct_halves(view: View, others: Sequence[View | None]) -> list[Site]:
    """A function that multiplies parts of two parameters returns their whole product, from two streams."""
    mlx = mlx_name(view)
    sites: list[Site] = []
    seen: list[tuple[int, str, str]] = []
    for product in find_products(view, mlx) if mlx else []:
        function = view.function_of(product.node)
        if not mlx or function is None or len(product.operands) != 2:
            continue
        left, right = (base_parameter(function, operand) for operand in product.operands)
        stream = _stream(view, mlx, function)
        if left is None or right is None or stream is None or (function.lineno, left, right) in seen:
            continue
        seen.append((function.lineno, left, right))
        edits = [
            insertion(view, function, b"return " + text)
            for text in _halves(mlx, left.encode(), right.encode())
        ]
        label = f"direct product of {left} and {right} on two streams (line {function.lineno})"
        variants = [Change(label, (*stream, edit)) for edit in edits if edit is not None]
        if variants:
            sites.append(_one_of(variants))
    return sites


def _halves(mlx: str, left: bytes, right: bytes) -> list[bytes]:
    """The product by rows of the left operand, and by columns of the right one."""
    name, stream = mlx.encode(), STREAM.encode()
    rows, columns = b"len(" + left + b") // 2", right + b".shape[1] // 2"
    by_rows = (left + b"[: " + rows + b"], " + right, left + b"[" + rows + b" :], " + right)
    by_columns = (
        left + b", " + right + b"[:, : " + columns + b"]",
        left + b", " + right + b"[:, " + columns + b" :]",
    )
    return [
        name
        + b".concatenate(["
        + name
        + b".matmul("
        + first
        + b"), "
        + name
        + b".matmul("
        + second
        + b", stream="
        + stream
        + b")], axis="
        + axis
        + b")"
        for (first, second), axis in ((by_rows, b"0"), (by_columns, b"1"))
    ]


def _stream(view: View, mlx: str, node: ast.expr | ast.stmt) -> tuple[Edit, ...] | None:
    """What defines the second stream above the code that uses it; None where that is not possible."""
    if any(STREAM in bound_names(statement) for statement in view.tree.body):
        return ()
    lines = whole_lines(view, top_statement(view, node))
    if lines is None or not view.editable(lines[0], lines[0]):
        return None
    text = f"{STREAM} = {mlx}.new_stream({mlx}.default_device())".encode()
    return (Edit(lines[0], lines[0], text + view.newline),)


def _either(view: View, label: str, stream: tuple[Edit, ...], node: ast.expr, texts: list[bytes]) -> Site:
    return _one_of([Change(label, (*stream, replaced(view, node, text))) for text in texts])


def _one_of(variants: list[Change]) -> Site:
    return lambda draw: draw.pick(variants)
