"""Is it the same arithmetic and the same training?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimized_kernels.measurement.side_process import Arrays
from optimized_kernels.measurement.sides import Sides
from optimized_kernels.measurement.tolerance import (
    NOISE,
    Agreement,
    Mismatch,
    compare,
    reordering_errors,
    tolerance_of,
)
from optimized_kernels.measurement.verdict import Rejected

# One part is stock MLX inside the seam, which differs where addmm rounds once and the seam twice.
SPLITS = (1, 2, 3)
TRAINED_STEPS = 3
TINY = 1e-30


# A projection may add up what a norm averages out, and gradients differ a little in size from turn to turn.
ANSWER_SLACK = 50.0


@dataclass(frozen=True)
class TurnBounds:
    """How far the projections of a timed turn may be from the reference's, per tensor."""

    names: tuple[str, ...]
    bounds: tuple[float, ...]

    def check(self, candidate: Sequence[float], reference: Sequence[float]) -> Rejected | None:
        """None for a turn that trained as the reference did."""
        if len(candidate) != len(self.names):
            return Rejected(
                "correctness", f"a timed turn has {len(candidate)} tensors; expected {len(self.names)}"
            )
        for name, bound, value, base in zip(self.names, self.bounds, candidate, reference, strict=True):
            if not abs(value - base) <= bound:
                distance = f"projection {value:.3e}, stock MLX {base:.3e}, bound {bound:.1e}"
                return Rejected("correctness", f"not the same training in a timed turn: {name} ({distance})")
        return None


@dataclass(frozen=True)
class Trained:
    """Training that agrees with stock MLX's: its worst tensor, and bounds for turns to come."""

    worst: Agreement
    bounds: TurnBounds


def _reordered(sides: Sides, op: str, **arguments: int) -> tuple[Arrays, list[Arrays]]:
    """What stock MLX answers, and what it answers with its sums in other orders."""
    reference = sides.reference

    def answer() -> Arrays:
        return reference.trained(**arguments) if op == "trained" else reference.ask_arrays(op, **arguments)

    stock = answer()
    runs = []
    for parts in SPLITS:
        reference.ask("split", parts=parts)
        runs.append(answer())
    reference.ask("split", parts=0)
    return stock, runs


def check_cases(sides: Sides, seed: int) -> Agreement | Rejected:
    """The seam alone: outputs and gradients on awkward shapes."""
    stock, runs = _reordered(sides, "cases", seed=seed)
    verdict = compare(sides.candidate.ask_arrays("cases", seed=seed), stock, reordering_errors(stock, runs))
    if isinstance(verdict, Mismatch):
        return Rejected("correctness", f"wrong product: {verdict.reason}")
    return verdict


def _turn_bounds(stock: Arrays, errors: Mapping[str, float]) -> TurnBounds:
    bounds = []
    for name, base in stock.items():
        share = 1.0 if errors[name] > NOISE else tolerance_of(name, errors[name])
        bounds.append(ANSWER_SLACK * share * float(np.linalg.norm(base)) + TINY)
    return TurnBounds(tuple(stock), tuple(bounds))


def check_training(sides: Sides, seed: int) -> Trained | Rejected:
    """Updates and optimizer state after one step and after TRAINED_STEPS."""
    worst = Agreement("", 0.0, 0.0)
    bounds = TurnBounds((), ())
    for steps in (TRAINED_STEPS, 1):
        stock, runs = _reordered(sides, "trained", seed=seed + steps, steps=steps)
        errors = reordering_errors(stock, runs)
        verdict = compare(sides.candidate.trained(seed + steps, steps), stock, errors)
        if isinstance(verdict, Mismatch):
            return Rejected("correctness", f"not the same training after {steps} steps: {verdict.reason}")
        worst = max(worst, verdict, key=lambda agreement: agreement.share)
        bounds = _turn_bounds(stock, errors)
    return Trained(worst, bounds)
