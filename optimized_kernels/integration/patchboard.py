"""Which programs are in MLX: any number, in and out in any order, the last one in wins each place."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from optimized_kernels.integration.errors import OptimizationWarning
from optimized_kernels.seams.patch import Patch

Place = tuple[int, str]
_ABSENT = object()


def _own(owner: object, name: str) -> object:
    """The attribute that `owner` itself has; an inherited one must not be written back into it."""
    return vars(owner).get(name, _ABSENT)


def _write(owner: object, name: str, value: object) -> None:
    if value is _ABSENT:
        delattr(owner, name)
    else:
        setattr(owner, name, value)


@dataclass
class _Written:
    """A place as it was found, and what is in it now."""

    patch: Patch
    before: object


@dataclass(frozen=True, eq=False)
class Layer:
    """One program's patches. Two of the same program are two layers."""

    patches: tuple[Patch, ...]

    def covers(self, other: Layer) -> bool:
        """Whether this one, put in later, replaces what `other` has put in."""
        own = {(id(patch.owner), patch.name): patch for patch in self.patches}
        shared = ((own.get((id(patch.owner), patch.name)), patch) for patch in other.patches)
        return any(mine is not None and mine is not patch for mine, patch in shared)


class Patchboard:
    """Keeps MLX's places in step with a list of programs' patches. Safe from several threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._layers: list[Layer] = []
        self._written: dict[Place, _Written] = {}
        self._suspended = 0

    def put(self, layer: Layer) -> None:
        """Puts a program on top."""
        with self.lock:
            self._layers.append(layer)
            self._settle()

    def take(self, layer: Layer) -> None:
        """Takes out a program, wherever it is; what it covered comes back."""
        with self.lock:
            self._layers.remove(layer)
            self._settle()

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Stock MLX inside the block, whatever is enabled; other threads cannot change that meanwhile."""
        with self.lock:
            self._suspended += 1
            self._settle()
            try:
                yield
            finally:
                self._suspended -= 1
                self._settle()

    def _wanted(self) -> dict[Place, Patch]:
        layers = [] if self._suspended else self._layers
        return {(id(patch.owner), patch.name): patch for layer in layers for patch in layer.patches}

    def _settle(self) -> None:
        wanted = self._wanted()
        for place in [place for place in self._written if place not in wanted]:
            written = self._written.pop(place)
            if self._is_ours(written):
                _write(written.patch.owner, written.patch.name, written.before)
        for place, patch in wanted.items():
            previous = self._written.get(place)
            if previous is not None and previous.patch is patch:
                continue
            ours = previous is not None and self._is_ours(previous)
            before = previous.before if previous and ours else _own(patch.owner, patch.name)
            _write(patch.owner, patch.name, patch.replacement)
            self._written[place] = _Written(patch, before)

    def _is_ours(self, written: _Written) -> bool:
        """False, with a warning, where other code has replaced the attribute since; that is left alone."""
        patch = written.patch
        if _own(patch.owner, patch.name) is patch.replacement:
            return True
        owner = getattr(patch.owner, "__name__", type(patch.owner).__name__)
        text = f"{owner}.{patch.name} was replaced by other code while a program was in it; left as it is now"
        warnings.warn(text, OptimizationWarning, stacklevel=5)
        return False


BOARD = Patchboard()
