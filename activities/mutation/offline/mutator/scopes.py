"""Matches the parts of two programs: functions by qualified name, statements by what they do."""

import ast

from .syntax import docstring, whole_lines
from .view import Function, View

MODULE = ""
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)

# What a statement is, what it assigns, how deep it stands, and the how-manieth of its kind it is.
Key = tuple[str, bytes, int, int]


def functions(view: View) -> dict[str, Function]:
    """Functions with a part in the blocks, by qualified name; of equal names the last, as Python has it."""
    return {qualified(view, s): s for s in view.statements if isinstance(s, Function)}


def qualified(view: View, definition: ast.stmt) -> str:
    """Dotted name of a function or class inside its module."""
    names: list[str] = []
    node: ast.AST | None = definition
    while node is not None:
        if isinstance(node, DEFINITIONS):
            names.append(node.name)
        node = view.parent.get(node)
    return ".".join(reversed(names))


def scopes(view: View) -> dict[str, list[ast.stmt]]:
    """Statement lists that crossover compares: the module's own in the blocks, and each function's body."""
    found: dict[str, list[ast.stmt]] = {MODULE: list(view.tree.body)}
    for name, function in functions(view).items():
        found[name] = function.body
    return found


def keyed(view: View, body: list[ast.stmt], nested: bool) -> dict[Key, ast.stmt]:
    """The exchangeable statements of a scope by key; with `nested` those in its loops and branches too."""
    found: dict[Key, ast.stmt] = {}
    counts: dict[tuple[str, bytes, int], int] = {}
    for statement in _flat(body, nested):
        if isinstance(statement, DEFINITIONS + IMPORTS) or docstring(statement) or not view.inside(statement):
            continue
        if whole_lines(view, statement) is None or view.text(statement).startswith(b"elif"):
            continue
        kind = (type(statement).__name__, _target(view, statement), statement.col_offset)
        counts[kind] = counts.get(kind, 0) + 1
        found[(*kind, counts[kind])] = statement
    return found


def _flat(body: list[ast.stmt], nested: bool) -> list[ast.stmt]:
    """Statements in source order, those inside a compound one behind it; never those of inner definitions."""
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        if nested and not isinstance(statement, DEFINITIONS):
            for _, value in ast.iter_fields(statement):
                if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                    found += _flat(value, nested)
    return found


def _target(view: View, statement: ast.stmt) -> bytes:
    if isinstance(statement, ast.Assign):
        return b", ".join(view.text(target) for target in statement.targets)
    if isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For):
        return view.text(statement.target)
    return b""
