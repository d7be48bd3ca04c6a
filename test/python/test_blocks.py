"""The orders of a block's turns, and when cores are drawn."""

from __future__ import annotations

import random
from typing import cast

import pytest

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.neighbours import STRETCH
from optimized_kernels.measurement.side_requests import Turn
from optimized_kernels.measurement.sides import CANDIDATE, INCUMBENT, REFERENCE, Sides
from optimized_kernels.measurement.verdict import Rejected


class Recorded:
    """Sides that only say whose turn it was, and a placement that says when cores were drawn."""

    def __init__(self, *names: str) -> None:
        self.by_name = dict.fromkeys(names)
        self.placement = self
        self.turns: list[str] = []
        self.drawn: list[int] = []

    def draw(self, _: random.Random) -> None:
        self.drawn.append(len(self.turns))

    def turn(self, name: str, seed: int, _loop: str, probe_seed: int) -> Turn:
        self.turns.append(name)
        return Turn(float(len(self.turns)), 1.0, [], 0.0, seed, probe_seed)


def recorded(*names: str) -> tuple[Recorded, Blocks]:
    sides = Recorded(*names)
    return sides, Blocks(cast(Sides, sides), lambda turns: None)


def test_a_block_has_an_order_and_its_reverse_on_cores_of_its_own() -> None:
    sides, blocks = recorded(REFERENCE, CANDIDATE, INCUMBENT)
    blocks.rng = random.Random(1)
    measured, firsts = Measured(), set()
    for number in range(40):
        blocks.block("eager", measured)
        order = sides.turns[6 * number :]
        assert order == order[::-1]
        firsts.add(tuple(order[:3]))
    assert sides.drawn == list(range(0, 240, 6))
    assert len(firsts) == 6
    assert measured.order == sides.turns
    assert measured.times[INCUMBENT] == [n for n, name in enumerate(sides.turns, 1) if name == INCUMBENT]


def test_sides_that_alternate_take_turns_and_change_places_with_every_stretch() -> None:
    begun = set()
    for _ in range(20):
        sides, blocks = recorded(REFERENCE, CANDIDATE)
        measured = Measured()
        for _ in range(3 * STRETCH):
            blocks.alternate("eager", measured)
        stretch = 4 * STRETCH
        stretches = [sides.turns[start : start + stretch] for start in range(0, 3 * stretch, stretch)]
        assert all(turns == turns[:2] * (stretch // 2) for turns in stretches)
        assert [turns[0] for turns in stretches] == [stretches[0][0], stretches[0][1], stretches[0][0]]
        assert sides.drawn == [0, stretch, 2 * stretch]
        assert measured.blocks == 3 * STRETCH
        begun.add(stretches[0][0])
    assert begun == {REFERENCE, CANDIDATE}


@pytest.mark.parametrize("way", ["block", "alternate"])
def test_both_turns_of_a_half_start_from_one_seed_and_a_refusal_leaves_nothing(way: str) -> None:
    sides = Recorded(REFERENCE, CANDIDATE)
    refusal = Rejected("timing", "no training")
    seeds: list[int] = []

    def check(turns: dict[str, Turn]) -> Rejected | None:
        assert len({turn.seed for turn in turns.values()}) == 1
        seeds.append(turns[REFERENCE].seed)
        return refusal if len(seeds) == 4 else None

    blocks, measured = Blocks(cast(Sides, sides), check), Measured()
    assert getattr(blocks, way)("eager", measured) is None
    assert getattr(blocks, way)("eager", measured) is refusal
    assert len(set(seeds)) == 4
    assert (measured.blocks, len(measured.order)) == (1, 4)
