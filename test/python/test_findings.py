"""What the stages of an evaluation found, summed up."""

from __future__ import annotations

from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.findings import Findings
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE


def test_timed_seconds_are_those_of_all_turns() -> None:
    eager = Measured(times={REFERENCE: [1.0, 2.0], CANDIDATE: [0.5, 0.5]})
    compiled = Measured(times={REFERENCE: [0.25], CANDIDATE: [0.75]})
    found = Findings(launches={"eager": [eager, eager], "compiled": [compiled]})
    # Times are those of a step; a turn has four.
    assert found.timed_seconds(4) == 4 * (2 * 4.0 + 1.0)
    assert Findings().timed_seconds(4) == 0.0
