"""Requests to one side, with the deadlines of an evaluation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from optimized_kernels.measurement.answers import finite, number, numbers
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.side_process import Arrays, SideError, SideProcess

Loop = Literal["eager", "compiled"]

# The first compiled step builds kernels; on a CPU that runs the system's C++ compiler.
COMPILE_SECONDS = 60.0
# Before timing a program may compile what it likes, for each answer; hanging is told from that no sooner.
CHECK_SECONDS = 20.0
MEMORY = ("peak", "process")


class ReferenceFailed(Exception):
    """The reference side broke: trouble of this machine, never a verdict."""


@dataclass(frozen=True)
class Turn:
    """One timed turn: seconds a step on the harness's clock, what the side answered after the last step, and
    seconds a step of preparing it; `seed` is what it started from."""

    seconds: float
    loss: float
    answers: list[float]
    prepared: float
    seed: int
    probe_seed: int


class Side:
    """Requests to one process, with the deadlines of this evaluation."""

    def __init__(self, process: SideProcess, request: Request) -> None:
        self.process = process
        self.turn_limit = request.turn_timeout_seconds
        self.turn_steps = request.turn_steps
        self.limit = max(self.turn_limit, CHECK_SECONDS)
        # What stock MLX's reordering error is at least, see `tolerance`.
        self.rounding = 0.0
        # Whether memory is given back as soon as a turn is over, for the other sides to use.
        self.frugal = False

    def end_checks(self) -> None:
        """From now on answers are due within a turn's limit."""
        self.limit = self.turn_limit

    def send(self, op: str, **arguments: Any) -> None:
        """Sends a request, whose answer has to be received in its turn."""
        self.process.send(op, **arguments)

    def receive(self, op: str, limit: float | None = None) -> dict[str, Any]:
        """The next answer, within the turn's limit or one of its own."""
        return self.process.receive(op, limit or self.limit)

    def receive_arrays(self, op: str) -> Arrays:
        """The next answer, which announces arrays, and those."""
        return self.process.receive_arrays(op, self.limit)

    def ask(self, op: str, limit: float | None = None, **arguments: Any) -> dict[str, Any]:
        """A request and its answer."""
        self.send(op, **arguments)
        return self.receive(op, limit)

    def ask_arrays(self, op: str, **arguments: Any) -> Arrays:
        """A request that is answered with arrays."""
        self.send(op, **arguments)
        return self.receive_arrays(op)

    def turn(
        self, seed: int, loop: Loop, probe_seed: int, limit: float | None = None, steps: int | None = None
    ) -> Turn:
        """A turn from the state of `seed`, of the request's number of steps unless `steps` says another.

        The clock stops when projections of all results are here.
        """
        steps = steps or self.turn_steps
        preparing = time.perf_counter()
        self.ask("prepare", seed=seed, steps=steps, loop=loop)
        limit = limit or self.limit
        started = time.perf_counter()
        stepped = self.ask("step", limit, steps=steps)
        probed = self.ask("probe", limit, seed=probe_seed)
        seconds = time.perf_counter() - started
        self._ask_to_release()
        self._released()
        loss = self.process.read("step", partial(number, name="loss"), stepped)
        answers = self.process.read("probe", partial(numbers, name="answers"), probed)
        return Turn(seconds / steps, loss, answers, (started - preparing) / steps, seed, probe_seed)

    def memory(self) -> dict[str, float]:
        """Peak memory in bytes: MLX's, and the process's."""
        answer = self.ask("memory")
        return {name: self.process.read("memory", partial(finite, name=name), answer) for name in MEMORY}

    def trained(self, seed: int, looks: Sequence[int]) -> list[Arrays]:
        """Everything that eager training from the state of `seed` has changed after each of these numbers of
        steps, which grow."""
        self.begin_trained(seed, looks)
        return self.end_trained(looks)

    def begin_trained(self, seed: int, looks: Sequence[int]) -> None:
        """Asks for `trained` without waiting for it. `end_trained` must follow."""
        self.send("prepare", seed=seed, steps=looks[-1], loop="eager")
        for steps in _between(looks):
            self.send("step", steps=steps)
            self.send("updates")
        self._ask_to_release()

    def end_trained(self, looks: Sequence[int]) -> list[Arrays]:
        """What `begin_trained` asked for."""
        self.receive("prepare")
        updates = []
        for steps in _between(looks):
            self.receive("step", steps * self.limit)
            updates.append(self.receive_arrays("updates"))
        self._released()
        return updates

    def begin_losses(self, seed: int, steps: int) -> None:
        """Asks for the losses of a stretch of eager training. `end_losses` must follow."""
        self.send("losses", seed=seed, steps=steps)
        self._ask_to_release()

    def end_losses(self, steps: int) -> list[float]:
        """What `begin_losses` asked for."""
        answer = self.receive("losses", steps * self.limit)
        losses = self.process.read("losses", partial(numbers, name="losses"), answer)
        self._released()
        return losses

    def _ask_to_release(self) -> None:
        if self.frugal:
            self.send("release")

    def _released(self) -> None:
        if self.frugal:
            self.receive("release")


def _between(looks: Sequence[int]) -> list[int]:
    """Steps from each look to the next, the first one from the beginning."""
    return [look - before for before, look in zip((0, *looks), looks, strict=False)]


class Reference(Side):
    """A side that the candidate is compared with. Its failures are the machine's, and so is its patience."""

    def __init__(self, process: SideProcess, request: Request) -> None:
        super().__init__(process, request)
        self.turn_limit = self.limit = max(self.turn_limit, COMPILE_SECONDS)

    def send(self, op: str, **arguments: Any) -> None:
        with self._blaming_the_machine():
            super().send(op, **arguments)

    def receive(self, op: str, limit: float | None = None) -> dict[str, Any]:
        with self._blaming_the_machine():
            return super().receive(op, limit)

    def receive_arrays(self, op: str) -> Arrays:
        with self._blaming_the_machine():
            return super().receive_arrays(op)

    @contextmanager
    def _blaming_the_machine(self) -> Iterator[None]:
        try:
            yield
        except SideError as error:
            printed = self.process.output()["stderr"].strip()
            said = (error.reason, error.traceback, printed)
            raise ReferenceFailed("\n".join(text for text in said if text)) from error
