"""mlx_lm's own LoRA trainer with a program: the same loss curve, every seam called."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from harness import ROOT

FOLDER = ROOT / ".mlx-evolve" / "mlx-lm"
MODULE = "scripts.benchmarks.mlx_lm_lora"

pytestmark = pytest.mark.skipif(
    find_spec("mlx_lm") is None and not (FOLDER / "mlx_lm").is_dir(),
    reason=f"mlx_lm is not installed; `python -m {MODULE} --install --quick` does that",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", MODULE, "--quick", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_trainer_trains_the_same_through_the_program(tmp_path: Path) -> None:
    out = tmp_path / "raw.json"
    done = run("--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The loss curves agree" in done.stdout
    arms = json.loads(out.read_text())["arms"]
    assert len(arms) == 3
    for pair in arms["itself"]:
        assert pair["other_losses"] == pair["stock_losses"]
        assert pair["stock_losses"][-1] < pair["stock_losses"][0]
    for pair in arms["contiguous_operands.py"]:
        assert pair["calls"]["matmul"]["forward"] > 0
        assert pair["calls"]["matmul"]["backward"] > 0


def test_a_refused_program_fails_the_comparison_with_its_reason(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    source = (ROOT / "scripts" / "benchmarks" / "programs" / "contiguous_operands.py").read_text()
    wrong.write_text(source.replace("return mx.matmul(", "return 1.001 * mx.matmul("))
    done = run("--program", str(wrong))
    assert done.returncode == 1
    assert "is refused (check)" in done.stderr
