"""Programs confirmed over both baselines, one after another.

    python -m scripts.benchmarks.confirmations --preset seed scripts/benchmarks/programs/*.py

Each program is confirmed at level 5 %, as a run's first would be at half of that.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from scripts.benchmarks.harness_client import Confirmation, evaluate
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.table import markdown_table, write_raw

HEADER = (
    "program",
    "over eager",
    "over compiled",
    "step, ms",
    "stock, ms",
    "tokens/s",
    "peak memory, MiB (ratio)",
    "roofline share",
    "calls",
    "worst tensor error",
)
QUICK_SECONDS = 1.0


def _ratio(speedup: dict[str, float] | None) -> str:
    if speedup is None:
        return "-"
    return f"{speedup['median']:.3f} [{speedup['low']:.3f}, {speedup['high']:.3f}]"


def row(name: str, result: dict[str, Any]) -> list[str]:
    """The cells of HEADER; a refused program shows its reason."""
    if result["verdict"] != "scored":
        return [name, f"{result['verdict']} at {result['stage']}: {result['reason'][:200]}", *[""] * 8]
    metrics = result["metrics"]
    memory = f"{metrics['peak_memory_bytes'] / 2**20:.0f} ({metrics['peak_memory_ratio']:.2f})"
    share = metrics.get("roofline_share")
    calls = [f"{seam} {own['forward']}, {own['backward']}" for seam, own in result["calls"].items()]
    return [
        name,
        _ratio(result["speedup"]["eager"]),
        _ratio(result["speedup"]["compiled"]),
        f"{metrics['step_ms_candidate']:.1f}",
        f"{metrics['step_ms_reference']:.1f}",
        f"{metrics['tokens_per_second']:.0f}",
        memory,
        "-" if share is None else f"{share:.2f}",
        "; ".join(calls),
        f"{metrics['worst_tensor_error']:.1e}",
    ]


def main() -> None:
    """Prints a Markdown table."""
    parser = arguments("confirmations", __doc__ or "")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--seconds", type=float, default=20.0, help="of eager blocks, over all launches")
    parser.add_argument("--launches", type=int, default=8)
    parser.add_argument("programs", nargs="+", type=Path)
    given = parser.parse_args()
    known = facts()
    print(heading(known))
    seconds = QUICK_SECONDS if given.quick else given.seconds
    options = {"preset": given.preset, "timingSeconds": seconds, "launches": given.launches}
    rows, raw = [], []
    for number, path in enumerate(given.programs):
        first = Confirmation(1, None)
        answer = evaluate(
            path.read_text(encoding="utf-8"), "confirmation", given.seed + number, first, options=options
        )
        rows.append(row(path.stem, answer.result))
        raw.append({"program": path.name, "seconds": answer.seconds, "result": answer.result})
        print(f"{path.name}: {answer.seconds:.0f} s", file=sys.stderr)
    print(markdown_table(HEADER, rows))
    write_raw(given.out, {"machine": known, "options": options, "results": raw})


if __name__ == "__main__":
    main()
