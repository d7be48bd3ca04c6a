"""The whole training step: MLX's usual one, or the one of the program that is in force."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim

from optimized_kernels.seams import stock
from optimized_kernels.seams.calls import Calls
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.poison import Poison

Loss = Callable[..., Any]
Step = Callable[..., Any]
MakeStep = Callable[[nn.Module, optim.Optimizer, Loss], Step]


class _Inside(threading.local):
    value = False


_inside = _Inside()


@contextmanager
def _stock_step_in_force() -> Iterator[None]:
    """The model's own seams stay in force: a program's step calls the model, not only its own arithmetic."""
    before, _inside.value = _inside.value, True
    try:
        yield
    finally:
        _inside.value = before


def eager_step(model: nn.Module, optimizer: optim.Optimizer, loss_fn: Loss) -> Step:
    """The loop most people write: value and gradients, then the optimizer's update, all of it lazy."""
    value_and_grad = stock.value_and_grad(model, loss_fn)

    def step(*batch: Any) -> Any:
        loss, gradients = value_and_grad(*batch)
        optimizer.update(model, gradients)
        return loss

    return step


# What a program's training_step replaces; looked up at every call of training_step.
make_step: MakeStep = eager_step


def training_step(model: nn.Module, optimizer: optim.Optimizer, loss_fn: Loss) -> Step:
    """A function ``step(*batch)`` that trains `model` once on `batch` and returns ``loss_fn(*batch)``.

    With a program in force that exports `training_step` the step is the program's, else MLX's usual eager
    one. Nothing is evaluated: call ``mx.eval(loss, model.state, optimizer.state)`` as in any MLX loop. A step
    keeps the program that it was made with.
    """
    return make_step(model, optimizer, loss_fn)


def is_stock() -> bool:
    """Whether no program's step is in force."""
    return make_step is eager_step


def _checked_loss(loss: Any) -> Any:
    first = loss[0] if isinstance(loss, (tuple, list)) and loss else loss
    if not isinstance(first, mx.array) or first.size != 1:
        shown = f"shape {first.shape}" if isinstance(first, mx.array) else type(first).__name__
        raise SeamError(f"the step of training_step returned {shown}; expected the loss, a scalar mx.array")
    return loss


def training_step_patches(program: MakeStep, calls: Calls, poison: Poison) -> tuple[Patch, ...]:
    """The factory behind `training_step`. Inside the program it is MLX's eager one again."""

    def make(model: nn.Module, optimizer: optim.Optimizer, loss_fn: Loss) -> Step:
        if _inside.value or stock.is_stock_in_force():
            return eager_step(model, optimizer, loss_fn)
        with _stock_step_in_force():
            step = program(model, optimizer, loss_fn)
        if not callable(step):
            raise SeamError(f"training_step returned {type(step).__name__}; expected a function step(*batch)")

        def counted(*batch: Any) -> Any:
            with _stock_step_in_force():
                loss = _checked_loss(step(*batch))
            calls.record("forward", f"training_step {type(model).__name__}")
            return poison.applied("training_step", "forward", loss)

        return counted

    return (Patch(sys.modules[__name__], "make_step", make),)
