"""Processes of confined commands: found, watched, ended, none left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimized_kernels.sandbox import Limits, Watch, Watchdog, command_process, sandboxed
from optimized_kernels.sandbox.command import Means
from optimized_kernels.sandbox.probe import strongest
from optimized_kernels.sandbox.processes import descendants
from optimized_kernels.sandbox.watch import folder_bytes, kill_tree

ROOT = Path(__file__).parents[2]


def test_inherited_pipes_reach_the_command_and_end_with_it(means: Means, scratch: Path) -> None:
    reading, writing = os.pipe()
    code = f"import os; os.write({writing}, b'through')"
    confined = sandboxed([sys.executable, "-c", code], scratch=scratch, limits=Limits(), means=means)
    with subprocess.Popen(confined.argv, pass_fds=(writing,)) as process:
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            assert stream.read() == b"through"
    assert process.returncode == 0


def test_the_command_dies_with_its_parent(means: Means, scratch: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux ends children with their parent")
    parent = f"""
import subprocess, sys
from pathlib import Path
from optimized_kernels.sandbox import Limits, sandboxed
from optimized_kernels.sandbox.command import Means
code = "import time; print('up', flush=True); time.sleep(600)"
scratch, means = Path({str(scratch)!r}), {means!r}
confined = sandboxed([sys.executable, "-c", code], scratch=scratch, limits=Limits(), means=means)
process = subprocess.Popen(confined.argv, stdin=subprocess.PIPE)
process.wait()
"""
    with subprocess.Popen(
        [sys.executable, "-c", parent],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=scratch,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert descendants(process.pid)
        process.kill()
        # The pipe's end: nobody below holds it any more.
        assert process.stdout.read() == b""


def test_the_process_of_the_command_is_found(means: Means, scratch: Path) -> None:
    code = "import sys; print(sys.argv, flush=True); input()"
    confined = sandboxed(
        [sys.executable, "-c", code, "its-own-argument"], scratch=scratch, limits=Limits(), means=means
    )
    with subprocess.Popen(confined.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"its-own-argument" in process.stdout.readline()
        found = command_process(process.pid, means)
        listed = subprocess.run(
            ["ps", "-ww", "-o", "args=", "-p", str(found)], capture_output=True, text=True
        )
        assert listed.stdout.split()[-1] == "its-own-argument"
        assert "bwrap" not in listed.stdout
        process.communicate(b"\n")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is watched by process on Linux")
def test_a_watchdog_kills_what_grows(means: Means, scratch: Path) -> None:
    code = """
import mmap, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
block = mmap.mmap(-1, 4 * 2**30)
while True:
    block.write(b"x" * 2**20)
"""
    limits = Limits(memory_bytes=300 * 2**20)
    confined = sandboxed([sys.executable, "-c", code], scratch=scratch, limits=limits, means=means)
    with subprocess.Popen(confined.argv, stderr=subprocess.DEVNULL) as process:
        dog = Watchdog(Watch(process.pid, limits, scratch))
        dog.join(30)
        assert dog.reason is not None
        assert "MiB of memory; limit 300 MiB" in dog.reason
        process.wait(10)
        assert descendants(process.pid) == []


def test_a_watchdog_lets_the_modest_live(means: Means, scratch: Path) -> None:
    confined = sandboxed(
        [sys.executable, "-c", "print(flush=True); input()"], scratch=scratch, limits=Limits(), means=means
    )
    with subprocess.Popen(confined.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        watch = Watch(process.pid, Limits(), scratch)
        dog = Watchdog(watch, interval=0.001)
        assert [watch.look() for _ in range(20)] == [None] * 20
        dog.stop()
        assert dog.reason is None
        process.communicate(b"\n")
    assert process.returncode == 0


def test_kill_tree_leaves_nothing(means: Means, scratch: Path) -> None:
    code = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        break
os.write(1, b"up\\n")
time.sleep(600)
"""
    confined = sandboxed([sys.executable, "-c", code], scratch=scratch, limits=Limits(), means=means)
    with subprocess.Popen(confined.argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(4):
            assert process.stdout.readline() == b"up\n"
        kill_tree(process.pid)
        assert process.stdout.read() == b""
        assert process.wait(10) != 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to a chosen process")
def test_an_adopting_process_is_left_with_no_children(means: Means, scratch: Path) -> None:
    code = f"""
import os, signal, subprocess, sys
from pathlib import Path
from optimized_kernels.sandbox import Limits, kill_tree, reap_adopted, sandboxed
from optimized_kernels.sandbox.command import Means
from optimized_kernels.sandbox.process_tree import adopt_orphans
from optimized_kernels.sandbox.processes import descendants
adopt_orphans()
family = "import os, time; os.fork(); os.write(1, b'x'); time.sleep(600)"
scratch, means = Path({str(scratch)!r}), {means!r}
confined = sandboxed([sys.executable, "-c", family], scratch=scratch, limits=Limits(), means=means)
with subprocess.Popen(confined.argv, stdout=subprocess.PIPE) as process:
    for _ in range(2):
        process.stdout.read(1)
    for stopped in [process.pid, *descendants(process.pid)]:
        os.kill(stopped, signal.SIGSTOP)
    killed = kill_tree(process.pid)
    process.wait()
    reap_adopted(killed)
    print(descendants(os.getpid()))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_too_much_in_the_scratch_folder_is_seen(scratch: Path) -> None:
    (scratch / "deep").mkdir()
    (scratch / "deep" / "file").write_bytes(os.urandom(3 * 2**20))
    (scratch / "loop").symlink_to(scratch)
    size = folder_bytes(str(scratch), 2**30)
    assert 3 * 2**20 <= size < 4 * 2**20
    watch = Watch(os.getpid(), Limits(disk_bytes=2**20), scratch)
    deadline = time.monotonic() + 10
    while (reason := watch.look()) is None and time.monotonic() < deadline:
        pass
    assert reason == "wrote more than 1 MiB into its scratch folder"


def test_the_probe_says_what_is_in_force() -> None:
    command = [sys.executable, "-m", "optimized_kernels.sandbox"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    facts = json.loads(ended.stdout)
    assert set(facts) == {"mode", "strong", "why", "mend"}
    assert facts["mode"] == strongest().means.mode
    assert facts["strong"] == (facts["mode"] != "limited")
    if not facts["strong"]:
        assert "network" in facts["why"]


def test_where_nothing_can_be_confined_the_probe_says_so(strong: Means, scratch: Path) -> None:
    if "--disable-userns" not in strong.user_namespace:
        pytest.skip("this sandbox does not forbid namespaces")
    command = [sys.executable, "-P", "-m", "optimized_kernels.sandbox"]
    confined = sandboxed(command, scratch=scratch, limits=Limits(), means=strong)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **confined.environment}
    ended = subprocess.run(confined.argv, env=environment, capture_output=True, text=True, check=True)
    facts = json.loads(ended.stdout)
    assert (facts["mode"], facts["strong"]) == ("limited", False)
    assert "the network is NOT cut off" in facts["why"]
    assert facts["mend"].startswith("let bubblewrap make namespaces")


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is Linux's")
def test_a_bubblewrap_that_does_not_work_is_not_trusted(tmp_path: Path) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "optimized_kernels.sandbox"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    facts = json.loads(ended.stdout)
    assert (facts["mode"], facts["strong"]) == ("limited", False)
    assert "No permissions to create new namespace" in facts["why"]
    assert "namespaces" in facts["mend"]


def test_a_program_that_is_not_there_is_named(means: Means, scratch: Path) -> None:
    confined = sandboxed(["/no/such/program"], scratch=scratch, limits=Limits(), means=means)
    ended = subprocess.run(confined.argv, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "/no/such/program cannot be run: No such file" in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to a chosen process")
def test_what_forks_and_exits_without_end_is_ended(scratch: Path) -> None:
    # Each is its parent's orphan at once and in a group of its own; they would go on for a minute.
    chain = """
import os, time
end = time.monotonic() + 60
while time.monotonic() < end:
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
"""
    code = f"""
import os, subprocess, sys, time
from functools import partial
from optimized_kernels.sandbox.process_tree import Children, adopt_orphans, end_tree, living_tree
adopt_orphans()
left = []
for _ in range(6):
    children, process = Children(), subprocess.Popen([sys.executable, "-c", {chain!r}])
    process.wait()
    def pump(seconds):
        children.reap()
        time.sleep(seconds)
    left.append(end_tree(children, partial(living_tree, os.getpid(), process.pid), pump, grace=0.0))
print(left, children.are_gone())
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=scratch, check=True)
    assert ended.stdout == "[0, 0, 0, 0, 0, 0] True\n"
