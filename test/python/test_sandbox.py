"""What confined code can and cannot reach; beside each refusal stands what shows that it would be noticed."""

from __future__ import annotations

import json
import os
import pwd
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimized_kernels.sandbox import Limits, sandboxed
from optimized_kernels.sandbox.command import Means
from optimized_kernels.sandbox.probe import trial

ROOT = Path(__file__).parents[2]


def inside(
    code: str, means: Means, scratch: Path, *, network: bool = False, readable: tuple[Path, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Python that runs `code` confined."""
    command = [sys.executable, "-c", code]
    confined = sandboxed(
        command, scratch=scratch, readable=readable, limits=Limits(), means=means, network=network
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **confined.environment}
    return subprocess.run(
        confined.argv, env=environment, cwd=scratch, capture_output=True, text=True, timeout=60
    )


def said(code: str, means: Means, scratch: Path, **more: object) -> object:
    """What `code` prints as JSON."""
    ended = inside(code, means, scratch, **more)  # type: ignore[arg-type]
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def server() -> Iterator[int]:
    """Port of a server on this machine's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"hello")

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


CONNECT = """
import json, socket
def attempt(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(address)
            return connection.recv(5).decode()
    except OSError as error:
        return type(error).__name__
print(json.dumps(attempt(socket.AF_INET, ("127.0.0.1", {port}))))
"""


def test_the_network_is_refused_unless_allowed(means: Means, scratch: Path, server: int) -> None:
    if means.mode == "limited" and trial(means, insist_on_no_network=True) is not None:
        pytest.skip("network namespaces are forbidden here, which the weaker mode says")
    code = CONNECT.format(port=server)
    assert said(code, means, scratch, network=True) == "hello"
    assert said(code, means, scratch) != "hello"


WRITE = """
import json, os, sys
written = []
for folder in json.loads(sys.stdin.read() or '{folders}'):
    try:
        with open(os.path.join(folder, "planted-by-a-test"), "w") as file:
            file.write("x")
        written.append(folder)
    except OSError:
        pass
print(json.dumps(written))
"""


def test_only_the_scratch_folder_can_be_written_to(strong: Means, scratch: Path, tmp_path: Path) -> None:
    home = pwd.getpwuid(os.getuid()).pw_dir
    system = ["/", "/tmp", "/var/tmp", "/usr", "/usr/bin", "/etc", "/dev", "/proc", "/sys", "/opt", "/run"]
    here = [home, str(tmp_path), str(ROOT), str(ROOT / "optimized_kernels"), sys.prefix, sys.base_prefix]
    folders = [*system, *here, str(scratch)]
    code = WRITE.replace("{folders}", json.dumps(folders))
    assert said(code, strong, scratch) == [str(scratch)]
    planted = [folder for folder in folders if (Path(folder) / "planted-by-a-test").exists()]
    assert planted == [str(scratch)]


def test_shared_memory_lies_in_the_scratch_folder(means: Means, scratch: Path) -> None:
    code = """
import json, multiprocessing
with multiprocessing.Pool(2) as pool:
    print(json.dumps(pool.map(abs, [-1, -2])))
"""
    assert said(code, means, scratch) == [1, 2]


READ = """
import json
def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError as error:
        return type(error).__name__
print(json.dumps([read(path) for path in {paths}]))
"""


def test_secrets_in_files_are_out_of_sight(strong: Means, scratch: Path, tmp_path: Path) -> None:
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    # Some users have a home in name only.
    in_home = (home if os.access(home, os.W_OK) else tmp_path) / f".sandbox-test-{os.getpid()}"
    (tmp_path / "shown").mkdir()
    paths = [tmp_path / "secret", tmp_path / "shown" / "data", in_home]
    try:
        for path in paths:
            path.write_text("canary-4711")
        code = READ.replace("{paths}", repr([*map(str, paths), "/etc/shadow", str(ROOT / "package.json")]))
        secret, data, at_home, shadow, other = said(code, strong, scratch, readable=(tmp_path / "shown",))  # type: ignore[misc]
    finally:
        in_home.unlink(missing_ok=True)
    assert data == "canary-4711"
    assert {secret, at_home, shadow, other} <= {"FileNotFoundError", "PermissionError"}


def test_other_processes_and_their_environments_are_out_of_sight(strong: Means, scratch: Path) -> None:
    if strong.mode != "bubblewrap":
        pytest.skip("macOS has no PID namespaces")
    code = """
import glob, json, os, signal
found = 0
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        found += b"canary-4711" in open(path, "rb").read()
    except OSError:
        pass
try:
    os.kill({pid}, 0)
    killable = True
except OSError:
    killable = False
print(json.dumps([found, killable, len(glob.glob("/proc/[0-9]*"))]))
"""
    environment = {**os.environ, "SECRET_KEY": "canary-4711"}
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert b"canary-4711" in Path(f"/proc/{holder.pid}/environ").read_bytes()
        found, killable, processes = said(code.replace("{pid}", str(holder.pid)), strong, scratch)  # type: ignore[misc]
        holder.communicate(b"\n")
    assert (found, killable) == (0, False)
    assert processes <= 3


def test_root_is_without_its_powers(means: Means, scratch: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("capabilities are Linux's")
    code = """
import json
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps([status[name].strip() for name in ("CapPrm", "CapEff", "NoNewPrivs")]))
"""
    permitted, effective, locked = said(code, means, scratch)  # type: ignore[misc]
    assert (int(permitted, 16), int(effective, 16), locked) == (0, 0, "1")


def test_limits_cannot_be_raised_again(means: Means, scratch: Path) -> None:
    code = """
import json, resource
refused = []
for name in ("RLIMIT_CORE", "RLIMIT_FSIZE"):
    try:
        resource.setrlimit(getattr(resource, name), (2**40, 2**40))
    except (OSError, ValueError):
        refused.append(name)
print(json.dumps([refused, resource.getrlimit(resource.RLIMIT_CORE)]))
"""
    assert said(code, means, scratch) == [["RLIMIT_CORE", "RLIMIT_FSIZE"], [0, 0]]


def test_mlx_computes_and_compiles(means: Means, scratch: Path) -> None:
    code = """
import json
import mlx.core as mx
# Fused on the CPU by the system's C++ compiler.
curve = mx.compile(lambda x: mx.exp(-x * x) * mx.tanh(x) + 1)
print(json.dumps([curve(mx.zeros(3)).tolist(), (mx.ones((2, 2)) @ mx.ones((2, 2))).tolist()]))
"""
    assert said(code, means, scratch) == [[1, 1, 1], [[2, 2], [2, 2]]]
