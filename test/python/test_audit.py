"""Every turn copied out: honest sums in another order pass on any data, a small error in one does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from expectations import PROGRAMS
from harness import program, trained_alike

from optimized_kernels.measurement.audit import check_audit
from optimized_kernels.measurement.correctness import Trained
from optimized_kernels.measurement.request import parse_request
from optimized_kernels.measurement.sides import started
from optimized_kernels.measurement.verdict import Rejected

# 30 products a step: right in the steps that are checked first, a thousandth off in a later turn.
LATE = "CALLS[0] += 1\nC = mx.matmul(A, B)\nreturn C * 1.001 if 300 < CALLS[0] <= 330 else C"


def audited(path: Path, steps: int = 1) -> Rejected | None:
    request = parse_request(json.dumps({"program": str(path), "seed": 5, "options": {"turnSteps": steps}}))
    with started(request) as sides:
        sides.load_programs(request)
        trained = trained_alike(sides, request.seed)
        assert isinstance(trained, Trained)
        return check_audit(sides, trained)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("name", ["sums_of_tiles", "gelu_compiled"])
def test_sums_in_another_order_pass(name: str, steps: int) -> None:
    assert audited(PROGRAMS / "honest" / f"{name}.py", steps) is None


def test_a_thousandth_in_one_turn_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(program(LATE, "CALLS = [0]"))
    refused = audited(path)
    assert refused is not None
    assert "not the same training in a timed turn" in refused.reason
