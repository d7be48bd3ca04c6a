"""One seam from arrays to an array: the program's function, its optional VJP, counts, checks and poison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import mlx.core as mx

from optimized_kernels.seams import stock
from optimized_kernels.seams.calls import Calls, Direction
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.gradients import Arguments, checked_gradients
from optimized_kernels.seams.poison import Poison

Function = Callable[..., Any]
T = TypeVar("T")


@lru_cache(4096)
def _described(shapes: tuple[tuple[int, ...], ...], dtype: mx.Dtype) -> str:
    joined = " ".join("x".join(map(str, shape)) for shape in shapes)
    return f"{joined} {str(dtype).rpartition('.')[2]}"


def describe(arguments: Arguments) -> str:
    """Shapes of the arrays among `arguments` and the first one's dtype, as in ``2x9x24 40x24 float32``."""
    arrays = [argument for argument in arguments if isinstance(argument, mx.array)]
    return _described(tuple([array.shape for array in arrays]), arrays[0].dtype)


class ArraySeam:
    """Calls a program's function in place of a function of MLX that returns one array."""

    def __init__(
        self, name: str, function: Function, vjp: Function | None, calls: Calls, poison: Poison
    ) -> None:
        self.name = name
        self._function = function
        self._vjp = vjp
        self._calls = calls
        self._poison = poison
        self._tapped = self._tap()

    def __call__(self, arguments: Arguments, shape: Sequence[int], dtype: mx.Dtype) -> mx.array:
        """The program's result for `arguments`, an array of `shape` and `dtype`. Raises SeamError if not."""
        if self._vjp is None:
            out: mx.array = self._tapped(self._forward(arguments, tuple(shape), dtype))
            return out
        return self._with_vjp(arguments, tuple(shape), dtype, self._vjp)

    def on(
        self,
        stream: mx.Stream | mx.Device | None,
        arguments: Arguments,
        shape: Sequence[int],
        dtype: mx.Dtype,
    ) -> mx.array:
        """The same on `stream`; None is the default one."""
        if stream is None:
            return self(arguments, shape, dtype)
        with mx.stream(stream):
            return self(arguments, shape, dtype)

    def _forward(self, arguments: Arguments, shape: tuple[int, ...], dtype: mx.Dtype) -> mx.array:
        with stock.stock_in_force():
            out = self._function(*arguments)
        operands = describe(arguments)
        if not isinstance(out, mx.array):
            raise SeamError(f"{self.name} returned {type(out).__name__} for {operands}; expected an mx.array")
        if out.shape != shape or out.dtype != dtype:
            raise SeamError(
                f"{self.name} returned {out.dtype} of shape {out.shape} for {operands};"
                f" expected {dtype} of shape {shape}"
            )
        return self._counted("forward", operands, out)

    def _counted(self, direction: Direction, operands: str, value: T) -> T:
        self._calls.record(direction, f"{self.name} {operands}")
        return self._poison.applied(self.name, direction, value)

    def _tap(self) -> Any:
        """The identity, seen by autodiff: it tells when gradients pass, and can falsify them."""

        def backward(_primal: mx.array, cotangent: mx.array, _output: mx.array) -> Any:
            return self._counted("backward", describe((cotangent,)), cotangent)

        tap = stock.custom_function(lambda out: out)
        tap.vjp(backward)
        return tap

    def _with_vjp(
        self, arguments: Arguments, shape: tuple[int, ...], dtype: mx.Dtype, vjp: Function
    ) -> mx.array:
        places = [place for place, argument in enumerate(arguments) if isinstance(argument, mx.array)]
        # The arrays come back as autodiff's own; holding on to these would keep them alive.
        template = [None if isinstance(argument, mx.array) else argument for argument in arguments]

        def filled(arrays: Sequence[mx.array]) -> Arguments:
            values = list(template)
            for place, array in zip(places, arrays, strict=True):
                values[place] = array
            return tuple(values)

        def forward(*arrays: mx.array) -> mx.array:
            return self._forward(filled(arrays), shape, dtype)

        def backward(primals: Any, cotangent: mx.array, output: mx.array) -> Any:
            operands = filled((primals,) if isinstance(primals, mx.array) else primals)
            with stock.stock_in_force():
                gradients = vjp(operands, cotangent, output)
            checked = checked_gradients(self.name, gradients, operands)
            return self._counted("backward", describe(operands), tuple(checked[place] for place in places))

        function = stock.custom_function(forward)
        function.vjp(backward)
        out: Any = function(*(arguments[place] for place in places))
        return out  # type: ignore[no-any-return]
