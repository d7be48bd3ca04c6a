"""What a program exports for each seam. Imports no MLX, so that a process without a device can ask."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """A function that a program defines, with the names of its positional parameters."""

    name: str
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.parameters)})"


@dataclass(frozen=True)
class Interface:
    """The functions that together make up one seam."""

    seam: str
    exports: tuple[Export, ...]


MATMUL = Interface(
    "matmul",
    (
        Export("choose_tile_size", ("M", "N", "K", "device_info")),
        Export("optimized_matmul", ("A", "B", "tile_M", "tile_N", "tile_K")),
    ),
)

INTERFACES = (MATMUL,)
