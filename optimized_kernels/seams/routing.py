"""Which operands every array seam takes. What it does not take goes to stock MLX, by these rules alone."""

from __future__ import annotations

import mlx.core as mx

from optimized_kernels.seams import stock


def takes(*operands: object) -> bool:
    """Whether `operands` are non-empty arrays of one floating dtype, and no seam is running.

    None is an operand that was left out; the first one must be there.
    """
    first = operands[0]
    if stock.is_stock_in_force() or not isinstance(first, mx.array):
        return False
    dtype = first.dtype
    if not mx.issubdtype(dtype, mx.floating):
        return False
    for operand in operands:  # at every call of a seam: a generator would take twice as long
        if operand is None:
            continue
        if not isinstance(operand, mx.array) or operand.size == 0 or operand.dtype != dtype:
            return False
    return True


def takes_indices(indices: object) -> bool:
    """Whether `indices` is a non-empty array of integers."""
    if not isinstance(indices, mx.array):
        return False
    return indices.size > 0 and mx.issubdtype(indices.dtype, mx.integer)


def is_row(operand: mx.array | None, columns: int) -> bool:
    """Whether `operand` is left out or a vector of `columns`."""
    return operand is None or operand.shape == (columns,)
