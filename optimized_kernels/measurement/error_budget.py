"""How much error each confirmation of a run may spend.

A run confirms one new best after another and nobody knows how many. The levels alpha / (j (j + 1)) of the
first, second, ... add up to alpha over all of them (1 / (j (j + 1)) = 1/j - 1/(j + 1) telescopes), so by
Bonferroni the probability that a run reports any false speedup is at most alpha.
"""

from __future__ import annotations

ALPHA = 0.05


def confirmation_level(index: int, alpha: float = ALPHA) -> float:
    """Level of the `index`-th confirmation of a run, counted from 1."""
    if index < 1:
        raise ValueError(f"index is {index}; confirmations count from 1")
    return alpha / (index * (index + 1))
