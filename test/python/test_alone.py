"""The reference's pace beside a candidate and without it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from harness import INITIAL

from optimized_kernels.measurement import alone
from optimized_kernels.measurement.alone import ALONE_TURNS, LOOKS, SLACK, SPELLS, check_alone, slowdown
from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.request import parse_request
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE
from optimized_kernels.measurement.verdict import Rejected

UNUSED: Any = None
NO_SIDES: Any = SimpleNamespace(by_name={})
SUSPICIOUS, CLEAN = math.log(2.0), 0.0
BLOCKS = 9


def _turns(rng: random.Random, count: int, slower: float = 1.0) -> list[float]:
    """Turns of a machine that disturbs half of them."""
    return [slower * 0.04 * (rng.uniform(1.2, 1.8) if rng.random() < 0.5 else 1.0) for _ in range(count)]


def test_disturbed_turns_are_no_slowdown() -> None:
    rng = random.Random(1)
    found = [slowdown(_turns(rng, 24), _turns(rng, 24)) for _ in range(200)]
    assert sum(share > SLACK for share in found) < 10


def _seldom_left_alone(rng: random.Random, count: int, quiet: float) -> list[float]:
    """Turns that neighbours make 1.7 times as long, mostly for some on end, but for a `quiet` share."""
    seconds: list[float] = []
    while len(seconds) < count:
        busy = rng.random() > quiet
        seconds += [(1.7 if busy else 1.0) * rng.uniform(0.04, 0.044)] * rng.randint(1, 3)
    return seconds[:count]


@pytest.mark.parametrize("quiet", [0.2, 0.3, 0.4])
@pytest.mark.parametrize("paired", [18, 28])
def test_a_machine_that_is_seldom_left_alone_is_no_suspicion(quiet: float, paired: int) -> None:
    rng = random.Random(3)
    turns = [(_seldom_left_alone(rng, paired, quiet), _seldom_left_alone(rng, 12, quiet)) for _ in range(400)]
    assert sum(slowdown(*each) > SLACK for each in turns) < 20


@pytest.mark.parametrize("quiet", [0.2, 0.3, 0.4])
def test_a_hog_shows_there_too(quiet: float) -> None:
    rng = random.Random(4)
    turns = [(_seldom_left_alone(rng, 20, quiet), _seldom_left_alone(rng, 12, quiet)) for _ in range(400)]
    assert sum(slowdown([2.0 * one for one in own], other) > SLACK for own, other in turns) > 370


@pytest.mark.parametrize("slower", [1.3, 2.0])
def test_a_hog_shows_in_the_quickest_turns(slower: float) -> None:
    rng = random.Random(2)
    assert slowdown(_turns(rng, 48, slower), _turns(rng, 48)) == pytest.approx(math.log(slower), abs=0.1)


def _measured(reference: float, candidate: float) -> Measured:
    measured = Measured()
    for _ in range(BLOCKS):
        times = {REFERENCE: [reference] * 2, CANDIDATE: [candidate] * 2}
        measured.add(times, [REFERENCE, CANDIDATE] * 2)
    return measured


def _looked(slower: Iterator[float], monkeypatch: pytest.MonkeyPatch) -> tuple[Measured | Rejected, Measured]:
    """What the check makes of a launch and of further looks, the reference being this much slower in each."""
    monkeypatch.setattr(alone, "_alone", lambda sides, loop: [1.0] * 12)

    def look_again(*asked: Any) -> tuple[Measured, float]:
        # As many blocks as the launch has that they stand in for.
        assert asked[-2] == BLOCKS
        return _measured(5.0, 4.0), next(slower)

    monkeypatch.setattr(alone, "_look_again", look_again)
    measured = _measured(math.exp(next(slower)), 1.0)
    request = parse_request(json.dumps({"program": str(INITIAL)}))
    return check_alone(NO_SIDES, "eager", measured, request, UNUSED, 0.0), measured


def test_a_launch_beyond_suspicion_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found, measured = _looked(iter([CLEAN]), monkeypatch)
    assert found is measured


@pytest.mark.parametrize(("paces", "left"), [([1.8, 1.0, 1.0], 2), ([1.0, 1.8, 1.8], 0)])
def test_a_suspicion_that_more_turns_alone_disperse_is_none(
    paces: list[float], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(paces) == SPELLS
    spells = iter(paces)
    monkeypatch.setattr(alone, "_alone", lambda *asked: [next(spells)] * ALONE_TURNS)
    measured = _measured(1.8, 1.0)
    request = parse_request(json.dumps({"program": str(INITIAL)}))
    assert check_alone(NO_SIDES, "eager", measured, request, UNUSED, 0.0) is measured
    assert len(list(spells)) == left


def test_a_suspected_launch_is_never_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for looks in ([CLEAN], [SUSPICIOUS, CLEAN]):
        found, measured = _looked(iter([SUSPICIOUS, *looks]), monkeypatch)
        assert found is not measured
        assert cast(Measured, found).times[REFERENCE] == [5.0] * 2 * BLOCKS


def test_a_measurement_that_every_look_speaks_against_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = _looked(iter([SUSPICIOUS] * (1 + LOOKS)), monkeypatch)
    assert isinstance(found, Rejected)
    assert "2.00 times its time alone" in found.reason


@pytest.mark.parametrize("turns", [4, 6, 10, 12, 18, 28])
def test_a_hog_that_leaves_a_few_turns_alone_shows_all_the_same(turns: int) -> None:
    paired = [0.04] * (turns // 12) + [0.064] * (turns - turns // 12)
    assert slowdown(paired, [0.04] * 12) == pytest.approx(math.log(1.6), abs=0.1)
