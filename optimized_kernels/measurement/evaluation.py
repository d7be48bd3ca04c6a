"""One evaluation from gate to score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optimized_kernels.measurement.correctness import Trained, check_cases, check_training
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.side_process import SideDied, SideError, SideTimedOut
from optimized_kernels.measurement.sides import COMPILE_SECONDS, Side, Sides
from optimized_kernels.measurement.timing import CANDIDATE, REFERENCE, Measured, Timing
from optimized_kernels.measurement.tolerance import Agreement
from optimized_kernels.measurement.verdict import Failed, Rejected, Scored, Stage, Verdict

ReportPhase = Callable[[str, str], None]

# The compiled baseline is context, the eager one is fitness.
COMPILED_SHARE = 0.6


@dataclass(frozen=True)
class Counts:
    """Calls of the program in one turn, and its most frequent products."""

    forward: int
    backward: int
    products: str


class Evaluation:
    """The stages of one evaluation, in order. A stage returns what it found or the verdict that ends it."""

    def __init__(self, request: Request, sides: Sides, report: ReportPhase) -> None:
        self.request = request
        self.sides = sides
        self.report = report
        self.stage: Stage = "load"

    def run(self) -> Verdict:
        """The verdict. Raises ReferenceFailed for trouble that is not the program's."""
        try:
            return self._run()
        except SideError as error:
            stage: Stage = self.stage
            if isinstance(error, SideTimedOut):
                stage = "timeout"
            elif isinstance(error, SideDied):
                stage = "crash"
            return Failed(stage, error.reason, {"traceback": error.traceback})

    def _enter(self, stage: Stage, detail: str = "") -> None:
        self.stage = stage
        self.report(stage, detail)

    def _run(self) -> Verdict:
        self._enter("load")
        self.sides.candidate.ask("load", source=self.request.source)
        self._enter("correctness")
        cases = check_cases(self.sides, self.request.seed)
        if isinstance(cases, Rejected):
            return cases
        trained = check_training(self.sides, self.request.seed)
        if isinstance(trained, Rejected):
            return trained
        self._enter("reached")
        counts = self._counts()
        if isinstance(counts, Rejected):
            return counts
        self._enter("timing", "eager")
        timing = Timing(self.sides, trained.bounds, self.request.seed)
        eager = timing.measure("eager", self.request.timing_seconds, lambda text: self.report("timing", text))
        if isinstance(eager, Rejected):
            return eager
        compiled = self._compiled(timing, eager)
        if isinstance(compiled, Rejected):
            return compiled
        return self._scored(eager, compiled, counts, cases, trained)

    def _counts(self) -> Counts | Rejected:
        """Calls in a turn like the timed ones."""
        candidate = self.sides.candidate
        candidate.turn(self.request.seed, "eager", self.request.seed)
        answer = candidate.ask("counts")
        forward, backward = int(answer["forward"]), int(answer["backward"])
        if min(forward, backward) < 1:
            missed = "forward" if forward < 1 else "backward"
            return Rejected("reached", f"the training step never calls optimized_matmul in its {missed} pass")
        return Counts(forward, backward, "\n".join(map(str, answer["products"])))

    def _compiled(self, timing: Timing, eager: Measured) -> Measured | Rejected | None:
        """Both sides under ``mx.compile``, where the request wants it and the program deserves it."""
        above = self.request.compiled_above
        if not self.request.confirmation and (above is None or eager.speedup.low <= above):
            return None
        self._enter("timing", "compiled")
        timing.sides[REFERENCE].turn(self.request.seed, "compiled", self.request.seed, COMPILE_SECONDS)
        self.sides.share_kernels()
        budget = COMPILED_SHARE * self.request.timing_seconds
        return timing.measure("compiled", budget, lambda text: self.report("timing", text))

    def _scored(
        self, eager: Measured, compiled: Measured | None, counts: Counts, cases: Agreement, trained: Trained
    ) -> Scored:
        speedup = eager.speedup
        metrics = {
            "step_ms_reference": eager.step_ms(REFERENCE),
            "step_ms_candidate": eager.step_ms(CANDIDATE),
            "speedup_median": speedup.median,
            "speedup_low": speedup.low,
            "speedup_high": speedup.high,
            "blocks": float(speedup.pairs),
            "case_error": cases.error,
            "update_error": trained.worst.error,
            "update_tolerance_share": trained.worst.share,
            "calls_forward": float(counts.forward),
            "calls_backward": float(counts.backward),
            "peak_memory_ratio": _peak(self.sides.candidate) / _peak(self.sides.reference),
        }
        texts = [f"stock eager loop: {speedup}"]
        if compiled is not None:
            metrics["compiled_step_ms_reference"] = compiled.step_ms(REFERENCE)
            metrics["compiled_step_ms_candidate"] = compiled.step_ms(CANDIDATE)
            texts.append(f"stock compiled loop: {compiled.speedup}")
        return Scored(
            reason="; ".join(texts),
            score=speedup.low,
            metrics=metrics,
            eager=speedup,
            compiled=None if compiled is None else compiled.speedup,
            calls={"matmul": {"forward": counts.forward, "backward": counts.backward}},
            artifacts={"products": f"M x N x K in one step\n{counts.products}"},
        )


def _peak(side: Side) -> float:
    return max(float(side.ask("memory")["peak"]), 1.0)
