"""Putting a program's product into MLX, and taking it out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import mlx.core as mx

from optimized_kernels.seams import matmul as routed
from optimized_kernels.seams.product import Product


@dataclass(frozen=True)
class Patch:
    """One attribute of MLX and what it is replaced by."""

    owner: object
    name: str
    replacement: object


def matmul_patches(product: Product) -> tuple[Patch, ...]:
    """The call sites of matrix products. ``nn.Linear`` and recurrent layers look these up at every call."""
    return (
        Patch(mx, "matmul", routed.matmul(product)),
        Patch(mx, "addmm", routed.addmm(product)),
        Patch(mx.array, "__matmul__", routed.array_matmul(product)),
        Patch(mx.array, "__imatmul__", routed.array_imatmul(product)),
    )


@contextmanager
def installed(patches: tuple[Patch, ...]) -> Iterator[None]:
    """`patches` are in MLX inside the block; afterwards what was there before is there again.

    A step traced by ``mx.compile`` inside the block keeps the replacement, one traced before stays as it was.
    """
    before = [(patch, getattr(patch.owner, patch.name)) for patch in patches]
    try:
        for patch in patches:
            setattr(patch.owner, patch.name, patch.replacement)
        yield
    finally:
        for patch, original in reversed(before):
            setattr(patch.owner, patch.name, original)
