"""Hostile programs through the launcher, in both sandboxes: the verdict, and what is left."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from launching import HONEST, launch, running

from optimized_kernels.sandbox.probe import strongest

LINUX = sys.platform == "linux"


@pytest.fixture(params=["strong", "limited"])
def level(request: pytest.FixtureRequest) -> str:
    found = strongest()
    if request.param == "strong" and not found.strong:
        pytest.skip(found.why)
    return str(request.param)


@pytest.fixture
def token() -> str:
    """Text that only this test's processes have in their command line."""
    return f"token-{uuid.uuid4().hex}"


def daemon(token: str) -> str:
    """Source that leaves a grandchild of a dead parent, in a session of its own and deaf to SIGTERM."""
    return f"""
import os, signal, sys
ready, done = os.pipe()
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if os.fork() > 0:
        os._exit(0)
    os.close(ready)
    os.set_inheritable(done, True)
    script = "import os, sys, time; os.write(int(sys.argv[1]), b'up'); time.sleep(600)"
    os.execv(sys.executable, [sys.executable, "-c", script, str(done), {token!r}])
os.close(done)
assert os.read(ready, 2) == b"up"
{HONEST}"""


def test_an_honest_program_is_scored(level: str, tmp_path: Path) -> None:
    launched = launch(HONEST, tmp_path, level)
    assert launched.result["verdict"] == "scored"
    assert launched.result["score"] > 1
    assert (launched.ended["how"], launched.ended["code"], launched.ended["left"]) == ("exit", 0, 0)
    assert launched.ended["sandbox"] == ("limited" if level == "limited" else strongest().means.mode)


def test_a_daemon_is_gone_afterwards(level: str, tmp_path: Path, token: str) -> None:
    if level == "limited" and not LINUX:
        pytest.skip("only Linux hands a daemon's children to the launcher")
    probe = subprocess.Popen([sys.executable, "-c", "input()", token], stdin=subprocess.PIPE)
    assert len(running(token)) == 1, "the test would see one"
    probe.communicate(b"\n")
    launched = launch(daemon(token), tmp_path, level)
    assert launched.result["verdict"] == "scored"
    assert launched.ended["left"] == 0
    assert running(token) == []


def test_a_hang_ends_at_the_deadline_with_its_daemon(level: str, tmp_path: Path, token: str) -> None:
    if level == "limited" and not LINUX:
        pytest.skip("only Linux hands a daemon's children to the launcher")
    source = daemon(token) + "\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()\n"
    launched = launch(source, tmp_path, level, timeout=2.0)
    assert (launched.ended["how"], launched.ended["left"]) == ("timeout", 0)
    assert 2.0 <= launched.ended["seconds"] < 8.0
    assert running(token) == []


def test_a_fork_bomb_ends(level: str, tmp_path: Path, token: str) -> None:
    # Every process of the bomb shows its token.
    source = f"""
import os, sys
bomb = "import os\\nwhile True:\\n    try:\\n        os.fork()\\n    except OSError:\\n        pass"
os.execv(sys.executable, [sys.executable, "-c", bomb, {token!r}])
"""
    started = time.monotonic()
    launched = launch(source, tmp_path, level, timeout=30.0)
    assert launched.ended["how"] == "limit"
    assert launched.ended["reason"] == "started more than 64 processes (options.sandbox.processes)"
    assert launched.ended["left"] == 0
    assert time.monotonic() - started < 25
    assert running(token) == []


def test_an_allocation_of_8_gib_fails(level: str, tmp_path: Path) -> None:
    if not LINUX:
        pytest.skip("only Linux limits a process's memory; elsewhere the tree is watched")
    launched = launch(f"block = bytearray(8 * 2**30)\n{HONEST}", tmp_path, level)
    if launched.ended["how"] == "limit":  # a machine with a GPU watches only
        assert "MiB of memory; limit 4096 MiB" in launched.ended["reason"]
    else:
        assert launched.result["verdict"] == "failed"
        assert launched.result["reason"].startswith("MemoryError")


def test_memory_of_the_whole_tree_is_watched(level: str, tmp_path: Path) -> None:
    # Shared pages, which no limit of a single process counts, written by two processes.
    source = """
import mmap, os
os.fork()
block = mmap.mmap(-1, 8 * 2**30)
while True:
    block.seek(0)
    for _ in range(8 * 1024):
        block.write(b"x" * 2**20)
"""
    options = {"level": "any" if level == "strong" else level, "memoryMb": 400}
    launched = launch(source, tmp_path, options)
    assert launched.ended["how"] == "limit"
    assert "MiB of memory; limit 400 MiB (options.sandbox.memoryMb)" in launched.ended["reason"]
    assert launched.ended["left"] == 0


def test_pages_shared_by_many_count_once(level: str, tmp_path: Path) -> None:
    source = f"""
import os
block = bytearray(os.urandom(2**20) * 60)
pipes = []
for _ in range(8):
    ready, done = os.pipe()
    if os.fork() == 0:
        os.close(ready)
        os.write(done, b"x")
        import time
        time.sleep(0.5)
        os._exit(0)
    os.close(done)
    pipes.append(ready)
for ready in pipes:
    while os.read(ready, 1):
        pass
{HONEST}"""
    options = {"level": "any" if level == "strong" else level, "memoryMb": 300}
    if not LINUX:
        pytest.skip("only Linux tells how pages are shared")
    assert launch(source, tmp_path, options).result["verdict"] == "scored"


def test_a_full_disk_is_not_to_be_had(level: str, tmp_path: Path) -> None:
    source = f"""
import resource
limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
assert 0 < limit <= 2**30, limit
try:
    with open("big", "wb") as file:
        file.truncate(limit + 1)
except OSError as error:
    refused = error
assert refused.errno == 27, refused
{HONEST}"""
    assert launch(source, tmp_path, level).result["verdict"] == "scored"


@pytest.mark.parametrize(
    ("source", "code", "signal"),
    [
        ("import os\nos._exit(0)", 0, None),
        ("import os\nos._exit(7)", 7, None),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", None, 9),
        ("import ctypes\nctypes.string_at(0)", None, 11),
    ],
)
def test_early_ends_say_how(
    level: str, tmp_path: Path, source: str, code: int | None, signal: int | None
) -> None:
    launched = launch(source, tmp_path, level)
    assert [event["event"] for event in launched.events] == ["device", "phase", "ended"]
    assert (launched.ended["code"], launched.ended["signal"]) == (code, signal)


def test_endless_output_is_read_and_bounded(level: str, tmp_path: Path) -> None:
    source = """
import os, threading
def pour(descriptor):
    while True:
        os.write(descriptor, b"spam " * 10_000)
threading.Thread(target=pour, args=(2,), daemon=True).start()
pour(1)
"""
    launched = launch(source, tmp_path, level, timeout=1.5)
    assert (launched.ended["how"], launched.ended["left"]) == ("timeout", 0)
    assert "spam" in launched.ended["stdout"]
    assert len(launched.ended["stdout"]) <= 4096
    assert len(launched.ended["stderr"]) <= 8192


def test_the_environment_is_the_launchers_and_no_more(level: str, tmp_path: Path) -> None:
    source = f"""
import os
assert os.environ["HOME"] == os.environ["TMPDIR"] == os.getcwd(), os.environ
assert os.environ["MLX_PTX_CACHE_DIR"].startswith(os.getcwd())
{HONEST}"""
    assert launch(source, tmp_path, level, MLX_PTX_CACHE_DIR="/shared").result["verdict"] == "scored"


def test_demanding_the_strong_one_where_there_is_none_is_refused(tmp_path: Path) -> None:
    if not LINUX:
        pytest.skip("sandbox-exec is part of macOS")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "ps"):
        (tools / name).symlink_to(f"/bin/{name}")
    launched = launch(HONEST, tmp_path, "strong", PATH=str(tools))
    assert [event["event"] for event in launched.events] == ["ended"]
    assert launched.ended["how"] == "refused"
    assert "bubblewrap is not installed" in launched.ended["reason"]
    assert "apt install bubblewrap" in launched.ended["reason"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("loose", "options.sandbox is 'loose'"),
        ({"memory": 1}, "options.sandbox.memory is unknown"),
        ({"memoryMb": 0}, "options.sandbox.memoryMb is 0"),
        ({"network": "yes"}, "options.sandbox.network is 'yes'"),
        ({"readable": ["relative"]}, "options.sandbox.readable has 'relative'"),
    ],
)
def test_wrong_options_are_refused_by_name(tmp_path: Path, options: object, named: str) -> None:
    launched = launch(HONEST, tmp_path, options)
    assert launched.ended["how"] == "refused"
    assert named in launched.ended["reason"]
    assert "expected" in launched.ended["reason"]
