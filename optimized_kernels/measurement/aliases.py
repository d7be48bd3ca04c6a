"""Which names of a program stand for something that it imported."""

from __future__ import annotations

import ast


def root_name(node: ast.expr) -> str | None:
    """The name that a chain of attributes starts from; None for chains that start otherwise."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def dotted(node: ast.expr) -> str:
    """A chain of attributes as it is written. Not recursive: it may be deeper than Python's stack."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "...")
    return ".".join(reversed(parts))


def imported_aliases(tree: ast.AST) -> set[str]:
    """Names of imported modules and objects, and names that are plainly assigned from those."""
    known: set[str] = set()
    plain: list[tuple[str, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            known |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign):
            source = root_name(node.value)
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            plain += [(name, source) for name in names if source is not None]
    before = -1
    while len(known) > before:
        before = len(known)
        known |= {name for name, source in plain if source in known}
    return known
