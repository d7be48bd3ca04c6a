"""Neighbouring turns: which of them are compared, and what their mean's interval promises, by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import stdtrit

from optimized_kernels.measurement.biweight import biweight
from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.neighbours import (
    FEWEST,
    FEWEST_STRETCHES,
    FREEDOM_SHARE,
    STRETCH,
    compact,
    disjoint_pairs,
    expanded,
    neighbour_location,
)
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE
from optimized_kernels.measurement.statistics import PAIRS, trimmed_location
from optimized_kernels.measurement.verdict import MAX_ARTIFACT, clipped
from scripts.benchmarks.noises import TURNS, autoregressive, coming_and_going, taken_in_turns

LONG = STRETCH * FEWEST_STRETCHES


def two_paces(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Turns on a core that another machine shares for some of them in a row."""
    changes = rng.random(count) < 0.2
    busy = np.cumsum(changes) % 2 == rng.integers(2)
    return rng.normal(0.0, 0.03, count) + 0.45 * busy


TURN_NOISES = {
    "uncorrelated": lambda rng, count: rng.normal(0.0, 0.05, count),
    "heavy tails": lambda rng, count: 0.03 * rng.standard_t(3, count),
    "autoregressive, 0.4": autoregressive(0.4),
    "autoregressive, 0.8": autoregressive(0.8),
    "two paces": two_paces,
    "drift": lambda rng, count: rng.normal(0.0, 0.02, count) + np.linspace(0.0, 0.5, count),
}


def measured(blocks: list[str], seconds: dict[str, float]) -> Measured:
    """Blocks of these orders, r and c, in which every turn of a side takes as long."""
    found, names = Measured(), {"r": REFERENCE, "c": CANDIDATE}
    for order in blocks:
        taken = [names[letter] for letter in order]
        found.add({name: [seconds[name]] * PAIRS for name in names.values()}, taken)
    return found


def test_every_turn_is_compared_with_the_one_before_it() -> None:
    blocks = ["rcrc", "rcrc", "crcr", "crcr"]
    found = measured(blocks, {REFERENCE: 3.0, CANDIDATE: 2.0}).neighbour_log_ratios(REFERENCE)
    # A stretch ends with the side that the next one begins with.
    assert [len(block) for block in found] == [3, 4, 3, 4]
    assert {value for block in found for value in block} == {math.log(1.5)}


def test_values_are_in_the_order_of_the_turns() -> None:
    found = Measured()
    found.add({REFERENCE: [1.0, 4.0], CANDIDATE: [2.0, 8.0]}, [CANDIDATE, REFERENCE] * PAIRS)
    found.add({REFERENCE: [16.0, 1.0], CANDIDATE: [1.0, 1.0]}, [CANDIDATE, REFERENCE] * PAIRS)
    (first, second) = found.neighbour_log_ratios(REFERENCE)
    assert first == pytest.approx(np.log([1 / 2, 1 / 8, 4 / 8]))
    assert second == pytest.approx(np.log([4.0, 16.0, 16.0, 1.0]))
    assert disjoint_pairs([first, second]) == pytest.approx(np.log([1 / 2, 4 / 8, 16.0, 1.0]))


def test_sides_that_are_mirrored_have_no_neighbours_of_their_own() -> None:
    found = measured(["rccr", "crrc"], {REFERENCE: 3.0, CANDIDATE: 2.0})
    assert [len(block) for block in found.neighbour_log_ratios(REFERENCE)] == [2, 3]


@pytest.mark.parametrize("noise", TURN_NOISES)
@pytest.mark.parametrize("blocks", [4, 5, 10, 16, LONG, LONG + 1])
def test_intervals_exclude_the_truth_in_at_most_about_five_per_cent(noise: str, blocks: int) -> None:
    rng = np.random.default_rng([3, blocks])
    wrong, runs = 0, 600
    for _ in range(runs):
        found = neighbour_location(taken_in_turns(TURN_NOISES[noise](rng, TURNS * blocks)))
        wrong += abs(found.centre) > float(stdtrit(found.freedom, 0.975)) * found.error
    assert wrong <= 0.08 * runs


@pytest.mark.parametrize("noise", ["autoregressive, 0.4", "autoregressive, 0.8", "two paces"])
def test_the_error_is_the_one_that_repetition_shows(noise: str) -> None:
    rng = np.random.default_rng(4)
    found = [neighbour_location(taken_in_turns(TURN_NOISES[noise](rng, TURNS * 16))) for _ in range(800)]
    spread = float(np.std([each.centre for each in found]))
    assert 0.9 * spread < float(np.median([each.error for each in found])) < 1.25 * spread


def test_it_knows_more_than_mirrored_pairs() -> None:
    rng = np.random.default_rng(5)
    own, mirrored = [], []
    for _ in range(400):
        turns = autoregressive(0.7)(rng, TURNS * 16)
        own.append(neighbour_location(taken_in_turns(turns)).centre)
        blocks = turns.reshape(-1, TURNS) * [1.0, -1.0, -1.0, 1.0]
        pairs = biweight(blocks.reshape(-1, 2).sum(axis=1))
        assert pairs is not None
        mirrored.append(pairs.centre)
    assert np.std(own) < 0.85 * np.std(mirrored)


def test_an_effect_is_found() -> None:
    turns = autoregressive(0.8)(np.random.default_rng(6), TURNS * 16)
    found = neighbour_location(taken_in_turns(turns, effect=0.3))
    assert abs(found.centre - 0.3) < 4 * found.error < 0.2


def test_few_blocks_have_a_trimmed_mean_of_disjoint_pairs() -> None:
    blocks = taken_in_turns(np.random.default_rng(2).normal(0.0, 1.0, 2 * FEWEST))
    few = blocks[: FEWEST // PAIRS - 1]
    assert neighbour_location(few) == trimmed_location(np.array(disjoint_pairs(few)))
    enough = neighbour_location(blocks)
    assert enough != trimmed_location(np.array(disjoint_pairs(blocks)))
    assert enough.freedom == FREEDOM_SHARE * (FEWEST - 1)


def test_turns_that_mostly_take_the_same_time_have_a_trimmed_mean() -> None:
    turns = np.zeros(TURNS * 10)
    turns[3] = 0.2
    blocks = taken_in_turns(turns)
    assert neighbour_location(blocks) == trimmed_location(np.array(disjoint_pairs(blocks)))


def test_an_advantage_that_comes_and_goes_is_in_the_error_of_a_long_series() -> None:
    rng = np.random.default_rng(7)
    wrong, runs = 0, 400
    for _ in range(runs):
        found = neighbour_location(taken_in_turns(coming_and_going(rng, TURNS * LONG)))
        wrong += abs(found.centre) > float(stdtrit(found.freedom, 0.975)) * found.error
    assert wrong <= 0.08 * runs


def test_stretches_that_resemble_their_neighbours_widen_a_long_series() -> None:
    rng, count = np.random.default_rng(8), 64
    calm = taken_in_turns(rng.normal(0.0, 0.01, TURNS * STRETCH * count))
    slow = np.repeat(autoregressive(0.9)(rng, count), STRETCH)
    moved = [[value + by for value in block] for block, by in zip(calm, slow, strict=True)]
    shuffled = [moved[STRETCH * i + j] for i in rng.permutation(count) for j in range(STRETCH)]
    assert neighbour_location(moved).error > 2 * neighbour_location(shuffled).error


def test_the_error_of_a_long_series_is_that_of_its_stretches_means() -> None:
    # Values that are nearly Gaussian have nearly the plain mean.
    blocks = taken_in_turns(np.random.default_rng(9).uniform(-0.01, 0.01, TURNS * (LONG + 1)))
    found = neighbour_location(blocks)
    ends = range(0, LONG, STRETCH)
    stretches = [[value for block in blocks[i : i + STRETCH] for value in block] for i in ends]
    stretches[-1] += blocks[LONG]
    sums = [sum(values) - found.centre * len(values) for values in stretches]
    expected = math.sqrt(sum(value**2 for value in sums)) / sum(map(len, stretches))
    assert found.error == pytest.approx(expected, rel=0.15)
    assert found.freedom == pytest.approx(FEWEST_STRETCHES - 1)


def test_what_a_result_keeps_of_them_is_short_and_gives_them_back() -> None:
    blocks = taken_in_turns(np.random.default_rng(10).normal(0.0, 0.03, TURNS * 200))
    text = compact(blocks)
    assert clipped(text, MAX_ARTIFACT) == text
    back = expanded(text)
    assert [len(block) for block in back] == [len(block) for block in blocks]
    assert np.concatenate(back) == pytest.approx(np.concatenate(blocks), abs=5e-5)


def test_turns_after_the_other_sides_are_told_apart() -> None:
    found = Measured()
    found.add({REFERENCE: [1.0, 2.0], CANDIDATE: [5.0, 6.0]}, [REFERENCE, CANDIDATE] * PAIRS)
    found.add({REFERENCE: [3.0, 4.0], CANDIDATE: [7.0, 8.0]}, [CANDIDATE, REFERENCE, REFERENCE, CANDIDATE])
    assert found.times_after_others(REFERENCE) == [2.0, 3.0]
    assert found.times_after_others(CANDIDATE) == [5.0, 6.0, 8.0]


@given(
    st.lists(st.floats(-1.0, 1.0), min_size=2 * TURNS, max_size=20 * TURNS),
)
def test_exchanging_the_sides_mirrors_it(turns: list[float]) -> None:
    blocks = taken_in_turns(turns)
    forth = neighbour_location(blocks)
    back = neighbour_location([[-value for value in block] for block in blocks])
    assert forth.centre == pytest.approx(-back.centre, abs=1e-9)
    assert forth.error == pytest.approx(back.error, rel=1e-6, abs=1e-9)
