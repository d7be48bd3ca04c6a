"""The two sides of one evaluation, and turns on them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from optimized_kernels.measurement.placement import Placement
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.side_process import Arrays, SideError, SideProcess

Loop = Literal["eager", "compiled"]

START_SECONDS = 60.0
# The first compiled step builds kernels; on a CPU that runs the system's C++ compiler.
COMPILE_SECONDS = 60.0
KERNEL_CACHE = "MLX_EVOLVE_KERNEL_CACHE"


class ReferenceFailed(Exception):
    """The reference side broke: trouble of this machine, never a verdict."""


@dataclass(frozen=True)
class Turn:
    """One timed turn: seconds on the harness's clock, and what the side answered."""

    seconds: float
    loss: float
    answers: list[float]


class Side:
    """Requests to one process, with the deadlines of this evaluation."""

    def __init__(self, process: SideProcess, request: Request) -> None:
        self.process = process
        self.limit = request.turn_timeout_seconds

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        """One request within the turn's limit."""
        return self.process.request(op, self.limit, **arguments)

    def ask_arrays(self, op: str, **arguments: Any) -> Arrays:
        """One request that is answered with arrays."""
        self.process.send(op, **arguments)
        return self.process.receive_arrays(op, self.limit)

    def turn(self, seed: int, loop: Loop, probe_seed: int, limit: float | None = None) -> Turn:
        """One step from the state of `seed`. The clock stops when projections of all results are here."""
        self.ask("prepare", seed=seed, steps=1, loop=loop)
        limit = limit or self.limit
        started = time.perf_counter()
        loss = self.process.request("step", limit)["loss"]
        answers = self.process.request("probe", limit, seed=probe_seed)["answers"]
        return Turn(time.perf_counter() - started, loss, answers)

    def trained(self, seed: int, steps: int) -> Arrays:
        """Everything that `steps` eager steps from the state of `seed` change."""
        self.ask("prepare", seed=seed, steps=steps, loop="eager")
        self.ask("step")
        return self.ask_arrays("updates")


class Reference(Side):
    """The side with stock MLX. Its failures are the machine's, and so is its patience."""

    def __init__(self, process: SideProcess, request: Request) -> None:
        super().__init__(process, request)
        self.limit = max(self.limit, COMPILE_SECONDS)

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        try:
            return super().ask(op, **arguments)
        except SideError as error:
            raise self._infrastructure(error) from error

    def ask_arrays(self, op: str, **arguments: Any) -> Arrays:
        try:
            return super().ask_arrays(op, **arguments)
        except SideError as error:
            raise self._infrastructure(error) from error

    def turn(self, seed: int, loop: Loop, probe_seed: int, limit: float | None = None) -> Turn:
        try:
            return super().turn(seed, loop, probe_seed, limit)
        except SideError as error:
            raise self._infrastructure(error) from error

    def _infrastructure(self, error: SideError) -> ReferenceFailed:
        printed = self.process.output()["stderr"].strip()
        return ReferenceFailed("\n".join(text for text in (error.reason, error.traceback, printed) if text))


@dataclass(frozen=True)
class Sides:
    """Reference and candidate, both with the workload of the request's seed."""

    reference: Reference
    candidate: Side
    placement: Placement

    def share_kernels(self) -> None:
        """Gives the candidate a copy of the reference's built kernels. Nothing goes the other way."""
        _share_kernels(self.reference, self.candidate)


def _share_kernels(reference: Side, candidate: Side) -> None:
    built = reference.process.scratch / "mlx"
    if built.is_dir():
        shutil.copytree(built, candidate.process.scratch / "mlx", dirs_exist_ok=True)


@contextmanager
def started(request: Request) -> Iterator[Sides]:
    """Starts both sides at once and kills them at the end."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="measurement-")))
        cache = os.environ.get(KERNEL_CACHE)
        homes = {"reference": Path(cache).resolve() if cache else scratch / "reference"}
        homes["candidate"] = scratch / "candidate"
        processes = {}
        for name, home in homes.items():
            processes[name] = SideProcess(name, home)
            stack.callback(processes[name].close)
        reference, candidate = (
            Reference(processes["reference"], request),
            Side(processes["candidate"], request),
        )
        _share_kernels(reference, candidate)
        for process in processes.values():
            process.send("create", preset=asdict(request.preset), seed=request.seed)
        try:
            for process in processes.values():
                process.receive("create", START_SECONDS)
        except SideError as error:  # no candidate code has run yet
            raise ReferenceFailed(f"{error.reason}\n{process.output()['stderr']}") from error
        placed = [process.process.pid for process in processes.values()]
        if reference.ask("describe")["info"]["backend"] != "cpu":
            # A GPU's kernels are built when they are first used, in the candidate's process too.
            candidate.limit = max(candidate.limit, COMPILE_SECONDS)
            placed = []
        yield Sides(reference, candidate, Placement(placed))
