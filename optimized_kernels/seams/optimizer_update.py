"""The optimizer's update through a program.

Optimizers that apply their gradients in a way of their own (``MultiOptimizer``) stay stock, the optimizers
that they are made of do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx
import mlx.optimizers as optim
from mlx.utils import tree_flatten

from optimized_kernels.seams import stock
from optimized_kernels.seams.calls import Calls
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.poison import Poison

Tree = Any
OptimizerUpdate = Callable[[optim.Optimizer, Tree, Tree], Tree]
Path = tuple[object, ...]


def _refuse(path: Path, found: object, expected: object) -> SeamError:
    where = ".".join(map(str, path)) or "its result"
    return SeamError(f"optimizer_update returned {found} for {where}; expected {expected}")


def _check_leaf(new: object, gradient: mx.array, parameter: mx.array, path: Path) -> None:
    if not isinstance(new, mx.array):
        raise _refuse(path, type(new).__name__, "an mx.array")
    # As with stock, a gradient of a wider dtype may widen its parameter.
    dtypes = (parameter.dtype, mx.result_type(parameter, gradient))
    if new.shape != parameter.shape or new.dtype not in dtypes:
        raise _refuse(
            path, f"{new.dtype} of shape {new.shape}", f"{parameter.dtype} of shape {parameter.shape}"
        )


def _check(new: Tree, gradients: Tree, parameters: Tree, path: Path) -> None:
    """`parameters` may hold more than `gradients`; `new` must not."""
    if isinstance(gradients, dict):
        if not isinstance(new, dict) or new.keys() != gradients.keys():
            found = f"keys {sorted(map(str, new))}" if isinstance(new, dict) else type(new).__name__
            raise _refuse(path, found, f"keys {sorted(map(str, gradients))}")
        for key, gradient in gradients.items():
            _check(new[key], gradient, parameters[key], (*path, key))
    elif isinstance(gradients, (list, tuple)):
        if not isinstance(new, (list, tuple)) or len(new) != len(gradients):
            raise _refuse(path, type(new).__name__, f"a list of {len(gradients)}")
        for index, gradient in enumerate(gradients):
            _check(new[index], gradient, parameters[index], (*path, index))
    elif isinstance(gradients, mx.array):
        _check_leaf(new, gradients, parameters, path)


def optimizer_update_patches(update: OptimizerUpdate, calls: Calls, poison: Poison) -> tuple[Patch, ...]:
    """``Optimizer.apply_gradients``, which ``Optimizer.update`` calls.

    The program advances ``optimizer.state`` itself, step count and schedules included; the state is there
    when it is called.
    """

    def apply_gradients(self: optim.Optimizer, gradients: Tree, parameters: Tree) -> Tree:
        if stock.is_stock_in_force():
            return stock.apply_gradients(self, gradients, parameters)
        if not self._initialized:
            self.init(gradients)
        with stock.stock_in_force():
            new = update(self, gradients, parameters)
        _check(new, gradients, parameters, ())
        calls.record("forward", f"optimizer_update {type(self).__name__} of {len(tree_flatten(new))} tensors")
        return poison.applied("optimizer_update", "forward", new)

    return (Patch(optim.Optimizer, "apply_gradients", apply_gradients),)
