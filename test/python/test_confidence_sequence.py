"""The confidence sequence: its formula written out slowly, its invariants, its promise by simulation."""

from __future__ import annotations

import math
import operator
import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm, t

from optimized_kernels.measurement.confidence_sequence import (
    FIRST_LOOK,
    TARGET_BLOCKS,
    boundary,
    is_hopeless,
    sequence_interval,
    tuned_rho_squared,
)
from optimized_kernels.measurement.neighbours import Neighbours, neighbour_location
from optimized_kernels.measurement.statistics import Interval, fixed_interval
from scripts.benchmarks.noises import NOISES, SCALE, TURNS, taken_in_turns
from scripts.benchmarks.peeking import ever_excludes, student_ever_excludes

alphas = st.floats(1e-6, 0.3)
long_series = st.lists(st.floats(-1.0, 1.0), min_size=TURNS * FIRST_LOOK, max_size=TURNS * 40).map(
    taken_in_turns
)


def width_by_theorem(blocks: float, rho: float, alpha: float) -> float:
    """Half-width in standard deviations, as theorem 2.2 prints it."""
    rate = 2 * (blocks * rho**2 + 1) / (blocks**2 * rho**2)
    return math.sqrt(rate * math.log(math.sqrt(blocks * rho**2 + 1) / alpha))


def flat(blocks: Neighbours) -> list[float]:
    return [value for block in blocks for value in block]


def interval_by_hand(blocks: Neighbours, alpha: float) -> tuple[float, float]:
    """The interval of fewer blocks than are looked at by stretches, one line after the other."""
    pairs = 2 * len(blocks)
    values = flat(blocks)
    centre = statistics.median(values)
    reach = 6 * statistics.median(abs(value - centre) for value in values)
    for _ in range(100):
        weights = [max(0.0, 1 - ((value - centre) / reach) ** 2) ** 2 for value in values]
        centre = sum(map(operator.mul, weights, values)) / sum(weights)
    near = [((value - centre) / reach) ** 2 for value in values if abs(value - centre) < reach]
    slope = sum((1 - square) * (1 - 5 * square) for square in near)
    pulls = [(value - centre) * max(0.0, 1 - ((value - centre) / reach) ** 2) ** 2 for value in values]
    squares = sum(pull**2 for pull in pulls)
    shared = max(0.0, sum(map(operator.mul, pulls, pulls[1:])) / squares)
    error = math.sqrt(squares * (1 + 2 * shared) / (slope * (slope - 1)))
    rho = math.sqrt(tuned_rho_squared(alpha, TARGET_BLOCKS))
    normal = width_by_theorem(len(blocks), rho, alpha) * math.sqrt(len(blocks))
    quantile = t.isf(norm.sf(normal), 0.7 * (pairs - 1))
    return centre - quantile * error, centre + quantile * error


@pytest.mark.parametrize("count", [5, 17, 29])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_the_interval_is_the_one_written_out(count: int, alpha: float) -> None:
    blocks = taken_in_turns(np.random.default_rng(count).standard_t(3, TURNS * count))
    found = sequence_interval(blocks, alpha)
    assert (found.low, found.high) == pytest.approx(interval_by_hand(blocks, alpha), rel=1e-6)
    assert found.blocks == count


@pytest.mark.parametrize("count", [30, 45, 120])
def test_it_is_students_quantile_away(count: int) -> None:
    values = taken_in_turns(np.random.default_rng(1).normal(0.0, 0.01, TURNS * count))
    found = neighbour_location(values)
    tail = norm.sf(boundary(count, 0.05, TARGET_BLOCKS))
    assert sequence_interval(values).half_width == pytest.approx(t.isf(tail, found.freedom) * found.error)


@given(st.integers(1, 10_000), alphas, st.floats(10, 1000))
def test_the_boundary_is_the_theorems(blocks: int, alpha: float, target: float) -> None:
    rho = math.sqrt(tuned_rho_squared(alpha, target))
    expected = width_by_theorem(blocks, rho, alpha) * math.sqrt(blocks)
    assert boundary(blocks, alpha, target) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("alpha", "target"), [(0.05, 40), (0.05, 400), (0.001, 100)])
def test_rho_makes_it_narrowest_at_the_target(alpha: float, target: float) -> None:
    best = minimize_scalar(
        lambda log_rho: width_by_theorem(target, math.exp(log_rho), alpha), bounds=(-8, 4), method="bounded"
    )
    assert math.sqrt(tuned_rho_squared(alpha, target)) == pytest.approx(math.exp(best.x), rel=1e-3)


@given(long_series, st.floats(-1.0, 1.0), st.floats(0.1, 10.0))
def test_it_moves_and_stretches_with_the_blocks(blocks: Neighbours, by: float, times: float) -> None:
    values = np.array(flat(blocks))
    # Rounding must not decide whether most values are the same.
    assume(float(np.median(np.abs(values - np.median(values)))) > 1e-6)
    base = sequence_interval(blocks)
    other = sequence_interval([[times * (value + by) for value in block] for block in blocks])
    assert other.centre == pytest.approx(times * (base.centre + by), abs=1e-9)
    assert other.half_width == pytest.approx(times * base.half_width, rel=1e-6, abs=1e-9)


@given(long_series)
def test_exchanging_the_sides_mirrors_it(blocks: Neighbours) -> None:
    forth, back = (
        sequence_interval(blocks),
        sequence_interval([[-value for value in block] for block in blocks]),
    )
    assert forth.low == pytest.approx(-back.high, abs=1e-9)
    assert forth.centre == pytest.approx(-back.centre, abs=1e-9)


@given(long_series, alphas, alphas)
def test_less_error_costs_width(blocks: Neighbours, one: float, other: float) -> None:
    strict, loose = sorted((one, other))
    assert sequence_interval(blocks, strict).half_width >= sequence_interval(blocks, loose).half_width


@given(long_series)
def test_looking_costs_width(blocks: Neighbours) -> None:
    fixed = fixed_interval(neighbour_location(blocks), len(blocks), 0.95)
    assert sequence_interval(blocks).half_width >= fixed.half_width - 1e-12


def test_a_wild_block_hardly_moves_it() -> None:
    calm = taken_in_turns(np.random.default_rng(1).normal(0.0, 0.02, TURNS * 40), effect=0.1)
    before, after = sequence_interval(calm), sequence_interval([*calm, [100.0, -100.0, 100.0]])
    assert after.centre == pytest.approx(before.centre, abs=0.003)
    assert after.half_width < 1.3 * before.half_width


def test_hopelessness_waits_for_the_first_look() -> None:
    def slow(blocks: int) -> Interval:
        return Interval(-0.2, -0.21, -0.19, blocks)

    assert not is_hopeless(slow(FIRST_LOOK - 1), -0.02)
    assert is_hopeless(slow(FIRST_LOOK), -0.02)
    assert not is_hopeless(slow(FIRST_LOOK), -0.195)


@pytest.mark.parametrize("name", NOISES)
def test_looking_after_every_block_is_wrong_as_rarely_as_promised(name: str) -> None:
    runs, blocks, alpha = 60, 400, 0.05
    rng = np.random.default_rng([11, list(NOISES).index(name)])
    wrong = sum(
        ever_excludes(taken_in_turns(NOISES[name](rng, TURNS * blocks)), alpha=alpha) for _ in range(runs)
    )
    # More than this would be a 1 in 1000 accident at a true rate of alpha.
    assert wrong <= binom.isf(0.001, runs, alpha)


def test_a_fixed_horizon_interval_would_be_wrong_much_more_often() -> None:
    rng = np.random.default_rng(12)
    runs = [taken_in_turns(NOISES["Gaussian"](rng, TURNS * 400)) for _ in range(60)]
    assert sum(map(student_ever_excludes, runs)) > 10


def test_a_real_effect_is_found() -> None:
    rng = np.random.default_rng(13)
    found = [
        sequence_interval(taken_in_turns(NOISES["Laplace"](rng, TURNS * 60), 1.5 * SCALE)).low > 0.0
        for _ in range(50)
    ]
    assert sum(found) >= 48
