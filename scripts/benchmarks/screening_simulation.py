"""How often does screening's interval, looked at after every block, exclude the truth? By simulation.

    python -m scripts.benchmarks.screening_simulation [--runs 2000] [--lanes 8]

Blocks of equal sides with noise of several kinds, looked at from the first allowed look on up to
`--blocks`. Beside it the fixed-horizon interval under the same looks, and the ratio of their widths at the
target.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from scipy.special import stdtrit

from optimized_kernels.measurement.confidence_sequence import (
    FIRST_LOOK,
    TARGET_BLOCKS,
    sequence_interval,
)
from optimized_kernels.measurement.neighbours import neighbour_location
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.noises import NOISES, TURNS, taken_in_turns
from scripts.benchmarks.peeking import ever_excludes, student_ever_excludes
from scripts.benchmarks.table import markdown_table, write_raw

CHUNK = 50
ALPHA = 0.05


def simulate(name: str, blocks: int, runs: int, seed: list[int]) -> tuple[int, int, list[float]]:
    """Runs whose sequence, whose fixed-horizon interval was wrong at any look; ratios of their widths."""
    rng = np.random.default_rng(seed)
    sequence = student = 0
    widths = []
    for _ in range(runs):
        values = taken_in_turns(NOISES[name](rng, TURNS * blocks))
        sequence += ever_excludes(values)
        student += student_ever_excludes(values)
        at_target = values[:TARGET_BLOCKS]
        found = neighbour_location(at_target)
        fixed = float(stdtrit(found.freedom, 1 - ALPHA / 2)) * found.error
        widths.append(sequence_interval(at_target).half_width / fixed)
    return sequence, student, widths


def main() -> None:
    """Prints the table."""
    parser = arguments("screening_simulation", "Screening's error under peeking, simulated.")
    parser.add_argument("--runs", type=int, default=2000, help="simulated screenings of each kind of noise")
    parser.add_argument("--blocks", type=int, default=400, help="blocks of the longest screening")
    options = parser.parse_args()
    runs, blocks = (CHUNK, 60) if options.quick else (options.runs, options.blocks)
    sizes = [CHUNK] * (runs // CHUNK) + [runs % CHUNK] * (runs % CHUNK > 0)
    rows, raw = [], []
    with ProcessPoolExecutor(options.lanes) as pool:
        for kind, name in enumerate(NOISES):
            seeds = [[options.seed, kind, chunk] for chunk in range(len(sizes))]
            same = len(sizes)
            found = list(pool.map(simulate, [name] * same, [blocks] * same, sizes, seeds))
            sequence, student = sum(part[0] for part in found), sum(part[1] for part in found)
            wider = float(np.median([width for part in found for width in part[2]]))
            raw.append({"noise": name, "runs": runs, "sequence": sequence, "fixed": student, "wider": wider})
            rows.append([name, runs, f"{sequence / runs:.1%}", f"{student / runs:.1%}", f"{wider:.2f}"])
            print(f"{name}: {sequence} of {runs}", file=sys.stderr)
    known = facts()
    print(heading(known))
    print(f"Wrong at any of the looks after blocks {FIRST_LOOK} to {blocks}; allowed {ALPHA:.0%}.\n")
    header = [
        "noise of a turn",
        "runs",
        "confidence sequence",
        "fixed-horizon interval",
        f"width, {TARGET_BLOCKS} blocks",
    ]
    print(markdown_table(header, rows))
    write_raw(options.out, {"machine": known, "blocks": blocks, "results": raw})


if __name__ == "__main__":
    main()
