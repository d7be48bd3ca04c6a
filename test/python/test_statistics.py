"""Intervals against SciPy's own and against simulation; invariants as properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import stdtrit
from scipy.stats.mstats import trimmed_mean_ci

from optimized_kernels.measurement.statistics import (
    Speedup,
    batch_means,
    block_log_ratio,
    correlation,
    lag1_autocorrelation,
    location,
    speedup_from,
    total_time_ratio,
    trimmed_location,
)
from scripts.benchmarks.noises import autoregressive

ratios = st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=60)
times = st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=8)


# SciPy scales by the nominal 60 % instead of by what was kept; at multiples of five that is the same.
@pytest.mark.parametrize("count", [5, 10, 25, 100])
def test_interval_is_scipys_trimmed_mean_interval(count: int) -> None:
    values = np.random.default_rng(count).standard_t(3, count)
    found = trimmed_location(values)
    interval = found.interval(float(stdtrit(found.freedom, 0.975)), count)
    assert (interval.low, interval.high) == pytest.approx(tuple(trimmed_mean_ci(values)), rel=1e-9)


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
    assert 32 <= len(means) <= 64
    # The remainder goes at the front, so the last batch ends with the series.
    size = len(drifting) // len(means)
    assert means[-1] == pytest.approx(drifting[-size:].mean())


def test_correlation_that_is_left_counts_for_fewer_blocks() -> None:
    # Too few for batches.
    values = np.repeat([0.0, 0.02], 20) + np.random.default_rng(5).normal(0, 0.01, 40)
    assert batch_means(values) is values
    left, plain, found = correlation(values), trimmed_location(values), location(values.tolist())
    assert left > 0.3
    assert found.centre == plain.centre
    assert found.error == pytest.approx(plain.error * math.sqrt((1 + left) / (1 - left)))
    assert found.freedom == pytest.approx((plain.freedom + 1) * (1 - left) / (1 + left) - 1)


def test_the_correlation_of_few_blocks_is_no_evidence() -> None:
    values = np.linspace(0.0, 0.1, 29)
    assert location(values.tolist()) == trimmed_location(values)


def test_the_estimate_of_correlation_is_nearly_unbiased() -> None:
    rng = np.random.default_rng(6)
    for truth in (0.0, 0.3, 0.6):
        series = [autoregressive(truth)(rng, 40) for _ in range(1000)]
        assert np.mean([correlation(values) for values in series]) == pytest.approx(truth, abs=0.03)


@given(ratios, st.floats(-1.0, 1.0), st.floats(0.1, 10.0))
def test_a_location_moves_and_stretches_with_its_blocks(values: list[float], by: float, times: float) -> None:
    base = location(values)
    # Rounding must not decide whether neighbours are correlated.
    assume(abs(correlation(np.asarray(values)) - 0.1) > 1e-6)
    assume(float(np.std(values)) > 1e-6)
    other = location([times * (value + by) for value in values])
    assert other.centre == pytest.approx(times * (base.centre + by), abs=1e-9)
    if other.freedom == base.freedom:
        assert other.error == pytest.approx(times * base.error, rel=1e-3, abs=1e-9)


@given(st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=8), st.floats(0.1, 10.0))
def test_total_time_leaves_nothing_out(reference: list[float], factor: float) -> None:
    assert total_time_ratio(reference, [factor * t for t in reference]) == pytest.approx(1 / factor)


def test_total_time_wants_as_many_turns_of_each() -> None:
    assert total_time_ratio([1.0, 3.0], [1.0, 1.0]) == 2.0
    for reference, candidate in (([1.0], [1.0, 2.0]), ([], [])):
        with pytest.raises(ValueError, match="expected as many"):
            total_time_ratio(reference, candidate)


def test_a_speedup_on_the_wire_and_to_a_reader() -> None:
    screened, confirmed = Speedup(1.1, 1.0, 1.2, 40), Speedup(1.1, 1.0, 1.2, 40, launches=5)
    assert screened.as_json() == {"median": 1.1, "low": 1.0, "high": 1.2, "pairs": 40, "launches": 0}
    assert str(screened) == "1.100x [1.000, 1.200] over 40 paired blocks"
    assert str(confirmed) == "1.100x [1.000, 1.200] over 40 paired blocks in 5 launches"


def test_independent_blocks_stay_as_they_are() -> None:
    alternating = np.array([0.1, -0.1] * 20)
    assert batch_means(alternating) is alternating
    assert lag1_autocorrelation(np.ones(5)) == 0.0
