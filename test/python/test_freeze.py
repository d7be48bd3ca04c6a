"""Stopping process trees that grow meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from optimized_kernels.measurement.freeze import Freezer, newest_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads process states from /proc")

# Starts a sleeper for every line and says which.
PARENT = """
import subprocess, sys
for line in sys.stdin:
    print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
"""


@contextmanager
def _tree() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        try:
            yield parent
        finally:
            for process in (*_children(parent.pid), parent.pid):
                subprocess.run(["kill", "-9", str(process)], check=True)


def _children(process: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _grow(parent: subprocess.Popen[str]) -> int:
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write("\n")
    parent.stdin.flush()
    return int(parent.stdout.readline())


def _is_stopped(process: int) -> bool:
    """Looked at for a while, as a signal may still be on its way."""
    return any(not _runs(process) for _ in range(10_000))


def _runs(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "T"


def test_the_newest_process_is_another_one_once_one_has_begun() -> None:
    before = newest_process()
    assert before is not None
    subprocess.run(["true"], check=True)
    assert newest_process() != before


def test_processes_that_began_since_the_last_look_are_stopped_too() -> None:
    with _tree() as own, _tree() as other:
        freezer = Freezer({"own": own.pid, "other": other.pid})
        first = _grow(own)
        for process in (own.pid, first):
            freezer.stop("own")
            assert _is_stopped(process)
        freezer.resume("own")
        second = _grow(own)
        freezer.stop("own")
        assert all(_is_stopped(process) for process in (own.pid, first, second))
        assert _runs(other.pid)
        freezer.only("own")
        assert _is_stopped(other.pid)
        assert all(_runs(process) for process in (own.pid, first, second))
        freezer.release()
        assert _runs(other.pid)


def test_a_side_that_is_no_more_is_forgotten() -> None:
    with _tree() as own:
        with _tree() as other:
            freezer = Freezer({"own": own.pid, "other": other.pid})
            freezer.only("other")
            assert _is_stopped(own.pid)
        freezer.forget("other")
        freezer.only("own")
        assert _runs(own.pid)
        freezer.stop("own")
        assert _is_stopped(own.pid)
        freezer.release()
        assert _runs(own.pid)
