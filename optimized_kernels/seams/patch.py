"""What is put into MLX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    """One attribute of MLX and what it is replaced by."""

    owner: object
    name: str
    replacement: object
