"""Cases of the matrix product."""

from __future__ import annotations

import operator

import mlx.core as mx

from optimized_kernels.measurement.case import Case, Operand, Operation, in_half_precision


# MLX's functions are looked up when a case runs: that is what a seam replaces.
def _matmul(a: mx.array, b: mx.array) -> mx.array:
    return mx.matmul(a, b)


def _linear(bias: mx.array, x: mx.array, weight: mx.array) -> mx.array:
    return mx.addmm(bias, x, weight.T)


def _in_place(a: mx.array, b: mx.array) -> mx.array:
    product = mx.array(a)
    product @= b
    return product


def _case(name: str, operands: tuple[Operand, ...], operation: Operation) -> Case:
    return Case("matmul", name, operands, operation)


MATMUL_CASES = (
    _case("matmul of odd sizes", ((33, 17), (17, 65)), _matmul),
    _case("matmul of one row", ((1, 7), (7, 5)), _matmul),
    _case("matmul with one inner element", ((6, 1), (1, 9)), _matmul),
    _case("matmul with a long inner dimension", ((4, 1031), (1031, 6)), _matmul),
    _case("matmul of tile-sized operands", ((128, 192), (192, 64)), _matmul),
    _case("addmm as nn.Linear calls it", ((40,), (2, 9, 24), (40, 24)), _linear),
    _case(
        "addmm with alpha and beta",
        ((13, 11), (13, 29), (29, 11)),
        lambda c, a, b: mx.addmm(c, a, b, 0.5, -2.0),
    ),
    _case("3-D @ transposed 2-D", ((3, 5, 16), (10, 16)), lambda a, b: a @ b.T),
    _case("transposed 2-D @ 2-D", ((21, 14), (21, 10)), lambda a, b: a.T @ b),
    _case("strided 2-D @ 2-D", ((30, 19), (9, 12)), lambda a, b: a[::2, 1::2] @ b),
    _case("broadcast row @ 2-D", ((1, 12), (12, 7)), lambda a, b: mx.broadcast_to(a, (16, 12)) @ b),
    _case("4-D @ 2-D", ((4, 1, 6, 10), (10, 3)), operator.matmul),
    _case("2-D @ 3-D with one matrix", ((6, 10), (1, 10, 3)), operator.matmul),
    _case("batched @ broadcast batch", ((2, 3, 5, 7), (3, 7, 4)), operator.matmul),
    _case("@= with one matrix", ((2, 8, 12), (12, 12)), _in_place),
    *in_half_precision(_case("matmul", ((33, 48), (48, 20)), _matmul)),
)
