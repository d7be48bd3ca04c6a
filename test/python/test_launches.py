"""Confirmation over launches: SciPy's t-interval, invariants, coverage; and the error budget of a run."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from optimized_kernels.measurement.error_budget import ALPHA, confirmation_level
from optimized_kernels.measurement.launches import confirm, confirmed, launch_means
from optimized_kernels.measurement.statistics import speedup_from

blocks = st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=20)
several = st.lists(blocks, min_size=5, max_size=8)


def simulated(
    rng: np.random.Generator, launches: int, between: float, truth: float = 0.0
) -> list[list[float]]:
    """Launches of 12 heavy-tailed blocks around levels of their own."""
    levels = rng.normal(truth, between, launches)
    return [(level + 0.02 * rng.standard_t(3, 12)).tolist() for level in levels]


@pytest.mark.parametrize("level", [0.05, 0.05 / 12])
def test_it_is_students_interval_of_trimmed_means(level: float) -> None:
    launches = simulated(np.random.default_rng(1), 6, 0.01)
    means = [stats.trim_mean(values, 0.2) for values in launches]
    low, high = stats.t.interval(1 - level, len(means) - 1, loc=np.mean(means), scale=stats.sem(means))
    found = confirm(launches, level)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.blocks == 72


@given(several, st.floats(-1.0, 1.0), st.floats(0.1, 10.0))
def test_it_moves_and_stretches_with_the_blocks(launches: list[list[float]], by: float, times: float) -> None:
    base = confirm(launches)
    other = confirm([[times * (value + by) for value in launch] for launch in launches])
    assert other.centre == pytest.approx(times * (base.centre + by), abs=1e-9)
    assert other.half_width == pytest.approx(times * base.half_width, abs=1e-9)


@given(several)
def test_exchanging_the_sides_mirrors_it(launches: list[list[float]]) -> None:
    forth, back = confirm(launches), confirm([[-value for value in launch] for launch in launches])
    assert forth.low == pytest.approx(-back.high, abs=1e-9)


@given(several, st.floats(1e-9, 0.5), st.floats(1e-9, 0.5))
def test_less_error_costs_width(launches: list[list[float]], one: float, other: float) -> None:
    strict, loose = sorted((one, other))
    assert confirm(launches, strict).half_width >= confirm(launches, loose).half_width


@given(several, st.randoms(use_true_random=False))
def test_the_order_of_launches_does_not_matter(launches: list[list[float]], rng) -> None:
    mixed = [*launches]
    rng.shuffle(mixed)
    assert confirm(mixed).low == pytest.approx(confirm(launches).low, abs=1e-9)


def test_what_is_reported_counts_blocks_and_launches() -> None:
    launches = simulated(np.random.default_rng(2), 5, 0.01, truth=math.log(1.2))
    found = confirmed(launches)
    assert (found.pairs, found.launches) == (60, 5)
    assert found.low < found.median < found.high
    assert found.median == pytest.approx(math.exp(float(np.median(launch_means(launches)))))


@pytest.mark.parametrize(
    ("launches", "message"),
    [
        ([[0.1, 0.2]] * 4, "4 launches; an interval over launches needs at least 5"),
        ([[0.1, 0.2], [0.3], *[[0.1, 0.2]] * 3], "launch 1 has 1 blocks"),
        ([], "0 launches"),
    ],
)
def test_too_little_is_refused(launches: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        confirm(launches)


@pytest.mark.parametrize("count", [5, 8])
def test_it_covers_the_truth_as_often_as_promised(count: int) -> None:
    rng = np.random.default_rng([3, count])
    runs, level = 1000, 0.05
    wrong = 0
    for _ in range(runs):
        interval = confirm(simulated(rng, count, 0.01, truth=0.1), level)
        wrong += not interval.low <= 0.1 <= interval.high
    assert stats.binom.ppf(0.0005, runs, level) <= wrong <= stats.binom.isf(0.0005, runs, level)


def test_blocks_alone_would_not_know_of_launches() -> None:
    rng = np.random.default_rng(4)
    wrong = 0
    for _ in range(200):
        pooled = [value for launch in simulated(rng, 5, 0.01) for value in launch]
        speedup = speedup_from(pooled)
        wrong += not speedup.low <= 1.0 <= speedup.high
    assert wrong > 30


@given(st.integers(1, 2000), st.floats(1e-6, 1.0))
def test_levels_add_up_to_alpha_less_what_is_kept_for_later(count: int, alpha: float) -> None:
    spent = math.fsum(confirmation_level(index, alpha) for index in range(1, count + 1))
    assert spent == pytest.approx(alpha * (1 - 1 / (count + 1)), rel=1e-9)
    assert spent < alpha


def test_levels_are_exact_at_the_start() -> None:
    exact = [Fraction(1, 2), Fraction(1, 6), Fraction(1, 12), Fraction(1, 20)]
    assert [confirmation_level(index) for index in (1, 2, 3, 4)] == pytest.approx(
        [ALPHA * float(f) for f in exact]
    )


@pytest.mark.parametrize("index", [0, -3])
def test_confirmations_count_from_one(index: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        confirmation_level(index)
