"""The biweight mean against the loss that it minimises, by simulation, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from optimized_kernels.measurement.biweight import REACH, Biweight, biweight
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


def found(values: NDArray[np.float64]) -> Biweight:
    """Of values that have one."""
    mean = biweight(values)
    assert mean is not None
    return mean


def error(mean: Biweight) -> float:
    """Of uncorrelated values."""
    return float(np.sqrt(mean.influences @ mean.influences))


@pytest.mark.parametrize("count", [10, 11, 24, 200])
def test_it_minimises_tukeys_loss(count: int) -> None:
    values = np.random.default_rng(count).standard_t(2, count)
    near = float(np.median(values))
    best = minimize_scalar(
        lambda centre: far_from(values, centre), bounds=(near - 1, near + 1), method="bounded"
    )
    assert found(values).centre == pytest.approx(best.x, abs=1e-4)


@pytest.mark.parametrize("noise", ["Gaussian", "heavy tails", "neighbours"])
def test_influences_add_up_to_the_error_that_repetition_shows(noise: str) -> None:
    rng = np.random.default_rng(3)
    draws = {
        "Gaussian": lambda: rng.normal(0, 0.05, 60),
        "heavy tails": lambda: 0.03 * rng.standard_t(2, 60),
        "neighbours": lambda: neighbours(rng, 60),
    }
    means = [found(draws[noise]()) for _ in range(1000)]
    assert all(abs(mean.influences.sum()) < 1e-9 for mean in means)
    spread = 1.4826 * float(np.median([abs(mean.centre) for mean in means]))
    assert float(np.median([error(mean) for mean in means])) == pytest.approx(spread, rel=0.12)


def test_beside_neighbours_it_knows_more_than_a_trimmed_mean() -> None:
    rng = np.random.default_rng(5)
    samples = [neighbours(rng, 24) for _ in range(300)]
    own = np.median([error(found(values)) for values in samples])
    assert own < 0.6 * np.median([trimmed_location(values).error for values in samples])


def test_a_value_out_of_reach_has_no_say() -> None:
    calm = np.random.default_rng(1).normal(0.1, 0.02, 50)
    near, farther = (found(np.append(calm, wild)) for wild in (50.0, 100.0))
    assert near.centre == pytest.approx(farther.centre, abs=1e-12)
    assert near.influences == pytest.approx(farther.influences, rel=1e-9)
    assert near.influences[-1] == 0.0
    assert near.centre == pytest.approx(found(calm).centre, abs=0.001)


@given(series, st.floats(-1.0, 1.0), st.floats(0.1, 10.0))
def test_it_moves_and_stretches_with_its_values(values: list[float], by: float, times: float) -> None:
    array = np.asarray(values)
    # Rounding must not decide whether most values are the same.
    assume(float(np.median(np.abs(array - np.median(array)))) > 1e-6)
    base, other, mirrored = biweight(array), biweight(times * (array + by)), biweight(-array)
    assume(base is not None and other is not None and mirrored is not None)
    assert base is not None
    assert other is not None
    assert mirrored is not None
    assert other.centre == pytest.approx(times * (base.centre + by), abs=1e-6)
    assert error(other) == pytest.approx(times * error(base), rel=1e-3, abs=1e-6)
    assert mirrored.centre == pytest.approx(-base.centre, abs=1e-6)


@given(series)
def test_it_lies_among_its_values(values: list[float]) -> None:
    mean = biweight(np.asarray(values))
    assert mean is None or min(values) - 1e-12 <= mean.centre <= max(values) + 1e-12


def test_values_that_are_mostly_the_same_have_none() -> None:
    assert biweight(np.array([0.1] * 9 + [0.3, 0.5])) is None
