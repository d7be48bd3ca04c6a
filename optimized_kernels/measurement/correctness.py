"""Is it the same arithmetic and the same training?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from optimized_kernels.measurement.side_process import Arrays
from optimized_kernels.measurement.sides import Side, Sides
from optimized_kernels.measurement.tolerance import (
    Agreement,
    Mismatch,
    compare,
    reordering_errors,
)
from optimized_kernels.measurement.verdict import Rejected

# One part is stock MLX inside the seam, which differs where addmm rounds once and the seam twice.
SPLITS = (1, 2, 3)
TRAINED_STEPS = 2


@dataclass(frozen=True)
class Trained:
    """Training that agrees with stock MLX's, and what timed turns are held to."""

    worst: Agreement
    # One turn of stock MLX: updates and optimizer state, and its own reordering error per tensor.
    stock: Arrays
    errors: Mapping[str, float]
    precise: bool


def _reordered(
    reference: Side, ask: Callable[[], None], answer: Callable[[], Arrays]
) -> tuple[Arrays, dict[str, float]]:
    """What stock MLX answers, and how far it is from itself with its sums in other orders.

    All is asked for at once: the reference computes one answer while the one before it is compared.
    """
    ask()
    for parts in SPLITS:
        reference.send("split", parts=parts)
        ask()
    reference.send("split", parts=0)
    stock = answer()
    worst = dict.fromkeys(stock, reference.rounding)
    for _ in SPLITS:
        reference.receive("split")
        errors = reordering_errors(stock, [answer()])
        worst = {name: max(worst[name], error) for name, error in errors.items()}
    reference.receive("split")
    return stock, worst


def reordered_training(reference: Side, seed: int, steps: int) -> tuple[Arrays, dict[str, float]]:
    """What stock MLX trains in `steps` steps from `seed`, and its reordering error per tensor."""
    return _reordered(
        reference,
        partial(reference.begin_trained, seed, steps),
        partial(reference.end_trained, steps),
    )


def check_cases(sides: Sides, seed: int, seams: list[str]) -> Agreement | Mismatch:
    """The seams alone: outputs and gradients on awkward shapes."""
    own, reference = sides.candidate, sides.reference
    own.send("cases", seed=seed, seams=seams)
    stock, errors = _reordered(
        reference,
        lambda: reference.send("cases", seed=seed, seams=seams),
        lambda: reference.receive_arrays("cases"),
    )
    return compare(own.receive_arrays("cases"), stock, errors)


def check_training(sides: Sides, seed: int, imprecise: bool) -> Trained | Rejected:
    """Updates and optimizer state after as many steps as a timed turn has, and after another number of them.

    With `imprecise` a difference beyond stock's own reordering is no refusal: the loss curve decides then.
    """
    worst = Agreement("", 0.0, 0.0)
    precise = True
    stock: Arrays = {}
    errors: Mapping[str, float] = {}
    turn_steps = sides.reference.turn_steps
    for steps in (TRAINED_STEPS if turn_steps == 1 else 1, turn_steps):
        drawn = seed + steps
        sides.candidate.begin_trained(drawn, steps)
        own = sides.candidate.end_trained(steps) if sides.frugal else None
        stock, errors = reordered_training(sides.reference, drawn, steps)
        verdict = compare(own or sides.candidate.end_trained(steps), stock, errors)
        if isinstance(verdict, Agreement):
            worst = max(worst, verdict, key=lambda agreement: agreement.share)
        elif imprecise and verdict.finite:
            precise = False
            worst = Agreement(verdict.tensor, verdict.error, verdict.share)
        else:
            return Rejected("correctness", f"not the same training after {steps} steps: {verdict.reason}")
    return Trained(worst, stock, errors, precise)
