"""The sides of one launch, and turns on them."""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from optimized_kernels.measurement.answers import finite, number, numbers, texts
from optimized_kernels.measurement.freeze import Freezer
from optimized_kernels.measurement.kernels import copy_kernels
from optimized_kernels.measurement.placement import Placement
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.side_process import Arrays, SideError, SideProcess
from optimized_kernels.measurement.tolerance import TF32_ROUNDING
from optimized_kernels.measurement.working_set import device_bytes, is_short
from optimized_kernels.sandbox import Limits, find_sandbox

Loop = Literal["eager", "compiled"]

REFERENCE, CANDIDATE, INCUMBENT = "reference", "candidate", "incumbent"

START_SECONDS = 60.0
# The first compiled step builds kernels; on a CPU that runs the system's C++ compiler.
COMPILE_SECONDS = 60.0
# Before timing a program may compile what it likes, for each answer; hanging is told from that no sooner.
CHECK_SECONDS = 20.0
GIB = 2**30
MEMORY = ("peak", "process")
KERNEL_CACHE = "MLX_EVOLVE_KERNEL_CACHE"


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


@dataclass(frozen=True)
class Sides:
    """The sides of one launch by name, all with the workload of the request's seed."""

    by_name: dict[str, Side]
    placement: Placement
    freezer: Freezer
    sandbox: str
    on_cpu: bool

    @property
    def frugal(self) -> bool:
        """Whether the device has too little memory for sides that work, or keep theirs, side by side."""
        return self.reference.frugal

    @property
    def reference(self) -> Side:
        """Stock MLX."""
        return self.by_name[REFERENCE]

    @property
    def candidate(self) -> Side:
        """The program that is evaluated."""
        return self.by_name[CANDIDATE]

    def turn(
        self,
        name: str,
        seed: int,
        loop: Loop,
        probe_seed: int,
        limit: float | None = None,
        steps: int | None = None,
    ) -> Turn:
        """A turn of one side while all others are frozen."""
        self.freezer.only(name)
        return self.by_name[name].turn(seed, loop, probe_seed, limit, steps)

    def load_programs(self, request: Request) -> list[str]:
        """Puts the programs into their sides; returns what the candidate's says its seams are."""
        if INCUMBENT in self.by_name:
            self.by_name[INCUMBENT].ask("load", source=request.incumbent)
        loaded = self.candidate.ask("load", source=request.source)
        return self.candidate.process.read("load", partial(texts, name="seams"), loaded)

    def share_kernels(self) -> None:
        """Gives the programs' sides a copy of the reference's built kernels. Nothing goes the other way."""
        for name, side in self.by_name.items():
            if name != REFERENCE:
                copy_kernels(self.reference.process.scratch, side.process.scratch)


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """Homes of the sides for as long as this process lives: a further launch finds its kernels built."""
    return tempfile.TemporaryDirectory(prefix="measurement-")


def _create(processes: dict[str, SideProcess], request: Request) -> None:
    for process in processes.values():
        process.send("create", preset=asdict(request.preset), seed=request.seed)
    for process in processes.values():
        try:
            process.receive("create", START_SECONDS)
        except SideError as error:  # no candidate code has run yet
            raise ReferenceFailed(f"{error.reason}\n{process.output()['stderr']}") from error


def _share_memory(by_name: dict[str, Side], info: Mapping[str, object], seed: int) -> None:
    """Makes the sides frugal where one step of the reference shows that they cannot all keep its memory."""
    reference = by_name[REFERENCE]
    reference.turn(seed, "eager", seed, steps=1)
    if is_short(reference.memory()["peak"], len(by_name), device_bytes(info)):
        for side in by_name.values():
            side.frugal = True


def _sides_of(request: Request) -> tuple[str, ...]:
    """The sides that a request's launches have."""
    paired = request.purpose == "confirmation" and request.incumbent is not None
    return (REFERENCE, CANDIDATE, INCUMBENT) if paired else (REFERENCE, CANDIDATE)


@contextmanager
def started(
    request: Request, names: tuple[str, ...] | None = None, begin: Callable[[], None] = lambda: None
) -> Iterator[Sides]:
    """Starts the sides of a request's launches, or those named, all at once, and kills them at the end.

    `begin` is called once their processes are on their way, before any of them uses the device.
    """
    names = names or _sides_of(request)
    sandbox, limits = find_sandbox(request.sandbox), Limits(memory_bytes=request.preset.memory_gib * GIB)
    with ExitStack() as stack:
        scratch, cache = Path(_scratch().name), os.environ.get(KERNEL_CACHE)
        processes: dict[str, SideProcess] = {}
        for name in names:
            home = Path(cache).resolve() if cache and name == REFERENCE else scratch / name
            processes[name] = SideProcess(name, home, sandbox.means, limits)
            stack.callback(processes[name].close)
        begin()
        # Not before: until then another evaluation may be building some.
        for name in names:
            if name != REFERENCE:
                copy_kernels(processes[REFERENCE].scratch, processes[name].scratch)
        _create(processes, request)
        by_name: dict[str, Side] = {
            name: (Side if name == CANDIDATE else Reference)(process, request)
            for name, process in processes.items()
        }
        placed = [process.pid for process in processes.values()]
        info = by_name[REFERENCE].ask("describe")["info"]
        on_cpu = info["backend"] == "cpu"
        if not on_cpu:
            # A GPU's kernels are built when they are first used, in the candidate's process too.
            for side in by_name.values():
                side.turn_limit = max(side.turn_limit, COMPILE_SECONDS)
                side.limit = max(side.limit, COMPILE_SECONDS)
            if info["backend"] == "cuda" and os.environ.get("MLX_ENABLE_TF32", "1") != "0":
                by_name[REFERENCE].rounding = TF32_ROUNDING
            _share_memory(by_name, info, request.seed)
            placed = []
        roots = {name: process.process.pid for name, process in processes.items()}
        yield Sides(by_name, Placement(placed), Freezer(roots), sandbox.means.mode, on_cpu)
