"""Finds MLX calls in a program: how it names the library, and where it multiplies arrays."""

import ast
from typing import NamedTuple

from .syntax import dotted, parameters
from .view import Function, View

# Function of mlx.core → positions of the arrays it reads in full, in call order.
PRODUCTS: dict[str, tuple[int, ...]] = {
    "matmul": (0, 1),
    "addmm": (1, 2),
    "inner": (0, 1),
    "tensordot": (0, 1),
    "gather_mm": (0, 1),
    "quantized_matmul": (0,),
    "conv1d": (0, 1),
    "conv2d": (0, 1),
    "conv_general": (0, 1),
    "fast.scaled_dot_product_attention": (0, 1, 2),
}


class Product(NamedTuple):
    """One product: its node, how it is written, and its operands in order."""

    node: ast.expr
    label: str
    operands: tuple[ast.expr, ...]


def mlx_name(view: View) -> str | None:
    """The name that module-level imports give `mlx.core`; None where there is none."""
    for node in view.statements:
        if view.function_of(node) is not None:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "mlx.core":
                    return alias.asname or alias.name
        elif isinstance(node, ast.ImportFrom) and node.module == "mlx":
            for alias in node.names:
                if alias.name == "core":
                    return alias.asname or alias.name
    return None


def called(node: ast.AST, mlx: str) -> str | None:
    """`matmul` for a call of `mx.matmul`; None for anything but a call into MLX."""
    name = dotted(node.func) if isinstance(node, ast.Call) else None
    return name[len(mlx) + 1 :] if name is not None and name.startswith(mlx + ".") else None


def find_products(view: View, mlx: str) -> list[Product]:
    """Every `@` and every product call of MLX in the blocks, in source order."""
    found: list[Product] = []
    for node in view.expressions:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            found.append(Product(node, "@", (node.left, node.right)))
        elif isinstance(node, ast.Call) and (name := called(node, mlx)) in PRODUCTS:
            places = [i for i in PRODUCTS[name] if i < len(node.args)]
            operands = tuple(node.args[i] for i in places)
            if operands and not any(isinstance(a, ast.Starred) for a in node.args):
                found.append(Product(node, f"{mlx}.{name}", operands))
    return found


def pair(view: View, mlx: str, node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """Left and right of `a @ b` or `mx.matmul(a, b)`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    arguments = plain_arguments(node, mlx, "matmul")
    return (arguments[0], arguments[1]) if len(arguments) == 2 else None


def plain_arguments(node: ast.AST, mlx: str, name: str) -> list[ast.expr]:
    """Arguments of a call of one MLX function, empty unless all of them are simply positional."""
    if not isinstance(node, ast.Call) or called(node, mlx) != name or node.keywords:
        return []
    return [] if any(isinstance(a, ast.Starred) for a in node.args) else node.args


def base_parameter(function: Function, operand: ast.expr) -> str | None:
    """The parameter an operand is, or is a slice or attribute of: `B` for `B[k:, :].T`."""
    while isinstance(operand, ast.Subscript | ast.Attribute):
        operand = operand.value
    if isinstance(operand, ast.Name) and operand.id in parameters(function):
        return operand.id
    return None


def plain_pairs(view: View) -> list[tuple[str, ast.expr, ast.expr, ast.expr]]:
    """(name of MLX, product, left, right) of all plain products of two in the blocks."""
    mlx = mlx_name(view)
    found: list[tuple[str, ast.expr, ast.expr, ast.expr]] = []
    for product in find_products(view, mlx) if mlx else []:
        operands = pair(view, mlx, product.node) if mlx else None
        if mlx and operands:
            found.append((mlx, product.node, *operands))
    return found
