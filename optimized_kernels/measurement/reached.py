"""Did the program's code run, in the forward and in the backward pass of the step that is timed?

Counts say so, and poison shows it: falsifying a seam's output must change the loss, falsifying its gradients
must change what is trained. Both live in the candidate's process: evidence against mistakes, not security.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from optimized_kernels.measurement.answers import count, texts
from optimized_kernels.measurement.side_requests import Side, Turn
from optimized_kernels.measurement.verdict import Rejected
from optimized_kernels.seams.interface import Interface

# Deviations below this are another order of sums, not poison.
CHANGED = 1e-3


@dataclass(frozen=True)
class Counts:
    """Calls in one turn by seam, and the most frequent operands."""

    seams: dict[str, dict[str, int]]
    products: str


def _differs(value: float, base: float) -> bool:
    return not abs(value - base) <= CHANGED * max(abs(base), 1e-12)


def _changes(poisoned: Turn, honest: Turn, direction: str) -> bool:
    if len(poisoned.answers) != len(honest.answers):
        return True
    pairs = list(zip(poisoned.answers, honest.answers, strict=True))
    if direction == "forward":
        pairs.append((poisoned.loss, honest.loss))
    return any(_differs(value, base) for value, base in pairs)


def _directions(seam: Interface) -> list[str]:
    return ["forward", "backward"] if seam.has_backward else ["forward"]


def _counts(candidate: Side, seams: Sequence[Interface]) -> Counts:
    read, answer = partial(candidate.process.read, "counts"), candidate.ask("counts")
    found = answer.get("seams")
    own = found if isinstance(found, dict) else {}
    counts = {}
    for seam in seams:
        calls = own.get(seam.seam)
        known = calls if isinstance(calls, dict) else {}
        counts[seam.seam] = {each: read(partial(count, name=each), known) for each in ("forward", "backward")}
    return Counts(counts, "\n".join(read(partial(texts, name="products"), answer)))


def check_reached(candidate: Side, seed: int, seams: Sequence[Interface]) -> Counts | Rejected:
    """Counts of an uncompiled step, or the first seam of the program that the step does without."""
    # A trace has forgotten the Python code that counts, and would have to be built anew for every poison.
    candidate.ask("compiling", enabled=False)
    honest = candidate.turn(seed, "eager", seed, steps=1)
    counts = _counts(candidate, seams)
    for seam in seams:
        name = seam.seam
        for direction in _directions(seam):
            where = f"{name} in its {direction} pass"
            if counts.seams[name][direction] < 1:
                return Rejected("reached", f"the training step never calls the program's {where}")
            candidate.ask("poison", seam=name, direction=direction)
            poisoned = candidate.turn(seed, "eager", seed, steps=1)
            if not _changes(poisoned, honest, direction):
                return Rejected(
                    "reached", f"falsifying the program's {where} changes nothing in the training"
                )
    candidate.ask("poison", seam=None, direction=None)
    candidate.ask("compiling", enabled=True)
    return counts
