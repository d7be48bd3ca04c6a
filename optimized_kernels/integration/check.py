"""A program's seams against stock MLX, in this process, on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
import numpy as np

from optimized_kernels.measurement.cases import run_cases
from optimized_kernels.measurement.split import split_patches
from optimized_kernels.measurement.tolerance import Agreement, Arrays, Mismatch, compare, reordering_errors
from optimized_kernels.seams.install import Patch, installed
from optimized_kernels.seams.program import ProgramSeams

# Stock MLX inside the seam, and with its sums in two and in three parts: honest arithmetic, in other orders.
SPLITS = (1, 2, 3)


@contextmanager
def random_state_kept() -> Iterator[None]:
    """MLX's global random state is afterwards what it was: a program may draw from it when it is loaded."""
    keys: Any = mx.random.state
    high, low = keys[0].tolist()
    try:
        yield
    finally:
        # The state is one key, and a seed is a key in 64 bits.
        mx.random.seed(high << 32 | low)


def _answers(seed: int, names: Sequence[str], patches: Sequence[Patch]) -> Arrays:
    with installed(tuple(patches)):
        return {
            f"{name} ({str(value.dtype).rpartition('.')[2]})": np.array(value.astype(mx.float32))
            for name, value in run_cases(seed, names)
        }


def check_seams(seams: ProgramSeams, seed: int) -> Agreement | Mismatch:
    """Outputs and gradients of every case, on operands drawn from `seed`. Stock MLX must be in force outside.

    Raises whatever the program raises.
    """
    stock = _answers(seed, seams.names, ())
    reordered = [_answers(seed, seams.names, split_patches(parts)) for parts in SPLITS]
    verdict = compare(_answers(seed, seams.names, seams.patches), stock, reordering_errors(stock, reordered))
    if isinstance(verdict, Mismatch):
        return verdict
    for name in seams.names:
        if seams.calls[name].forward == 0:
            return Mismatch(name, f"seam {name} was never called by the cases that exercise it", 1.0)
    return verdict
