"""``nn.losses.cross_entropy`` on class indices through a program.

Stock stays what is not taken: targets that are probabilities, weights of another dtype than the logits',
arguments that MLX refuses.
"""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn

from optimized_kernels.seams import stock
from optimized_kernels.seams.array_seam import ArraySeam
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.routing import takes, takes_indices

REDUCTIONS = ("none", "mean", "sum")


def _fits(logits: mx.array, targets: mx.array, weights: mx.array | None, axis: int) -> bool:
    if not -logits.ndim <= axis < logits.ndim:
        return False
    shape = list(logits.shape)
    shape.pop(axis)
    return targets.shape == tuple(shape) and (weights is None or weights.shape == targets.shape)


def cross_entropy_patches(seam: ArraySeam) -> tuple[Patch, ...]:
    """The function, as losses look it up in ``nn.losses``."""

    def cross_entropy(
        logits: mx.array,
        targets: mx.array,
        weights: mx.array | None = None,
        axis: int = -1,
        label_smoothing: float = 0.0,
        reduction: str = "none",
    ) -> mx.array:
        arguments = (logits, targets, weights, axis, label_smoothing, reduction)
        known = 0 <= label_smoothing < 1 and reduction in REDUCTIONS
        if (
            not known
            or not takes(logits, weights)
            or not takes_indices(targets)
            or not _fits(logits, targets, weights, axis)
        ):
            out: mx.array = stock.cross_entropy(*arguments)
            return out
        return seam(arguments, targets.shape if reduction == "none" else (), logits.dtype)

    return (Patch(nn.losses, "cross_entropy", cross_entropy),)
