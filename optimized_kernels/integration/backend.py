"""Kernels written for a GPU that this machine has not got."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

import mlx.core as mx

from optimized_kernels.seams.install import Patch, installed

KERNELS: dict[str, tuple[str, Callable[[], bool]]] = {
    "metal_kernel": ("Metal", mx.metal.is_available),
    "cuda_kernel": ("CUDA", mx.cuda.is_available),
}


class ForeignKernel(Exception):
    """The program asked for a kernel that only another backend can build."""


@dataclass
class ForeignKernels:
    """What a program asked for although this machine cannot build it."""

    reasons: list[str] = field(default_factory=list)

    def refuse(self, name: str, backend: str) -> Callable[..., NoReturn]:
        """Stands in for ``mx.fast.<name>``."""

        def kernel(*_arguments: object, **_keywords: object) -> NoReturn:
            reason = f"made for {backend}: it calls mx.fast.{name}, and this MLX has no {backend} backend"
            self.reasons.append(reason)
            raise ForeignKernel(reason)

        return kernel


@contextmanager
def foreign_kernels_noted() -> Iterator[ForeignKernels]:
    """Inside, kernels of absent backends raise ForeignKernel, which a program cannot swallow unnoticed."""
    noted = ForeignKernels()
    patches = tuple(
        Patch(mx.fast, name, noted.refuse(name, backend))
        for name, (backend, is_available) in KERNELS.items()
        if hasattr(mx.fast, name) and not is_available()
    )
    with installed(patches):
        yield noted
