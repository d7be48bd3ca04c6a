"""When a screening ends, and what it then reports: error at two looks by integration and by simulation."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from itertools import cycle

import numpy as np
import pytest
from harness import INITIAL
from scipy.stats import binom, multivariate_normal, norm, t

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.confidence_sequence import FIRST_LOOK, sequence_interval
from optimized_kernels.measurement.findings import Findings
from optimized_kernels.measurement.neighbours import neighbour_location
from optimized_kernels.measurement.request import parse_request
from optimized_kernels.measurement.screening import OVERDRAFT, PROMISING_SHARE, Screening, screen, screened
from optimized_kernels.measurement.side_requests import Loop
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE
from optimized_kernels.measurement.statistics import PAIRS, Interval, fixed_interval
from optimized_kernels.measurement.two_looks import (
    EXTENDED,
    FIRST_QUANTILE,
    SECOND_QUANTILE,
    is_undecided,
    look_interval,
)
from scripts.benchmarks.noises import TURNS, taken_in_turns

BUDGET = 5.0


def taken(centre: float, blocks: int, spread: float = 0.03) -> list[list[float]]:
    """Blocks of log-ratios symmetric about `centre`."""
    half = spread * np.random.default_rng(blocks).standard_normal((blocks // 2, 2 * PAIRS))
    middle = [[spread, -spread] * PAIRS] if blocks % 2 else []
    return (centre + np.array([*half, *middle, *-half])).tolist()


def test_the_quantiles_spend_five_per_cent_over_both_looks() -> None:
    share = 1.0 / EXTENDED
    assert pytest.approx(norm.ppf(0.975) / math.sqrt(share), abs=1e-3) == FIRST_QUANTILE
    correlation = math.sqrt(share)
    bounds = [FIRST_QUANTILE, SECOND_QUANTILE]
    both = multivariate_normal([0.0, 0.0], [[1.0, correlation], [correlation, 1.0]])
    inside = both.cdf(bounds, lower_limit=[-bound for bound in bounds])
    assert 1.0 - inside == pytest.approx(0.05, abs=1e-4)


def test_a_looks_interval_is_students_at_the_looks_quantile() -> None:
    values = taken(0.02, 12)
    found = neighbour_location(values)
    for looked_at, normal in ((12, FIRST_QUANTILE), (8, SECOND_QUANTILE)):
        interval = look_interval(values, looked_at)
        assert interval.half_width == pytest.approx(t.isf(norm.sf(normal), found.freedom) * found.error)
        assert (interval.centre, interval.blocks) == (found.centre, 12)


@pytest.mark.parametrize("noise", ["Gaussian", "neighbours"])
def test_two_looks_are_wrong_as_rarely_as_promised(noise: str) -> None:
    rng = np.random.default_rng([17, len(noise)])
    runs, wrong = 1000, 0
    for _ in range(runs):
        turns = rng.normal(0.0, 0.03, TURNS * round(EXTENDED * 12))
        if noise == "neighbours":
            turns += 0.5 * rng.choice([0.0, 1.0], len(turns), p=[0.8, 0.2])
        rule, blocks = Screening(BUDGET), taken_in_turns(turns)
        early = blocks[:12]
        found = screened(early if rule.is_done(early, BUDGET) else blocks, rule.looked_at)
        wrong += not found.low <= 1.0 <= found.high
    # More than this would be a 1 in 1000 accident at a true rate of 5 %.
    assert wrong <= binom.isf(0.001, runs, 0.05)


def test_what_is_decided_or_near_equality_ends_with_the_budget() -> None:
    for centre in (0.2, -0.2, 0.008, -0.008):
        rule = Screening(BUDGET)
        assert not rule.is_done(taken(centre, 12), BUDGET - 0.1)
        assert rule.looked_at is None
        assert rule.is_done(taken(centre, 12), BUDGET)
        assert rule.looked_at == 12


@pytest.mark.parametrize("centre", [0.013, -0.013])
def test_what_is_undecided_gets_a_second_look(centre: float) -> None:
    rule = Screening(BUDGET)
    early = taken(centre, 12, spread=0.1)
    assert is_undecided(look_interval(early, 12))
    assert not rule.is_done(early, BUDGET)
    # Nothing is looked at in between, however clear it is, and however many blocks there are.
    assert not rule.is_done(taken(0.5, FIRST_LOOK + 5), EXTENDED * BUDGET - 0.1)
    assert rule.is_done(early, EXTENDED * BUDGET)
    assert rule.looked_at == 12


def test_a_slow_program_overdraws_its_budget_for_a_usable_interval() -> None:
    rule = Screening(BUDGET)
    assert not rule.is_done(taken(0.2, 1), 2 * BUDGET)
    assert not rule.is_done(taken(0.2, 4), BUDGET)
    assert rule.is_done(taken(0.2, 4, spread=1e-4), OVERDRAFT * BUDGET)
    assert rule.looked_at == 4


def test_many_blocks_are_looked_at_one_by_one() -> None:
    hopeless, promising = taken(-0.2, FIRST_LOOK), taken(0.1, FIRST_LOOK)
    equal, slower = taken(0.0, FIRST_LOOK), taken(-0.013, FIRST_LOOK, spread=0.3)
    ends = [(hopeless, 0.1), (equal, 1.0), (slower, 1.0), (promising, PROMISING_SHARE)]
    ends += [(taken(centre, FIRST_LOOK, spread=0.3), EXTENDED) for centre in (0.013, 0.025)]
    for values, share in ends:
        rule = Screening(BUDGET)
        assert not rule.is_done(values, share * BUDGET - 0.1) or values is hopeless
        assert rule.is_done(values, share * BUDGET)
        assert rule.looked_at is None


def test_it_reports_the_interval_of_how_it_was_looked_at() -> None:
    few, many = taken(0.05, FIRST_LOOK - 1), taken(0.05, FIRST_LOOK)

    def bounds(interval: Interval) -> tuple[float, float]:
        return pytest.approx((math.exp(interval.low), math.exp(interval.high)))  # type: ignore[no-any-return]

    never = screened(few)
    fixed = fixed_interval(neighbour_location(few), FIRST_LOOK - 1, 0.95)
    assert (never.low, never.high) == bounds(fixed)
    looked = screened(few, 10)
    assert (looked.low, looked.high) == bounds(look_interval(few, 10))
    sequence = screened(many)
    assert (sequence.low, sequence.high) == bounds(sequence_interval(many))
    assert (never.pairs, sequence.pairs, sequence.launches) == (FIRST_LOOK - 1, FIRST_LOOK, 0)


class PacedBlocks(Blocks):
    """Blocks of a candidate that is so much faster, a second each on a clock of their own."""

    def __init__(self, clock: list[float], ratios: Iterator[float]) -> None:
        self.clock, self.ratios = clock, ratios

    def alternate(self, loop: Loop, measured: Measured) -> None:
        self.clock[0] += 1.0
        times = {REFERENCE: [2.0 * next(self.ratios), 3.0], CANDIDATE: [2.0, 3.0]}
        measured.add(times, [REFERENCE, CANDIDATE] * PAIRS)


def test_a_screening_says_when_it_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    told: list[str] = []
    measured = screen(PacedBlocks(clock, cycle([1.3, 0.9])), "eager", BUDGET, told.append)
    assert isinstance(measured, Measured)
    (first, second) = measured.neighbour_log_ratios(REFERENCE)[:2]
    assert first == pytest.approx(np.log([1.3, 3 / 2, 1.0]))
    assert second == pytest.approx(np.log([1.8 / 3, 0.9, 3 / 2, 1.0]))
    assert (measured.looked_at, measured.blocks) in ((5, 5), (5, 8))
    findings = Findings()
    findings.launches["eager"].append(measured)
    request = parse_request(json.dumps({"program": str(INITIAL)}))
    assert findings.speedup(request, "eager") == screened(measured.neighbour_log_ratios(REFERENCE), 5)
    assert told
