"""MLX's own functions, kept from before any seam was installed, and when they are in force."""

from __future__ import annotations

import threading
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim

matmul = mx.matmul
addmm = mx.addmm
array_matmul = mx.array.__matmul__
array_imatmul = mx.array.__imatmul__
linear = nn.Linear.__call__
cross_entropy: Any = nn.losses.cross_entropy
gelu = nn.gelu
layer_norm = mx.fast.layer_norm
rms_norm = mx.fast.rms_norm
attention = mx.fast.scaled_dot_product_attention
embedding: Any = nn.Embedding.__call__
apply_gradients = optim.Optimizer.apply_gradients
compile = mx.compile
custom_function = mx.custom_function
value_and_grad = nn.value_and_grad


class _Depth(threading.local):
    value = 0


_depth = _Depth()


def is_stock_in_force() -> bool:
    """Whether this thread is inside a seam, where the patched functions act as MLX's own."""
    return _depth.value > 0


class _StockInForce:
    """Entered at every call of a seam: a class is several times cheaper here than a generator."""

    def __enter__(self) -> None:
        _depth.value += 1

    def __exit__(self, *_reason: object) -> None:
        _depth.value -= 1


_block = _StockInForce()


def stock_in_force() -> _StockInForce:
    """A block with stock MLX in it: a program that multiplies with ``mx.matmul`` would otherwise recurse."""
    return _block
