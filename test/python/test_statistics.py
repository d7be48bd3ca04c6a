"""Intervals against SciPy's own and against simulation; invariants as properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats.mstats import trimmed_mean_ci

from optimized_kernels.measurement.statistics import (
    batch_means,
    block_log_ratio,
    lag1_autocorrelation,
    speedup_from,
    trimmed_interval,
)

ratios = st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=60)
times = st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=8)


# SciPy scales by the nominal 60 % instead of by what was kept; at multiples of five that is the same.
@pytest.mark.parametrize("count", [5, 10, 25, 100])
def test_interval_is_scipys_trimmed_mean_interval(count: int) -> None:
    values = np.random.default_rng(count).standard_t(3, count)
    centre, half = trimmed_interval(values, 0.95)
    assert (centre - half, centre + half) == pytest.approx(tuple(trimmed_mean_ci(values)), rel=1e-9)


def test_two_blocks_give_students_interval() -> None:
    speedup = speedup_from([0.1, 0.3])
    half = 12.706204736432095 * 0.1  # t(0.975, 1) times the standard error
    assert speedup.low == pytest.approx(math.exp(0.2 - half))
    assert speedup.high == pytest.approx(math.exp(0.2 + half))
    assert speedup.pairs == 2


def test_one_block_is_refused() -> None:
    with pytest.raises(ValueError, match="1 blocks"):
        speedup_from([0.1])


@given(ratios)
def test_interval_is_ordered_and_positive(values: list[float]) -> None:
    speedup = speedup_from(values)
    assert 0.0 < speedup.low <= speedup.high
    assert math.exp(min(values)) <= speedup.median * (1 + 1e-12)
    assert speedup.median <= math.exp(max(values)) * (1 + 1e-12)


@given(ratios)
def test_exchanging_the_sides_inverts_the_speedup(values: list[float]) -> None:
    forth, back = speedup_from(values), speedup_from([-value for value in values])
    assert forth.low == pytest.approx(1.0 / back.high, rel=1e-6)
    assert forth.median == pytest.approx(1.0 / back.median, rel=1e-6)


@given(times, times, st.floats(0.01, 100.0))
def test_log_ratio_knows_no_unit(reference: list[float], candidate: list[float], unit: float) -> None:
    scaled = block_log_ratio([unit * t for t in reference], [unit * t for t in candidate])
    assert scaled == pytest.approx(block_log_ratio(reference, candidate), abs=1e-9)


def test_one_disturbed_block_hardly_widens_the_interval() -> None:
    calm = np.random.default_rng(1).normal(0.2, 0.02, 40)
    disturbed = np.append(calm, 3.0)
    assert speedup_from(list(disturbed)).high == pytest.approx(speedup_from(list(calm)).high, abs=0.01)


@pytest.mark.parametrize("noise", ["normal", "heavy"])
def test_equal_sides_are_told_apart_in_about_five_per_cent(noise: str) -> None:
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(1000):
        values = rng.normal(0, 0.05, 40) if noise == "normal" else 0.03 * rng.standard_t(2, 40)
        speedup = speedup_from(list(values))
        wrong += not speedup.low <= 1.0 <= speedup.high
    assert 20 <= wrong <= 80


def test_correlated_neighbours_are_batched() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.05, 513)
    drifting = np.array([noise[0]])
    for value in noise[1:]:
        drifting = np.append(drifting, 0.8 * drifting[-1] + value)
    means = batch_means(drifting)
    assert lag1_autocorrelation(drifting) > 0.5
    assert 8 <= len(means) <= 64
    # The remainder goes at the front, so the last batch ends with the series.
    size = len(drifting) // len(means)
    assert means[-1] == pytest.approx(drifting[-size:].mean())


def test_independent_blocks_stay_as_they_are() -> None:
    alternating = np.array([0.1, -0.1] * 20)
    assert batch_means(alternating) is alternating
    assert lag1_autocorrelation(np.ones(5)) == 0.0
