"""Programs for tests of the seams, and stock MLX's answers to compare theirs with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import mlx.core as mx
import numpy as np

from optimized_kernels.measurement.split import REORDERED_SEAMS, reordered_program
from optimized_kernels.seams.install import installed
from optimized_kernels.seams.program import ProgramSeams, program_seams

ARRAY_SEAMS = tuple(name for name in REORDERED_SEAMS if name != "matmul")
TOLERANCES = {mx.float32: 2e-5, mx.bfloat16: 3e-2, mx.float16: 4e-3}


def module(**exports: object) -> ModuleType:
    program = ModuleType("program")
    for name, value in exports.items():
        setattr(program, name, value)
    return program


@contextmanager
def running(program: ModuleType) -> Iterator[ProgramSeams]:
    seams = program_seams(program, {"backend": "cpu"})
    with installed(seams.patches):
        yield seams


def rewritten(seams: Sequence[str]) -> ModuleType:
    """A program that computes the same in another way."""
    return reordered_program(2, seams)


def autodiff_vjp(function: Callable[..., mx.array]) -> Callable[..., Any]:
    """A VJP for `function`, as a program may export one."""

    def vjp(primals: tuple[Any, ...], cotangent: mx.array, output: mx.array) -> tuple[Any, ...]:
        assert output.shape == cotangent.shape
        places = [
            place
            for place, primal in enumerate(primals)
            if isinstance(primal, mx.array) and mx.issubdtype(primal.dtype, mx.floating)
        ]

        def of_floating(*values: mx.array) -> mx.array:
            arguments = list(primals)
            for place, value in zip(places, values, strict=True):
                arguments[place] = value
            return function(*arguments)

        _, found = mx.vjp(of_floating, [primals[place] for place in places], [cotangent])
        gradients: list[Any] = [None] * len(primals)
        for place, gradient in zip(places, found, strict=True):
            gradients[place] = gradient
        return tuple(gradients)

    return vjp


def numbers(value: mx.array) -> np.ndarray:
    return np.array(value.astype(mx.float32))


def relative_error(value: mx.array, base: mx.array) -> float:
    scale = float(np.linalg.norm(numbers(base))) or 1.0
    return float(np.linalg.norm(numbers(value) - numbers(base))) / scale


def assert_same(value: mx.array, base: mx.array, name: str = "") -> None:
    assert value.shape == base.shape, name
    assert value.dtype == base.dtype, name
    assert relative_error(value, base) <= TOLERANCES.get(base.dtype, 0.0), name
