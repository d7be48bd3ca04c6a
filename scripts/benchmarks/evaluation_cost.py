"""What does one screening cost beyond the steps that it times?

    python -m scripts.benchmarks.evaluation_cost [--runs 10]

Wall time is measured here: from the harness's start to the result, and, for one that waits for the device
while another is evaluated, as most do, from when the device is free: its processes are up by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from optimized_kernels.measurement.alone import ALONE
from scripts.benchmarks.harness_client import ROOT, Answer, evaluate, scored
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.table import markdown_table, write_raw

# Time enough for all processes of an evaluation to import what they need.
EARLY_SECONDS = 2.0
PARTS = ("wall", "timed", "alone", "beyond", "before_timing")
DEFAULT = ROOT / "problems" / "mlx_training" / "initial_program.py"


@dataclass(frozen=True)
class Cost:
    """Seconds of one evaluation: all of it, inside paired turns, timing the reference alone (preparing its
    turns, and looking into a suspicion, included), and before the timing phase."""

    wall: float
    timed: float
    alone: float
    before_timing: float

    @property
    def beyond(self) -> float:
        """Seconds that timed nothing."""
        return self.wall - self.timed - self.alone


def cost_of(answer: Answer) -> Cost:
    """From a scored answer; turns of a look that replaced a launch are in `timed` and in `alone`."""
    timed = scored(answer)["metrics"]["timed_seconds"]
    timing = [phase for phase in answer.phases if phase.name == "timing"]
    alone = [answer.seconds - phase.seconds for phase in timing if phase.detail == ALONE]
    return Cost(answer.seconds, timed, sum(alone), timing[0].seconds)


def _cost(source: str, seed: int, early: float | None, options: dict[str, object]) -> Cost:
    return cost_of(evaluate(source, "screening", seed, early=early, options=options))


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = arguments("evaluation_cost", "What one screening costs beyond its timed steps.")
    parser.add_argument("--program", type=Path, default=DEFAULT)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args(argv)
    budget: dict[str, object] = {"preset": options.preset}
    if options.quick:
        budget["timingSeconds"] = 0.5
    runs = 1 if options.quick else options.runs
    source = options.program.read_text(encoding="utf-8")
    kinds = {"waits for the device": EARLY_SECONDS, "finds it free": None}
    costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
    for run in range(runs):
        for kind, early in kinds.items():
            costs[kind].append(_cost(source, options.seed + run, early, budget))
    rows = []
    for kind, found in costs.items():
        for name, pick in (("median", median), ("worst", max)):
            values = [pick(getattr(cost, part) for cost in found) for part in PARTS]
            rows.append([kind, name, runs, *(f"{value:.2f}" for value in values)])
    known = facts()
    print(heading(known))
    header = [
        "evaluation that",
        "of",
        "evaluations",
        "wall, s",
        "paired steps, s",
        "stock alone, s",
        "beyond both, s",
        "before timing, s",
    ]
    print(markdown_table(header, rows))
    raw = {kind: [{**asdict(cost), "beyond": cost.beyond} for cost in found] for kind, found in costs.items()}
    write_raw(options.out, {"machine": known, "costs": raw})


if __name__ == "__main__":
    main()
