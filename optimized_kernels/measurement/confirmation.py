"""Timing over fresh launches, for a fixed time: what a process keeps for life differs between launches."""

from __future__ import annotations

import time
from collections.abc import Callable

from optimized_kernels.measurement.alone import ALONE, check_alone
from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.correctness import Trained
from optimized_kernels.measurement.preparation import check_prepared
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.side_requests import COMPILE_SECONDS, Loop
from optimized_kernels.measurement.sides import Sides, started
from optimized_kernels.measurement.turn_check import TurnCheck
from optimized_kernels.measurement.verdict import Rejected

WARM_UP_TURNS = 2
# The compiled baseline is context, the eager one is fitness.
COMPILED_SHARE = 0.5
FEWEST_BLOCKS: dict[Loop, int] = {"eager": 3, "compiled": 2}

# Blocks of each loop, a launch each.
Timed = dict[Loop, list[Measured]]


def _timed(blocks: Blocks, loop: Loop, seconds: float) -> Measured | Rejected:
    measured = Measured()
    until = time.monotonic() + seconds
    while measured.blocks < FEWEST_BLOCKS[loop] or time.monotonic() < until:
        wrong = blocks.block(loop, measured)
        if wrong is not None:
            return wrong
    return measured


def time_launch(sides: Sides, request: Request, trained: Trained, loop: Loop, into: Timed) -> Rejected | None:
    """One launch's blocks of `loop`; programs are loaded already."""
    blocks = Blocks(sides, TurnCheck(sides, trained))
    share = request.timing_seconds / request.launches
    if loop == "compiled":
        share *= COMPILED_SHARE
        blocks.build_kernels(loop)
    blocks.warm_up(loop, WARM_UP_TURNS, COMPILE_SECONDS if loop == "compiled" else None)
    measured = _timed(blocks, loop, share)
    if isinstance(measured, Rejected):
        return measured
    into[loop].append(measured)
    return check_prepared(*into[loop])


def time_launches(
    request: Request,
    trained: Trained,
    loop: Loop,
    into: Timed,
    noise_floor: float,
    report: Callable[[str], None],
) -> Rejected | None:
    """The launches of `loop` that `into` lacks; after the last one the reference is timed alone."""
    for number in range(len(into[loop]) + 1, request.launches + 1):
        report(f"{loop}, launch {number} of {request.launches}")
        with started(request) as sides:
            sides.load_programs(request)
            wrong = time_launch(sides, request, trained, loop, into)
            if wrong is not None:
                return wrong
            if number == request.launches:
                report(f"{loop}, {ALONE}")
                last = check_alone(sides, loop, into[loop][-1], request, trained, noise_floor)
                if isinstance(last, Rejected):
                    return last
                into[loop][-1] = last
    return None
