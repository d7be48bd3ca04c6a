"""Putting a program into this process's training, after it was shown to compute what stock MLX does."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from optimized_kernels.integration.backend import foreign_kernels_noted
from optimized_kernels.integration.check import check_seams, random_state_kept
from optimized_kernels.integration.compiled import compiled_functions
from optimized_kernels.integration.errors import OptimizationRefused, OptimizationWarning, Stage
from optimized_kernels.integration.handle import OptimizationHandle, active_handles
from optimized_kernels.integration.patchboard import BOARD
from optimized_kernels.integration.program_file import ProgramFile, load, read_program
from optimized_kernels.measurement.tolerance import FLOORS, Agreement, Mismatch
from optimized_kernels.seams.device import device_info
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.program import ProgramSeams, program_seams

# What a shorter float may be off by. More is another computation.
LARGEST_ERROR = FLOORS["bfloat16"]


def enable_training_optimizations(
    program: str | os.PathLike[str], *, allow_precision: bool = False, check_seed: int = 0
) -> OptimizationHandle:
    """Checks `program` against stock MLX on the default device, and puts its seams into MLX.

    The program runs in this process with its rights: enable only what you would also import. Enable before
    training threads start, as MLX is stock while the check runs. Operands of the check are drawn from
    `check_seed`; MLX's random state is left as it was. With `allow_precision` a program that computes in a
    shorter float is taken, with a warning. Raises OptimizationRefused with the reason, and then nothing has
    changed.
    """
    file = read_program(Path(program))
    device, compiled_before = device_info(), compiled_functions()
    with BOARD.suspended(), random_state_kept():
        seams, verdict = _checked(file, device, check_seed)
        agreement = _accepted(file, verdict, allow_precision)
    for calls in seams.calls.values():
        calls.clear()
    return OptimizationHandle(file, seams, agreement, str(device["backend"]), compiled_before)


def active_optimizations() -> tuple[OptimizationHandle, ...]:
    """Handles of all enabled programs, the oldest first."""
    return active_handles()


def _accepted(file: ProgramFile, verdict: Agreement | Mismatch, allow_precision: bool) -> Agreement:
    if isinstance(verdict, Agreement):
        return verdict
    if not allow_precision or not verdict.error <= LARGEST_ERROR:
        raise OptimizationRefused(file.path, "check", verdict.reason)
    warnings.warn(f"{file.path} changes precision: {verdict.reason}", OptimizationWarning, stacklevel=3)
    return Agreement(verdict.tensor, verdict.error, verdict.share)


def _checked(
    file: ProgramFile, device: dict[str, object], seed: int
) -> tuple[ProgramSeams, Agreement | Mismatch]:
    stage: Stage = "load"
    with foreign_kernels_noted() as foreign:
        try:
            module = load(file)
            stage = "seams"
            seams = program_seams(module, device)
            stage = "check"
            verdict = check_seams(seams, seed)
        except (Exception, SystemExit) as error:
            # A program raises anything; it is refused with that.
            if foreign.reasons:
                raise OptimizationRefused(file.path, "backend", foreign.reasons[0]) from error
            reason = str(error) if isinstance(error, SeamError) else f"{type(error).__name__}: {error}"
            raise OptimizationRefused(file.path, stage, reason) from error
    if foreign.reasons:
        raise OptimizationRefused(file.path, "backend", foreign.reasons[0])
    return seams, verdict
