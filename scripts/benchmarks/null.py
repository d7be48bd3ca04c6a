"""The identical program against itself: how often is the measurement wrong, and how wide are its intervals?

    python -m scripts.benchmarks.null [--lanes 8] [--share 0.1] [--only repeated] [--out null.json]

 - 400 measurements of 5 s, half of them beside a bursty noise process, each followed by one with the original
   example's method: how many 95 % intervals exclude 1.00, how many false wins does the other method have;
 - 20 of 20 s: the median half-width;
 - 200 screenings of 10 s (twice what one gets by default): how many are wrong at the end, or, with enough
   blocks for that, at any look after one.

About 2.5 hours in one lane; `--only` runs one of the three.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median, quantiles

from scripts.benchmarks.lanes import in_lanes
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.null_measurement import BothMethods, NullMeasurement, measure_both, measure_null
from scripts.benchmarks.peeking import ever_excludes
from scripts.benchmarks.table import markdown_table, write_raw

KINDS = ("repeated", "wide", "peeked")


@dataclass(frozen=True)
class Plan:
    """How many measurements of how many seconds."""

    repeated: int
    seconds: float
    wide: int
    wide_seconds: float
    peeked: int
    peeked_seconds: float

    def only(self, kind: str | None) -> Plan:
        """Nothing but the measurements of this kind; all of them for None."""
        return self if kind is None else replace(self, **{other: 0 for other in KINDS if other != kind})

    def part(self, share: float) -> Plan:
        """As many of each kind as `share` of them, at least one, of the repeated ones at least two."""
        counts = {name: max(1, round(share * getattr(self, name))) for name in ("wide", "peeked")}
        return replace(self, repeated=max(2, round(share * self.repeated)), **counts)


WHOLE = Plan(repeated=400, seconds=5.0, wide=20, wide_seconds=20.0, peeked=200, peeked_seconds=10.0)
QUICK = Plan(repeated=2, seconds=0.5, wide=1, wide_seconds=1.0, peeked=1, peeked_seconds=1.0)


def repeated_rows(name: str, found: Sequence[BothMethods]) -> list[list[object]]:
    """The harness's row and the original example's for the same measurements."""
    own, count = [each.harness for each in found], len(found)
    other = sorted(each.unpaired["speedup"] for each in found)
    wrong = sum(each.is_wrong for each in own)
    wins = sum(each.unpaired["win"] for each in found)
    middle = sorted(each.median for each in own)
    calls = sum(each.unpaired["calls"] for each in found)
    return [
        [f"this harness, {name}", count, f"{wrong} intervals exclude 1.00", _spread(middle)],
        [f"original example's method, {name}", count, f"{wins} false wins, {calls} calls", _spread(other)],
    ]


def _medians(found: Sequence[NullMeasurement]) -> str:
    return _spread([each.median for each in found])


def _spread(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.3f}"
    percentiles = quantiles(values, n=20, method="inclusive")
    return f"{percentiles[0]:.3f} to {percentiles[-1]:.3f}"


def wide_row(found: Sequence[NullMeasurement]) -> list[object]:
    """Half-widths."""
    half = median(each.half_width for each in found)
    return ["long measurements", len(found), f"median half-width {half:.1%}", _medians(found)]


def peeked_row(found: Sequence[NullMeasurement]) -> list[object]:
    """Errors under peeking."""
    wrong = sum(each.is_wrong or ever_excludes(each.neighbour_log_ratios) for each in found)
    looked = [len(each.neighbour_log_ratios) for each in found]
    name = f"screenings of {min(looked)} to {max(looked)} blocks"
    return [name, len(found), f"{wrong} wrong at any look", _medians(found)]


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1")
    return value


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = arguments("null", "The identical program against itself.")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--share", type=_share, default=1.0, help="of the whole plan's measurements")
    parser.add_argument("--only", choices=KINDS, help="one kind of the plan's measurements")
    options = parser.parse_args(argv)
    plan = (QUICK if options.quick else WHOLE.part(options.share)).only(options.only)
    preset = options.preset
    both = in_lanes(
        [
            partial(measure_both, options.seed * 10**6 + number, preset, plan.seconds, number % 2 == 1)
            for number in range(plan.repeated)
        ],
        options.lanes,
    )
    lengths = [plan.wide_seconds] * plan.wide + [plan.peeked_seconds] * plan.peeked
    long = in_lanes(
        [
            partial(measure_null, options.seed * 10**6 + 10**5 + number, preset, seconds)
            for number, seconds in enumerate(lengths)
        ],
        options.lanes,
    )
    wide, peeked = long[: plan.wide], long[plan.wide :]
    rows: list[list[object]] = []
    if both:
        rows += repeated_rows("calm", [each for each in both if not each.noisy])
        rows += repeated_rows("beside bursts", [each for each in both if each.noisy])
        rows += repeated_rows("all", both)
    rows += [wide_row(wide)] if wide else []
    rows += [peeked_row(peeked)] if peeked else []
    known = facts()
    print(heading(known))
    print(markdown_table(["what", "times", "found", "speedups, 5th to 95th percentile"], rows))
    write_raw(
        options.out,
        {
            "machine": known,
            "repeated": [each.as_json() for each in both],
            "wide": [each.as_json() for each in wide],
            "peeked": [each.as_json() for each in peeked],
        },
    )


if __name__ == "__main__":
    main()
