"""Turns of several sides that alternate slice by slice: each is stopped after a slice, and the next goes on.

A machine's pace changes from one turn to the next (a neighbour on the same physical core, clock steps), and
that is most of what makes equal programs look unequal. Slices are shorter than a change of pace, so each side
has its share of every pace. Only what a stopped process cannot go on with can be timed so: work on the CPU.

Every side's clock runs from before it is told to go on until all its processes have been stopped, or until
its answer is here. The caller says who begins, and has it the other way round in the next half block.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from optimized_kernels.measurement.side_requests import Loop, Side, Turn
from optimized_kernels.measurement.sides import Sides

SLICE_SECONDS = 0.01


class _TurnUnderWay:
    """A turn of a side that runs at times. `seconds` counts those during which it ran."""

    def __init__(self, side: Side, seed: int, loop: Loop, probe_seed: int) -> None:
        self.side = side
        self.seed, self.probe_seed = seed, probe_seed
        self.prepared = side.prepare(seed, loop, side.turn_steps)
        self.loss: float | None = None
        self.seconds = 0.0

    def ask(self) -> None:
        """Asks for the steps; the side need not run."""
        self.side.send("step", steps=self.side.turn_steps)

    def answer(self, started: float) -> list[float] | None:
        """The turn's projections, if they come within a slice that began at `started` on the clock.

        What is projected is said when the steps are over. Raises as `Side.receive`, which also ends a turn
        that has had its limit of time.
        """
        until = started + SLICE_SECONDS
        if self.loss is None:
            if not self._is_there("step", until):
                return None
            self.loss = self.side.loss_of(self.side.receive("step"))
            self.side.send("probe", seed=self.probe_seed)
        if not self._is_there("probe", until):
            return None
        return self.side.answers_of(self.side.receive("probe"))

    def _is_there(self, op: str, until: float) -> bool:
        if self.side.process.answers_within(max(0.0, until - time.perf_counter())):
            return True
        if self.seconds > self.side.limit:
            self.side.receive(op, SLICE_SECONDS)
        return False

    def over(self, answers: list[float]) -> Turn:
        """The whole turn."""
        assert self.loss is not None
        steps = self.side.turn_steps
        seconds, prepared = self.seconds / steps, self.prepared / steps
        return Turn(seconds, self.loss, answers, prepared, self.seed, self.probe_seed)


def interleaved_turns(
    sides: Sides, names: Sequence[str], seed: int, loop: Loop, probe_seed: int
) -> dict[str, Turn]:
    """A turn of each of `names` from the state of `seed`, in slices, which they get in this order.

    With one name its turn is stopped and continued just so. Raises as `Side.turn` does.
    """
    freezer = sides.freezer
    under_way: dict[str, _TurnUnderWay] = {}
    for name in names:
        freezer.only(name)
        under_way[name] = _TurnUnderWay(sides.by_name[name], seed, loop, probe_seed)
    for name, turn in under_way.items():
        freezer.stop(name)
        turn.ask()
    turns: dict[str, Turn] = {}
    while under_way:
        for name, turn in list(under_way.items()):
            freezer.stop_others(name)
            started = time.perf_counter()
            freezer.resume(name)
            answers = turn.answer(started)
            if answers is None:
                freezer.stop(name)
            turn.seconds += time.perf_counter() - started
            if answers is not None:
                freezer.stop(name)
                turns[name] = turn.over(answers)
                del under_way[name]
    return turns
