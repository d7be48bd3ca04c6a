"""The reference's pace beside a candidate and without it."""

from __future__ import annotations

import math
import random

import pytest

from optimized_kernels.measurement.alone import slowdown


def _turns(rng: random.Random, count: int, slower: float = 1.0) -> list[float]:
    """Turns of a machine that disturbs half of them."""
    return [slower * 0.04 * (rng.uniform(1.2, 1.8) if rng.random() < 0.5 else 1.0) for _ in range(count)]


def test_disturbed_turns_are_no_slowdown() -> None:
    rng = random.Random(1)
    found = [slowdown(_turns(rng, 24), _turns(rng, 24)) for _ in range(200)]
    assert sum(share > math.log(1.15) for share in found) < 10


@pytest.mark.parametrize("slower", [1.3, 2.0])
def test_a_hog_shows_in_the_quickest_turns(slower: float) -> None:
    rng = random.Random(2)
    assert slowdown(_turns(rng, 48, slower), _turns(rng, 48)) == pytest.approx(math.log(slower), abs=0.1)
