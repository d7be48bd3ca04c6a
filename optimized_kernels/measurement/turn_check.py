"""What every timed turn is held to: the reference's loss and projections, and at times all it trained."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from optimized_kernels.measurement.correctness import Trained, reordered_training
from optimized_kernels.measurement.side_requests import Turn
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE, Sides
from optimized_kernels.measurement.tolerance import NOISE, Array, Mismatch, compare, tolerance_of
from optimized_kernels.measurement.verdict import Rejected

TINY = 1e-30
# A projection may add up what a norm averages out, and gradients differ a little in size from turn to turn.
ANSWER_SLACK = 50.0
PROJECTION_ROUNDING = 2e-2
LOSS_TOLERANCE = 1e-4
# Where a problem allows another precision, turns are only kept from being something else altogether.
IMPRECISE_SHARE = 0.5
IMPRECISE_LOSS = 2e-2
# Share of the turns that are copied out in full; which ones nobody can know before they are over.
COPIED_OUT = 0.06


def projection(tensor: Array, rows: Array, columns: Array) -> float:
    """As ``probe.project`` defines it, in double precision."""
    table = tensor.reshape(-1, tensor.shape[-1] if tensor.ndim else 1).astype(np.float64)
    return float(rows[: table.shape[0]] @ table @ columns[: table.shape[1]])


def projection_bound(tensor: Array) -> float:
    """How far MLX's projection may be from that one: on a GPU its product may round to TF32."""
    return PROJECTION_ROUNDING * float(np.linalg.norm(tensor)) + TINY


class TurnCheck:
    """Judges turns. A program cannot tell a turn that is copied out from any other."""

    def __init__(self, sides: Sides, trained: Trained, copied_out: float = COPIED_OUT) -> None:
        self.sides = sides
        self.trained = trained
        self.copied_out = copied_out
        self.rng = random.SystemRandom()
        self.names = tuple(trained.stock)
        self.bounds = tuple(self._bound(name) for name in self.names)

    def _bound(self, name: str) -> float:
        error = self.trained.errors[name]
        share = 1.0 if error > NOISE else tolerance_of(name, error)
        if not self.trained.precise:
            share = max(share, IMPRECISE_SHARE)
        return ANSWER_SLACK * share * float(np.linalg.norm(self.trained.stock[name])) + TINY

    def __call__(self, turns: dict[str, Turn]) -> Rejected | None:
        """None for a half block in which the candidate trained as the reference did."""
        own, base = turns[CANDIDATE], turns[REFERENCE]
        tolerance = LOSS_TOLERANCE if self.trained.precise else IMPRECISE_LOSS
        if not abs(own.loss - base.loss) <= tolerance * abs(base.loss):
            found = f"its loss is {own.loss:.6g}, stock MLX has {base.loss:.6g}"
            return Rejected("correctness", f"not the same training in a timed turn: {found}")
        wrong = self._projections(own.answers, base.answers)
        if wrong is None and self.rng.random() < self.copied_out:
            wrong = self._everything(own)
        return wrong

    def _projections(self, own: Sequence[float], base: Sequence[float]) -> Rejected | None:
        if len(own) != len(self.names):
            found = f"a timed turn has {len(own)} tensors; expected {len(self.names)}"
            return Rejected("correctness", found)
        for name, bound, value, stock in zip(self.names, self.bounds, own, base, strict=True):
            if not abs(value - stock) <= bound:
                distance = f"projection {value:.3e}, stock MLX {stock:.3e}, bound {bound:.1e}"
                return Rejected("correctness", f"not the same training in a timed turn: {name} ({distance})")
        return None

    def _errors_of(self, turn: Turn) -> dict[str, float]:
        """Stock MLX's reordering errors on this turn's own data.

        They differ from those of other data where Adam divides by a gradient that is zero but for rounding.
        """
        self.sides.freezer.only(REFERENCE)
        reference = self.sides.reference
        (stock,) = reordered_training(reference, turn.seed, [reference.turn_steps])
        return {name: max(error, stock.errors[name]) for name, error in self.trained.errors.items()}

    def _everything(self, turn: Turn) -> Rejected | None:
        """Copies out all that the turn just over has trained, on both sides.

        The candidate's copy must also be what its own answers were projections of: training that is made up
        for once a copy is asked for comes too late.
        """
        self.sides.freezer.only(REFERENCE)
        stock = self.sides.reference.ask_arrays("updates")
        weights = self.sides.reference.ask_arrays("weights", seed=turn.probe_seed)
        self.sides.freezer.only(CANDIDATE)
        own = self.sides.candidate.ask_arrays("updates")
        verdict = compare(own, stock, self.trained.errors)
        if isinstance(verdict, Mismatch) and self.trained.precise and verdict.finite:
            verdict = compare(own, stock, self._errors_of(turn))
        if isinstance(verdict, Mismatch) and (self.trained.precise or not verdict.finite):
            return Rejected("correctness", f"not the same training in a timed turn: {verdict.reason}")
        rows, columns = weights["rows (float32)"], weights["columns (float32)"]
        for name, answer in zip(self.names, turn.answers, strict=True):
            if not abs(projection(own[name], rows, columns) - answer) <= projection_bound(own[name]):
                reason = f"{name} was copied out as something else than it was answered for"
                return Rejected("correctness", f"not the same training in a timed turn: {reason}")
        return None
