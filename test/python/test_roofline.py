"""How much of the machine a step uses, and what the machine can do."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.measurement.roofline import Peaks, exceeds, least_seconds, roofline_share

PEAKS = Peaks({"float32": 10e9, "bfloat16": 40e9}, bandwidth=20e9, streams=2)
WORK = st.floats(1.0, 1e15)


@dataclass(frozen=True)
class Work:
    flops: float
    bytes: float


@pytest.mark.parametrize(
    ("work", "dtype", "seconds"),
    [
        (Work(5e9, 1e9), "float32", 0.5),  # bound by arithmetic
        (Work(1e9, 8e9), "float32", 0.4),  # bound by memory
        (Work(8e9, 1e6), "bfloat16", 0.2),
        (Work(8e9, 1e6), "float64", 0.2),  # not measured: the highest peak bounds it
    ],
)
def test_the_scarcer_of_arithmetic_and_memory_bounds_a_step(work: Work, dtype: str, seconds: float) -> None:
    assert least_seconds(work, PEAKS, dtype) == pytest.approx(seconds)
    assert roofline_share(work, PEAKS, 2 * seconds, dtype) == pytest.approx(0.5)


@given(WORK, WORK, st.floats(1e-6, 1e6))
def test_less_time_means_a_larger_share(flops: float, moved: float, seconds: float) -> None:
    work = Work(flops, moved)
    share = roofline_share(work, PEAKS, seconds)
    assert roofline_share(work, PEAKS, seconds / 2) == pytest.approx(2 * share)
    assert share >= flops / PEAKS.matmul["float32"] / seconds * (1 - 1e-9)
    assert share >= moved / PEAKS.bandwidth / seconds * (1 - 1e-9)


@pytest.mark.parametrize(("share", "beyond"), [(0.3, False), (1.0, False), (1.05, False), (1.2, True)])
def test_only_what_the_peaks_noise_cannot_explain_is_beyond(share: float, beyond: bool) -> None:
    assert exceeds(share) is beyond


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_a_step_takes_time(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds is"):
        roofline_share(Work(1, 1), PEAKS, seconds)


def test_peaks_survive_their_json() -> None:
    assert Peaks.from_json(json.loads(json.dumps(PEAKS.as_json()))) == PEAKS


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"matmul": {}}, "peaks.matmul"),
        ({"matmul": {"float32": -1}}, "peaks.matmul.float32"),
        ({"matmul": {"float32": "fast"}}, "peaks.matmul.float32"),
        ({"bandwidth": True}, "peaks.bandwidth"),
        ({"streams": None}, "peaks.streams"),
    ],
)
def test_bad_peaks_are_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Peaks.from_json({**PEAKS.as_json(), **change})


def test_this_machine_has_peaks_and_its_own_products_do_not_beat_them() -> None:
    command = [sys.executable, "-m", "optimized_kernels.measurement.peaks", "--seconds", "1"]
    asked = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], timeout=60
    )
    found = json.loads(asked.stdout)
    peaks = Peaks.from_json(found["peaks"])
    assert found["info"]["backend"] in {"cpu", "metal", "cuda"}
    assert set(peaks.matmul) >= {"float32"}
    # A machine of this century: between 0.1 GFLOP/s and 10 PFLOP/s, 0.1 GB/s and 100 TB/s.
    assert all(1e8 < flops < 1e16 for flops in peaks.matmul.values())
    assert 1e8 < peaks.bandwidth < 1e14
