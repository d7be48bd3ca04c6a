"""Trusted launcher of one evaluation: device lock, sandbox, deadline; afterwards its process tree is gone.

    python launch.py --lock <path> --timeout <seconds> [--early] [--journal <entry>]
        [--scratch <folder>] [--remove <folder>]
        [--sandbox <JSON of options.sandbox> [--readable <path>]...] -- <command...>

With --sandbox the whole command is confined to the scratch folder; without, it sees to that itself. With
--early it is started, and handed its line, before the device is free: it must not do anything that counts
until it gets an empty line as well. With --journal the worker's journal says that the command has begun, on
the disk, before it does.

stdin: a first line, handed to the command; then silence, whose end means that the worker died or cancelled.
fd 3: JSON lines to the worker: `waiting`, `device`, what the command said (`phase`, `result`, `garbage`),
`ended`. The command's own fd 3 is its event channel. The folder to remove goes where nobody else is left to
do it. Imports no candidate code and no MLX.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from functools import partial

from confinement import Confinement, Refused, confine, unconfined
from device_lock import begin_to_wait, has_lock, try_lock
from ears import Ears
from journal_entry import mark_begun
from relay import Lines, Outbox, Tail

from optimized_kernels.sandbox.process_tree import (
    GRACE_SECONDS,
    adopt_orphans,
    die_with_parent,
    end_tree,
    living_tree,
)

CHANNEL = 3
# Of whoever started the launcher, and of what it starts.
PRIORITY = os.getpriority(os.PRIO_PROCESS, 0)


def _go_first() -> None:
    """A fork bomb takes every turn of the processor that it can get: whoever has to end it must not wait."""
    with contextlib.suppress(PermissionError):  # root's alone, whom no limit of the kernel helps either
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY - 10)


@dataclass
class Report:
    """How the command ended; the fields of the `ended` event."""

    how: str = "abandoned"
    code: int | None = None
    signal: int | None = None
    seconds: float = 0.0
    left: int = 0
    # Which limit was exceeded, or why there was no evaluation.
    reason: str | None = None
    sandbox: str | None = None
    stdout: Tail = field(default_factory=lambda: Tail(4096))
    stderr: Tail = field(default_factory=lambda: Tail(8192))

    def event(self) -> dict[str, object]:
        texts = {"stdout": self.stdout.text(), "stderr": self.stderr.text()}
        return {"event": "ended", **vars(self), **texts}


def _start(confinement: Confinement, report: Report, ears: Ears) -> int:
    """Starts the command and hands it its line; returns its process id."""
    parent = os.getpid()

    def prepare() -> None:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        die_with_parent(parent)

    outputs = [os.pipe() for _ in range(3)]
    (out, out_end), (err, err_end), (channel, channel_end) = outputs
    os.dup2(channel_end, CHANNEL, inheritable=False)
    stdin_end, stdin = os.pipe()
    # The launcher has one thread, which makes a function between fork and exec safe.
    process = subprocess.Popen(
        confinement.argv,
        env={**os.environ, **confinement.environment},
        stdin=stdin_end,
        stdout=out_end,
        stderr=err_end,
        pass_fds=(CHANNEL,),
        start_new_session=True,
        preexec_fn=prepare,
    )
    process.returncode = 0  # reaped here, not by the Popen object
    for descriptor in (stdin_end, out_end, err_end, channel_end, CHANNEL):
        os.close(descriptor)
    ears.children.main = process.pid
    ears.listen(out, report.stdout.add)
    ears.listen(err, report.stderr.add)
    ears.listen(channel, Lines(ears.outbox.send).add)
    ears.handed = Outbox(stdin)
    ears.hand(ears.request.split(b"\n")[0] + b"\n")
    return process.pid


def _supervise(child: int, deadline: float, confinement: Confinement, ears: Ears, report: Report) -> None:
    """Runs until the child has ended, exceeds a limit or is not wanted; then nothing of its tree is left."""
    report.how = "exit"
    while ears.children.status is None:
        left = deadline - time.monotonic()
        if ears.abandoned or left <= 0:
            report.how = "abandoned" if ears.abandoned else "timeout"
            break
        report.reason = confinement.exceeded()
        if report.reason is not None:
            report.how = "limit"
            break
        ears.pump(min(left, confinement.patience))
    grace = GRACE_SECONDS
    if report.how == "limit":
        # Nobody asks a fork bomb to leave: its group goes in one step.
        grace = 0.0
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
    report.left = _end(child, ears, grace)
    until = time.monotonic() + 0.5
    while ears.pump(0.0) and time.monotonic() < until:
        pass
    status = ears.children.status
    if report.how == "exit" and status is not None:
        ended = confinement.ended(status)
        if ended < 0:
            report.how, report.signal = "signal", -ended
        else:
            report.code = ended


def _end(child: int, ears: Ears, grace: float) -> int:
    """Ends what is left of the tree; returns how many could not be killed."""
    if ears.children.are_gone():
        return 0
    return end_tree(ears.children, partial(living_tree, os.getpid(), child), partial(_wait, ears), grace)


def _wait(ears: Ears, seconds: float) -> None:
    until = time.monotonic() + seconds
    ears.pump(0.0)
    while (left := until - time.monotonic()) > 0:
        ears.pump(left)


def _take_device(path: str, ears: Ears) -> int | None:
    """Waits for the device lock; None where the worker went away first."""
    lock = try_lock(path)
    if lock is None:
        ears.outbox.send({"event": "waiting"})
    while lock is None and not ears.abandoned:
        lock = _wait_for_device(path, ears)
    # What has been said meanwhile counts: nothing begins for a worker that is gone.
    ears.pump(0.0)
    if lock is not None and ears.abandoned:
        os.close(lock)
        return None
    return lock


def _wait_for_device(path: str, ears: Ears) -> int | None:
    """The lock, the moment that it is free; None where somebody tidied its file away, or nobody wants it."""
    wait = begin_to_wait(path)
    ears.listen(wait.news, lambda _: None)
    held: bool | None = False
    while held is False and not ears.abandoned:
        ears.pump(60.0)
        held = has_lock(path, wait.descriptor)
    ears.ignore(wait.news)
    if held:
        return wait.descriptor
    with contextlib.suppress(ProcessLookupError):
        os.kill(wait.child, signal.SIGKILL)
    os.close(wait.descriptor)
    return None


def _evaluate(arguments: argparse.Namespace, ears: Ears) -> Report:
    report = Report()
    while b"\n" not in ears.request and not ears.abandoned:
        ears.pump(60.0)
    try:
        confinement = _confinement(arguments)
    except Refused as refused:
        report.how, report.reason = "refused", str(refused)
        return report
    report.sandbox = confinement.sandbox
    command = _start(confinement, report, ears) if arguments.early else None
    lock = _take_device(arguments.lock, ears)
    if lock is None:
        if command is not None:
            report.left = _end(command, ears, GRACE_SECONDS)
        return report
    if arguments.journal is not None:
        mark_begun(arguments.journal)
    started = time.monotonic()
    ears.outbox.send({"event": "device", "startedAt": time.time() * 1000})
    if command is None:
        command = _start(confinement, report, ears)
    else:
        ears.hand(b"\n")
    _supervise(command, started + arguments.timeout, confinement, ears, report)
    report.seconds = time.monotonic() - started
    os.close(lock)
    return report


def _confinement(arguments: argparse.Namespace) -> Confinement:
    if arguments.sandbox is None:
        return unconfined(arguments.command)
    return confine(arguments.command, arguments.scratch or os.getcwd(), arguments.sandbox, arguments.readable)


def main() -> None:
    """Parses the command line and runs the command to its end."""
    parser = argparse.ArgumentParser(prog="launch.py")
    parser.add_argument("--lock", required=True)
    parser.add_argument("--timeout", required=True, type=float)
    parser.add_argument("--scratch")
    parser.add_argument("--remove")
    parser.add_argument("--early", action="store_true")
    parser.add_argument("--sandbox")
    parser.add_argument("--readable", action="append", default=[])
    parser.add_argument("--journal")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    _go_first()
    adopt_orphans()
    outbox = Outbox(os.dup(CHANNEL))
    # Kept occupied, so that nothing else gets the number the command's channel needs.
    os.dup2(os.open(os.devnull, os.O_RDONLY), CHANNEL, inheritable=False)
    report = _evaluate(arguments, Ears(outbox))
    outbox.send(report.event())
    outbox.drain(5.0)
    if report.how == "abandoned" and arguments.remove is not None:
        shutil.rmtree(arguments.remove, ignore_errors=True)


if __name__ == "__main__":
    main()
