"""Verdicts on a program, as the result's schema has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from optimized_kernels.measurement.statistics import Speedup

Stage = Literal["load", "static", "correctness", "reached", "timing", "timeout", "crash", "complete"]
Json = dict[str, object]

MAX_REASON = 1000
MAX_ARTIFACT = 4000


def clipped(text: str, limit: int) -> str:
    """The end of `text`, where tracebacks say what happened, at most `limit` characters."""
    if len(text) <= limit:
        return text
    return f"[{len(text) - limit + 40} characters left out]\n{text[40 - limit :]}"


@dataclass(frozen=True)
class Failed:
    """The program does not run."""

    stage: Stage
    reason: str
    artifacts: dict[str, str] = field(default_factory=dict)
    verdict: str = "failed"


@dataclass(frozen=True)
class Rejected:
    """The program runs, but does not do what it must."""

    stage: Stage
    reason: str
    artifacts: dict[str, str] = field(default_factory=dict)
    verdict: str = "rejected"


@dataclass(frozen=True)
class Scored:
    """The program works. `score` is the lower bound of its speedup over the eager loop.

    Only `confirmed` figures are speedups to report; others are one screening's.
    """

    reason: str
    score: float
    metrics: dict[str, float]
    eager: Speedup
    compiled: Speedup | None
    incumbent: Speedup | None
    confirmed: bool
    calls: dict[str, dict[str, int]]
    artifacts: dict[str, str]


Verdict = Failed | Rejected | Scored


def result_json(verdict: Verdict, environment: dict[str, str], output: dict[str, str]) -> Json:
    """The result event's payload; `output` is what the program printed, as artifacts."""
    texts = {**output, **verdict.artifacts}
    common: Json = {
        "reason": clipped(verdict.reason, MAX_REASON),
        "artifacts": {name: clipped(text, MAX_ARTIFACT) for name, text in texts.items() if text},
        "environment": environment,
    }
    if not isinstance(verdict, Scored):
        return {"verdict": verdict.verdict, "stage": verdict.stage, **common}
    return {
        "verdict": "scored",
        "stage": "complete",
        **common,
        "score": verdict.score,
        "metrics": verdict.metrics,
        "speedup": {
            "eager": verdict.eager.as_json(),
            "compiled": verdict.compiled.as_json() if verdict.compiled else None,
            "incumbent": verdict.incumbent.as_json() if verdict.incumbent else None,
        },
        "confirmed": verdict.confirmed,
        "calls": verdict.calls,
    }
