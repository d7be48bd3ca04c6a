"""One comparison of a seam with stock MLX: an operation, and the operands it is tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn

Operation = Callable[..., mx.array]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Indices:
    """An operand of integers below `bound`."""

    shape: Shape
    bound: int


@dataclass(frozen=True)
class Mask:
    """A boolean operand, about two thirds true, whose last axis starts with a true value."""

    shape: Shape


Operand = Shape | Indices | Mask


def _draw(operand: Operand, dtype: mx.Dtype, key: mx.array) -> mx.array:
    if isinstance(operand, Indices):
        return mx.random.randint(0, operand.bound, operand.shape, key=key)
    if isinstance(operand, Mask):
        first = mx.arange(operand.shape[-1]) == 0
        return mx.random.bernoulli(0.66, operand.shape, key=key) | first
    return mx.random.normal(operand, key=key).astype(dtype)


@dataclass(frozen=True)
class Case:
    """An operation on random operands; a plain shape is normal numbers of `dtype`.

    Views are taken inside the operation, so that gradients cross them.
    """

    seam: str
    name: str
    operands: tuple[Operand, ...]
    operation: Operation
    dtype: mx.Dtype = mx.float32

    def values(self, key: mx.array) -> Iterator[tuple[str, mx.array]]:
        """Names and values of the output and of the gradients of all floating operands."""
        *operand_keys, cotangent_key = mx.random.split(key, len(self.operands) + 1)
        drawn = [
            _draw(operand, self.dtype, own) for operand, own in zip(self.operands, operand_keys, strict=True)
        ]
        places = [place for place, operand in enumerate(self.operands) if isinstance(operand, tuple)]

        def operation(*floating: mx.array) -> mx.array:
            values = list(drawn)
            for place, value in zip(places, floating, strict=True):
                values[place] = value
            return self.operation(*values)

        primals = [drawn[place] for place in places]
        like = operation(*primals)
        cotangent = mx.random.normal(like.shape, key=cotangent_key).astype(like.dtype)
        outputs, gradients = mx.vjp(operation, primals, [cotangent])
        yield f"{self.name}: output", outputs[0]
        for place, gradient in zip(places, gradients, strict=True):
            yield f"{self.name}: gradient of operand {place}", gradient


def in_half_precision(case: Case) -> tuple[Case, ...]:
    """The same case in bfloat16 and in float16."""
    return tuple(
        Case(case.seam, f"{case.name}, {name}", case.operands, case.operation, dtype)
        for name, dtype in (("bfloat16", mx.bfloat16), ("float16", mx.float16))
    )


def layer_of(kind: type[nn.Module], **parameters: object) -> Any:
    """A layer of `kind` with these parameters, without drawing others from the global random state."""
    layer: Any = kind.__new__(kind)
    super(kind, layer).__init__()
    for name, value in parameters.items():
        setattr(layer, name, value)
    return layer
