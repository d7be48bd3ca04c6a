"""What the stages of one evaluation found, and the result it amounts to."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.calibration import Context
from optimized_kernels.measurement.correctness import Trained
from optimized_kernels.measurement.error_budget import confirmation_level
from optimized_kernels.measurement.launches import confirmed
from optimized_kernels.measurement.noise import noise_sentence
from optimized_kernels.measurement.reached import Counts
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.screening import screened
from optimized_kernels.measurement.side_requests import Loop
from optimized_kernels.measurement.sides import CANDIDATE, INCUMBENT, REFERENCE
from optimized_kernels.measurement.statistics import Speedup, total_time_ratio
from optimized_kernels.measurement.tolerance import Agreement
from optimized_kernels.measurement.verdict import Scored
from optimized_kernels.workloads.cost import step_cost

LOOPS: tuple[Loop, Loop] = ("eager", "compiled")
MATMUL = "matmul"


@dataclass
class Findings:
    """Filled stage by stage. A loop has one launch if screened, several if confirmed, none if left out."""

    cases: Agreement | None = None
    trained: Trained | None = None
    counts: Counts | None = None
    loss_distance: float | None = None
    launches: dict[Loop, list[Measured]] = field(default_factory=lambda: {"eager": [], "compiled": []})
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    audited: bool = False

    def speedup(self, request: Request, loop: Loop, against: str = REFERENCE) -> Speedup | None:
        """Over `against` in `loop`: screened, or at what this confirmation may spend of the error budget."""
        launches = self.launches[loop]
        if not launches:
            return None
        if request.purpose != "confirmation":
            return screened(launches[0].neighbour_log_ratios(against), launches[0].looked_at)
        ratios = [launch.log_ratios(against) for launch in launches]
        return confirmed(ratios, confirmation_level(request.confirmation))

    def step_seconds(self, side: str, loop: Loop = "eager") -> float:
        """Median time of a turn."""
        return joined(self.launches[loop]).step_ms(side) / 1000.0

    def timed_seconds(self, turn_steps: int) -> float:
        """Of all turns behind the result, of every side and in both loops; not what is between them."""
        launches = itertools.chain.from_iterable(self.launches.values())
        return turn_steps * sum(sum(seconds) for launch in launches for seconds in launch.times.values())

    def scored(self, request: Request, context: Context | None) -> Scored:
        """The result; every stage has been passed."""
        eager = self.speedup(request, "eager")
        if eager is None or self.counts is None:
            raise RuntimeError("a program is scored when its eager loop has been timed")
        compiled = self.speedup(request, "compiled")
        paired = request.purpose == "confirmation" and request.incumbent is not None
        incumbent = self.speedup(request, "eager", INCUMBENT) if paired else None
        metrics = {**self._metrics(request, eager), **self._context(request, context, eager)}
        return Scored(
            reason=_reason(request, eager, compiled, incumbent, metrics.get("noise_floor")),
            score=eager.low,
            metrics=metrics,
            eager=eager,
            compiled=compiled,
            incumbent=incumbent,
            confirmed=request.purpose == "confirmation",
            calls=self.counts.seams,
            artifacts=self._artifacts(),
        )

    def _artifacts(self) -> dict[str, str]:
        shown = {}
        if self.counts is not None and self.counts.products:
            shown["products"] = f"calls and operands in one step\n{self.counts.products}"
        if self.trained is not None and self.trained.worst.tensor:
            shown["worst tensor"] = self.trained.worst.tensor
        return shown

    def _metrics(self, request: Request, eager: Speedup) -> dict[str, float]:
        times = joined(self.launches["eager"])
        own, base = self.memory[CANDIDATE], self.memory[REFERENCE]
        metrics = {
            "speedup_median": eager.median,
            "speedup_low": eager.low,
            "speedup_high": eager.high,
            "blocks": float(eager.pairs),
            "launches": float(len(self.launches["eager"])),
            "turn_steps": float(request.turn_steps),
            "timed_seconds": self.timed_seconds(request.turn_steps),
            "total_time_ratio": total_time_ratio(times.times[REFERENCE], times.times[CANDIDATE]),
            "step_ms_reference": times.step_ms(REFERENCE),
            "step_ms_candidate": times.step_ms(CANDIDATE),
            "tokens_per_second": 1000.0
            * request.preset.batch
            * request.preset.sequence
            / times.step_ms(CANDIDATE),
            "peak_memory_bytes": own["peak"],
            "peak_memory_ratio": own["peak"] / max(base["peak"], 1.0),
            "process_memory_bytes": own["process"],
            "precision_changed": float(self.trained is not None and not self.trained.precise),
            "audited": float(self.audited),
        }
        if request.purpose == "confirmation":
            metrics["confidence"] = 1.0 - confirmation_level(request.confirmation)
        if self.launches["compiled"]:
            compiled = joined(self.launches["compiled"])
            metrics["compiled_step_ms_reference"] = compiled.step_ms(REFERENCE)
            metrics["compiled_step_ms_candidate"] = compiled.step_ms(CANDIDATE)
        return {**metrics, **self._errors()}

    def _errors(self) -> dict[str, float]:
        found = {}
        if self.cases is not None:
            found["case_error"] = self.cases.error
        if self.trained is not None:
            found["worst_tensor_error"] = self.trained.worst.error
            found["worst_tensor_tolerance_share"] = self.trained.worst.share
        if self.loss_distance is not None:
            found["loss_curve_distance"] = self.loss_distance
        for seam, calls in self.counts.seams.items() if self.counts is not None else ():
            found[f"calls_{seam}_forward"] = float(calls["forward"])
            found[f"calls_{seam}_backward"] = float(calls["backward"])
        return found

    def _context(self, request: Request, context: Context | None, eager: Speedup) -> dict[str, float]:
        if context is None:
            return {}
        cost = step_cost(request.preset)
        found = {"roofline_share": context.roofline_share(cost, self.step_seconds(CANDIDATE))}
        floor = context.noise_floor(eager.pairs, max(1, eager.launches))
        if floor is not None:
            found["noise_floor"] = floor
        if MATMUL in context.identity:
            found["identity_speedup"] = context.identity[MATMUL].median
        return found


def joined(launches: list[Measured]) -> Measured:
    """All turns, launch after launch."""
    whole = Measured()
    for launch in launches:
        whole.add(launch.times, launch.order)
    return whole


def _reason(
    request: Request,
    eager: Speedup,
    compiled: Speedup | None,
    incumbent: Speedup | None,
    noise_floor: float | None,
) -> str:
    standing = "confirmed" if request.purpose == "confirmation" else "screened"
    texts = [f"{standing}, over the stock eager loop: {eager}"]
    if compiled is not None:
        texts.append(f"over the stock compiled loop: {compiled}")
    if incumbent is not None:
        texts.append(f"over the best confirmed program: {incumbent}")
    sentence = None if noise_floor is None else noise_sentence(eager.median, noise_floor)
    return "; ".join([*texts, *([sentence] if sentence else [])])
