"""MLX rewrites of how a product is written: call or operator, fused or apart, transposed, direct."""

import ast
from collections.abc import Sequence

from .edit import Site, always
from .layout import insertion
from .products import base_parameter, find_products, mlx_name, plain_arguments, plain_pairs
from .syntax import atom, replaced, wrapped
from .view import View


def find_call_forms(view: View, others: Sequence[View | None]) -> list[Site]:
    """`A @ B` becomes `mx.matmul(A, B)`, and the other way round."""
    sites: list[Site] = []
    for mlx, node, left, right in plain_pairs(view):
        if isinstance(node, ast.BinOp):
            text = f"{mlx}.matmul(".encode() + view.text(left) + b", " + view.text(right) + b")"
            sites.append(always(f"@ as {mlx}.matmul (line {node.lineno})", replaced(view, node, text)))
        else:
            text = wrapped(view, node, atom(view, left) + b" @ " + atom(view, right))
            sites.append(always(f"{mlx}.matmul as @ (line {node.lineno})", replaced(view, node, text)))
    return sites


def find_transposed_products(view: View, others: Sequence[View | None]) -> list[Site]:
    """`A @ B` becomes `(B.T @ A.T).T`: the same for matrices."""
    return [
        always(
            f"transposed product (line {node.lineno})",
            replaced(view, node, b"(" + atom(view, right) + b".T @ " + atom(view, left) + b".T).T"),
        )
        for _, node, left, right in plain_pairs(view)
    ]


def find_fusions(view: View, others: Sequence[View | None]) -> list[Site]:
    """`A @ B + c` and `c += A @ B` become `mx.addmm(c, A, B)`."""
    sites: list[Site] = []
    for mlx, product, left, right in plain_pairs(view):
        parent = view.parent[product]
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add):
            addend = parent.right if product is parent.left else parent.left
            target = b""
        elif isinstance(parent, ast.AugAssign) and isinstance(parent.op, ast.Add):
            addend = parent.target
            target = view.text(addend) + b" = "
        else:
            continue
        if view.inside(parent):
            texts = b", ".join(view.text(part) for part in (addend, left, right))
            text = target + f"{mlx}.addmm(".encode() + texts + b")"
            label = f"product and sum as {mlx}.addmm (line {parent.lineno})"
            sites.append(always(label, replaced(view, parent, text)))
    return sites


def find_splits(view: View, others: Sequence[View | None]) -> list[Site]:
    """`mx.addmm(c, A, B)` becomes `A @ B + c`."""
    mlx = mlx_name(view)
    sites: list[Site] = []
    for node in view.expressions:
        arguments = plain_arguments(node, mlx, "addmm") if mlx else []
        if len(arguments) == 3:
            addend, left, right = (atom(view, part) for part in arguments)
            text = wrapped(view, node, left + b" @ " + right + b" + " + addend)
            label = f"{mlx}.addmm as product and sum (line {node.lineno})"
            sites.append(always(label, replaced(view, node, text)))
    return sites


def find_direct_returns(view: View, others: Sequence[View | None]) -> list[Site]:
    """A function that multiplies parts of two parameters returns the library's product of both at once."""
    mlx = mlx_name(view)
    sites: list[Site] = []
    seen: list[bytes] = []
    for product in find_products(view, mlx) if mlx else []:
        function = view.function_of(product.node)
        if function is None or len(product.operands) != 2:
            continue
        left, right = (base_parameter(function, operand) for operand in product.operands)
        line = f"return {mlx}.matmul({left}, {right})".encode()
        edit = insertion(view, function, line)
        if left is None or right is None or left == right or edit is None or edit.text in seen:
            continue
        seen.append(edit.text)
        sites.append(always(f"direct {mlx}.matmul of {left} and {right} (line {function.lineno})", edit))
    return sites
