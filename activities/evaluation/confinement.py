"""The launcher's sandbox: from a problem's options to a command, its limits and its end."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).absolute().parent
# At the end: no folder of the repository may stand in for a module of the standard library.
sys.path.append(str(HERE.parents[1]))

from optimized_kernels.sandbox import (  # noqa: E402
    SandboxOptionsError,
    SandboxUnavailable,
    Watch,
    find_sandbox,
    parse_options,
    sandboxed,
)
from optimized_kernels.sandbox.watch import LOOK_SECONDS  # noqa: E402

# How shells, and bubblewrap, say that a signal ended their command.
SIGNALLED = range(129, 129 + 64)


class Refused(Exception):
    """There is no evaluation to be had here with these options: nobody's program is to blame."""


@dataclass
class Confinement:
    """A command and its limits. `sandbox` is its mode, `environment` goes over the launcher's own."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    sandbox: str | None = None
    watch: Watch | None = None
    # Longest wait between two looks at the limits.
    patience: float = 60.0
    next_look: float = 0.0

    def exceeded(self) -> str | None:
        """The limit that the command exceeds, where it is time to look."""
        if self.watch is None or time.monotonic() < self.next_look:
            return None
        reason = self.watch.look()
        self.next_look = time.monotonic() + self.patience
        return reason

    def ended(self, status: int) -> int:
        """Exit code of the command from the wait status of what was started, negative for a signal."""
        code = os.waitstatus_to_exitcode(status)
        return 128 - code if self.sandbox == "bubblewrap" and code in SIGNALLED else code


def unconfined(command: Sequence[str]) -> Confinement:
    """The command as it is."""
    return Confinement(list(command))


def confine(command: Sequence[str], scratch: str, options: str, readable: Sequence[str]) -> Confinement:
    """The command confined to `scratch`; `options` is the JSON of a problem's `options.sandbox`.

    Raises Refused for options that are wrong, or that this machine cannot satisfy.
    """
    try:
        wanted = parse_options(json.loads(options))
        sandbox = find_sandbox(wanted.level)
    except (SandboxOptionsError, SandboxUnavailable) as error:
        raise Refused(str(error)) from error
    confined = sandboxed(
        command,
        scratch=Path(scratch),
        readable=[*wanted.readable, *readable, HERE],
        limits=wanted.limits,
        means=sandbox.means,
        network=wanted.network,
    )
    watch = Watch(os.getpid(), wanted.limits, scratch, including_root=False)
    return Confinement(confined.argv, confined.environment, sandbox.means.mode, watch, LOOK_SECONDS)
