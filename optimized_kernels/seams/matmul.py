"""MLX's matrix products, expressed as 2-D products of a program.

What reaches the program: every product whose right operand is one matrix, whatever the rank of the left one
(``nn.Linear`` always is). What stays stock: vectors, operands that are both batched, integers, complex
numbers and empty operands. Everything here around the 2-D product is plain MLX, so autodiff reduces gradients
to the operands' own shapes and dtypes.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import mlx.core as mx

from optimized_kernels.seams import stock
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.product import Product

Stream = mx.Stream | mx.Device | None


def _is_routable(a: object, b: object) -> bool:
    if not isinstance(a, mx.array) or not isinstance(b, mx.array) or stock.is_stock_in_force():
        return False
    if a.ndim < 2 or b.ndim < 2 or prod(b.shape[:-2]) != 1 or a.shape[-1] != b.shape[-2]:
        return False
    return a.size > 0 and b.size > 0 and mx.issubdtype(mx.result_type(a, b), mx.floating)


def _multiply(product: Product, a: mx.array, b: mx.array, dtype: mx.Dtype) -> mx.array:
    """`a` @ `b` for operands that are routable."""
    columns = b.shape[-1]
    batch = a.shape[:-1] if a.ndim >= b.ndim else (1,) * (b.ndim - a.ndim) + a.shape[:-1]
    left = a if a.ndim == 2 else a.reshape(-1, a.shape[-1])
    right = b if b.ndim == 2 else b.reshape(b.shape[-2:])
    out = product(left.astype(dtype), right.astype(dtype))
    return out if len(batch) == 1 else out.reshape(*batch, columns)


def matmul(product: Product) -> Callable[..., mx.array]:
    """``mx.matmul`` through `product`."""

    def matmul(a: mx.array, b: mx.array, /, *, stream: Stream = None) -> mx.array:
        if not _is_routable(a, b):
            return stock.matmul(a, b, stream=stream)
        if stream is None:
            return _multiply(product, a, b, mx.result_type(a, b))
        with mx.stream(stream):
            return _multiply(product, a, b, mx.result_type(a, b))

    return matmul


def addmm(product: Product) -> Callable[..., mx.array]:
    """``mx.addmm`` through `product`: the sum is taken after the product, in the product's dtype."""

    def add(c: mx.array, a: mx.array, b: mx.array, alpha: float, beta: float) -> mx.array:
        dtype = mx.result_type(a, b, c)
        out = _multiply(product, a, b, dtype)
        scaled = out if alpha == 1.0 else alpha * out
        shift = c.astype(dtype) if beta == 1.0 else beta * c.astype(dtype)
        return scaled + mx.broadcast_to(shift, out.shape)

    def addmm(
        c: mx.array,
        a: mx.array,
        b: mx.array,
        /,
        alpha: float = 1.0,
        beta: float = 1.0,
        *,
        stream: Stream = None,
    ) -> mx.array:
        if not _is_routable(a, b) or not mx.issubdtype(mx.result_type(a, b, c), mx.floating):
            return stock.addmm(c, a, b, alpha, beta, stream=stream)
        if stream is None:
            return add(c, a, b, alpha, beta)
        with mx.stream(stream):
            return add(c, a, b, alpha, beta)

    return addmm


def array_matmul(product: Product) -> Callable[[mx.array, mx.array], mx.array]:
    """``a @ b`` through `product`."""

    def __matmul__(self: mx.array, other: mx.array) -> mx.array:
        if not _is_routable(self, other):
            return stock.array_matmul(self, other)
        return _multiply(product, self, other, mx.result_type(self, other))

    return __matmul__


def array_imatmul(product: Product) -> Callable[[mx.array, mx.array], mx.array]:
    """``a @= b`` through `product`. As in stock MLX every other name of the array sees the result."""

    def __imatmul__(self: mx.array, other: mx.array) -> mx.array:
        if not _is_routable(self, other):
            return stock.array_imatmul(self, other)
        out = _multiply(product, self, other, mx.result_type(self, other))
        if out.shape != self.shape or out.dtype != self.dtype:
            # Item assignment keeps shape and dtype; only the stock operator can change an array's own.
            self[...] = 0
            self = stock.array_imatmul(self, mx.zeros(other.shape, other.dtype))
        self[...] = out
        return self

    return __imatmul__


def matmul_patches(product: Product) -> tuple[Patch, ...]:
    """The call sites of matrix products. ``nn.Linear`` and recurrent layers look these up at every call."""
    return (
        Patch(mx, "matmul", matmul(product)),
        Patch(mx, "addmm", addmm(product)),
        Patch(mx.array, "__matmul__", array_matmul(product)),
        Patch(mx.array, "__imatmul__", array_imatmul(product)),
    )
