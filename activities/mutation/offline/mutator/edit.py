"""Edits of a source text, and what operators hand back."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .draw import Draw


class Edit(NamedTuple):
    """Replaces the bytes [start, end) of a source; `start == end` inserts."""

    start: int
    end: int
    text: bytes


class Change(NamedTuple):
    """Edits that belong together, a line about them, and the index of the other parent they took from."""

    label: str
    edits: tuple[Edit, ...]
    other: int | None = None


# A place where an operator applies. It may draw a variant, and may find that there is none (None).
Site = Callable[[Draw], Change | None]


def apply_edits(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Applies edits that do not overlap; equal positions keep the order they are given in."""
    pieces: list[bytes] = []
    done = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        pieces += [data[done : edit.start], edit.text]
        done = edit.end
    return b"".join([*pieces, data[done:]])


def always(label: str, *edits: Edit) -> Site:
    """A site with one variant."""
    change = Change(label, edits)
    return lambda draw: change
