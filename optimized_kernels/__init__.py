"""Evolved MLX kernels: put into training, checked against stock MLX, and timed.

* ``enable_training_optimizations(program)``: a program's seams in this process's training, after a check.
* ``python -m optimized_kernels program.py -- train.py``: the same for a script as it is.
* ``seams``: the places in MLX that a program may replace, in the forward and in the backward pass.
* ``workloads``: training steps that programs are measured on.
* ``measurement``: ``python -m optimized_kernels.measurement``, a verdict on one program.

Importing this package imports no MLX: the names below are looked up when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimized_kernels.integration.enable import (
        active_optimizations as active_optimizations,
    )
    from optimized_kernels.integration.enable import (
        enable_training_optimizations as enable_training_optimizations,
    )
    from optimized_kernels.integration.errors import (
        OptimizationRefused as OptimizationRefused,
    )
    from optimized_kernels.integration.errors import (
        OptimizationWarning as OptimizationWarning,
    )
    from optimized_kernels.integration.handle import OptimizationHandle as OptimizationHandle
    from optimized_kernels.seams.training_step import training_step as training_step

_HOMES = {
    "active_optimizations": "integration.enable",
    "enable_training_optimizations": "integration.enable",
    "OptimizationHandle": "integration.handle",
    "OptimizationRefused": "integration.errors",
    "OptimizationWarning": "integration.errors",
    "training_step": "seams.training_step",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    """The public name `name`, from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "mlx":
            raise
        install = "pip install 'optimized-kernels[mac]' (or [cpu], [cuda])"
        raise ImportError(f"{name} needs MLX, which is not installed; {install} brings it") from error
    value: object = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, whether they were used yet or not."""
    return sorted({*globals(), *_HOMES})
