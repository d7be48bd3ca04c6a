"""The noise floor: identical programs exceed it in one of twenty measurements."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from optimized_kernels.measurement.noise import Noise, ShortRun, noise_from, noise_sentence, within_noise

LOG_RATIOS = st.floats(-0.5, 0.5)
RUNS = st.lists(
    st.builds(ShortRun, LOG_RATIOS, st.floats(1e-6, 0.1), st.integers(2, 500)), min_size=1, max_size=12
)


@given(RUNS)
def test_which_side_was_faster_does_not_matter(runs: list[ShortRun]) -> None:
    mirrored = [ShortRun(-run.log_ratio, run.standard_error, run.blocks) for run in runs]
    assert noise_from(mirrored) == noise_from(runs)


@given(RUNS, st.floats(0.1, 10.0))
def test_noise_twice_as_large_has_a_floor_twice_as_high(runs: list[ShortRun], factor: float) -> None:
    scaled = [ShortRun(factor * run.log_ratio, factor * run.standard_error, run.blocks) for run in runs]
    assert noise_from(scaled).floor(30) == pytest.approx(factor * noise_from(runs).floor(30), rel=1e-6)


@given(RUNS, st.integers(1, 1000), st.integers(1, 1000))
def test_more_blocks_and_launches_never_raise_the_floor(runs: list[ShortRun], few: int, more: int) -> None:
    noise = noise_from(runs)
    assert noise.floor(few + more) <= noise.floor(few)
    assert noise.floor(few, 2) <= noise.floor(few)
    # Blocks do not average out what a launch keeps for life.
    assert noise.floor(few) >= student.ppf(0.975, len(runs)) * noise.launch_sd * (1 - 1e-9)


def test_runs_without_noise_of_their_own_give_the_prediction_bound() -> None:
    ratios = [0.01, -0.02, 0.015, 0.005]
    noise = noise_from([ShortRun(ratio, 1e-9, 50) for ratio in ratios])
    root_mean_square = math.sqrt(sum(ratio**2 for ratio in ratios) / 4)
    assert noise.floor(50) == pytest.approx(student.ppf(0.975, 4) * root_mean_square)


@pytest.mark.parametrize(("launch_sd", "block_sd"), [(0.0, 0.05), (0.02, 0.0001), (0.01, 0.05)])
@pytest.mark.parametrize("launches", [3, 5, 9])
def test_one_of_twenty_null_measurements_lies_outside(
    launch_sd: float, block_sd: float, launches: int
) -> None:
    rng = np.random.default_rng(1)
    blocks, outside, tries = 25, 0, 4000
    sd = math.sqrt(launch_sd**2 + block_sd**2 / blocks)
    for _ in range(tries):
        *runs, further = rng.normal(0.0, sd, launches + 1)
        noise = noise_from([ShortRun(run, block_sd / math.sqrt(blocks), blocks) for run in runs])
        outside += not within_noise(math.exp(further), noise.floor(blocks))
    # 5 %, and three standard deviations of this simulation; less where the blocks' noise is known to be all.
    assert outside / tries <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / tries)


@pytest.mark.parametrize(("speedup", "inside"), [(1.0, True), (1.0099, True), (0.9902, True), (1.02, False)])
def test_a_speedup_inside_the_floor_is_said_to_be_so(speedup: float, inside: bool) -> None:
    floor = math.log(1.01)
    assert within_noise(speedup, floor) == inside
    sentence = noise_sentence(speedup, floor)
    assert (sentence is not None) == inside
    if sentence is not None:
        assert "0.990x to 1.010x" in sentence


def test_nothing_measured_is_no_noise() -> None:
    with pytest.raises(ValueError, match="at least one short run"):
        noise_from([])
    with pytest.raises(ValueError, match="blocks is 0"):
        Noise(0.01, 0.01, 5).floor(0)
