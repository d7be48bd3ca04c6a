"""Crossover: parts of another program take the place of their counterparts in this one."""

import ast
from collections.abc import Iterator, Sequence

from .draw import Draw
from .edit import Change, Edit, Site
from .scopes import Key, functions, keyed, scopes
from .supply import supplies
from .syntax import replaced, whole_lines
from .view import View

# A statement and its counterpart in the other program.
Pair = tuple[ast.stmt, ast.stmt]


def find_bodies(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every function that another program has too, with the same parameters and another body."""
    sites: list[Site] = []
    for index, other in _given(others):
        theirs = functions(other)
        for name, mine in functions(view).items():
            twin = theirs.get(name)
            if twin is None or ast.dump(twin.args) != ast.dump(mine.args):
                continue
            place, taken = _body(view, mine.body), _body(other, twin.body)
            if place is None or taken is None or not view.editable(*place) or not other.editable(*taken):
                continue
            text = other.data[slice(*taken)]
            if text != view.data[slice(*place)] and twin.body[0].col_offset == mine.body[0].col_offset:
                edits = (*supplies(view, other, mine, twin.body), Edit(*place, text))
                sites.append(_site(Change(f"crossover: body of {name}", edits, index)))
    return sites


def find_statements(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every statement whose counterpart in another program differs."""
    return [
        _site(_exchange(view, other, index, scope, [pair]))
        for index, other in _given(others)
        for scope, pairs in _differing(view, other, nested=True)
        for pair in pairs
    ]


def find_mixtures(view: View, others: Sequence[View | None]) -> list[Site]:
    """Every scope with several differing statements: a coin each whether the other program's is taken."""
    sites: list[Site] = []
    for index, other in _given(others):
        for scope, pairs in _differing(view, other, nested=False):
            if len(pairs) > 1:
                sites.append(_mixture(view, other, index, scope, pairs))
    return sites


def _mixture(view: View, other: View, index: int, scope: str, pairs: list[Pair]) -> Site:
    def rewrite(draw: Draw) -> Change | None:
        taken = [pair for pair in pairs if draw.chance(0.5)]
        return _exchange(view, other, index, scope, taken) if taken else None

    return rewrite


def _exchange(view: View, other: View, index: int, scope: str, pairs: list[Pair]) -> Change:
    edits = [replaced(view, mine, other.text(theirs)) for mine, theirs in pairs]
    needed = supplies(view, other, pairs[0][0], [theirs for _, theirs in pairs])
    lines = ", ".join(str(mine.lineno) for mine, _ in pairs)
    place = f"of {scope} " if scope else ""
    noun = "statement" if len(pairs) == 1 else f"{len(pairs)} statements"
    return Change(f"crossover: {noun} {place}(line {lines})", (*needed, *edits), index)


def _differing(view: View, other: View, nested: bool) -> Iterator[tuple[str, list[Pair]]]:
    """Per scope the statements that both programs have under one key, with different text."""
    theirs = scopes(other)
    for name, body in scopes(view).items():
        if name not in theirs:
            continue
        mine: dict[Key, ast.stmt] = keyed(view, body, nested)
        twins = keyed(other, theirs[name], nested)
        pairs = [(s, twins[key]) for key, s in mine.items() if key in twins]
        differing = [(s, twin) for s, twin in pairs if view.text(s) != other.text(twin)]
        if differing:
            yield name, differing


def _body(view: View, body: list[ast.stmt]) -> tuple[int, int] | None:
    """Byte range from the first to the last line of a body that starts on a line of its own."""
    first, last = whole_lines(view, body[0]), whole_lines(view, body[-1])
    return (first[0], last[1]) if first and last else None


def _given(others: Sequence[View | None]) -> list[tuple[int, View]]:
    return [(index, other) for index, other in enumerate(others) if other is not None]


def _site(change: Change) -> Site:
    return lambda draw: change
