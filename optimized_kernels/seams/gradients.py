"""What a program's VJP must return: a gradient like each operand."""

from __future__ import annotations

import mlx.core as mx

from optimized_kernels.seams.errors import SeamError

Arguments = tuple[object, ...]


def _checked(seam: str, place: int, gradient: object, operand: object) -> mx.array | None:
    if not isinstance(operand, mx.array):
        return None
    if not mx.issubdtype(operand.dtype, mx.floating):
        return mx.zeros_like(operand)
    expected = f"{operand.dtype} of shape {operand.shape}, as the operand"
    if not isinstance(gradient, mx.array):
        found = type(gradient).__name__
        raise SeamError(f"{seam}_vjp returned {found} for argument {place}; expected {expected}")
    if gradient.shape != operand.shape or gradient.dtype != operand.dtype:
        found = f"{gradient.dtype} of shape {gradient.shape}"
        raise SeamError(f"{seam}_vjp returned {found} for argument {place}; expected {expected}")
    return gradient


def checked_gradients(seam: str, gradients: object, operands: Arguments) -> list[mx.array | None]:
    """A gradient for every array among `operands`, None for the rest; a bare array stands for a tuple of one.

    Integer operands get zeros, which autodiff never looks at. Raises SeamError for anything else than a
    gradient of the shape and dtype of each floating operand.
    """
    if len(operands) == 1 and isinstance(gradients, mx.array):
        gradients = (gradients,)
    if not isinstance(gradients, (tuple, list)) or len(gradients) != len(operands):
        is_sequence = isinstance(gradients, (tuple, list))
        found = f"{len(gradients)} values" if is_sequence else type(gradients).__name__  # type: ignore[arg-type]
        raise SeamError(
            f"{seam}_vjp returned {found}; expected a tuple of {len(operands)}, one for each argument,"
            " None where there is no gradient"
        )
    pairs = enumerate(zip(gradients, operands, strict=True))
    return [_checked(seam, place, gradient, operand) for place, (gradient, operand) in pairs]
