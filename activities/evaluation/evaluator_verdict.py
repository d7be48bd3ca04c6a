"""From what a problem's evaluator returned to a verdict, in the shape that the worker reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real

MAX_ENTRIES = 100
NAME_LENGTH = 100
# More than the worker keeps: it cuts once more and marks the cut.
TEXT_LENGTH = 8000

Result = dict[str, object]


def failure(reason: str, artifacts: Mapping[str, str]) -> Result:
    """A `failed` verdict of stage `evaluate`."""
    return {"verdict": "failed", "stage": "evaluate", "reason": reason, "artifacts": dict(artifacts)}


def _number(value: object) -> float | None:
    """`value` as a float where it is a number; an integer beyond floats is infinite."""
    if not isinstance(value, Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _describe(value: object) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 200 else text[:200] + '…'}"


def _texts(returned: Mapping[object, object], artifacts: object) -> dict[str, str]:
    """Texts among what was returned, and the evaluator's own artifacts, bounded."""
    texts = {name: value for name, value in returned.items() if isinstance(value, str)}
    if isinstance(artifacts, Mapping):
        texts |= {name: value if isinstance(value, str) else repr(value) for name, value in artifacts.items()}
    kept = list(texts.items())[:MAX_ENTRIES]
    return {str(name)[:NAME_LENGTH]: text[:TEXT_LENGTH] for name, text in kept}


def judge(returned: object) -> Result:
    """Verdict on a returned value: a dict of numbers, or an object with `metrics` and perhaps `artifacts`.

    The score is `combined_score`, else `score`, else the mean of all finite numbers.
    """
    values = getattr(returned, "metrics", returned)
    expected = "expected a dict of numbers such as {'combined_score': 1.0}"
    if not isinstance(values, Mapping):
        return failure(f"evaluate returned {_describe(returned)}, {expected}", {})
    artifacts = _texts(values, getattr(returned, "artifacts", None))
    numbers = {str(name)[:NAME_LENGTH]: _number(value) for name, value in list(values.items())[:MAX_ENTRIES]}
    metrics = {name: value for name, value in numbers.items() if value is not None and math.isfinite(value)}
    named = next((name for name in ("combined_score", "score") if name in values), None)
    if named is None:
        error = values.get("error")
        if isinstance(error, str):
            return failure(f"evaluate returned an error: {error[:500]}", artifacts)
        if not metrics:
            return failure(f"evaluate returned {_describe(values)}: no finite number, {expected}", artifacts)
        score = math.fsum(metrics.values()) / len(metrics)
    elif (value := _number(values[named])) is None or not math.isfinite(value):
        return failure(f"{named} is {_describe(values[named])}, expected a finite number", artifacts)
    else:
        score = value
    return {
        "verdict": "scored",
        "stage": "complete",
        "reason": f"{named or 'mean of metrics'} {score:.6g}",
        "score": score,
        "metrics": metrics,
        "speedup": None,
        "calls": None,
        "artifacts": artifacts,
    }
