"""The reference once more, alone: is it as fast beside the candidate as it is without?

Whatever a candidate does to slow the reference's turns down (and however it escaped being frozen) shows here.
So does a machine that changed its pace in between: a suspicion is looked into with fresh launches, paired
turns and lonely ones right after each other, and the measurement is refused only where every look agrees.
"""

from __future__ import annotations

import math
import random
from statistics import quantiles

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.sides import COMPILE_SECONDS, REFERENCE, Loop, Sides, started
from optimized_kernels.measurement.verdict import Rejected

ALONE_TURNS = 12
WARM_UP_TURNS = 3
LOOKS = 2
# Beyond the machine's own noise; what a hog is worth is far more.
SLACK = math.log(1.15)


def slowdown(paired: list[float], alone: list[float]) -> float:
    """How much slower the quickest quarter of `paired` turns is than that of `alone` ones, as a log-ratio.

    Seconds. Quick turns are those that nothing else on the machine disturbed.
    """
    return math.log(quantiles(paired, n=4)[0] / quantiles(alone, n=4)[0])


def check_alone(
    sides: Sides, loop: Loop, paired: list[float], request: Request, noise_floor: float
) -> Rejected | None:
    """Ends every other side, times the reference alone, and refuses a measurement that this contradicts.

    `paired`: its seconds beside the candidate; `noise_floor`: the machine's own, a log-ratio.
    """
    most = SLACK + noise_floor
    found = slowdown(paired, _alone(sides, loop))
    for _ in range(LOOKS):
        if found <= most:
            return None
        found = min(found, _look_again(request, loop))
    if found <= most:
        return None
    slower = f"stock MLX was never faster than {math.exp(found):.2f} times its time alone"
    return Rejected("timing", f"the measurement is void: {slower} while this program was there")


def _alone(sides: Sides, loop: Loop) -> list[float]:
    for name, side in sides.by_name.items():
        if name != REFERENCE:
            side.process.kill()
            sides.freezer.roots.pop(name, None)
    rng = random.SystemRandom()
    alone: list[float] = []
    for number in range(ALONE_TURNS):
        if number % 2 == 0:
            sides.placement.draw(rng)
        alone.append(sides.turn(REFERENCE, rng.getrandbits(48), loop, rng.getrandbits(48)).seconds)
    return alone


def _look_again(request: Request, loop: Loop) -> float:
    with started(request) as sides:
        sides.load_programs(request)
        # What is trained has been checked; here only the clock matters.
        blocks = Blocks(sides, lambda _: None)
        blocks.warm_up(loop, WARM_UP_TURNS, COMPILE_SECONDS)
        paired = Measured()
        while 2 * paired.blocks < ALONE_TURNS:
            blocks.block(loop, paired)
        return slowdown(paired.times[REFERENCE], _alone(sides, loop))
