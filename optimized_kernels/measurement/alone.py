"""The reference once more, alone: is it as fast beside the candidate as it is without?

Whatever a candidate does to slow the reference's turns down (and however it escaped being frozen) shows here.
So does a machine that changed its pace in between: a suspicion is looked into with more turns alone, then
with fresh launches, paired turns and lonely ones right after each other. Where every look agrees the
measurement is refused; where one does not, its paired turns, which nothing speaks against, stand in for those
that were suspected.
"""

from __future__ import annotations

import math
import random
from statistics import quantiles

import numpy as np

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.confidence_sequence import FIRST_LOOK
from optimized_kernels.measurement.correctness import Trained
from optimized_kernels.measurement.neighbours import STRETCH
from optimized_kernels.measurement.preparation import check_prepared
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.side_requests import COMPILE_SECONDS, Loop
from optimized_kernels.measurement.sides import REFERENCE, Sides, started
from optimized_kernels.measurement.statistics import PAIRS
from optimized_kernels.measurement.turn_check import TurnCheck
from optimized_kernels.measurement.verdict import Rejected

# Alone, at a time: that often while the reference seems held up.
ALONE_TURNS, SPELLS = 12, 3
WARM_UP_TURNS = 3
LOOKS = 2
FEWEST_LOOKED_AT = 6
TENTHS, QUARTERS, FEWEST_FOR_TENTHS = 10, 4, 20
# A screening's turns of the reference have the same cores for so many; so do those alone.
TURNS_PLACED = PAIRS * STRETCH
# Beyond the machine's own noise; what a hog is worth is far more.
SLACK = math.log(1.15)


def slowdown(paired: list[float], alone: list[float]) -> float:
    """How much slower `paired` turns are than `alone` ones, as a log-ratio: what two views agree on.

    Seconds. One view are the quickest tenths, or quarters where a tenth would be one or two turns: turns that
    nothing else on the machine disturbed. On one with neighbours it may be chance whether as many as that are
    quick. The other is the median of all differences (Hodges and Lehmann, Annals of Mathematical Statistics
    34, 1963), which chance moves most where about half are.
    """
    parts = TENTHS if len(paired) >= FEWEST_FOR_TENTHS else QUARTERS
    quick, quick_alone = (quantiles(turns, n=parts, method="inclusive")[0] for turns in (paired, alone))
    differences = np.subtract.outer(np.log(paired), np.log(alone))
    return min(math.log(quick / quick_alone), float(np.median(differences)))


def check_alone(
    sides: Sides, loop: Loop, measured: Measured, request: Request, trained: Trained, noise_floor: float
) -> Rejected | Measured:
    """Ends every other side and times the reference alone; a refusal where that contradicts every look.

    Returns `measured` where it does not contradict it, else what the first look beyond suspicion measured.
    `noise_floor`: the machine's own, a log-ratio.
    """
    most = SLACK + noise_floor
    found = _slower_than_alone(sides, loop, measured, most)
    if found <= most:
        return measured
    for _ in range(LOOKS):
        looked = _look_again(request, loop, trained, measured.blocks, most)
        if isinstance(looked, Rejected):
            return looked
        again, slower_again = looked
        if slower_again <= most:
            return again
        found = min(found, slower_again)
    slower = f"stock MLX was never faster than {math.exp(found):.2f} times its time alone"
    return Rejected("timing", f"the measurement is void: {slower} while this program was there")


def _slower_than_alone(sides: Sides, loop: Loop, measured: Measured, most: float) -> float:
    """How much slower the reference was beside the others than alone, for which they are ended; timed for
    longer while that is more than `most`."""
    for name, side in sides.by_name.items():
        if name != REFERENCE:
            side.process.kill()
            sides.freezer.roots.pop(name, None)
    paired, found, alone = measured.times_after_others(REFERENCE), math.inf, []
    for _ in range(SPELLS):
        alone += _alone(sides, loop)
        found = slowdown(paired, alone)
        if found <= most:
            break
    return found


def _alone(sides: Sides, loop: Loop) -> list[float]:
    rng = random.SystemRandom()
    alone: list[float] = []
    for number in range(ALONE_TURNS):
        if number % TURNS_PLACED == 0:
            sides.placement.draw(rng)
        alone.append(sides.turn(REFERENCE, rng.getrandbits(48), loop, rng.getrandbits(48)).seconds)
    return alone


def _look_again(
    request: Request, loop: Loop, trained: Trained, blocks_before: int, most: float
) -> tuple[Measured, float] | Rejected:
    """A launch of its own: its blocks, and how much slower the reference was in them than alone.

    As many blocks as there were before, for what stands in for them must not know less; but no more than an
    interval for a fixed horizon may have.
    """
    wanted = max(FEWEST_LOOKED_AT, min(blocks_before, FIRST_LOOK - 1))
    with started(request) as sides:
        sides.load_programs(request)
        blocks = Blocks(sides, TurnCheck(sides, trained))
        blocks.warm_up(loop, WARM_UP_TURNS, COMPILE_SECONDS)
        paired = Measured()
        one_more = blocks.block if request.purpose == "confirmation" else blocks.alternate
        while paired.blocks < wanted:
            wrong = one_more(loop, paired)
            if wrong is not None:
                return wrong
        return check_prepared(paired) or (paired, _slower_than_alone(sides, loop, paired, most))
