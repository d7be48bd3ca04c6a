"""``mx.compile(shapeless=True)`` cannot hold what seams are made of: such traces use stock MLX."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import mlx.core as mx

from optimized_kernels.seams import stock
from optimized_kernels.seams.patch import Patch


def _traced_with_stock(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function, updated=())
    def traced(*arguments: Any, **options: Any) -> Any:
        with stock.stock_in_force():
            return function(*arguments, **options)

    return traced


def compile(
    fun: Callable[..., Any], inputs: object = None, outputs: object = None, shapeless: bool = False
) -> Callable[..., Any]:
    """``mx.compile``, with stock MLX in what is traced without shapes."""
    traced = _traced_with_stock(fun) if shapeless else fun
    compiled: Callable[..., Any] = stock.compile(traced, inputs, outputs, shapeless)
    return compiled


SHAPELESS = Patch(mx, "compile", compile)
