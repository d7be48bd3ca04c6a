"""Makes one child of a program, or says why it cannot."""

import ast
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from .catalogue import OPERATORS
from .draw import Draw
from .edit import Change, Site, apply_edits
from .unusable import Unusable
from .view import View

SECOND_EDIT = 0.15  # probability that a child gets two edits instead of one
ATTEMPTS = 60

# Weight of an operator and the sites it found.
Offer = tuple[float, list[Site]]


class Child(NamedTuple):
    """A new program, what was done to its parent, and the indices of the other programs it took from."""

    source: str
    change: str
    used: list[int]


def propose(key: str, parent: str, others: Sequence[str]) -> Child:
    """Mutates a parent, crossing it with the others at times; a function of the arguments alone.

    The child parses and compiles, means something else than its parent, equals none of the others, and is
    byte-identical to its parent outside the evolve blocks.

    Raises:
        Unusable: the parent cannot be mutated, or no operator made anything new of it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's opinions on programs
        return _propose(Draw(key), parent, others)


def _propose(draw: Draw, parent: str, others: Sequence[str]) -> Child:
    view = View(parent)
    partners = [_view(source) for source in others]
    known = [_meaning(view), *(_meaning(partner) for partner in partners if partner)]
    offers = _offers(view, partners)
    if not offers:
        raise Unusable("no operator applies: the evolve blocks hold no code that could be changed")
    for _ in range(ATTEMPTS):
        edited = _edit(draw, view, offers)
        if edited is None:
            continue
        child, changes = edited[0], [edited[1]]
        again = _edit(draw, child, _offers(child, partners)) if draw.chance(SECOND_EDIT) else None
        if again is not None:
            child, changes = again[0], [*changes, again[1]]
        if child.outside() == view.outside() and _meaning(child) not in known:
            used = [change.other for change in changes if change.other is not None]
            return Child(child.source, "; ".join(c.label for c in changes), list(dict.fromkeys(used)))
    raise Unusable(f"no operator found anything new to do to the program in {ATTEMPTS} attempts")


def _offers(view: View, partners: Sequence[View | None]) -> list[Offer]:
    """The operators that apply."""
    found = [(operator.weight, operator.find(view, partners)) for operator in OPERATORS]
    return [(weight, sites) for weight, sites in found if sites]


def _edit(draw: Draw, view: View, offers: list[Offer]) -> tuple[View, Change] | None:
    """One edit by an operator drawn by weight at a site drawn evenly; None where the result is no program."""
    if not offers:
        return None
    _, sites = draw.weighted(offers, [weight for weight, _ in offers])
    change = draw.pick(sites)(draw)
    child = _apply(view, change) if change else None
    return (child, change) if child and change else None


def _apply(view: View, change: Change) -> View | None:
    """The changed program, None where an edit leaves the blocks or Python would refuse the result."""
    if not all(view.editable(edit.start, edit.end) for edit in change.edits):
        return None
    child = _view(apply_edits(view.data, change.edits).decode())
    if child is None:
        return None
    try:
        compile(child.tree, "<child>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return child


def _view(source: str) -> View | None:
    try:
        return View(source)
    except Unusable:
        return None


def _meaning(view: View) -> str:
    """Equal for programs that differ in layout and comments only."""
    return ast.dump(view.tree)
