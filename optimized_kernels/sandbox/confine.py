"""Takes limits upon itself, then becomes the command it was given; the last step into every sandbox.

    python -I -S confine.py '<JSON of Steps>' command...

A program of its own and not a function between fork and exec, so that processes with threads may start one.
Imports the standard library only, and nothing of this package.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from typing import TypedDict

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
CLONE_NEWIPC = 0x08000000
PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION_3 = 0x20080522
MOST_CAPABILITIES = 64
REFUSED = 125


class Steps(TypedDict):
    """`limits` by name for setrlimit. `parent`: die with this process, 0 for not. `network`: keep it.

    `bare`: there is no sandbox around this, so cut off here what can be. `insist`: fail where the network
    cannot be cut off.
    """

    limits: dict[str, int]
    parent: int
    network: bool
    bare: bool
    insist: bool


def _limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        number = getattr(resource, name, None)
        if number is None:
            continue
        _, hard = resource.getrlimit(number)
        lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (lower, lower))


def _cut_network(libc: ctypes.CDLL) -> bool:
    """A network namespace with nothing in it; ordinary users get one with a user namespace around it."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0:
        return True
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0:
        return False
    # Fails where a security module takes the namespace's rights away; the network is gone all the same.
    with contextlib.suppress(OSError):
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    return True


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Root without any: it could raise its limits again otherwise."""
    for capability in range(MOST_CAPABILITIES):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())


def _confine_on_linux(steps: Steps) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if steps["bare"] and not steps["network"] and not _cut_network(libc) and steps["insist"]:
        sys.exit(REFUSED)
    _limit(steps["limits"])
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS) failed")
    if steps["bare"]:
        _drop_capabilities(libc)
    if steps["parent"]:
        # After everything that changes credentials, for that may clear it.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != steps["parent"]:
            os._exit(REFUSED)


def main() -> None:
    """Does the steps and runs the command in its own place."""
    steps: Steps = json.loads(sys.argv[1])
    if sys.platform == "linux":
        _confine_on_linux(steps)
    else:
        _limit(steps["limits"])
    # Ignored in Python, and ignored signals stay so.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
