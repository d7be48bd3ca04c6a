"""The reference's pace beside a candidate and without it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from harness import INITIAL
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from optimized_kernels.measurement import alone, evaluation
from optimized_kernels.measurement.alone import (
    ALONE_TURNS,
    FEWEST_FOR_CHANCE,
    LOOKS,
    MORE_TURNS,
    SLACK,
    chance,
    check_alone,
    is_suspicious,
    slowdown,
)
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


def _looks_suspicious(paired: list[float], alone: list[float]) -> bool:
    """By its first turns alone and by all of them, as check_alone takes them."""
    return is_suspicious(paired, alone[:ALONE_TURNS], SLACK) and is_suspicious(paired, alone, SLACK)


def _suspicions(quiet: float, paired: int, held_up: Callable[[float], float]) -> float:
    """Share of 400 looks, where a program does this to the turns beside it."""
    rng = random.Random(3)
    found = 0
    for _ in range(400):
        beside = [held_up(turn) for turn in _seldom_left_alone(rng, paired, quiet)]
        found += _looks_suspicious(beside, _seldom_left_alone(rng, ALONE_TURNS + MORE_TURNS, quiet))
    return found / 400


@pytest.mark.parametrize("quiet", [0.2, 0.3, 0.4])
@pytest.mark.parametrize(("paired", "share"), [(18, 0.07), (28, 0.05)])
def test_a_machine_that_is_seldom_left_alone_is_no_suspicion(quiet: float, paired: int, share: float) -> None:
    assert _suspicions(quiet, paired, lambda turn: turn) < share


@pytest.mark.parametrize("quiet", [0.3, 0.4, 0.6, 1.0])
def test_a_hog_shows_there_too(quiet: float) -> None:
    assert _suspicions(quiet, 18, lambda turn: 2.0 * turn) > 0.98
    assert _suspicions(quiet, 18, lambda turn: 1.3 * turn) > (0.99 if quiet == 1.0 else 0.5)


@pytest.mark.parametrize(("quiet", "share"), [(0.4, 0.5), (0.6, 0.85), (1.0, 0.99)])
def test_so_does_one_that_slows_down_none_but_the_quick_turns(quiet: float, share: float) -> None:
    assert _suspicions(quiet, 18, lambda turn: max(turn, 1.7 * 0.042)) > share


@given(st.lists(st.sampled_from([1.0, 1.7]), max_size=40), st.integers(0, 12))
def test_chance_is_fishers(paired: list[float], quick: int) -> None:
    alone = [1.0] * quick + [1.7] * (12 - quick)
    counts = [(turns.count(1.0), turns.count(1.7)) for turns in (alone, paired)]
    assert chance(paired, alone, 1.1) == pytest.approx(fisher_exact(counts, alternative="greater").pvalue)


def test_two_paces_by_chance_are_no_suspicion() -> None:
    paired, alone = [1.0] * 3 + [1.7] * 15, [1.0] * 4 + [1.7] * 8
    assert slowdown(paired, alone) > SLACK
    assert not is_suspicious(paired, alone, SLACK)


@pytest.mark.parametrize("turns", [2, FEWEST_FOR_CHANCE - 1, FEWEST_FOR_CHANCE])
def test_of_few_turns_chance_explains_nothing(turns: int) -> None:
    assert is_suspicious([1.7] * turns, [1.0] * 4 + [1.7] * 8, SLACK)


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
    monkeypatch.setattr(alone, "_alone", lambda sides, loop, turns: [1.0] * turns)

    def look_again(*asked: Any) -> tuple[Measured, float | None]:
        # As many blocks as the launch has that they stand in for.
        assert asked[-2] == BLOCKS
        found = next(slower)
        return _measured(5.0, 4.0), found if found > SLACK else None

    monkeypatch.setattr(alone, "_look_again", look_again)
    measured = _measured(math.exp(next(slower)), 1.0)
    request = parse_request(json.dumps({"program": str(INITIAL)}))
    return check_alone(NO_SIDES, "eager", measured, request, UNUSED, 0.0), measured


def test_a_launch_beyond_suspicion_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found, measured = _looked(iter([CLEAN]), monkeypatch)
    assert found is measured


@pytest.mark.parametrize(("paces", "left"), [([1.8, 1.0], 1), ([1.0, 1.8], 0)])
def test_a_suspicion_that_more_turns_alone_disperse_is_none(
    paces: list[float], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two turns of 18 are quick beside the program.
    spells = iter(paces)
    monkeypatch.setattr(alone, "_alone", lambda sides, loop, turns: [next(spells)] * turns)
    measured = _measured(1.8, 1.0)
    measured.times[REFERENCE][1] = measured.times[REFERENCE][2] = 1.0
    request = parse_request(json.dumps({"program": str(INITIAL)}))
    found = check_alone(NO_SIDES, "eager", measured, request, UNUSED, 0.0)
    assert found is measured
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


@pytest.mark.parametrize(("reference", "details"), [(2.0, [alone.ALONE]), (0.5, [])])
def test_a_screening_says_that_a_faster_program_is_followed_by_turns_alone(
    reference: float, details: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = _measured(reference, 1.0)
    blocks = SimpleNamespace(warm_up=lambda *asked: None)
    monkeypatch.setattr(evaluation, "TurnCheck", lambda *asked: None)
    monkeypatch.setattr(evaluation, "Blocks", lambda *asked: blocks)
    monkeypatch.setattr(evaluation, "screen", lambda *asked: measured)
    monkeypatch.setattr(evaluation, "check_prepared", lambda *asked: None)
    monkeypatch.setattr(evaluation, "check_libraries", lambda *asked: None)
    monkeypatch.setattr(evaluation, "check_alone", lambda *asked: measured)
    sides: Any = SimpleNamespace(by_name={}, freezer=SimpleNamespace(release=lambda: None))
    request = parse_request(json.dumps({"program": str(INITIAL)}))
    told: list[str] = []
    stages = evaluation.Evaluation(request, sides, None, lambda stage, detail: told.append(detail))
    assert stages._screen(UNUSED) is None
    assert told == details
