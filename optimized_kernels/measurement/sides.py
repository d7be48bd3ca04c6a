"""The sides of one launch, and turns on them."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from optimized_kernels.measurement.answers import texts
from optimized_kernels.measurement.freeze import Freezer
from optimized_kernels.measurement.kernels import copy_kernels
from optimized_kernels.measurement.placement import Placement
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.side_process import SideError, SideProcess
from optimized_kernels.measurement.side_requests import (
    COMPILE_SECONDS,
    Loop,
    Reference,
    ReferenceFailed,
    Side,
    Turn,
)
from optimized_kernels.measurement.tolerance import TF32_ROUNDING
from optimized_kernels.measurement.working_set import device_bytes, is_short
from optimized_kernels.sandbox import Limits, find_sandbox

REFERENCE, CANDIDATE, INCUMBENT = "reference", "candidate", "incumbent"

START_SECONDS = 60.0
GIB = 2**30
KERNEL_CACHE = "MLX_EVOLVE_KERNEL_CACHE"


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
