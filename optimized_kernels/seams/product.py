"""The 2-D product of a program, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import mlx.core as mx

from optimized_kernels.seams import stock
from optimized_kernels.seams.calls import Calls, Direction
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.poison import Poison

ChooseTileSize = Callable[[int, int, int, Mapping[str, object]], Sequence[int]]
TiledMatmul = Callable[[mx.array, mx.array, int, int, int], mx.array]
Product = Callable[[mx.array, mx.array], mx.array]


def _checked_tiles(tiles: object, shape: str) -> tuple[int, int, int]:
    if (
        isinstance(tiles, (tuple, list))
        and len(tiles) == 3
        and all(type(tile) is int and tile > 0 for tile in tiles)
    ):
        return tiles[0], tiles[1], tiles[2]
    raise SeamError(f"choose_tile_size returned {tiles!r:.80} for {shape}; expected three positive integers")


def _checked_product(out: object, a: mx.array, b: mx.array) -> mx.array:
    if not isinstance(out, mx.array):
        raise SeamError(f"optimized_matmul returned {type(out).__name__}; expected an mx.array")
    expected = (a.shape[0], b.shape[1])
    if out.shape != expected or out.dtype != a.dtype:
        raise SeamError(
            f"optimized_matmul returned {out.dtype} of shape {out.shape} for {a.shape} @ {b.shape};"
            f" expected {a.dtype} of shape {expected}"
        )
    return out


def tiled_product(
    choose_tile_size: ChooseTileSize,
    optimized_matmul: TiledMatmul,
    device_info: Mapping[str, object],
    calls: Calls,
    poison: Poison | None = None,
) -> Product:
    """A differentiable (M, K) @ (K, N) made of a program's two functions.

    The backward products dA = dC Bᵀ and dB = Aᵀ dC go through the program as well. Operands have one
    floating dtype, which is the result's. Raises SeamError where the program breaks its contract.
    """
    poisoned = poison or Poison()

    def multiply(a: mx.array, b: mx.array, direction: Direction) -> mx.array:
        (m, k), n = a.shape, b.shape[1]
        shape = f"{m}x{n}x{k}"
        with stock.stock_in_force():
            tiles = _checked_tiles(choose_tile_size(m, n, k, device_info), shape)
            out = _checked_product(optimized_matmul(a, b, *tiles), a, b)
        calls.record(direction, f"{shape} tiles {tiles[0]}x{tiles[1]}x{tiles[2]}")
        return poisoned.applied("matmul", direction, out)

    def forward(a: mx.array, b: mx.array) -> mx.array:
        return multiply(a, b, "forward")

    def backward(
        operands: tuple[mx.array, mx.array], cotangent: mx.array, _output: mx.array
    ) -> tuple[mx.array, mx.array]:
        a, b = operands
        return multiply(cotangent, b.T, "backward"), multiply(a.T, cotangent, "backward")

    product = stock.custom_function(forward)
    product.vjp(backward)
    return cast(Product, product)
