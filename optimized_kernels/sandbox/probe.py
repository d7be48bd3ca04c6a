"""Which sandbox works on this machine, and why not a stronger one. Found out by running something in it."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from optimized_kernels.sandbox import sandbox_exec
from optimized_kernels.sandbox.bubblewrap import USER_NAMESPACES
from optimized_kernels.sandbox.command import Means, sandboxed
from optimized_kernels.sandbox.limits import Limits
from optimized_kernels.sandbox.options import Level

TRIAL_SECONDS = 20.0
INSTALL = "install bubblewrap (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)"
NAMESPACES = (
    "let bubblewrap make namespaces: on Ubuntu 24.04 and later "
    "`sysctl kernel.apparmor_restrict_unprivileged_userns=0` or an AppArmor profile for bwrap, "
    "in a container a seccomp profile that allows them or --privileged"
)


class SandboxUnavailable(Exception):
    """The strong sandbox was demanded and does not work here; says why and how to mend it."""


@dataclass(frozen=True)
class Sandbox:
    """What is in force. `why`: how that is known; `mend`: what to do for a stronger one, None for nothing."""

    means: Means
    strong: bool
    why: str
    mend: str | None

    def facts(self) -> dict[str, object]:
        """JSON for `doctor`."""
        return {"mode": self.means.mode, **{k: v for k, v in asdict(self).items() if k != "means"}}


def trial(means: Means, insist_on_no_network: bool = False) -> str | None:
    """Starts this Python in a sandbox of these means: None where that works, else what it said."""
    with tempfile.TemporaryDirectory(prefix="sandbox-trial-") as scratch:
        confined = sandboxed(
            [sys.executable, "-I", "-S", "-c", "print('inside')"],
            scratch=Path(scratch),
            limits=Limits(),
            means=means,
            insist_on_no_network=insist_on_no_network,
        )
        try:
            ended = subprocess.run(
                confined.argv,
                env={**os.environ, **confined.environment},
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TRIAL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {TRIAL_SECONDS:.0f} s"
    if ended.returncode == 0 and ended.stdout == "inside\n":
        return None
    said = ended.stderr.strip().splitlines()
    return said[-1] if said else f"exit code {ended.returncode}"


def _bubblewrap() -> Sandbox:
    program = shutil.which("bwrap")
    if program is None:
        return limited("bubblewrap is not installed", INSTALL)
    said = ""
    for options in USER_NAMESPACES:
        if not options and os.getuid() != 0:
            continue
        means = Means("bubblewrap", program, options)
        failed = trial(means)
        if failed is None:
            return Sandbox(means, True, f"{program} works", None)
        said = failed
    return limited(f"{program} does not work here: {said}", NAMESPACES)


def _sandbox_exec() -> Sandbox:
    means = Means("sandbox-exec", sandbox_exec.PROGRAM)
    if not os.path.exists(means.program):
        return limited(f"{means.program} is missing", None)
    failed = trial(means)
    if failed is None:
        return Sandbox(means, True, f"{means.program} works", None)
    return limited(f"{means.program} does not work here: {failed}", None)


def limited(because: str, mend: str | None) -> Sandbox:
    """The weaker mode, said to be so."""
    cut = sys.platform == "linux" and trial(Means("limited"), insist_on_no_network=True) is None
    network = "the network is cut off" if cut else "the network is NOT cut off"
    why = f"{because}; limits and a scrubbed environment only, {network}, files are not hidden"
    return Sandbox(Means("limited"), False, why, mend)


@functools.cache
def strongest() -> Sandbox:
    """The strongest sandbox that works here; tried once in a process."""
    if sys.platform == "linux":
        return _bubblewrap()
    if sys.platform == "darwin":
        return _sandbox_exec()
    return limited(f"no sandbox is known for {sys.platform}", None)


def find_sandbox(level: Level = "any") -> Sandbox:
    """The sandbox for `level`. Raises SandboxUnavailable where that is `strong` and none works."""
    if level == "limited":
        return limited_by_wish()
    found = strongest()
    if level == "strong" and not found.strong:
        mend = f"; {found.mend}" if found.mend else ""
        raise SandboxUnavailable(f"options.sandbox demands the strong sandbox: {found.why}{mend}")
    return found


@functools.cache
def limited_by_wish() -> Sandbox:
    """The weaker mode where a problem asks for it."""
    return limited("options.sandbox asks for it", None)
