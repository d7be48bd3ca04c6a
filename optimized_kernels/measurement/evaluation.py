"""One evaluation from gate to score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any

from optimized_kernels.measurement.alone import ALONE, check_alone
from optimized_kernels.measurement.audit import check_audit
from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.calibration import Context
from optimized_kernels.measurement.confirmation import time_launch, time_launches
from optimized_kernels.measurement.correctness import (
    Answer,
    Trained,
    check_cases,
    check_training,
    looks_at_training,
)
from optimized_kernels.measurement.findings import Findings
from optimized_kernels.measurement.gate import seams_of
from optimized_kernels.measurement.libraries import check_libraries
from optimized_kernels.measurement.loss_curve import check_loss_curve
from optimized_kernels.measurement.preparation import check_prepared
from optimized_kernels.measurement.reached import Counts, check_reached
from optimized_kernels.measurement.request import Request
from optimized_kernels.measurement.roofline import exceeds
from optimized_kernels.measurement.screening import screen
from optimized_kernels.measurement.side_process import Arrays, SideDied, SideError, SideTimedOut
from optimized_kernels.measurement.side_requests import COMPILE_SECONDS, Loop
from optimized_kernels.measurement.sides import CANDIDATE, Sides
from optimized_kernels.measurement.tolerance import Agreement
from optimized_kernels.measurement.turn_check import TurnCheck
from optimized_kernels.measurement.verdict import Failed, Rejected, Stage, Verdict
from optimized_kernels.seams.interface import INTERFACES, Interface
from optimized_kernels.workloads.cost import step_cost

ReportPhase = Callable[[str, str], None]

# The checks have warmed all up but the turn itself.
WARM_UP_TURNS, COMPILED_WARM_UP_TURNS = 1, 3
COMPILED_SHARE = 0.6


class Evaluation:
    """The stages of one evaluation, in order. A stage returns None or the verdict that ends it."""

    def __init__(self, request: Request, sides: Sides, context: Context | None, report: ReportPhase) -> None:
        self.request = request
        self.sides = sides
        self.context = context
        self.report = report
        self.stage: Stage = "load"
        self.found = Findings()

    def run(self) -> Verdict:
        """The verdict. Raises ReferenceFailed for trouble that is not the program's."""
        try:
            refused = self._check() or self._time()
        except SideError as error:
            stage: Stage = self.stage
            if isinstance(error, SideTimedOut):
                stage = "timeout"
            elif isinstance(error, SideDied):
                stage = "crash"
            return Failed(stage, error.reason, {"traceback": error.traceback})
        return refused or self.found.scored(self.request, self.context)

    def _enter(self, stage: Stage, detail: str = "") -> None:
        self.stage = stage
        self.report(stage, detail)

    def _timing(self, text: str) -> None:
        self.report("timing", text)

    def _check(self) -> Rejected | None:
        """Everything but time."""
        request, sides = self.request, self.sides
        self._enter("load")
        installed = sides.load_programs(request)
        seams = seams_of(request.source, INTERFACES)
        if {interface.seam for interface in seams} != set(installed):
            # Helpers that are called like a seam, and seams that only running the program brings about.
            written = ", ".join(interface.seam for interface in seams)
            found = f"it defines {written} at its top level and exports {', '.join(installed)} when run"
            return Rejected("load", f"program's seams are ambiguous: {found}")
        return self._check_seams(seams) or self._loss_curve()

    def _check_seams(self, seams: Sequence[Interface]) -> Rejected | None:
        """Is it the same arithmetic and the same training, and did the seams take part in it?

        The candidate works through its requests while the reference works through its own.
        """
        side, looks = self.sides.candidate, looks_at_training(self.sides.reference.turn_steps)
        names = [interface.seam for interface in seams]
        self._enter("correctness")
        candidate, seed = ThreadPoolExecutor(1), self.request.seed
        cases = candidate.submit(side.ask_arrays, "cases", seed=seed, seams=names)
        training = candidate.submit(side.trained, seed + 1, looks)
        counts = candidate.submit(check_reached, side, seed, seams)
        try:
            if self.sides.frugal:
                asked: list[Future[Any]] = [cases, training, counts]
                wait(asked, return_when=FIRST_EXCEPTION)
            wrong = self._compare(names, cases.result, training.result)
            if wrong is not None:
                return wrong
            self._enter("reached")
            return self._count(counts.result())
        finally:
            if not counts.done():
                side.process.kill()  # it may hang, and nothing of it is wanted any more
            candidate.shutdown(cancel_futures=True)

    def _compare(
        self, seams: list[str], cases: Answer[Arrays], training: Answer[Sequence[Arrays]]
    ) -> Rejected | None:
        request, reference = self.request, self.sides.reference
        agreed = check_cases(reference, request.seed, seams, cases)
        if isinstance(agreed, Agreement):
            self.found.cases = agreed
        elif not (request.allow_precision and agreed.finite):
            return Rejected("correctness", f"wrong result in a seam: {agreed.reason}")
        trained = check_training(reference, request.seed + 1, request.allow_precision, training)
        if isinstance(trained, Rejected):
            return trained
        self.found.trained = trained
        return None

    def _count(self, counts: Counts | Rejected) -> Rejected | None:
        if isinstance(counts, Rejected):
            return counts
        self.found.counts = counts
        return None

    def _loss_curve(self) -> Rejected | None:
        """A longer stretch of training, where a result is to be reported or precision was given up."""
        trained = self._trained()
        if self.request.purpose != "confirmation" and trained.precise:
            return None
        self._enter("correctness", "loss curve")
        distance = check_loss_curve(self.sides, self.request.seed)
        if isinstance(distance, Rejected):
            return distance
        self.found.loss_distance = distance
        return None

    def _time(self) -> Rejected | None:
        self._enter("timing", "eager")
        trained = self._trained()
        confirming = self.request.purpose == "confirmation"
        return self._confirm(trained) if confirming else self._screen(trained)

    def _trained(self) -> Trained:
        if self.found.trained is None:
            raise RuntimeError("training is checked first")
        return self.found.trained

    def _confirm(self, trained: Trained) -> Rejected | None:
        request, launches = self.request, self.found.launches
        wrong = time_launch(self.sides, request, trained, "eager", launches)
        if wrong is None:
            self._remember_memory()
            wrong = check_libraries(self.sides, request.allow_modules) or self._audit(trained)
        # Its processes would take memory, and the candidate's time, from the launches to come.
        for side in self.sides.by_name.values():
            side.process.kill()
        wrong = wrong or self._launches(trained, "eager")
        above = 1.0 if request.compiled_above is None else request.compiled_above
        if wrong is not None or self._eager_low() <= above:
            return wrong
        return self._launches(trained, "compiled")

    def _launches(self, trained: Trained, loop: Loop) -> Rejected | None:
        into, noise_floor = self.found.launches, self._noise_floor()
        return time_launches(self.request, trained, loop, into, noise_floor, self._timing)

    def _eager_low(self) -> float:
        speedup = self.found.speedup(self.request, "eager")
        return 0.0 if speedup is None else speedup.low

    def _screen(self, trained: Trained) -> Rejected | None:
        request, sides = self.request, self.sides
        blocks = Blocks(sides, TurnCheck(sides, trained))
        blocks.warm_up("eager", WARM_UP_TURNS, None)
        eager = screen(blocks, "eager", request.timing_seconds, self._timing)
        if isinstance(eager, Rejected):
            return eager
        self.found.launches["eager"].append(eager)
        self._remember_memory()
        wrong = check_prepared(eager) or check_libraries(sides, request.allow_modules) or self._audit(trained)
        if wrong is not None:
            return wrong
        low = self._eager_low()
        if request.compiled_above is not None and low > request.compiled_above:
            compiled = self._compiled(blocks)
            if isinstance(compiled, Rejected):
                return compiled
            self.found.launches["compiled"].append(compiled)
            wrong = check_prepared(compiled)
            if wrong is not None:
                return wrong
        if low <= 1.0:
            return None
        self._enter("timing", ALONE)
        alone = check_alone(sides, "eager", eager, request, trained, self._noise_floor())
        if isinstance(alone, Rejected):
            return alone
        self.found.launches["eager"][0] = alone
        return None

    def _compiled(self, blocks: Blocks) -> Measured | Rejected:
        """Both sides under ``mx.compile``."""
        self._enter("timing", "compiled")
        blocks.build_kernels("compiled")
        blocks.warm_up("compiled", COMPILED_WARM_UP_TURNS, COMPILE_SECONDS)
        return screen(blocks, "compiled", COMPILED_SHARE * self.request.timing_seconds, self._timing)

    def _remember_memory(self) -> None:
        self.sides.freezer.release()
        self.found.memory = {name: side.memory() for name, side in self.sides.by_name.items()}

    def _noise_floor(self) -> float:
        """Of one launch's blocks; 0 on a machine that was not calibrated."""
        blocks = self.found.launches["eager"][0].blocks if self.found.launches["eager"] else 1
        floor = None if self.context is None else self.context.noise_floor(blocks)
        return floor or 0.0

    def _audit(self, trained: Trained) -> Rejected | None:
        """A step faster than this machine's roofline allows is looked at again, in full."""
        if self.context is None:
            return None
        share = self.context.roofline_share(
            step_cost(self.request.preset), self.found.step_seconds(CANDIDATE)
        )
        if not exceeds(share):
            return None
        self._enter("timing", f"audit of a step at {share:.2f} of the roofline")
        self.found.audited = True
        return check_audit(self.sides, trained)
