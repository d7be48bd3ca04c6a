"""Work before the clock is seen; noise is not taken for it."""

from __future__ import annotations

import random

import pytest

from optimized_kernels.measurement.preparation import check_preparation, hidden_share


def _times(rng: random.Random, centre: float, count: int) -> list[float]:
    return [centre * rng.lognormvariate(0.0, 0.3) for _ in range(count)]


@pytest.mark.parametrize("turns", [4, 8, 100])
def test_a_step_before_the_clock_is_refused(turns: int) -> None:
    rng = random.Random(turns)
    base, steps = _times(rng, 0.002, turns), _times(rng, 0.015, turns)
    refused = check_preparation([time + 0.015 for time in base], base, steps)
    assert refused is not None
    assert refused.stage == "timing"
    assert "before the clock" in refused.reason


def test_equal_sides_are_hardly_ever_refused() -> None:
    rng = random.Random(1)
    refused = 0
    for _ in range(400):
        base, own = _times(rng, 0.002, 20), _times(rng, 0.002, 20)
        refused += check_preparation(own, base, _times(rng, 0.015, 20)) is not None
    assert refused == 0


def test_a_little_more_to_collect_is_accepted() -> None:
    base = [0.002 + 1e-5 * turn for turn in range(20)]
    slower = [time + 0.001 for time in base]
    assert hidden_share(slower, base, [0.015] * 20) == pytest.approx(0.067, abs=0.001)
    assert check_preparation(slower, base, [0.015] * 20) is None
    assert check_preparation([9.0] * 3, base, [0.015] * 20) is None
