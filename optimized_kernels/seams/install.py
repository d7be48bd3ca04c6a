"""Putting a program's functions into MLX, and taking them out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from optimized_kernels.seams.matmul import matmul_patches as matmul_patches
from optimized_kernels.seams.patch import Patch as Patch


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
