"""Stock MLX against stock MLX, measured as programs are: what is found here is the machine's noise."""

from __future__ import annotations

from collections.abc import Callable

from optimized_kernels.measurement.blocks import Blocks
from optimized_kernels.measurement.neighbours import compact
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.screening import screen, screened
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE, Sides
from optimized_kernels.measurement.verdict import Rejected, Scored

WARM_UP_TURNS = 3


def measure_identical(request: Request, sides: Sides, report: Callable[[str], None]) -> Scored | Rejected:
    """A screening of a candidate side that has no program."""
    blocks = Blocks(sides, lambda turns: None)
    blocks.warm_up("eager", WARM_UP_TURNS, None)
    measured = screen(blocks, "eager", request.timing_seconds, report)
    if isinstance(measured, Rejected):
        return measured
    neighbours = measured.neighbour_log_ratios(REFERENCE)
    eager = screened(neighbours, measured.looked_at)
    return Scored(
        reason=f"stock MLX against itself: {eager}",
        score=eager.low,
        metrics={
            "speedup_median": eager.median,
            "speedup_low": eager.low,
            "speedup_high": eager.high,
            "blocks": float(eager.pairs),
            "step_ms_reference": measured.step_ms(REFERENCE),
            "step_ms_candidate": measured.step_ms(CANDIDATE),
        },
        eager=eager,
        compiled=None,
        incumbent=None,
        confirmed=False,
        calls={},
        artifacts={"neighbour_log_ratios": compact(neighbours)},
    )
