"""Is it the same arithmetic and the same training?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from optimized_kernels.measurement.side_process import Arrays
from optimized_kernels.measurement.side_requests import Side
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

T = TypeVar("T")
# Waits for the answer to a request that was sent.
Answer = Callable[[], T]


@dataclass(frozen=True)
class Trained:
    """Training that agrees with stock MLX's, and what timed turns are held to."""

    worst: Agreement
    # One turn of stock MLX: updates and optimizer state, and its own reordering error per tensor.
    stock: Arrays
    errors: Mapping[str, float]
    precise: bool


@dataclass(frozen=True)
class Stock:
    """What stock MLX answers, and its own reordering error per tensor."""

    arrays: Arrays
    errors: Mapping[str, float]


def _reordered(
    reference: Side, ask: Callable[[], None], answers: Callable[[], Sequence[Arrays]]
) -> list[Stock]:
    """What stock MLX answers, and how far it is from itself with its sums in other orders.

    All is asked for at once: the reference computes one answer while the one before it is compared.
    """
    ask()
    for parts in SPLITS:
        reference.send("split", parts=parts)
        ask()
    reference.send("split", parts=0)
    first = answers()
    worst = [dict.fromkeys(arrays, reference.rounding) for arrays in first]
    for _ in SPLITS:
        reference.receive("split")
        for stock, errors, other in zip(first, worst, answers(), strict=True):
            for name, error in reordering_errors(stock, [other]).items():
                errors[name] = max(errors[name], error)
    reference.receive("split")
    return [Stock(arrays, errors) for arrays, errors in zip(first, worst, strict=True)]


def reordered_training(reference: Side, seed: int, looks: Sequence[int]) -> list[Stock]:
    """What stock MLX has trained from `seed` after each of these numbers of steps."""
    return _reordered(
        reference,
        partial(reference.begin_trained, seed, looks),
        partial(reference.end_trained, looks),
    )


def check_cases(reference: Side, seed: int, seams: list[str], own: Answer[Arrays]) -> Agreement | Mismatch:
    """The seams alone: outputs and gradients on awkward shapes. `own` waits for the candidate's."""
    (stock,) = _reordered(
        reference,
        lambda: reference.send("cases", seed=seed, seams=seams),
        lambda: [reference.receive_arrays("cases")],
    )
    return compare(own(), stock.arrays, stock.errors)


def looks_at_training(turn_steps: int) -> tuple[int, int]:
    """Steps after which training is looked at: as many as a timed turn has, and another number of them."""
    return (1, TRAINED_STEPS) if turn_steps == 1 else (1, turn_steps)


def check_training(
    reference: Side, seed: int, imprecise: bool, own: Answer[Sequence[Arrays]]
) -> Trained | Rejected:
    """Updates and optimizer state at each look. `own` waits for the candidate's.

    With `imprecise` a difference beyond stock's own reordering is no refusal: the loss curve decides then.
    """
    looks = looks_at_training(reference.turn_steps)
    stocks = reordered_training(reference, seed, looks)
    worst = Agreement("", 0.0, 0.0)
    precise = True
    for steps, arrays, stock in zip(looks, own(), stocks, strict=True):
        verdict = compare(arrays, stock.arrays, stock.errors)
        if isinstance(verdict, Agreement):
            worst = max(worst, verdict, key=lambda agreement: agreement.share)
        elif imprecise and verdict.finite:
            precise = False
            worst = Agreement(verdict.tensor, verdict.error, verdict.share)
        else:
            return Rejected("correctness", f"not the same training after step {steps}: {verdict.reason}")
    turn = stocks[looks.index(reference.turn_steps)]
    return Trained(worst, turn.arrays, turn.errors, precise)
