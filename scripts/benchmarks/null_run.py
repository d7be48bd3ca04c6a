"""Does a run among candidates that are all alike report a speedup? It should not, however many it screens.

    python -m scripts.benchmarks.null_run --blocks null.json [--only simulated] [--out raw.json]

20 simulated runs of 200 candidates, statistics only, on screenings and blocks drawn from real measurements of
equal sides (the raw results of `null`, or measured first); and a real one through the harness: 200
programs that differ in a comment, each screened, every new best confirmed against stock MLX and the best
before it, with the run's error budget.

The real run takes about 45 minutes in one lane; `--only` makes one kind.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from scripts.benchmarks.harness_client import ROOT, Confirmation, eager_speedup, evaluate
from scripts.benchmarks.lanes import in_lanes
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.null_measurement import NullMeasurement, measure_null
from scripts.benchmarks.null_search import Search, new_bests, simulate_search
from scripts.benchmarks.table import markdown_table, write_raw

IDENTITY = ROOT / "scripts" / "benchmarks" / "programs" / "identity.py"
POOL_RUNS, POOL_SECONDS = 40, 5.0
SIMULATED = 20
KINDS = ("simulated", "real")


def candidate(number: int) -> str:
    """A null candidate's source."""
    return f"{IDENTITY.read_text(encoding='utf-8')}\n# null candidate {number}\n"


def real_pool(path: Path | None, seed: int, preset: str, runs: int, lanes: int) -> list[NullMeasurement]:
    """Calm measurements of equal sides, from `path` or measured now."""
    if path is not None:
        raw = json.loads(path.read_text(encoding="utf-8"))
        calm = [each["harness"] for each in raw["repeated"] if not each["noisy"]]
        if any("neighbour_log_ratios" not in each for each in calm):
            raise SystemExit(
                f"{path} has no neighbour_log_ratios; expected raw results of this version's `null`"
            )
        return [NullMeasurement(**each) for each in calm]
    jobs = [partial(measure_null, seed * 10**6 + number, preset, POOL_SECONDS) for number in range(runs)]
    return in_lanes(jobs, lanes)


def screen(number: int, seed: int, options: dict[str, Any]) -> dict[str, float] | None:
    """The screened speedup of one null candidate; None where it was refused."""
    return eager_speedup(evaluate(candidate(number), "screening", seed, options=options))


def confirm_best(
    number: int, index: int, incumbent: int | None, seed: int, options: dict[str, Any]
) -> dict[str, Any]:
    """The `index`-th confirmation of the run."""
    best = None if incumbent is None else candidate(incumbent)
    confirmation = Confirmation(index, best)
    answer = evaluate(candidate(number), "confirmation", seed, confirmation, options=options)
    return {"index": index, "candidate": number, "eager": eager_speedup(answer)}


def reports_speedup(tried: dict[str, Any]) -> bool:
    """Whether a confirmation called its null candidate faster than stock MLX."""
    return tried["eager"] is not None and tried["eager"]["low"] > 1.0


def real_run(candidates: int, seed: int, budget: dict[str, Any], lanes: int) -> dict[str, Any]:
    """Screens every candidate, then confirms new bests in their order, against the last confirmed one too."""
    jobs = [partial(screen, number, seed * 10**6 + number, budget) for number in range(candidates)]
    found = in_lanes(jobs, lanes)
    incumbent: int | None = None
    confirmations = []
    # A refused program has the worst of all scores, and is never confirmed.
    lows = [0.0 if each is None else each["low"] for each in found]
    for index, number in enumerate(new_bests(lows), 1):
        tried = confirm_best(number, index, incumbent, seed * 10**6 + 10**5 + index, budget)
        confirmations.append(tried)
        if reports_speedup(tried):
            incumbent = number
    return {"screened": found, "confirmations": confirmations}


def _real_row(real: dict[str, Any]) -> list[object]:
    best = max(each["low"] for each in real["screened"] if each is not None)
    false = sum(map(reports_speedup, real["confirmations"]))
    tried = len(real["confirmations"])
    return ["real", 1, len(real["screened"]), tried, f"{int(false > 0)} ({false} in all)", f"{best:.3f}"]


def _simulated(
    pool: list[NullMeasurement], seed: int, runs: int, candidates: int
) -> tuple[Any, list[object]]:
    """Raw results of simulated runs, and their row."""
    rng, search = np.random.default_rng(seed), Search(candidates=candidates)
    found = [simulate_search(pool, search, rng) for _ in range(runs)]
    wrong = sum(false > 0 for _, false in found)
    tried = median(tried for tried, _ in found)
    reported = f"{wrong} ({sum(false for _, false in found)} in all)"
    return found, ["simulated", runs, candidates, f"{tried:g} (median)", reported, ""]


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = arguments("null_run", "A run of candidates that are all alike.")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--blocks", type=Path, help="raw results of the benchmark `null`")
    parser.add_argument("--only", choices=KINDS, help="one kind of run")
    options = parser.parse_args(argv)
    candidates, runs = (3, 2) if options.quick else (200, SIMULATED)
    pool_runs = 2 if options.quick else POOL_RUNS
    kinds = (options.only,) if options.only else KINDS
    known = facts()
    rows: list[list[object]] = []
    raw: dict[str, Any] = {"machine": known}
    if "simulated" in kinds:
        pool = real_pool(options.blocks, options.seed, options.preset, pool_runs, options.lanes)
        found, row = _simulated(pool, options.seed, runs, candidates)
        raw |= {"pool": [each.as_json() for each in pool], "simulated": found}
        rows.append(row)
    if "real" in kinds:
        budget = {"preset": options.preset, **({"timingSeconds": 0.5} if options.quick else {})}
        raw["real"] = real_run(candidates, options.seed, budget, options.lanes)
        rows.append(_real_row(raw["real"]))
    print(heading(known))
    header = ["runs", "number", "candidates", "confirmations", "of them report a speedup"]
    print(markdown_table([*header, "best screened low"], rows))
    write_raw(options.out, raw)


if __name__ == "__main__":
    main()
