"""Stock MLX against stock MLX, measured as a candidate is: shows a machine's noise and a seam's cost."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.noise import NORMAL_QUANTILE, ShortRun
from optimized_kernels.measurement.request import Request, parse_request
from optimized_kernels.measurement.side_requests import COMPILE_SECONDS
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE, started
from optimized_kernels.measurement.statistics import speedup_from

# Stock functions in these seams: the program that shows what passing through them costs.
IDENTITY_SEAMS = "matmul"
IDENTITY = "identity"
IDENTITY_PROGRAM = Path(__file__).with_name("identity_program.py")
WARM_UP_TURNS = 4
FEWEST_BLOCKS = 8


@dataclass(frozen=True)
class NullRun:
    """One launch: stock over stock, and the log-ratio of stock over the identity program."""

    stock: ShortRun
    identity: float


def null_request(preset: str, seed: int) -> Request:
    """A request whose program is the identity. Raises RequestError for an unknown preset."""
    options = {"preset": preset}
    return parse_request(json.dumps({"program": str(IDENTITY_PROGRAM), "seed": seed, "options": options}))


def short_run(log_ratios: list[float]) -> ShortRun:
    """Their median, and the standard error that their interval amounts to."""
    speedup = speedup_from(log_ratios)
    half_width = math.log(speedup.high / speedup.low) / 2
    # Blocks of equal times would mean a clock that does not move, not a machine without noise.
    return ShortRun(median(log_ratios), max(half_width / NORMAL_QUANTILE, 1e-9), len(log_ratios))


def null_run(request: Request, until: float) -> NullRun:
    """One launch of stock, stock and identity, timed in blocks until `until` on the monotonic clock.

    A launch has at least FEWEST_BLOCKS blocks. Raises ReferenceFailed or SideError for a broken machine.
    """
    with started(request, (REFERENCE, CANDIDATE, IDENTITY)) as sides:
        sides.by_name[IDENTITY].ask("load", source=request.source)
        blocks = Blocks(sides, lambda turns: None)
        blocks.warm_up("eager", WARM_UP_TURNS, COMPILE_SECONDS)
        measured = Measured()
        while measured.blocks < FEWEST_BLOCKS or time.monotonic() < until:
            blocks.block("eager", measured)
    return NullRun(
        short_run(measured.log_ratios(REFERENCE)), median(measured.log_ratios(REFERENCE, IDENTITY))
    )
