"""Comparison and arithmetic operators: exchange one for a relative of the same precedence."""

import ast
from collections.abc import Sequence

from .draw import Draw
from .edit import Change, Edit, Site
from .syntax import operator_between
from .view import View

COMPARISONS: dict[type[ast.cmpop], bytes] = {
    ast.Lt: b"<",
    ast.LtE: b"<=",
    ast.Gt: b">",
    ast.GtE: b">=",
    ast.Eq: b"==",
    ast.NotEq: b"!=",
}
ORDERINGS = (b"<", b"<=", b">", b">=")
EQUALITIES = (b"==", b"!=")

ARITHMETIC: dict[type[ast.operator], tuple[bytes, tuple[bytes, ...]]] = {
    ast.Add: (b"+", (b"-",)),
    ast.Sub: (b"-", (b"+",)),
    ast.Mult: (b"*", (b"/",)),
    ast.Div: (b"/", (b"*",)),
    ast.FloorDiv: (b"//", (b"*",)),
}
SEQUENCES = (ast.JoinedStr, ast.List, ast.Tuple)


def find_comparisons(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every `<`, `<=`, `>`, `>=`, `==`, `!=` in the blocks, chained ones too, but for `__name__` guards."""
    sites: list[Site] = []
    for node in view.expressions:
        if not isinstance(node, ast.Compare) or _guards_main(node):
            continue
        operands = [node.left, *node.comparators]
        for kind, left, right in zip(node.ops, operands, operands[1:], strict=False):
            symbol = COMPARISONS.get(type(kind))
            if symbol is not None:
                family = ORDERINGS if symbol in ORDERINGS else EQUALITIES
                choices = tuple(s for s in family if s != symbol)
                sites += _exchange(view, left, right, symbol, choices, "comparison")
    return sites


def find_arithmetic(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every `+`, `-`, `*`, `/`, `//` in the blocks that does not visibly join texts, lists or tuples."""
    sites: list[Site] = []
    for node in view.expressions:
        if not isinstance(node, ast.BinOp) or type(node.op) not in ARITHMETIC:
            continue
        if not (_is_sequence(node.left) or _is_sequence(node.right)):
            symbol, choices = ARITHMETIC[type(node.op)]
            sites += _exchange(view, node.left, node.right, symbol, choices, "arithmetic")
    return sites


def _exchange(
    view: View, left: ast.expr, right: ast.expr, symbol: bytes, choices: tuple[bytes, ...], family: str
) -> list[Site]:
    """The site of one operator, or nothing where its symbol is not found."""
    span = operator_between(view, left, right, symbol)
    if span is None:
        return []
    line = view.data.count(b"\n", 0, span[0]) + 1

    def rewrite(draw: Draw) -> Change:
        new = draw.pick(choices)
        return Change(f"{family} {symbol.decode()} to {new.decode()} (line {line})", (Edit(*span, new),))

    return [rewrite]


def _is_sequence(node: ast.expr) -> bool:
    text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return text or isinstance(node, SEQUENCES)


def _guards_main(node: ast.Compare) -> bool:
    return isinstance(node.left, ast.Name) and node.left.id == "__name__"
