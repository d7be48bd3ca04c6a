"""Built kernels on their way from the reference's folder to a program's."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import mlx.core as mx
import pytest
from harness import INITIAL

from optimized_kernels.measurement.kernels import copy_kernels
from optimized_kernels.measurement.request import parse_request
from optimized_kernels.measurement.sides import started

KERNEL = Path("mlx/1.0/cpu/libA.so")


def built(folder: Path, text: str = "built", kernel: Path = KERNEL) -> Path:
    """A side's folder in which a kernel has been built."""
    (folder / kernel).parent.mkdir(parents=True, exist_ok=True)
    (folder / kernel).write_text(text)
    return folder


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return built(tmp_path / "reference")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "other"


def test_kernels_come_to_the_same_place_and_nothing_else_does(reference: Path, other: Path) -> None:
    built(reference, "not MLX's", Path("notes/libA.so"))
    copy_kernels(reference, other)
    assert [path.relative_to(other) for path in other.rglob("*") if path.is_file()] == [KERNEL]
    assert (other / KERNEL).read_text() == "built"


def test_what_is_there_stays(reference: Path, other: Path) -> None:
    built(other, "its own")
    built(reference, "new", KERNEL.with_name("libB.so"))
    copy_kernels(reference, other)
    assert (other / KERNEL).read_text() == "its own"
    assert (other / KERNEL).with_name("libB.so").read_text() == "new"


def test_a_reference_that_has_built_nothing_gives_nothing(tmp_path: Path, other: Path) -> None:
    copy_kernels(tmp_path / "nobody", other)
    assert list(other.iterdir()) == []


@pytest.mark.parametrize("link", ["mlx", "mlx/1.0", "mlx/1.0/cpu"])
def test_nothing_is_written_through_a_link(link: str, reference: Path, other: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "1.0" / "cpu").mkdir(parents=True)
    before = sorted(outside.rglob("*"))
    (other / link).parent.mkdir(parents=True, exist_ok=True)
    (other / link).symlink_to(outside)
    copy_kernels(reference, other)
    assert sorted(outside.rglob("*")) == before
    assert (other / link).is_symlink()


def forbidden(path: Path) -> None:
    path.mkdir()
    path.chmod(0)


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/nowhere"), os.mkfifo, forbidden])
@pytest.mark.parametrize("place", [Path(), *KERNEL.parents[-2::-1], KERNEL])
def test_what_a_program_puts_in_the_way_stays(
    make: Callable[[Path], None], place: Path, reference: Path, other: Path
) -> None:
    obstacle = other / place
    if obstacle == other:
        other.rmdir()
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    make(obstacle)
    before = obstacle.lstat()
    copy_kernels(reference, other)
    after = obstacle.lstat()
    assert (after.st_mode, after.st_ino) == (before.st_mode, before.st_ino)
    if make is forbidden:
        obstacle.chmod(0o700)


def test_no_part_of_a_kernel_is_left(reference: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("optimized_kernels.measurement.kernels.shutil.copyfileobj", full)
    copy_kernels(reference, other)
    assert [path for path in other.rglob("*") if not path.is_dir()] == []


@pytest.mark.skipif(mx.default_device() != mx.Device(mx.cpu), reason="other backends build no libraries")
def test_a_programs_side_finds_what_the_reference_has_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tests before this one may have had kernels built in the sides' homes.
    monkeypatch.setattr(
        "optimized_kernels.measurement.sides._scratch", lambda: SimpleNamespace(name=str(tmp_path))
    )
    request = parse_request(json.dumps({"program": str(INITIAL), "options": {"preset": "small"}, "seed": 5}))
    with started(request) as sides:
        folder = sides.candidate.process.scratch
        sides.turn("reference", 1, "compiled", 2, 60.0)
        kernels = {path.name for path in sides.reference.process.scratch.rglob("*.so")}
        assert kernels
        assert not kernels & {path.name for path in folder.rglob("*.so")}
        sides.share_kernels()
        assert kernels <= {path.name for path in folder.rglob("*.so")}
