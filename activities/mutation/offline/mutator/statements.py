"""Statements: drop one, repeat one, exchange two neighbours."""

import ast
from collections.abc import Iterator, Sequence

from .edit import Edit, Site, always
from .syntax import docstring, whole_lines
from .view import View

# Without these a program does not work at all, or the edit means nothing.
KEPT = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Return,
    ast.Global,
    ast.Nonlocal,
    ast.Pass,
)
REPEATABLE = (ast.Assign, ast.AugAssign, ast.Expr)


def removal(view: View, statement: ast.stmt) -> Edit:
    """Takes a statement out; `pass` stays behind where it was alone or shares its line."""
    lines = whole_lines(view, statement)
    siblings = next(body for body in bodies(view.parent[statement]) if statement in body)
    if lines is None or len(siblings) == 1 or not view.editable(*lines):
        return Edit(view.start(statement), view.end(statement), b"pass")
    return Edit(*lines, b"")


def bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The statement lists of a node: its body, else branch and so on."""
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield value


def find_drops(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every statement but definitions, imports, returns and docstrings."""
    return [
        always(f"dropped statement (line {s.lineno})", removal(view, s))
        for s in view.statements
        if _movable(view, s)
    ]


def find_repeats(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every simple statement that has its lines to itself."""
    sites: list[Site] = []
    for statement in view.statements:
        lines = whole_lines(view, statement)
        if (
            isinstance(statement, REPEATABLE)
            and _movable(view, statement)
            and lines
            and view.editable(*lines)
        ):
            copy = Edit(lines[1], lines[1], view.data[lines[0] : lines[1]])
            sites.append(always(f"repeated statement (line {statement.lineno})", copy))
    return sites


def find_swaps(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every pair of neighbours in one body that have their lines to themselves."""
    sites: list[Site] = []
    for first in view.statements:
        siblings = next(body for body in bodies(view.parent[first]) if first in body)
        index = siblings.index(first) + 1
        if index == len(siblings) or not (_movable(view, first) and _movable(view, siblings[index])):
            continue
        above, below = whole_lines(view, first), whole_lines(view, siblings[index])
        if above and below and view.editable(above[0], below[1]):
            one, two = view.data[slice(*above)], view.data[slice(*below)]
            label = f"swapped statements (lines {first.lineno} and {siblings[index].lineno})"
            sites.append(always(label, Edit(*above, two), Edit(*below, one)))
    return sites


def _movable(view: View, statement: ast.stmt) -> bool:
    return view.inside(statement) and not isinstance(statement, KEPT) and not docstring(statement)
