"""What a user holds while a program is in their training."""

from __future__ import annotations

import atexit
import warnings
from types import TracebackType
from typing import Self

from optimized_kernels.integration.compiled import listed
from optimized_kernels.integration.errors import OptimizationWarning
from optimized_kernels.integration.patchboard import BOARD, Layer
from optimized_kernels.integration.program_file import ProgramFile
from optimized_kernels.measurement.tolerance import Agreement
from optimized_kernels.seams.calls import Direction
from optimized_kernels.seams.program import ProgramSeams


class OptimizationHandle:
    """A program in MLX, from its creation until `disable`, or until the end of a ``with`` block.

    `agreement` is the check's worst tensor; `seams` are the names of what the program replaces;
    `compiled_before` names functions that were compiled when it came, and may not use it.
    """

    def __init__(
        self,
        program: ProgramFile,
        seams: ProgramSeams,
        agreement: Agreement,
        backend: str,
        compiled_before: tuple[str, ...] = (),
    ) -> None:
        self.program = program.path
        self.digest = program.digest
        self.seams = seams.names
        self.backend = backend
        self.agreement = agreement
        self.compiled_before = compiled_before
        self.warns = True
        self._seams = seams
        self._layer = Layer(seams.patches)
        self._enabled = True
        # Another program in the same place explains why this one is not called.
        self._was_covered = False
        with BOARD.lock:
            for other in active_handles():
                other._was_covered |= self._layer.covers(other._layer)
            BOARD.put(self._layer)
            _active.append(self)

    @property
    def enabled(self) -> bool:
        """Whether `disable` is still to come."""
        return self._enabled

    def calls(self) -> dict[str, dict[Direction, int]]:
        """How often Python reached each seam since it was enabled.

        Under ``mx.compile`` Python runs once a trace, so a compiled step of many iterations counts once.
        Calls of a place that two programs share go to the one that was enabled last.
        """
        counts = self._seams.calls
        return {
            name: {"forward": counts[name].forward, "backward": counts[name].backward} for name in self.seams
        }

    def called(self) -> bool:
        """Whether any seam was reached."""
        return any(count for directions in self.calls().values() for count in directions.values())

    def never_called(self) -> str:
        """Why that may be, for a program that was never called."""
        text = f"{self.program} {NEVER_CALLED}"
        if self.compiled_before:
            text += f" (compiled before: {listed(self.compiled_before)})"
        return text

    def disable(self) -> None:
        """Takes the program out of MLX; what it covered comes back. The second time nothing happens.

        Warns with OptimizationWarning where the program was never called.
        """
        if self._remove():
            self._warn_unless_called()

    def _remove(self) -> bool:
        with BOARD.lock:
            if not self._enabled:
                return False
            self._enabled = False
            _active.remove(self)
            BOARD.take(self._layer)
            return True

    def _warn_unless_called(self) -> None:
        if self.warns and not self._was_covered and not self.called():
            warnings.warn(self.never_called(), OptimizationWarning, stacklevel=3)

    def __enter__(self) -> Self:
        if not self._enabled:
            raise RuntimeError(f"{self.program} was disabled; call enable_training_optimizations again")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An exception says more than a warning that hides it would.
        if self._remove() and error is None:
            self._warn_unless_called()

    def __repr__(self) -> str:
        state = "enabled" if self._enabled else "disabled"
        counts = ", ".join(
            f"{name} {count['forward']} forward {count['backward']} backward"
            for name, count in self.calls().items()
        )
        worst = f"worst {self.agreement.error:.1e} at {self.agreement.tensor}"
        if self.agreement.share > 1.0:
            worst += ", precision changed"
        return (
            f"<{self.program.name} {self.digest[:12]}, {state} on {self.backend}; calls: {counts}; {worst}>"
        )


NEVER_CALLED = (
    "was enabled but never called: a step that was compiled and run before stays stock MLX, and so does"
    " training that uses none of the program's seams"
)

_active: list[OptimizationHandle] = []


def active_handles() -> tuple[OptimizationHandle, ...]:
    """Handles whose program is in MLX now, the oldest first."""
    return tuple(_active)


@atexit.register
def _warn_at_exit() -> None:
    for handle in active_handles():
        handle._warn_unless_called()
