"""What a process executes, read from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from optimized_kernels.measurement.libraries import UNNAMED, executed_by, executed_files, foreign_files

MAPS = """\
55d0-55d1 r-xp 00000000 08:01 1 /usr/bin/python3.11
55d1-55d2 r--p 00000000 08:01 1 /usr/lib/only_data.so
7f00-7f01 r-xp 00000000 08:01 2 /opt/a folder/lib blas.so
7f01-7f02 rwxp 00000000 00:00 0
7ffd-7ffe r-xp 00000000 00:00 0                          [vdso]
ffff-fffff --xp 00000000 00:00 0                  [vsyscall]
"""


def test_only_what_may_be_executed_counts() -> None:
    expected = {"/usr/bin/python3.11", "/opt/a folder/lib blas.so", UNNAMED}
    assert executed_files(MAPS) == expected
    assert executed_files("") == set()


@pytest.mark.parametrize(
    ("path", "allowed", "is_foreign"),
    [
        ("/usr/lib/libopenblas.so.0", (), True),
        ("/site-packages/numpy/_core/_multiarray_umath.so", (), True),
        ("/site-packages/numpy/_core/_multiarray_umath.so", ("numpy.linalg",), False),
        ("/site-packages/numpy.libs/libscipy_openblas.so", ("numpy",), False),
        ("/site-packages/numpy_fast/blas.so", ("numpy",), True),
        ("/site-packages/mlx/lib/libmlx.so", (), False),
        ("/scratch/mlx/kernel.so", (), False),
        ("/scratch/mlx_other/kernel.so", (), True),
        ("/usr/lib/libgcc_s.so.1", (), False),
        ("/reference/has/it.so", (), False),
        (UNNAMED, (), True),
    ],
)
def test_what_is_foreign(path: str, allowed: tuple[str, ...], is_foreign: bool) -> None:
    found = foreign_files([path], {"/reference/has/it.so"}, "/scratch/mlx", allowed)
    assert found == ([path] if is_foreign else [])


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_library_is_seen_in_a_process_that_has_loaded_it(tmp_path: Path) -> None:
    def executed(code: str) -> set[str]:
        command = [sys.executable, "-c", f"{code}\nprint(flush=True)\ninput()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            found = executed_by([process.pid])
            process.communicate(b"\n")
        return found

    plain = executed("import random, heapq, statistics")
    assert plain
    assert foreign_files(executed("import cmath, decimal"), plain, str(tmp_path), ()) == []
    blas = executed("import numpy")
    assert foreign_files(blas, plain, str(tmp_path), ())
    assert foreign_files(blas, plain, str(tmp_path), ("numpy",)) == []
    assert executed_by([2**22 + 1]) == set()
