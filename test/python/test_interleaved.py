"""Turns in slices: the same training as in one piece, on clocks that run only while their side does."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import INITIAL

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.interleaved import SLICE_SECONDS, interleaved_turns
from optimized_kernels.measurement.request import parse_request
from optimized_kernels.measurement.side_process import SideTimedOut
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE, Sides, started

# Does nothing useful for a while at the first product of every step.
SLOW = """
import time
import mlx.core as mx

BUSY = {busy}
CALLS = [0]

def choose_tile_size(M, N, K, device_info):
    return M, N, K

def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] % 30 == 1:
        until = time.perf_counter() + BUSY
        while time.perf_counter() < until:
            pass
    return mx.matmul(A, B)
"""
LIMIT = 2.0


@contextmanager
def _sides(program: Path) -> Iterator[Sides]:
    options = {"preset": "small", "turnTimeoutSeconds": LIMIT}
    request = parse_request(json.dumps({"program": str(program), "seed": 1, "options": options}))
    with started(request) as sides:
        if not sides.interleaves:
            pytest.skip("turns alternate by slices on Linux CPUs")
        sides.load_programs(request)
        for name in (REFERENCE, CANDIDATE):
            sides.turn(name, 1, "eager", 2)
        yield sides


def test_slices_train_what_whole_turns_train() -> None:
    with _sides(INITIAL) as sides:
        whole = {name: sides.turn(name, 3, "eager", 4) for name in (REFERENCE, CANDIDATE)}
        turns = interleaved_turns(sides, [CANDIDATE, REFERENCE], 3, "eager", 4)
    assert turns.keys() == whole.keys()
    for name, turn in turns.items():
        assert (turn.loss, turn.answers) == (whole[name].loss, whole[name].answers)
        assert (turn.seed, turn.probe_seed) == (3, 4)
        assert turn.seconds > SLICE_SECONDS
        assert turn.prepared > 0.0


def test_a_clock_stands_still_while_the_other_side_runs(tmp_path: Path) -> None:
    program = tmp_path / "slow.py"
    program.write_text(SLOW.format(busy=1.0))
    with _sides(program) as sides:
        turns = interleaved_turns(sides, [REFERENCE, CANDIDATE], 3, "eager", 4)
        alone = interleaved_turns(sides, [REFERENCE], 3, "eager", 4)
    # Half of it at least: its own clock went on while it was stopped in between.
    assert turns[CANDIDATE].seconds > 0.5 + turns[REFERENCE].seconds
    assert alone.keys() == {REFERENCE}
    assert alone[REFERENCE].loss == turns[REFERENCE].loss


def test_a_turn_that_hangs_has_its_limit_of_running_time() -> None:
    with _sides(INITIAL) as sides:
        sides.candidate.end_checks()
        sides.candidate.ask("load", source=SLOW.format(busy=3600.0))
        with pytest.raises(SideTimedOut, match="did not finish step in time"):
            interleaved_turns(sides, [REFERENCE, CANDIDATE], 3, "eager", 4)


def test_blocks_alternate_where_they_are_told_to() -> None:
    with _sides(INITIAL) as sides:
        measured = Measured(interleaved=True)
        assert Blocks(sides, lambda turns: None, interleaved=True).block("eager", measured) is None
    assert measured.blocks == 1
    assert measured.screened_log_ratios(REFERENCE) == measured.log_ratios(REFERENCE)


def test_screening_compares_the_faster_of_whole_turns_and_the_means_of_sliced_ones() -> None:
    times = {REFERENCE: [1.0, 4.0], CANDIDATE: [1.0, 1.0]}
    assert Measured(times).screened_log_ratios(REFERENCE) == [0.0]
    sliced = Measured(times, interleaved=True)
    assert sliced.screened_log_ratios(REFERENCE) == pytest.approx([math.log(2.0)])
