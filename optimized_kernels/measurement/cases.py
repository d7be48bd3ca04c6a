"""Cases on which a program's seams are compared with stock MLX, forward and backward. Runs in a side."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

import mlx.core as mx

from optimized_kernels.measurement.attention_cases import ATTENTION_CASES, CROSS_ENTROPY_CASES
from optimized_kernels.measurement.layer_cases import LAYER_CASES
from optimized_kernels.measurement.matmul_cases import MATMUL_CASES
from optimized_kernels.measurement.update_cases import UPDATE_CASES
from optimized_kernels.seams.interface import SEAMS


class _Case(Protocol):
    @property
    def seam(self) -> str: ...

    @property
    def name(self) -> str: ...

    def values(self, key: mx.array) -> Iterator[tuple[str, mx.array]]: ...


CASES: tuple[_Case, ...] = (
    *MATMUL_CASES,
    *LAYER_CASES,
    *ATTENTION_CASES,
    *CROSS_ENTROPY_CASES,
    *UPDATE_CASES,
)


def run_cases(seed: int, seams: Collection[str] = tuple(SEAMS)) -> Iterator[tuple[str, mx.array]]:
    """Yields name and value of every result of the cases of `seams`, on operands drawn from `seed`.

    The operands of a case do not depend on which others run.
    """
    keys = mx.random.split(mx.random.key(seed), len(CASES))
    for case, key in zip(CASES, keys, strict=True):
        if case.seam in seams:
            yield from case.values(key)
