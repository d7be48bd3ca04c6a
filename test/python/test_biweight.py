"""The biweight mean against the loss that it minimises, by simulation, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import stdtrit

from optimized_kernels.measurement.biweight import FEWEST, FREEDOM_SHARE, REACH, biweight_location
from optimized_kernels.measurement.statistics import trimmed_location

series = st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=60)


def neighbours(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Turns whose core another machine keeps busy now and then: one in three log-ratios is far away."""
    busy = rng.random((2, count)) < 0.2
    return rng.normal(0.0, 0.02, count) + 0.5 * busy[0] - 0.5 * busy[1]


def far_from(values: NDArray[np.float64], centre: float) -> float:
    """Tukey's loss: the square of the distance at first, and no more than 1 from the reach on."""
    reach = REACH * float(np.median(np.abs(values - np.median(values))))
    inside = np.clip(1.0 - ((values - centre) / reach) ** 2, 0.0, None)
    return float((1.0 - inside**3).sum())


@pytest.mark.parametrize("count", [10, 11, 24, 200])
def test_it_minimises_tukeys_loss(count: int) -> None:
    values = np.random.default_rng(count).standard_t(2, count)
    found = biweight_location(values)
    near = float(np.median(values))
    best = minimize_scalar(
        lambda centre: far_from(values, centre), bounds=(near - 1, near + 1), method="bounded"
    )
    assert found.centre == pytest.approx(best.x, abs=1e-4)
    assert found.freedom == pytest.approx(FREEDOM_SHARE * (count - 1))


@pytest.mark.parametrize("noise", ["Gaussian", "heavy tails", "neighbours"])
@pytest.mark.parametrize("count", [4, 6, 10, 24, 60])
def test_intervals_exclude_the_truth_in_about_five_per_cent(noise: str, count: int) -> None:
    rng = np.random.default_rng([3, count])
    wrong, runs = 0, 1000
    for _ in range(runs):
        if noise == "neighbours":
            values = neighbours(rng, count)
        else:
            values = rng.normal(0, 0.05, count) if noise == "Gaussian" else 0.03 * rng.standard_t(2, count)
        found = biweight_location(values)
        wrong += abs(found.centre) > float(stdtrit(found.freedom, 0.975)) * found.error
    assert wrong <= 0.075 * runs
    assert wrong >= 0.02 * runs or count < FEWEST


def test_beside_neighbours_it_knows_more_than_a_trimmed_mean() -> None:
    rng = np.random.default_rng(5)
    samples = [neighbours(rng, 24) for _ in range(300)]
    own = np.median([biweight_location(values).error for values in samples])
    assert own < 0.6 * np.median([trimmed_location(values).error for values in samples])


def test_a_value_out_of_reach_has_no_say() -> None:
    calm = np.random.default_rng(1).normal(0.1, 0.02, 50)
    found, farther = (biweight_location(np.append(calm, wild)) for wild in (50.0, 100.0))
    assert found.centre == pytest.approx(farther.centre, abs=1e-12)
    assert found.error == pytest.approx(farther.error, rel=1e-9)
    assert found.centre == pytest.approx(biweight_location(calm).centre, abs=0.001)


@given(series, st.floats(-1.0, 1.0), st.floats(0.1, 10.0))
def test_it_moves_and_stretches_with_its_values(values: list[float], by: float, times: float) -> None:
    array = np.asarray(values)
    # Rounding must not decide whether most values are the same.
    assume(float(np.median(np.abs(array - np.median(array)))) > 1e-6)
    base, other = biweight_location(array), biweight_location(times * (array + by))
    assert other.centre == pytest.approx(times * (base.centre + by), abs=1e-6)
    assert other.error == pytest.approx(times * base.error, rel=1e-3, abs=1e-6)
    mirrored = biweight_location(-array)
    assert mirrored.centre == pytest.approx(-base.centre, abs=1e-6)


@given(series)
def test_it_lies_among_its_values(values: list[float]) -> None:
    found = biweight_location(np.asarray(values))
    assert min(values) - 1e-12 <= found.centre <= max(values) + 1e-12
    assert found.error >= 0.0


def test_few_values_have_a_trimmed_mean() -> None:
    values = np.random.default_rng(2).normal(0.0, 1.0, FEWEST)
    assert biweight_location(values[1:]) == trimmed_location(values[1:])
    assert biweight_location(values) != trimmed_location(values)


def test_values_that_are_mostly_the_same_have_a_trimmed_mean() -> None:
    values = np.array([0.1] * 9 + [0.3, 0.5])
    assert biweight_location(values) == trimmed_location(values)
