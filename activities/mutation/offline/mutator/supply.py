"""What code taken from another program needs to run here: definitions and imports in its blocks."""

import ast

from .edit import Edit
from .syntax import whole_lines
from .view import View


def supplies(view: View, other: View, place: ast.stmt, taken: list[ast.stmt]) -> list[Edit]:
    """Inserts, above the top-level statement around `place`, what `taken` names and only `other` defines."""
    mine = [name for s in view.tree.body for name in bound_names(s)]
    offered = {name: s for s in other.tree.body if other.inside(s) for name in bound_names(s)}
    needed: list[ast.stmt] = []
    queue = list(taken)
    while queue:
        for name in _used(queue.pop(0)):
            source = offered.get(name)
            if source is not None and name not in mine and source not in needed and source not in taken:
                needed.append(source)
                queue.append(source)
    anchor = whole_lines(view, top_statement(view, place))
    texts = [
        other.data[slice(*lines)]
        for s in sorted(needed, key=other.start)
        if (lines := whole_lines(other, s)) is not None
    ]
    if not texts or anchor is None:
        return []
    definitions = any(isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for s in needed)
    gap = view.newline * 2 if definitions else b""
    return [Edit(anchor[0], anchor[0], gap.join(texts) + gap)]


def top_statement(view: View, node: ast.expr | ast.stmt) -> ast.stmt:
    """The module-level statement that holds a node."""
    above: ast.AST = node
    while not isinstance(view.parent[above], ast.Module):
        above = view.parent[above]
    assert isinstance(above, ast.stmt)  # a module's children
    return above


def bound_names(statement: ast.stmt) -> list[str]:
    """Names that a module-level statement gives a meaning."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    stored = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return [name.id for name in stored]


def _used(statement: ast.stmt) -> list[str]:
    """Names that a statement reads."""
    return [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
