"""``python -m optimized_kernels program.py -- train.py``: the script runs as it always does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, program

from optimized_kernels.integration.script import Command, UsageError, parse

CONTIGUOUS = program("return mx.matmul(mx.contiguous(A), mx.contiguous(B))")

TRAIN = """
import json, sys
import mlx.core as mx
import mlx.nn as nn
import beside

if __name__ == "__main__":
    model = nn.Linear(4, 3)
    grad = nn.value_and_grad(model, lambda x: model(x).square().mean())
    for _ in range(int(sys.argv[2])):
        mx.eval(grad(mx.ones((2, 4))))
    print(json.dumps({"argv": sys.argv, "path": sys.path[0], "beside": beside.NAME, "file": __file__}))
    sys.exit(7)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "best_program.py").write_text(CONTIGUOUS)
    (tmp_path / "scripts" / "train.py").write_text(TRAIN)
    (tmp_path / "scripts" / "beside.py").write_text("NAME = 'beside the script'\n")
    return tmp_path


def run(folder: Path, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-m", "optimized_kernels", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_script_runs_as_under_python_and_its_calls_are_told(folder: Path) -> None:
    done = run(folder, "best_program.py", "--", "scripts/train.py", "--steps", "3", "--")
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout) == {
        "argv": ["scripts/train.py", "--steps", "3", "--"],
        "path": str(folder / "scripts"),
        "beside": "beside the script",
        "file": "scripts/train.py",
    }
    # Inputs need no gradient, and the eager backward pass computes none for them.
    told = "optimized_kernels: calls of best_program.py: matmul 3 forward, 6 backward\n"
    assert done.stderr == told


def test_a_module_runs_as_under_python_m(folder: Path) -> None:
    (folder / "training").mkdir()
    (folder / "training" / "__init__.py").touch()
    (folder / "training" / "main.py").write_text(
        "import sys\nimport mlx.core as mx\n"
        "mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))\nprint(__name__, *sys.argv[1:])\n"
    )
    done = run(folder, "best_program.py", "--", "-m", "training.main", "one", "-m")
    assert (done.returncode, done.stdout) == (0, "__main__ one -m\n"), done.stderr
    assert "matmul 1 forward, 0 backward" in done.stderr


def test_an_exception_of_the_script_is_its_own(folder: Path) -> None:
    (folder / "fails.py").write_text("import beside_nothing\n")
    done = run(folder, "best_program.py", "--", "fails.py")
    assert done.returncode == 1
    assert "No module named 'beside_nothing'" in done.stderr
    assert "never called" in done.stderr.splitlines()[-1]


def test_a_refused_program_runs_nothing(folder: Path) -> None:
    (folder / "wrong.py").write_text(program("return A @ B + 1"))
    done = run(folder, "wrong.py", "--", "scripts/train.py", "--steps", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "wrong.py is refused (check)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("best_program.py", "--", "no_script.py"), "script no_script.py does not exist"),
        (("no_program.py", "--", "scripts/train.py"), "program no_program.py is not a file"),
        (("best_program.py", "--", "-m", "no.such.module"), "module no.such.module is not found"),
    ],
)
def test_what_is_missing_is_named(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(folder, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "usage: python -m optimized_kernels" in done.stderr
    assert "Traceback" not in done.stderr


def test_safe_path_is_respected(folder: Path) -> None:
    done = run(folder, "best_program.py", "--", "scripts/train.py", "--steps", "1", options=("-P",))
    assert done.returncode == 1
    assert "No module named 'beside'" in done.stderr


def test_a_command_line_is_taken_apart() -> None:
    assert parse(["p.py", "--", "t.py", "--", "-m"]) == Command(Path("p.py"), "t.py", False, ("--", "-m"))
    assert parse(["p.py", "--", "-m", "a.b", "1"]) == Command(Path("p.py"), "a.b", True, ("1",))
    assert parse(["--allow-precision", "p.py", "--", "t.py"]).allow_precision


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no --"),
        (["p.py", "t.py"], "no --"),
        (["--", "t.py"], "found 'nothing' before --"),
        (["p.py", "q.py", "--", "t.py"], "found 'p.py q.py' before --"),
        (["--fast", "--", "t.py"], "found '--fast' before --"),
        (["p.py", "--"], "nothing follows --"),
        (["p.py", "--", "-m"], "nothing follows -m"),
    ],
)
def test_a_bad_command_line_says_what_was_expected(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(arguments)
