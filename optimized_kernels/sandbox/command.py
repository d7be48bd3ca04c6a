"""A command in a sandbox: its argument vector and what to add to its environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from optimized_kernels.sandbox.bubblewrap import bubblewrap_argv, look_around
from optimized_kernels.sandbox.confine import Steps
from optimized_kernels.sandbox.limits import Limits, has_accelerator, resource_limits, tasks_of_user
from optimized_kernels.sandbox.processes import children_of
from optimized_kernels.sandbox.readable import home_folders, shown_paths
from optimized_kernels.sandbox.sandbox_exec import profile, sandbox_exec_argv

Mode = Literal["bubblewrap", "sandbox-exec", "limited"]

CONFINE = str(Path(__file__).absolute().parent / "confine.py")
# Since then every user namespace counts its own processes.
NAMESPACED_LIMITS = (5, 14)


@dataclass(frozen=True)
class Means:
    """How to confine here. `program` is the sandbox's own; `user_namespace` are options of bubblewrap."""

    mode: Mode
    program: str = ""
    user_namespace: tuple[str, ...] = ()


@dataclass(frozen=True)
class SandboxedCommand:
    """What to start. Descriptors given by `pass_fds` reach the command; its environment is the caller's plus
    `environment`."""

    argv: list[str]
    environment: dict[str, str]


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2] if part.isdigit())


def _tasks_before(means: Means) -> int | None:
    """What counts against the limit on processes before the command starts; None: nobody knows."""
    if sys.platform != "linux":
        return None
    if means.user_namespace and _kernel() >= NAMESPACED_LIMITS:
        return 0
    return tasks_of_user(os.getuid())


def _confined(command: Sequence[str], means: Means, limits: Limits, network: bool, insist: bool) -> list[str]:
    accelerator = has_accelerator()
    steps = Steps(
        limits=resource_limits(limits, _tasks_before(means), accelerator),
        parent=os.getpid() if means.mode == "limited" else 0,
        network=network,
        bare=means.mode == "limited",
        insist=insist,
    )
    return [sys.executable, "-I", "-S", CONFINE, json.dumps(steps), *command]


def sandbox_environment(scratch: str) -> dict[str, str]:
    """Folders that programs write to by habit, in the scratch folder: nothing is shared, nothing stays."""
    return {
        "HOME": scratch,
        "TMPDIR": scratch,
        "XDG_CACHE_HOME": os.path.join(scratch, ".cache"),
        # Kernels that MLX builds on CUDA; a shared folder would carry code from one program to the next.
        "MLX_PTX_CACHE_DIR": os.path.join(scratch, "ptx"),
    }


def sandboxed(
    command: Sequence[str],
    *,
    scratch: Path,
    readable: Iterable[Path | str] = (),
    limits: Limits,
    means: Means,
    network: bool = False,
    insist_on_no_network: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> SandboxedCommand:
    """`command` confined by `means`.

    Args:
        scratch: an existing folder, the only one that can be written to.
        readable: files and folders to show besides the system's, this interpreter's and this package's.
        environment: where library folders are looked up.

    The command has to be started from the process that calls this, which it does not outlive; a Watch or a
    Watchdog sees to the limits of the tree.
    """
    inner = _confined(command, means, limits, network, insist_on_no_network)
    names = list(dict.fromkeys((os.path.abspath(scratch), os.path.realpath(scratch))))
    added = sandbox_environment(names[0])
    if means.mode == "limited":
        return SandboxedCommand(inner, added)
    shown = shown_paths(command[0], environment, [str(path) for path in readable])
    shown = sorted({*shown, *shown_paths(sys.executable, environment, [])})
    if means.mode == "bubblewrap":
        argv = bubblewrap_argv(
            means.program,
            inner,
            scratch=names,
            readable=shown,
            view=look_around(network),
            user_namespace=means.user_namespace,
            network=network,
        )
        return SandboxedCommand(argv, added)
    text = profile(
        scratch=[names[-1]],
        readable=sorted({os.path.realpath(path) for path in shown}),
        homes=home_folders(environment),
        network=network,
        fork=limits.processes > 1,
    )
    return SandboxedCommand(sandbox_exec_argv(text, inner), added)


def command_process(started: int, means: Means) -> int:
    """Id, on this machine, of the command's own process, where `started` is what was started for it.

    Bubblewrap stands above it with two processes. To be asked once the command has answered something.
    """
    levels = 2 if means.mode == "bubblewrap" else 0
    for _ in range(levels):
        started = next(iter(children_of(started)), started)
    return started
