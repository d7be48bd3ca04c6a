"""Work before the clock is seen; noise is not taken for it."""

from __future__ import annotations

import random

import pytest

from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.preparation import check_preparation, check_prepared, hidden_share


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


def test_work_hidden_in_a_third_of_the_turns_is_refused() -> None:
    rng = random.Random(3)
    base, steps = _times(rng, 0.002, 60), _times(rng, 0.015, 60)
    own = [time + 0.015 * (turn % 3 == 0) for turn, time in enumerate(base)]
    assert check_preparation(own, base, steps) is not None


@pytest.mark.parametrize("turns", [8, 20, 100])
def test_a_turn_made_slow_hides_nothing(turns: int) -> None:
    rng = random.Random(turns)
    base, steps = _times(rng, 0.002, turns), _times(rng, 0.015, turns)
    own = [time + 0.015 for time in base]
    own[2] += 5.0
    assert check_preparation(own, base, steps) is not None


def test_a_few_interrupted_turns_are_no_work() -> None:
    rng = random.Random(4)
    for turns in (8, 12, 60):
        base, own = _times(rng, 0.002, turns), _times(rng, 0.002, turns)
        own[3], own[5] = 0.4, 0.02
        assert check_preparation(own, base, _times(rng, 0.015, turns)) is None


def test_a_launch_is_judged_with_those_before_it() -> None:
    def launch(excess: float) -> Measured:
        times = {"reference": [0.015] * 6, "candidate": [0.015] * 6}
        return Measured(times, {"reference": [0.002] * 6, "candidate": [0.002 + excess] * 6})

    assert check_prepared(launch(0.015)) is not None
    assert check_prepared(launch(0.0005)) is None
    # Noise of one launch is outweighed by those before it.
    assert check_prepared(launch(0.002)) is not None
    assert check_prepared(*[launch(0.0)] * 5, launch(0.002)) is None
    assert check_prepared(launch(0.0005), launch(0.0005)) is None


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
    assert check_preparation([9.0] * 3, base[:3], [0.015] * 3) is None
