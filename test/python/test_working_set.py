"""Where memory is short sides work one after the other and keep only what was trained."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from expectations import PROGRAMS
from harness import program, trained_alike

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.correctness import Trained
from optimized_kernels.measurement.evaluation import Evaluation
from optimized_kernels.measurement.loss_curve import check_loss_curve
from optimized_kernels.measurement.request import parse_request
from optimized_kernels.measurement.side import Side
from optimized_kernels.measurement.sides import started
from optimized_kernels.measurement.turn_check import TurnCheck
from optimized_kernels.measurement.verdict import result_json
from optimized_kernels.measurement.working_set import device_bytes, is_short
from optimized_kernels.workloads.presets import PRESETS


def test_the_device_says_what_it_has() -> None:
    metal = {"memory_size": "32000000000", "max_recommended_working_set_size": "24000000000"}
    assert device_bytes(metal) == 24e9
    assert device_bytes({"total_memory": "85520809984", "device_name": "a GPU"}) == 85520809984
    assert device_bytes({"memory_size": 16_000_000_000}) == 16e9
    assert device_bytes({"architecture": "x86_64"}) is None


def test_a_side_says_it_in_a_way_that_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "optimized_kernels.measurement.side.device_info", lambda: {"total_memory": 80 * 2**30}
    )
    assert device_bytes(Side().describe()["info"]) == 80 * 2**30


@pytest.mark.parametrize(
    ("peak", "sides", "available", "short"),
    [(4e9, 2, 16e9, False), (6e9, 2, 16e9, True), (4e9, 3, 16e9, True), (1e15, 3, None, False)],
)
def test_seventy_per_cent_is_the_most(peak: float, sides: int, available: float | None, short: bool) -> None:
    assert is_short(peak, sides, available) is short


def test_what_was_trained_is_still_there_after_the_rest_is_given_back() -> None:
    side = Side()
    side.create(asdict(PRESETS["small"]), 3)
    side.prepare(5, 2, "eager")
    side.step(2)
    _, before = side.updates()
    mx.eval(before)
    side.release()
    _, after = side.updates()
    assert mx.get_cache_memory() == 0
    assert all(np.array_equal(np.array(after[name]), np.array(value)) for name, value in before.items())


@pytest.mark.parametrize("name", ["contiguous_operand"])
def test_frugal_sides_pass_every_check(name: str) -> None:
    request = parse_request(json.dumps({"program": str(PROGRAMS / "honest" / f"{name}.py"), "seed": 5}))
    with started(request) as sides:
        for side in sides.by_name.values():
            side.frugal = True
        sides.load_programs(request)
        trained = trained_alike(sides, request.seed)
        assert isinstance(trained, Trained)
        assert isinstance(check_loss_curve(sides, request.seed), float)
        blocks, measured = Blocks(sides, TurnCheck(sides, trained, copied_out=1.0)), Measured()
        assert blocks.block("eager", measured) is None
        assert measured.blocks == 1


@pytest.mark.parametrize(
    ("body", "verdict", "stage"),
    [
        ("return mx.matmul(A, B)", "scored", "complete"),
        ("return 1.01 * mx.matmul(A, B)", "rejected", "correctness"),
        ("return A", "failed", "correctness"),
    ],
)
def test_frugal_sides_come_to_the_same_verdicts(body: str, verdict: str, stage: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(program(body))
    options = {"preset": "small", "timingSeconds": 0.3}
    request = parse_request(json.dumps({"program": str(path), "options": options, "seed": 5}))
    with started(request) as sides:
        for side in sides.by_name.values():
            side.frugal = True
        found = Evaluation(request, sides, None, lambda stage, detail: None).run()
    result = result_json(found, {}, {})
    assert (result["verdict"], result["stage"]) == (verdict, stage)
