"""The static gate: nothing is executed, every refusal names what was found."""

from __future__ import annotations

import pytest
from harness import INITIAL, WHOLE, program

from optimized_kernels.measurement.gate import MAX_BYTES, check_source
from optimized_kernels.seams.interface import INTERFACES

STOCK = program("return mx.matmul(A, B)")


@pytest.mark.parametrize(
    "source",
    [
        INITIAL.read_text(),
        STOCK,
        f"from __future__ import annotations\n{STOCK}",
        f"from functools import partial\nimport mlx.nn as nn\nfrom mlx import utils\n{STOCK}",
        f"{WHOLE}\ndef optimized_matmul(A, B, *tiles, fast=True):\n    return A @ B\n",
        f"{WHOLE}\nimport mlx.core as mx\noptimized_matmul = mx.compile(lambda A, B, *tiles: A @ B)\n",
    ],
)
def test_honest_programs_pass(source: str) -> None:
    assert check_source(source, INTERFACES) is None


@pytest.mark.parametrize(
    ("source", "verdict", "reason"),
    [
        ("def f(:", "failed", "does not parse: SyntaxError"),
        ("", "failed", "does not define choose_tile_size(M, N, K, device_info)"),
        (WHOLE, "failed", "does not define optimized_matmul(A, B, tile_M, tile_N, tile_K)"),
        (
            f"{WHOLE}\ndef optimized_matmul(A, B):\n    pass\n",
            "failed",
            "line 4 defines optimized_matmul(A, B)",
        ),
        (
            f"{WHOLE}\ndef optimized_matmul(A, B, m, n, k, *, x):\n    pass\n",
            "failed",
            "expected optimized_matmul",
        ),
        (f"import numpy as np\n{STOCK}", "rejected", "line 1 imports numpy"),
        (f"from scipy.linalg import blas\n{STOCK}", "rejected", "imports scipy.linalg"),
        (f"{STOCK}\ndef later():\n    import os.path\n", "rejected", "imports os.path"),
        (f"from . import secrets\n{STOCK}", "rejected", "imports ."),
        (f"from mlx import core_backdoor\n{STOCK}", "rejected", "imports mlx.core_backdoor"),
        (f"{STOCK}\nopen('/etc/passwd')\n", "rejected", "uses open"),
        (f"{STOCK}\n__import__('os')\n", "rejected", "uses __import__"),
        (f"import functools\n{STOCK}\nfunctools.sys\n", "rejected", "uses .sys"),
        (f"{STOCK}\n# {'x' * MAX_BYTES}", "rejected", f"at most {MAX_BYTES}"),
        ("(" * 5000, "failed", "does not parse"),
        (f"{STOCK}\nx = '\0'", "failed", "does not parse"),
    ],
)
def test_others_are_refused_by_name(source: str, verdict: str, reason: str) -> None:
    found = check_source(source, INTERFACES)
    assert found is not None
    assert found.verdict == verdict
    assert found.stage == "static"
    assert reason in found.reason
