"""What is not put into MLX, with the reason; and then nothing has changed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import pytest
from harness import program

from optimized_kernels import OptimizationRefused, active_optimizations, enable_training_optimizations

Writer = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Writer:
    def write(source: str) -> Path:
        path = tmp_path / "best_program.py"
        path.write_text(source)
        return path

    return write


@pytest.fixture(autouse=True)
def _nothing_changed():
    before = mx.matmul, mx.addmm, mx.compile, mx.array.__matmul__, mx.array.__imatmul__
    yield
    assert active_optimizations() == ()
    assert (mx.matmul, mx.addmm, mx.compile, mx.array.__matmul__, mx.array.__imatmul__) == before


REFUSED = [
    ("return A @ B * 1.001", "check", "off stock MLX"),
    ("return mx.stop_gradient(A + 0) @ B + 1", "check", "off stock MLX"),
    ("return (A @ B).T", "check", "expected"),
    ("raise LookupError('mine')", "check", "LookupError: mine"),
    ("raise SystemExit(3)", "check", "SystemExit: 3"),
    ("return A @ B / 0", "check", "not finite"),
]


@pytest.mark.parametrize(("body", "stage", "reason"), REFUSED)
def test_a_wrong_program_is_refused(written: Writer, body: str, stage: str, reason: str) -> None:
    path = written(program(body))
    with pytest.raises(OptimizationRefused, match=reason) as refusal:
        enable_training_optimizations(path)
    assert (refusal.value.stage, refusal.value.program) == (stage, path)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize(
    ("source", "stage", "reason"),
    [
        ("def optimized_matmul(:\n", "load", "SyntaxError"),
        ("import no_such_module_anywhere\n", "load", "ModuleNotFoundError"),
        ("raise SystemExit('at once')\n", "load", "SystemExit: at once"),
        ("x = 1\n", "seams", "seam"),
        ("def choose_tile_size(M, N, K, device_info):\n    return M, N, K\n", "seams", "optimized_matmul"),
    ],
)
def test_what_is_no_program_is_refused(written: Writer, source: str, stage: str, reason: str) -> None:
    with pytest.raises(OptimizationRefused, match=reason) as refusal:
        enable_training_optimizations(written(source))
    assert refusal.value.stage == stage


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"\xff\xfe")
    for path, reason in (
        (tmp_path / "none.py", "No such file"),
        (tmp_path, "Is a directory"),
        (binary, "not UTF-8"),
    ):
        with pytest.raises(OptimizationRefused, match=reason) as refusal:
            enable_training_optimizations(str(path))
        assert refusal.value.stage == "file"


ABSENT = [
    (name, backend)
    for name, backend, present in (
        ("metal_kernel", "Metal", mx.metal.is_available()),
        ("cuda_kernel", "CUDA", mx.cuda.is_available()),
    )
    if not present
]
KERNEL = "mx.fast.{}(name='k', input_names=['a'], output_names=['o'], source='')"


@pytest.mark.parametrize(("name", "backend"), ABSENT)
def test_a_program_for_another_backend_is_refused(written: Writer, name: str, backend: str) -> None:
    kernel = KERNEL.format(name)
    swallowed = f"try:\n    {kernel}(inputs=[A])\nexcept Exception:\n    return A @ B\nreturn A @ B"
    before = getattr(mx.fast, name)
    for source in (
        program("return A @ B", before=f"kernel = {kernel}"),
        program(f"return {kernel}(inputs=[A])"),
        program(swallowed),
    ):
        with pytest.raises(OptimizationRefused, match=f"made for {backend}") as refusal:
            enable_training_optimizations(written(source))
        assert refusal.value.stage == "backend"
    assert getattr(mx.fast, name) is before


@pytest.mark.parametrize(("name", "backend"), ABSENT)
def test_a_program_that_asks_for_its_backend_first_is_accepted(
    written: Writer, name: str, backend: str
) -> None:
    body = f"if BACKEND == {backend.lower()!r}:\n    return {KERNEL.format(name)}(inputs=[A])\nreturn A @ B"
    backend_here = "global BACKEND\n    BACKEND = device_info['backend']\n    return M, N, K"
    source = program(body).replace("return M, N, K", backend_here, 1)
    with enable_training_optimizations(written(source)) as handle:
        mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
    assert handle.calls()["matmul"]["forward"] == 1


def test_a_traceback_shows_the_programs_own_line(written: Writer) -> None:
    path = written(program("raise LookupError('mine')  # this line"))
    with pytest.raises(OptimizationRefused) as refusal:
        enable_training_optimizations(path)
    frame = inspect.getinnerframes(refusal.value.__cause__.__traceback__)[-1]
    assert frame.filename == str(path)
    assert "# this line" in frame.code_context[0]
