"""Products on which a program's seam is compared with stock MLX, forward and backward. Runs in a side."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import mlx.core as mx

Operation = Callable[..., mx.array]


@dataclass(frozen=True)
class Case:
    """An operation on random operands of these shapes. Views are taken inside: gradients cross them."""

    name: str
    shapes: tuple[tuple[int, ...], ...]
    operation: Operation
    dtype: mx.Dtype = mx.float32


# MLX's functions are looked up when a case runs: that is what a seam replaces.
def _matmul(a: mx.array, b: mx.array) -> mx.array:
    return mx.matmul(a, b)


def _linear(bias: mx.array, x: mx.array, weight: mx.array) -> mx.array:
    return mx.addmm(bias, x, weight.T)


def _in_place(a: mx.array, b: mx.array) -> mx.array:
    product = mx.array(a)
    product @= b
    return product


CASES = (
    Case("matmul of odd sizes", ((33, 17), (17, 65)), _matmul),
    Case("matmul of one row", ((1, 7), (7, 5)), _matmul),
    Case("matmul with one inner element", ((6, 1), (1, 9)), _matmul),
    Case("matmul with a long inner dimension", ((4, 1031), (1031, 6)), _matmul),
    Case("matmul of tile-sized operands", ((128, 192), (192, 64)), _matmul),
    Case("addmm as nn.Linear calls it", ((40,), (2, 9, 24), (40, 24)), _linear),
    Case(
        "addmm with alpha and beta",
        ((13, 11), (13, 29), (29, 11)),
        lambda c, a, b: mx.addmm(c, a, b, 0.5, -2.0),
    ),
    Case("3-D @ transposed 2-D", ((3, 5, 16), (10, 16)), lambda a, b: a @ b.T),
    Case("transposed 2-D @ 2-D", ((21, 14), (21, 10)), lambda a, b: a.T @ b),
    Case("strided 2-D @ 2-D", ((30, 19), (9, 12)), lambda a, b: a[::2, 1::2] @ b),
    Case("broadcast row @ 2-D", ((1, 12), (12, 7)), lambda a, b: mx.broadcast_to(a, (16, 12)) @ b),
    Case("4-D @ 2-D", ((4, 1, 6, 10), (10, 3)), operator.matmul),
    Case("2-D @ 3-D with one matrix", ((6, 10), (1, 10, 3)), operator.matmul),
    Case("batched @ broadcast batch", ((2, 3, 5, 7), (3, 7, 4)), operator.matmul),
    Case("@= with one matrix", ((2, 8, 12), (12, 12)), _in_place),
    Case("bfloat16 matmul", ((33, 48), (48, 20)), _matmul, mx.bfloat16),
    Case("float16 matmul", ((33, 48), (48, 20)), _matmul, mx.float16),
)


def run_cases(seed: int) -> Iterator[tuple[str, mx.array]]:
    """Yields name and value of every case's output and gradients, on operands drawn from `seed`."""
    keys = mx.random.split(mx.random.key(seed), len(CASES))
    for case, key in zip(CASES, keys, strict=True):
        *operand_keys, cotangent_key = mx.random.split(key, len(case.shapes) + 1)
        operands = [
            mx.random.normal(shape, key=operand_key).astype(case.dtype)
            for shape, operand_key in zip(case.shapes, operand_keys, strict=True)
        ]
        shape = case.operation(*operands).shape
        cotangent = mx.random.normal(shape, key=cotangent_key).astype(case.dtype)
        outputs, gradients = mx.vjp(case.operation, operands, [cotangent])
        yield f"{case.name}: output", outputs[0]
        for position, gradient in enumerate(gradients):
            yield f"{case.name}: gradient of operand {position}", gradient
