"""The profile for macOS's sandbox-exec. The last matching rule wins: what is allowed again comes later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

PROGRAM = "/usr/bin/sandbox-exec"
HIDDEN = (
    "/Users",
    "/Volumes",
    "/private/tmp",
    "/private/var/folders",
    "/private/var/root",
    "/private/etc/ssh",
)
# They would start a program through launchd, outside of the sandbox.
STARTERS = (
    "/bin/launchctl",
    "/usr/bin/at",
    "/usr/bin/crontab",
    "/usr/bin/open",
    "/usr/bin/osascript",
    "/usr/bin/ssh",
    "/usr/bin/sudo",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dtracehelper", "/dev/tty")


def quoted(path: str) -> str:
    """`path` as a string of the profile language. Raises ValueError for a path with control characters."""
    if any(ord(character) < 32 for character in path):
        raise ValueError(f"{path!r} has control characters; expected a path without")
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _rule(action: str, operation: str, kind: str, paths: Iterable[str]) -> str:
    filters = " ".join(f"({kind} {quoted(path)})" for path in paths)
    return f"({action} {operation} {filters})"


def profile(
    *, scratch: Sequence[str], readable: Sequence[str], homes: Sequence[str], network: bool, fork: bool
) -> str:
    """Text of the profile. Paths have to be real ones: /private/tmp, not /tmp.

    Names and attributes of files stay visible, since resolving a path needs them; contents do not.
    """
    rules = [
        "(version 1)",
        "(allow default)",
        "(deny appleevent-send)",
        _rule("deny", "process-exec*", "literal", STARTERS),
        "(deny signal)",
        "(allow signal (target same-sandbox))",
        "(deny file-write*)",
        _rule("deny", "file-read-data file-read-xattr", "subpath", sorted({*HIDDEN, *homes})),
    ]
    if readable:
        rules.append(_rule("allow", "file-read-data file-read-xattr", "subpath", readable))
    rules.append(_rule("allow", "file-read* file-write*", "subpath", scratch))
    rules.append(_rule("allow", "file-write-data", "literal", DEVICES))
    if not network:
        rules.append("(deny network*)")
    if not fork:
        rules.append("(deny process-fork)")
    return "\n".join(rules) + "\n"


def sandbox_exec_argv(text: str, command: Sequence[str]) -> list[str]:
    """`command` under the profile `text`."""
    return [PROGRAM, "-p", text, *command]
