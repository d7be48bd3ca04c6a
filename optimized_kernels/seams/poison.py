"""Falsifying a seam on purpose: training that does not notice never used the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import mlx.core as mx
from mlx.utils import tree_map

from optimized_kernels.seams.calls import Direction

T = TypeVar("T")

# Negative: norms and Adam forget how large a value is, not which sign it has.
FACTOR = -1.5


def _falsified(leaf: object) -> object:
    is_float = isinstance(leaf, mx.array) and mx.issubdtype(leaf.dtype, mx.floating)
    return leaf * FACTOR if is_float else leaf  # type: ignore[operator]


@dataclass
class Poison:
    """Which seam's output ("forward") or gradients ("backward") are falsified; nobody's while `seam` is None.

    Looked at when a seam's Python runs: at once in an eager loop, in a compiled one at its next trace.
    """

    seam: str | None = None
    direction: Direction | None = None

    def applied(self, seam: str, direction: Direction, value: T) -> T:
        """`value`, an array or a tree of arrays, falsified where that is asked for."""
        if self.seam != seam or self.direction != direction:
            return value
        falsified: T = tree_map(_falsified, value)
        return falsified
