"""Are real effects of a known size found?

Plants them with real work and counts how often screening sees them.

    python -m scripts.benchmarks.planted [--lanes 8] [--out planted.json]

All go through the harness as any candidate. The program begins honestly faster than stock MLX (row-major
operands; work was *removed*) and gets as much extra real work as leaves the wanted effect: +10, +5, +3 and
-5 %. How much work that is comes from a line through two long measurements; what it amounts to is
measured once more for long, and that figure is in the table. Seen is an effect whose screening interval
lies wholly on its side of 1.00. Needs a machine where the fast program gains 10 % (MLX's CPU backend).

About 1.2 hours in one lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from scripts.benchmarks.harness_client import HarnessFailed, eager_speedup, evaluate
from scripts.benchmarks.lanes import in_lanes
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.planted_program import fit_cost, planted_source
from scripts.benchmarks.table import markdown_table, write_raw


@dataclass(frozen=True)
class Effect:
    """A speedup to plant; `seconds` of paired blocks a try, None for the default budget."""

    speedup: float
    seconds: float | None

    def is_seen(self, eager: dict[str, float] | None) -> bool:
        """Whether the interval lies wholly on the right side; a refused program is not seen."""
        if eager is None:
            return False
        return eager["low"] > 1.0 if self.speedup > 1.0 else eager["high"] < 1.0


def screen(rows: int, preset: str, seed: int, seconds: float | None) -> dict[str, float] | None:
    """The screened speedup of the program with `rows` rows of extra work; None where it was refused."""
    options: dict[str, Any] = {"preset": preset}
    if seconds is not None:
        options["timingSeconds"] = seconds
    return eager_speedup(evaluate(planted_source(rows), "screening", seed, options=options))


def measure(rows: int, preset: str, seed: int, seconds: float) -> dict[str, float]:
    """The same where no try is counted. Raises HarnessFailed for a refused program."""
    eager = screen(rows, preset, seed, seconds)
    if eager is None:
        raise HarnessFailed(f"the program with {rows} rows of extra work was refused")
    return eager


def _effects(larger_seconds: float, quick: bool) -> list[Effect]:
    if quick:
        return [Effect(0.95, 0.5)]
    default = [Effect(speedup, None) for speedup in (1.05, 1.10, 0.95)]
    return [*default, Effect(1.03, larger_seconds)]


def _show(eager: dict[str, float]) -> str:
    return f"{eager['median']:.3f} [{eager['low']:.3f}, {eager['high']:.3f}]"


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = arguments("planted", "Planted effects, and how many of them screening sees.")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--tries", type=int, default=60)
    parser.add_argument("--truth-seconds", type=float, default=90.0, help="of the long measurements")
    parser.add_argument("--larger-seconds", type=float, default=20.0, help="budget for the 3 % effect")
    options = parser.parse_args(argv)
    tries, truth_seconds = (1, 1.0) if options.quick else (options.tries, options.truth_seconds)
    first = options.seed * 10**6
    cost = fit_cost(lambda rows: measure(rows, options.preset, first + rows, truth_seconds)["median"])
    rows_shown, raw = [], []
    for number, effect in enumerate(_effects(options.larger_seconds, options.quick)):
        rows, seeds = cost.rows_for(effect.speedup), first + (number + 1) * 10**4
        truth = measure(rows, options.preset, seeds, truth_seconds)
        jobs = [partial(screen, rows, options.preset, seeds + n + 1, effect.seconds) for n in range(tries)]
        found = in_lanes(jobs, options.lanes)
        seen = sum(effect.is_seen(each) for each in found)
        budget = "default" if effect.seconds is None else f"{effect.seconds:g} s"
        shown = f"{effect.speedup - 1:+.0%}"
        rows_shown.append([shown, rows, _show(truth), budget, f"{seen} of {tries}"])
        raw.append({"planted": effect.speedup, "rows": rows, "truth": truth, "tries": found, "seen": seen})
    known = facts()
    print(heading(known))
    header = ["planted", "rows of extra work", "measured for long", "budget of a try", "seen"]
    print(markdown_table(header, rows_shown))
    write_raw(options.out, {"machine": known, "cost": [cost.base, cost.per_row], "effects": raw})


if __name__ == "__main__":
    main()
