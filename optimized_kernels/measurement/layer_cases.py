"""Cases of linear layers, embeddings, GELU and norms."""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn

from optimized_kernels.measurement.case import Case, Indices, Operand, Operation, in_half_precision, layer_of


# MLX's functions are looked up when a case runs: that is what a seam replaces.
def _linear(x: mx.array, weight: mx.array, *bias: mx.array) -> mx.array:
    out: mx.array = layer_of(nn.Linear, weight=weight, **({"bias": bias[0]} if bias else {}))(x)
    return out


def _embedding(weight: mx.array, tokens: mx.array) -> mx.array:
    out: mx.array = layer_of(nn.Embedding, weight=weight)(tokens)
    return out


def _gelu(x: mx.array) -> mx.array:
    return nn.gelu(x)


def _layer_norm(x: mx.array, *parameters: mx.array) -> mx.array:
    weight, bias = (*parameters, None, None)[:2]
    return mx.fast.layer_norm(x, weight, bias, 1e-5)


def _rms_norm(x: mx.array, *weight: mx.array) -> mx.array:
    return mx.fast.rms_norm(x, weight[0] if weight else None, 1e-5)


def _linear_case(name: str, operands: tuple[Operand, ...], operation: Operation = _linear) -> Case:
    return Case("linear", f"linear {name}", operands, operation)


LINEAR_CASES = (
    _linear_case("of odd sizes", ((7, 13), (9, 13), (9,))),
    _linear_case("of a 3-D input", ((2, 9, 24), (40, 24), (40,))),
    _linear_case("of a 4-D input without bias", ((2, 1, 5, 11), (17, 11))),
    _linear_case("of one row and one column", ((1, 6), (1, 6), (1,))),
    _linear_case(
        "of transposed views",
        ((3, 14, 8), (14, 10), (10,)),
        lambda x, w, b: _linear(x.transpose(0, 2, 1), w.T, b),
    ),
    _linear_case("of a strided input", ((4, 30, 19), (12, 9)), lambda x, w: _linear(x[:, ::2, 1::2], w)),
    _linear_case(
        "of a broadcast input", ((1, 12), (7, 12)), lambda x, w: _linear(mx.broadcast_to(x, (16, 12)), w)
    ),
    *in_half_precision(_linear_case("of a 3-D input", ((3, 11, 48), (20, 48), (20,)))),
)


def _embedding_case(name: str, operands: tuple[Operand, ...], operation: Operation = _embedding) -> Case:
    return Case("embedding", f"embedding {name}", operands, operation)


EMBEDDING_CASES = (
    _embedding_case("of repeated tokens", ((7, 13), Indices((3, 29), 7))),
    _embedding_case("of one row of tokens", ((31, 8), Indices((5,), 31))),
    _embedding_case("of a 3-D array of tokens", ((11, 6), Indices((2, 3, 4), 11))),
    _embedding_case(
        "of strided weights and tokens",
        ((20, 18), Indices((6, 8), 10)),
        lambda w, tokens: _embedding(w[::2, 1::2], tokens[:, ::2].T),
    ),
    *in_half_precision(_embedding_case("of repeated tokens", ((9, 16), Indices((4, 6), 9)))),
)


def _gelu_case(name: str, operand: Operand, operation: Operation = _gelu) -> Case:
    return Case("gelu", f"gelu of {name}", (operand,), operation)


GELU_CASES = (
    _gelu_case("a vector", (37,)),
    _gelu_case("a 3-D array", (3, 5, 24)),
    _gelu_case("a transposed view", (9, 14), lambda x: _gelu(x.T)),
    _gelu_case("a strided view", (8, 30), lambda x: _gelu(x[1::3, ::2])),
    _gelu_case("a broadcast row", (1, 11), lambda x: _gelu(mx.broadcast_to(x, (6, 11)))),
    _gelu_case("large values", (5, 33), lambda x: _gelu(4.0 * x)),
    _gelu_case("a layer's input", (2, 7, 10), lambda x: layer_of(nn.GELU, _approx="none")(x)),
    *in_half_precision(_gelu_case("a 2-D array", (11, 48))),
)


def _norm_cases(seam: str, operation: Operation, parameters: int) -> tuple[Case, ...]:
    label = seam.replace("_", " ")

    def case(name: str, shape: tuple[int, ...], columns: int, own: Operation = operation) -> Case:
        return Case(seam, f"{label} of {name}", (shape, *[(columns,)] * parameters), own)

    return (
        case("odd sizes", (5, 37), 37),
        case("a vector", (19,), 19),
        case("a 4-D array", (2, 1, 3, 16), 16),
        case("a transposed view", (3, 21, 6), 21, lambda x, *p: operation(x.transpose(0, 2, 1), *p)),
        case("a strided view", (9, 40), 20, lambda x, *p: operation(x[::2, 1::2], *p)),
        case("a broadcast row", (1, 12), 12, lambda x, *p: operation(mx.broadcast_to(x, (7, 12)), *p)),
        case("rows far from zero", (6, 64), 64, lambda x, *p: operation(2.0 * x + 3.0, *p)),
        Case(seam, f"{label} without weights", ((4, 9, 15),), operation),
        *in_half_precision(case("a 3-D array", (2, 9, 48), 48)),
    )


NORM_CASES = (
    *_norm_cases("layer_norm", _layer_norm, 2),
    Case("layer_norm", "layer norm without bias", ((4, 9, 15), (15,)), _layer_norm),
    *_norm_cases("rms_norm", _rms_norm, 1),
)

LAYER_CASES = (*LINEAR_CASES, *EMBEDDING_CASES, *GELU_CASES, *NORM_CASES)
