"""Does a longer stretch of training go the same way?"""

from __future__ import annotations

import math
from statistics import fmean

from optimized_kernels.measurement.sides import Sides
from optimized_kernels.measurement.verdict import Rejected

STEPS = 40
# Losses are compared as means of this many steps: single ones wander apart long before training does.
WINDOW = 10
# Of the base loss. What split sums do to stock MLX's own curve comes on top.
TOLERANCE = 2e-3
REORDERED_MULTIPLE = 4.0
REORDERED_PARTS = 3


def windows(losses: list[float]) -> list[float]:
    """Means of consecutive, disjoint stretches of WINDOW losses; a rest is left out."""
    return [fmean(losses[i : i + WINDOW]) for i in range(0, len(losses) - WINDOW + 1, WINDOW)]


def worst_distance(own: list[float], base: list[float]) -> float:
    """Largest distance of windowed losses, relative to `base`; infinite where a loss is not finite."""
    if len(own) != len(base) or not all(map(math.isfinite, own)):
        return math.inf
    return max(abs(a - b) / abs(b) for a, b in zip(windows(own), windows(base), strict=True))


def check_loss_curve(sides: Sides, seed: int) -> float | Rejected:
    """The worst distance of STEPS eager steps' losses from stock MLX's, or a refusal."""
    candidate, reference = sides.candidate, sides.reference
    sides.freezer.release()
    candidate.begin_losses(seed, STEPS)
    own = candidate.end_losses(STEPS) if sides.frugal else None
    reference.begin_losses(seed, STEPS)
    base = reference.end_losses(STEPS)
    reference.ask("split", parts=REORDERED_PARTS)
    reference.begin_losses(seed, STEPS)
    reordered = reference.end_losses(STEPS)
    reference.ask("split", parts=0)
    found = own or candidate.end_losses(STEPS)
    distance = worst_distance(found, base)
    bound = TOLERANCE + REORDERED_MULTIPLE * worst_distance(reordered, base)
    if not distance <= bound:
        shown = f"windowed losses of {STEPS} steps differ by {distance:.1e} of stock MLX's; bound {bound:.1e}"
        return Rejected("correctness", f"the loss curve is another: {shown}")
    return distance
