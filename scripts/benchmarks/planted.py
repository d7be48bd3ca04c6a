"""Are real effects of a known size found?

Plants them with real work and counts how often screening sees them.

    python -m scripts.benchmarks.planted [--lanes 8] [--only 1.05 0.95] [--out planted.json]

All go through the harness as any candidate. The program begins honestly faster than stock MLX (a row-major
operand, or where that is too little a second stream) and gets as much extra real work as leaves the wanted
effect: +10, +5, +3 and -5 %. A speedup is measured as the median of `--sizings` screenings, which says it
better than one long screening: how much work it takes comes from a line through two such figures, and is
corrected by others. The one that ended the corrections is in the table, and so is the median of the tries
themselves, which nothing was chosen by. Seen is an effect whose screening interval lies wholly on its side of
1.00. Needs a machine where a program gains 10 % (MLX's CPU backend).

About 1.8 hours in one lane.
"""

from __future__ import annotations

import itertools
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


def measure(source: str, preset: str, seeds: Sequence[int], lanes: int) -> float:
    """Median speedup of a screening a seed. Raises HarnessFailed where most are refused."""
    found = in_lanes([partial(screen, source, preset, seed, None) for seed in seeds], lanes)
    medians = [each["median"] for each in found if each is not None]
    if 2 * len(medians) < len(found):
        raise HarnessFailed(f"a planted program was refused:\n{source}")
    return median(medians)


def _effects(larger_seconds: float, quick: bool) -> list[Effect]:
    if quick:
        return [Effect(0.95, 0.5)]
    default = [Effect(speedup, None) for speedup in AT_DEFAULT]
    return [*default, Effect(LARGER, larger_seconds)]


def _median(found: Sequence[dict[str, float] | None]) -> str:
    """Of the tries' speedups; a dash where every try was refused."""
    speedups = [each["median"] for each in found if each is not None]
    return f"{median(speedups):.3f}" if speedups else "-"


def _half_width(found: Sequence[dict[str, float] | None]) -> str:
    """Of the median interval; a dash where every try was refused."""
    half_widths = [(each["high"] - each["low"]) / 2 for each in found if each is not None]
    return f"{median(half_widths):.1%}" if half_widths else "-"


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = arguments("planted", "Planted effects, and how many of them screening sees.")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--tries", type=int, default=60)
    parser.add_argument("--sizings", type=int, default=16, help="screenings behind a measured speedup")
    parser.add_argument("--only", type=float, nargs="+", choices=(*AT_DEFAULT, LARGER), help="some of them")
    parser.add_argument("--larger-seconds", type=float, default=45.0, help="budget for the 3 % effect")
    options = parser.parse_args(argv)
    tries, sizings = (1, 1) if options.quick else (options.tries, options.sizings)
    seeds = itertools.count(options.seed * 10**6)

    def speedup_of(source: str) -> float:
        return measure(source, options.preset, list(itertools.islice(seeds, sizings)), options.lanes)

    planter, known = Planter(speedup_of), facts()
    rows_shown, raw = [], []
    for effect in _effects(options.larger_seconds, options.quick):
        if options.only and effect.speedup not in options.only:
            continue
        planted = planter.plant(effect.speedup)
        screened = partial(screen, planted.source, options.preset)
        jobs = [partial(screened, seed, effect.seconds) for seed in itertools.islice(seeds, tries)]
        found = in_lanes(jobs, options.lanes)
        seen = sum(effect.is_seen(each) for each in found)
        budget = "default" if effect.seconds is None else f"{effect.seconds:g} s"
        shown = f"{effect.speedup - 1:+.0%}"
        cells = [shown, planted.base, planted.rows, f"{planted.speedup:.3f}", budget]
        rows_shown.append([*cells, _median(found), _half_width(found), f"{seen} of {tries}"])
        raw.append({**asdict(planted), "planted": effect.speedup, "tries": found, "seen": seen})
        # An effect takes a quarter of an hour in one lane: it is kept whatever happens to the next.
        write_raw(options.out, {"machine": known, "effects": raw})
    print(heading(known))
    header = ["planted", "faster by", "rows of extra work", "measured", "budget of a try"]
    header += ["tries, median", "half-width, median", "seen"]
    print(markdown_table(header, rows_shown))


if __name__ == "__main__":
    main()
