"""What users of an optimisation may have to catch. Imports no MLX."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Stage = Literal["file", "load", "seams", "backend", "check"]


class OptimizationRefused(Exception):
    """A program was not put into MLX, and nothing was changed.

    `stage` says where it was refused: reading its ``file``, ``load``-ing it, its ``seams``, kernels for
    another ``backend``, or the ``check`` against stock MLX. `reason` is for people.
    """

    def __init__(self, program: Path, stage: Stage, reason: str) -> None:
        super().__init__(f"{program} is refused ({stage}): {reason}")
        self.program = program
        self.stage = stage
        self.reason = reason


class OptimizationWarning(UserWarning):
    """An enabled program does not do what its user expects, as far as that can be seen from outside."""
