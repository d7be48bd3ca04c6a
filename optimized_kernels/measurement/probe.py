"""Random projections of a training state: cheap to answer, impossible to answer without having trained."""

from __future__ import annotations

import mlx.core as mx

# MLX's own, kept from before a program is loaded.
_normal, _key, _stack = mx.random.normal, mx.random.key, mx.stack


def project(tensors: dict[str, mx.array], seed: int) -> list[float]:
    """One number a tensor: its sum over leading axes, weighted along the last by normal numbers.

    Reads every element. The weights of a tensor are the first of one draw from `seed`.
    """
    columns = max((tensor.shape[-1] for tensor in tensors.values() if tensor.ndim), default=1)
    weights = _normal((columns,), key=_key(seed))
    answers = []
    for tensor in tensors.values():
        if tensor.ndim == 0:
            answers.append(tensor.astype(mx.float32))
            continue
        sums = tensor.reshape(-1, tensor.shape[-1]).sum(axis=0)
        answers.append((sums * weights[: sums.size]).sum())
    return _stack(answers).tolist()  # type: ignore[return-value]  # one axis: a list of numbers
