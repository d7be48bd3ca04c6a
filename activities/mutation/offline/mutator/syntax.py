"""Questions about Python syntax that several operators ask."""

import ast

from .edit import Edit
from .view import Function, Located, View

ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Tuple, ast.List, ast.Dict, ast.Set)


def operator_between(view: View, left: ast.expr, right: ast.expr, symbol: bytes) -> tuple[int, int] | None:
    """Byte range of an operator that stands between two operands, past parentheses and comments."""
    position, end = view.end(left), view.start(right)
    while position < end:
        if view.data[position : position + 1] == b"#":
            newline = view.data.find(b"\n", position, end)
            if newline < 0:
                return None
            position = newline
        elif view.data[position] in b" \t\r\n\\()\f":
            position += 1
        else:
            break
    found = view.data[position : position + len(symbol)] == symbol
    return (position, position + len(symbol)) if found else None


def delimited(view: View, node: ast.expr) -> bool:
    """Whether any expression may take this node's place without parentheses of its own."""
    parent = view.parent[node]
    if isinstance(parent, ast.Call):
        return node is not parent.func
    if isinstance(parent, ast.Subscript):
        return node is not parent.value
    return isinstance(parent, ast.Assign | ast.AugAssign | ast.Return | ast.Expr | ast.keyword | ast.List)


def wrapped(view: View, node: ast.expr, text: bytes) -> bytes:
    """New text for a node, in parentheses where its surroundings could tear it apart."""
    return text if delimited(view, node) else b"(" + text + b")"


def atom(view: View, node: ast.expr) -> bytes:
    """A node's source, ready to stand beside any operator or before a dot."""
    text = view.text(node)
    unparenthesised = isinstance(node, ast.Tuple) and not text.startswith(b"(")
    return text if isinstance(node, ATOMS) and not unparenthesised else b"(" + text + b")"


def replaced(view: View, node: Located, text: bytes) -> Edit:
    """New text for a whole node."""
    return Edit(view.start(node), view.end(node), text)


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` of a chain of attributes, None for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None


def parameters(function: Function) -> list[str]:
    """Names of a function's positional and keyword parameters."""
    spec = function.args
    return [arg.arg for arg in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]]


def docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a bare string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def whole_lines(view: View, statement: ast.stmt) -> tuple[int, int] | None:
    """Byte range of a statement's lines, decorators and trailing comment included.

    None where it shares a line with other code.
    """
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    last = statement.end_lineno or statement.lineno
    start, end = view.line_starts[first - 1], view.line_starts[last]
    before = view.data[view.line_start(statement) : view.start(statement)]
    behind = view.data[view.end(statement) : end].strip()
    if before.strip() or (behind and not behind.startswith(b"#")):
        return None
    return start, end


def indentation(view: View, statement: ast.stmt) -> bytes:
    """The blanks before a statement that begins its line."""
    return view.data[view.line_start(statement) : view.start(statement)]
