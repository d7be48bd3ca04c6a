"""How often a program's function was called, and with what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["forward", "backward"]


@dataclass
class Calls:
    """Python-level calls of one seam: under ``mx.compile`` Python runs once a trace."""

    forward: int = 0
    backward: int = 0
    shapes: Counter[str] = field(default_factory=Counter)

    def record(self, direction: Direction, description: str) -> None:
        """Counts one call; `description` names its operands, as in ``64x384x128``."""
        if direction == "forward":
            self.forward += 1
        else:
            self.backward += 1
        self.shapes[description] += 1

    def clear(self) -> None:
        """Starts from zero."""
        self.forward = self.backward = 0
        self.shapes.clear()
