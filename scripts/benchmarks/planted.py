"""Are real effects of a known size found?

Plants them with real work and counts how often screening sees them.

    python -m scripts.benchmarks.planted [--lanes 8] [--only 1.05 0.95] [--out planted.json]

All go through the harness as any candidate. The program begins honestly faster than stock MLX (a row-major
operand, or where that is too little a second stream) and gets as much extra real work as leaves the wanted
effect: +10, +5, +3 and -5 %. How much work that is comes from a line through two long measurements; what it
amounts to is measured once more for long, and that figure is in the table. Seen is an effect whose screening
interval lies wholly on its side of 1.00. Needs a machine where a program gains 10 % (MLX's CPU backend).

About 1.2 hours in one lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any

from scripts.benchmarks.harness_client import HarnessFailed, eager_speedup, evaluate
from scripts.benchmarks.lanes import in_lanes
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.planted_program import Planter
from scripts.benchmarks.table import markdown_table, write_raw

# Speedups planted for a try of the default budget, and of a larger one.
AT_DEFAULT, LARGER = (1.05, 1.10, 0.95), 1.03


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


def screen(source: str, preset: str, seed: int, seconds: float | None) -> dict[str, float] | None:
    """The screened speedup of a program; None where it was refused."""
    options: dict[str, Any] = {"preset": preset}
    if seconds is not None:
        options["timingSeconds"] = seconds
    return eager_speedup(evaluate(source, "screening", seed, options=options))


def measure(source: str, preset: str, seed: int, seconds: float) -> dict[str, float]:
    """The same where no try is counted. Raises HarnessFailed for a refused program."""
    eager = screen(source, preset, seed, seconds)
    if eager is None:
        raise HarnessFailed(f"a planted program was refused:\n{source}")
    return eager


def _effects(larger_seconds: float, quick: bool) -> list[Effect]:
    if quick:
        return [Effect(0.95, 0.5)]
    default = [Effect(speedup, None) for speedup in AT_DEFAULT]
    return [*default, Effect(LARGER, larger_seconds)]


def _show(eager: dict[str, float]) -> str:
    return f"{eager['median']:.3f} [{eager['low']:.3f}, {eager['high']:.3f}]"


def _half_width(found: Sequence[dict[str, float] | None]) -> str:
    """Of the median interval; a dash where every try was refused."""
    half_widths = [(each["high"] - each["low"]) / 2 for each in found if each is not None]
    return f"{median(half_widths):.1%}" if half_widths else "-"


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = arguments("planted", "Planted effects, and how many of them screening sees.")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--tries", type=int, default=60)
    parser.add_argument("--truth-seconds", type=float, default=90.0, help="of the long measurements")
    parser.add_argument("--only", type=float, nargs="+", choices=(*AT_DEFAULT, LARGER), help="some of them")
    parser.add_argument("--larger-seconds", type=float, default=20.0, help="budget for the 3 % effect")
    options = parser.parse_args(argv)
    tries, truth_seconds = (1, 1.0) if options.quick else (options.tries, options.truth_seconds)
    first = options.seed * 10**6
    planter = Planter(lambda source: measure(source, options.preset, first, truth_seconds)["median"])
    rows_shown, raw = [], []
    for number, effect in enumerate(_effects(options.larger_seconds, options.quick)):
        if options.only and effect.speedup not in options.only:
            continue
        planted, seeds = planter.plant(effect.speedup), first + (number + 1) * 10**4
        truth = measure(planted.source, options.preset, seeds, truth_seconds)
        screened = partial(screen, planted.source, options.preset)
        jobs = [partial(screened, seeds + n + 1, effect.seconds) for n in range(tries)]
        found = in_lanes(jobs, options.lanes)
        seen = sum(effect.is_seen(each) for each in found)
        budget = "default" if effect.seconds is None else f"{effect.seconds:g} s"
        shown = f"{effect.speedup - 1:+.0%}"
        cells = [shown, planted.base, planted.rows, _show(truth), budget, _half_width(found)]
        rows_shown.append([*cells, f"{seen} of {tries}"])
        raw.append(
            {**asdict(planted), "planted": effect.speedup, "truth": truth, "tries": found, "seen": seen}
        )
    known = facts()
    print(heading(known))
    header = ["planted", "faster by", "rows of extra work", "measured for long", "budget of a try"]
    header += ["half-width, median", "seen"]
    print(markdown_table(header, rows_shown))
    write_raw(options.out, {"machine": known, "effects": raw})


if __name__ == "__main__":
    main()
