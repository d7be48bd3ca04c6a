"""The package as pip installs it from the repository: all of it, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from harness import ROOT, program

# Older ones need another package to build a wheel.
pytestmark = pytest.mark.skipif(
    find_spec("setuptools.command.bdist_wheel") is None,
    reason="this environment's setuptools is older than requirements/dev.txt says; `npm install` mends that",
)

SOURCES = ("pyproject.toml", "README.md", "optimized_kernels", "test", "scripts", "problems")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    # A copy: setuptools leaves a build folder beside its sources.
    copy = folder / "repository"
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.mkdir(exist_ok=True)
            shutil.copy(source, copy)
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", str(target), str(copy)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return target


def test_the_installed_package_is_the_whole_package(site: Path) -> None:
    own = {path.relative_to(ROOT) for path in (ROOT / "optimized_kernels").rglob("*.py")}
    assert {path.relative_to(site) for path in site.rglob("*.py")} == own
    assert (site / "optimized_kernels" / "py.typed").is_file()


def test_its_metadata_asks_for_what_it_imports(site: Path) -> None:
    (metadata,) = site.glob("optimized_kernels-*.dist-info/METADATA")
    wanted = [line for line in metadata.read_text().splitlines() if line.startswith("Requires-Dist")]
    for name in ("numpy", "scipy", "mlx[cpu]", "mlx[cuda13]"):
        assert any(line.startswith(f"Requires-Dist: {name}") for line in wanted), wanted


def test_it_works_outside_the_repository(site: Path, tmp_path: Path) -> None:
    (tmp_path / "best_program.py").write_text(program("return mx.matmul(mx.contiguous(A), B)"))
    (tmp_path / "train.py").write_text(
        "import mlx.core as mx, optimized_kernels\nprint(optimized_kernels.__file__)\n"
        "mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "optimized_kernels", "best_program.py", "--", "train.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(site)
    assert "matmul 1 forward" in done.stderr
