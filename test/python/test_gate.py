"""The static gate: nothing is executed, every refusal names what was found."""

from __future__ import annotations

import pytest
from harness import INITIAL, WHOLE, program
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.measurement.gate import MAX_BYTES, check_source, seams_of
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
        "def gelu(x):\n    return x\n",
        "def gelu(x):\n    return x\n\ndef gelu_vjp(primals, cotangent, output):\n    return cotangent\n",
        f"from mlx.core import compile, matmul\n{STOCK}\nf = compile(matmul)\n",
        f"{STOCK}\nclass Kept:\n    def __init__(self):\n        self._kept = {{}}\n        self.time = 0\n",
        f"{STOCK}\ndef f(x):\n    return getattr(x, 'shape', None)\n",
        f"{STOCK}\ndef f(optimizer):\n    optimizer.state['step'] = 1\n    optimizer.state = {{}}\n",
        f"from typing import Any\nfrom collections import defaultdict\n__all__ = ['f']\n{STOCK}",
    ],
)
def test_honest_programs_pass(source: str) -> None:
    assert check_source(source, INTERFACES) is None


@pytest.mark.parametrize(
    ("source", "verdict", "reason"),
    [
        ("def f(:", "failed", "does not parse: SyntaxError"),
        ("", "failed", "does not define choose_tile_size(M, N, K, device_info)"),
        ("from mlx.nn import gelu\n", "failed", "gelu(x)"),
        ("def gelu(x, y):\n    pass\n", "failed", "line 1 defines gelu(x, y); expected gelu(x)"),
        ("def gelu_vjp(p, c, o):\n    pass\n", "failed", "does not define gelu(x)"),
        ("def gelu(x):\n    pass\ndef gelu_vjp(p):\n    pass\n", "failed", "expected gelu_vjp(primals,"),
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
        (f"from dataclasses import builtins\n{STOCK}", "rejected", "builtins from dataclasses"),
        (f"from random import _os\n{STOCK}", "rejected", "_os from random"),
        (f"from operator import attrgetter as f\n{STOCK}", "rejected", "imports attrgetter"),
        (f"import operator\n{STOCK}\noperator.methodcaller('x')\n", "rejected", "uses .methodcaller"),
        (f"import random as r\n{STOCK}\nq = r\nclass A:\n    _os = q._os\n", "rejected", "uses ._os"),
        (f"import contextlib\n{STOCK}\nos = contextlib.os\n", "rejected", "uses .os"),
        (f"{STOCK}\ndef f(x):\n    return x.__class__\n", "rejected", "uses .__class__"),
        (f"{STOCK}\nf = getattr\n", "rejected", "uses getattr with a computed name"),
        (f"{STOCK}\ngetattr(mx, '__spec__')\n", "rejected", "uses .__spec__"),
        (f"{STOCK}\nclass A:\n    __dataclass_fields__ = {{}}\n", "rejected", "__dataclass_fields__"),
        (f"{STOCK}\nsetattr(mx, 'eval', print)\n", "rejected", "changes mx"),
        (f"{STOCK}\nalias = mx.random\nalias.normal = None\n", "rejected", "changes alias.normal"),
        (f"import mlx.nn as nn\n{STOCK}\ndel nn.Linear.to\n", "rejected", "changes nn.Linear.to"),
        (f"{STOCK}\nmx.savez('x')\n", "rejected", "uses .savez"),
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


def test_modules_are_allowed_by_name() -> None:
    source = f"import numpy.linalg\nfrom time import sleep\n{STOCK}"
    refused = check_source(source, INTERFACES)
    assert refused is not None
    assert "imports numpy.linalg" in refused.reason
    refused = check_source(source, INTERFACES, ["numpy"])
    assert refused is not None
    assert "imports time" in refused.reason
    assert check_source(source, INTERFACES, ["numpy", "time"]) is None
    assert check_source(f"import numpy\n{STOCK}", INTERFACES, ["numpy.linalg"]) is not None


def test_deep_programs_are_refused_in_words() -> None:
    deep = f"import mlx.core as mx\nmx{'.a' * 900} = 1\n{STOCK}"
    found = check_source(deep, INTERFACES)
    assert found is not None
    assert found.stage == "static"


def test_seams_are_known_without_running_anything() -> None:
    source = f"{STOCK}\ndef gelu(x):\n    return x\n"
    assert [seam.seam for seam in seams_of(source, INTERFACES)] == ["matmul", "gelu"]


@given(st.text(), st.booleans())
def test_every_text_gets_a_verdict(text: str, with_program: bool) -> None:
    found = check_source(f"{STOCK}\n{text}" if with_program else text, INTERFACES)
    assert found is None or found.stage == "static"
