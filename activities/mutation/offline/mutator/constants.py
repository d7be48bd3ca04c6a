"""Numeric constants: scale, step, double, halve, go to a power of two."""

import ast
import math
from collections.abc import Sequence

from .draw import Draw
from .edit import Change, Edit, Site
from .syntax import wrapped
from .view import View

LARGEST = 10**15  # below it integers survive a trip through floating point


def find_constants(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every int and float in the blocks, but for indices such as the 0 in `x.shape[0]`."""
    return [
        _site(view, node)
        for node in view.expressions
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and not _is_index(view, node)
    ]


def _is_index(view: View, node: ast.expr) -> bool:
    parent = view.parent[node]
    if isinstance(parent, ast.UnaryOp | ast.Tuple):
        return _is_index(view, parent)
    return isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and parent.slice is node)


def _site(view: View, node: ast.Constant) -> Site:
    def rewrite(draw: Draw) -> Change | None:
        old = node.value
        if not isinstance(old, int | float) or not math.isfinite(old) or abs(old) > LARGEST:
            return None
        new = vary_integer(old, draw) if isinstance(old, int) else vary_float(old, draw)
        if new == old or not math.isfinite(new):
            return None
        text = repr(new).encode()
        edit = Edit(view.start(node), view.end(node), wrapped(view, node, text) if new < 0 else text)
        return Change(f"constant {view.text(node).decode()} to {new!r} (line {node.lineno})", (edit,))

    return rewrite


def vary_integer(value: int, draw: Draw) -> int:
    """A neighbour of an integer; may equal it where a variant has nowhere to go."""
    kind = draw.pick(("double", "halve", "step", "power", "scale"))
    if kind == "double":
        return value * 2
    if kind == "halve":
        return int(value / 2) if abs(value) > 1 else value
    if kind == "step":
        return value + draw.pick((-1, 1))
    if kind == "power" and value > 1:
        return draw.pick((1 << value.bit_length(), 1 << ((value - 1).bit_length() - 1)))
    return round(value * draw.between(0.5, 1.5))


def vary_float(value: float, draw: Draw) -> float:
    """A neighbour of a float, rounded to six significant digits so that programs stay readable."""
    kind = draw.pick(("double", "halve", "step", "scale", "scale", "scale"))
    if kind == "double":
        new = value * 2
    elif kind == "halve":
        new = value / 2
    elif kind == "step":
        reach = draw.pick((1.0, 0.1, 0.01))
        new = value + draw.between(-reach, reach)
    else:
        reach = draw.pick((0.5, 0.1, 0.02))
        new = value * (1 + draw.between(-reach, reach))
    return float(f"{new:.6g}")
