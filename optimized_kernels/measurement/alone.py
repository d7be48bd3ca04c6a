"""The reference once more, alone: is it as fast beside the candidate as it is without?

What a candidate does to slow most of the reference's turns down (and however it escaped being frozen) shows
here. So does a machine that changed its pace in between: a suspicion is looked into with more turns alone,
then with fresh launches, paired turns and lonely ones right after each other. Where every look agrees the
measurement is refused; where one does not, its paired turns, which nothing speaks against, stand in for those
that were suspected.
"""

from __future__ import annotations

import math
import random
from statistics import quantiles

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

# What goes on meanwhile, for who follows an evaluation.
ALONE = "stock MLX alone"
# So many alone; and so many more where the reference seems held up.
ALONE_TURNS, MORE_TURNS = 12, 24
WARM_UP_TURNS = 3
LOOKS = 2
FEWEST_LOOKED_AT = 6
TENTHS, QUARTERS, FEWEST_FOR_TENTHS = 10, 4, 20
# A screening's turns of the reference have the same cores for so many; so do those alone.
TURNS_PLACED = PAIRS * STRETCH
# Beyond the machine's own noise; what a hog is worth is far more.
SLACK = math.log(1.15)
CHANCE, FEWEST_FOR_CHANCE = 0.05, 12


def slowdown(paired: list[float], alone: list[float]) -> float:
    """How much slower the quickest tenth of `paired` turns is than that of `alone` ones, as a log-ratio; the
    quickest quarter where a tenth would be one or two turns.

    Seconds. Quick turns are those that nothing else on the machine disturbed, on one with neighbours maybe
    fewer than one in four.
    """
    parts = TENTHS if len(paired) >= FEWEST_FOR_TENTHS else QUARTERS
    return math.log(_quick(paired, parts) / _quick(alone, parts))


def _quick(turns: list[float], parts: int) -> float:
    return quantiles(turns, n=parts, method="inclusive")[0]


def chance(paired: list[float], alone: list[float], limit: float) -> float:
    """Probability that so many of the turns up to `limit` are `alone` ones, if nothing sets these apart.

    Seconds. Fisher's exact test (Statistical Methods for Research Workers, 5th ed., 21.02), one-sided.
    """
    quick_alone, quick_paired = (sum(turn <= limit for turn in turns) for turns in (alone, paired))
    quick, every = quick_alone + quick_paired, len(alone) + len(paired)
    ways = (
        math.comb(len(alone), count) * math.comb(len(paired), quick - count)
        for count in range(quick_alone, min(len(alone), quick) + 1)
    )
    return sum(ways) / math.comb(every, quick)


def is_suspicious(paired: list[float], alone: list[float], most: float) -> bool:
    """Whether the quick ones of `paired` turns are slower than those of `alone` ones by more than `most`.

    Seconds; `most`: a log-ratio. On a machine with two paces it may be chance that a quarter of one kind is
    quick and not of the other: turns that are about as quick as the quickest tenth or quarter of `alone` must
    be rarer among `paired` ones than chance has it. Of few turns chance would explain anything.
    """
    if slowdown(paired, alone) <= most:
        return False
    if len(paired) < FEWEST_FOR_CHANCE:
        return True
    limits = [_quick(alone, parts) * math.exp(most) for parts in (TENTHS, QUARTERS)]
    return any(chance(paired, alone, limit) < CHANCE for limit in limits)


def check_alone(
    sides: Sides, loop: Loop, measured: Measured, request: Request, trained: Trained, noise_floor: float
) -> Rejected | Measured:
    """Ends every other side and times the reference alone; a refusal where that contradicts every look.

    Returns `measured` where it does not contradict it, else what the first look beyond suspicion measured.
    `noise_floor`: the machine's own, a log-ratio.
    """
    most = SLACK + noise_floor
    found = _held_up(sides, loop, measured, most)
    if found is None:
        return measured
    for _ in range(LOOKS):
        looked = _look_again(request, loop, trained, measured.blocks, most)
        if isinstance(looked, Rejected):
            return looked
        again, found_again = looked
        if found_again is None:
            return again
        found = min(found, found_again)
    slower = f"stock MLX took at least {math.exp(found):.2f} times its time alone"
    return Rejected("timing", f"the measurement is void: {slower} while this program was there")


def _held_up(sides: Sides, loop: Loop, measured: Measured, most: float) -> float | None:
    """Ends all other sides; how much slower the reference was beside them than alone, where suspicious."""
    for name, side in sides.by_name.items():
        if name != REFERENCE:
            side.process.kill()
            sides.freezer.roots.pop(name, None)
    paired, alone = measured.times_after_others(REFERENCE), _alone(sides, loop, ALONE_TURNS)
    if not is_suspicious(paired, alone, most):
        return None
    alone += _alone(sides, loop, MORE_TURNS)
    return slowdown(paired, alone) if is_suspicious(paired, alone, most) else None


def _alone(sides: Sides, loop: Loop, turns: int) -> list[float]:
    rng = random.SystemRandom()
    alone: list[float] = []
    for number in range(turns):
        if number % TURNS_PLACED == 0:
            sides.placement.draw(rng)
        alone.append(sides.turn(REFERENCE, rng.getrandbits(48), loop, rng.getrandbits(48)).seconds)
    return alone


def _look_again(
    request: Request, loop: Loop, trained: Trained, blocks_before: int, most: float
) -> tuple[Measured, float | None] | Rejected:
    """A launch of its own: its blocks, and how much slower the reference was in them than alone, if it was.

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
        return check_prepared(paired) or (paired, _held_up(sides, loop, paired, most))
