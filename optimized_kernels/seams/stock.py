"""MLX's own functions, kept from before any seam was installed, and when they are in force."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import mlx.core as mx

matmul = mx.matmul
addmm = mx.addmm
array_matmul = mx.array.__matmul__
array_imatmul = mx.array.__imatmul__


class _Depth(threading.local):
    value = 0


_depth = _Depth()


def is_stock_in_force() -> bool:
    """Whether this thread is inside a seam, where the patched functions act as MLX's own."""
    return _depth.value > 0


@contextmanager
def stock_in_force() -> Iterator[None]:
    """Stock MLX inside: a program that multiplies with ``mx.matmul`` would otherwise recurse for ever."""
    _depth.value += 1
    try:
        yield
    finally:
        _depth.value -= 1
