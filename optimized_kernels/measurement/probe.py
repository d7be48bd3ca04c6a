"""Random projections of a training state: cheap to answer, impossible to answer without having trained."""

from __future__ import annotations

import mlx.core as mx

# MLX's own, kept from before a program is loaded.
_normal, _key, _split, _stack = mx.random.normal, mx.random.key, mx.random.split, mx.stack
_reshape, _matmul = mx.reshape, mx.matmul


def _table(tensor: mx.array) -> mx.array:
    return _reshape(tensor, (-1, tensor.shape[-1] if tensor.ndim else 1))


def projection_weights(tensors: dict[str, mx.array], seed: int) -> tuple[mx.array, mx.array]:
    """Normal numbers for the rows and columns of the largest of `tensors`; others use the first of them."""
    shapes = [_table(tensor).shape for tensor in tensors.values()]
    row_key, column_key = _split(_key(seed))
    rows = _normal((max(shape[0] for shape in shapes),), key=row_key)
    return rows, _normal((max(shape[1] for shape in shapes),), key=column_key)


def project(tensors: dict[str, mx.array], seed: int) -> list[float]:
    """One number a tensor: the sum of its elements, weighted by row and by column with normal numbers.

    Reads every element, and moving rows or columns about changes it. Rows are the leading axes, columns the
    last.
    """
    rows, columns = projection_weights(tensors, seed)
    answers = []
    for tensor in tensors.values():
        table = _table(tensor)
        by_column = _matmul(rows[: table.shape[0]], table)
        answers.append(_matmul(by_column, columns[: table.shape[1]]))
    return _stack(answers).tolist()  # type: ignore[return-value]  # one axis: a list of numbers
