"""The command line of bubblewrap, Linux's unprivileged sandbox: an empty root, and what is listed here."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix",
    "/gnu/store",
    "/run/current-system",
    "/run/opengl-driver",
    "/sys",
)
# Of /etc what linkers, compilers and name look-ups read; no keys, no password hashes.
SETTINGS = (
    "alternatives",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "timezone",
)
NETWORK_SETTINGS = (
    "ca-certificates",
    "gai.conf",
    "host.conf",
    "hosts",
    "pki",
    "resolv.conf",
    "services",
    "ssl",
)
DEVICES = ("/dev/nvidia*", "/dev/dri", "/dev/kfd", "/dev/nvhost*", "/dev/nvmap", "/dev/dxg")

# From the strongest on; the probe takes the first that works. Root needs no user namespace of its own.
USER_NAMESPACES: tuple[tuple[str, ...], ...] = (
    ("--unshare-user", "--disable-userns"),
    ("--unshare-user",),
    (),
)
NAMESPACES = ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


@dataclass(frozen=True)
class View:
    """What of this machine's files is in the sandbox."""

    links: tuple[tuple[str, str], ...]
    readable: tuple[str, ...]
    devices: tuple[str, ...]


def look_around(network: bool) -> View:
    """The system's part of the view on this machine."""
    settings = SETTINGS + (NETWORK_SETTINGS if network else ())
    paths = [path for path in (*SYSTEM, *(f"/etc/{name}" for name in settings)) if os.path.exists(path)]
    # /bin and the like are links into /usr on most systems.
    links = [(os.readlink(path), path) for path in paths if path in SYSTEM and os.path.islink(path)]
    readable = [path for path in paths if path not in {link for _, link in links}]
    devices = sorted(path for pattern in DEVICES for path in glob.glob(pattern))
    return View(tuple(links), tuple(readable), tuple(devices))


def covered(path: str, by: Iterable[str]) -> bool:
    """Whether one of the folders `by` contains `path`, or is it."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in by)


def mounts(readable: Iterable[str], writable: Iterable[str]) -> list[tuple[str, str]]:
    """Option and path of each bind mount, containing folders first, nothing twice.

    Every path is both source and target. A writable folder inside a readable one stays writable.
    """
    wanted = dict.fromkeys(readable, "--ro-bind") | dict.fromkeys(writable, "--bind")
    placed: dict[str, str] = {}
    for path in sorted(wanted, key=lambda path: path.rstrip("/").split("/")):
        above = [folder for folder in placed if covered(path, [folder])]
        if above and placed[max(above, key=len)] == wanted[path]:
            continue
        placed[path] = wanted[path]
    return [(option, path) for path, option in placed.items()]


def bubblewrap_argv(
    bubblewrap: str,
    command: Sequence[str],
    *,
    scratch: Sequence[str],
    readable: Iterable[str],
    view: View,
    user_namespace: Sequence[str],
    network: bool,
) -> list[str]:
    """`command` in a sandbox whose only writable folder is `scratch`, given by all its names.

    Shared memory (/dev/shm) lies in the scratch folder too.
    """
    argv = [bubblewrap, *user_namespace, *NAMESPACES, "--die-with-parent", "--new-session"]
    # Root keeps its capabilities otherwise.
    argv += ["--cap-drop", "ALL", "--hostname", "sandbox"]
    if not network:
        argv.append("--unshare-net")
    for target, link in view.links:
        argv += ["--symlink", target, link]
    links = [link for _, link in view.links]
    shown = [path for path in (*view.readable, *readable) if not covered(path, links)]
    for option, path in mounts(shown, scratch):
        argv += [option, path, path]
    argv += ["--proc", "/proc", "--dev", "/dev"]
    for device in view.devices:
        argv += ["--dev-bind-try", device, device]
    argv += ["--bind", scratch[0], "/dev/shm", "--remount-ro", "/dev", "--remount-ro", "/"]
    return [*argv, "--chdir", scratch[0], "--", *command]
