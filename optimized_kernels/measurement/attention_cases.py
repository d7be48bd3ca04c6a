"""Cases of attention and of the cross-entropy loss."""

from __future__ import annotations

from functools import partial
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from optimized_kernels.measurement.case import Case, Indices, Mask, Operand, Operation, in_half_precision


# MLX's functions are looked up when a case runs: that is what a seam replaces.
def _attention(q: mx.array, k: mx.array, v: mx.array, mask: Any = None) -> mx.array:
    return mx.fast.scaled_dot_product_attention(q, k, v, scale=q.shape[-1] ** -0.5, mask=mask)


_causal = partial(_attention, mask="causal")


def _from_projections(q: mx.array, k: mx.array, v: mx.array) -> mx.array:
    """(batch, sequence, heads, depth) projections, as models hand them over."""
    return _causal(*(x.transpose(0, 2, 1, 3) for x in (q, k, v))).transpose(0, 2, 1, 3)


def _attention_case(name: str, operands: tuple[Operand, ...], operation: Operation) -> Case:
    return Case("attention", f"attention {name}", operands, operation)


_MODEL = ((2, 13, 3, 16),) * 3

ATTENTION_CASES = (
    _attention_case("without mask", ((2, 3, 7, 5),) * 3, _attention),
    _attention_case("with a causal mask", ((1, 2, 17, 8),) * 3, _causal),
    _attention_case("of transposed projections", _MODEL, _from_projections),
    _attention_case("with grouped queries", ((2, 6, 9, 8), (2, 2, 9, 8), (2, 2, 9, 8)), _causal),
    _attention_case("of fewer queries than keys", ((1, 2, 5, 8), (1, 2, 12, 8), (1, 2, 12, 8)), _causal),
    _attention_case("with a boolean mask", (*((2, 2, 6, 8),) * 3, Mask((2, 1, 6, 6))), _attention),
    _attention_case("of one query", ((2, 2, 1, 8), (2, 2, 9, 8), (2, 2, 9, 8)), _attention),
    *in_half_precision(_attention_case("of transposed projections", _MODEL, _from_projections)),
)


def _cross_entropy(
    logits: mx.array, targets: mx.array, weights: mx.array | None = None, **options: Any
) -> mx.array:
    return nn.losses.cross_entropy(logits, targets, weights, **options)


def _loss_case(name: str, operands: tuple[Operand, ...], **options: Any) -> Case:
    operation = partial(_cross_entropy, **options)
    return Case("cross_entropy", f"cross entropy {name}", operands, operation)


_SEQUENCES = ((3, 11, 29), Indices((3, 11), 29))

CROSS_ENTROPY_CASES = (
    _loss_case("of one row", ((1, 7), Indices((1,), 7))),
    _loss_case("of sequences, mean", _SEQUENCES, reduction="mean"),
    _loss_case("of sequences, sum", _SEQUENCES, reduction="sum"),
    _loss_case("with label smoothing", _SEQUENCES, label_smoothing=0.1, reduction="mean"),
    _loss_case("with weights", (*_SEQUENCES, (3, 11)), reduction="mean"),
    _loss_case("along another axis", ((5, 13, 4), Indices((5, 4), 13)), axis=1),
    Case(
        "cross_entropy",
        "cross entropy of large, strided logits",
        ((6, 46), Indices((6,), 23)),
        lambda logits, targets: _cross_entropy(20.0 * logits[:, ::2], targets, reduction="mean"),
    ),
    *in_half_precision(_loss_case("of sequences, mean", _SEQUENCES, reduction="mean")),
)
