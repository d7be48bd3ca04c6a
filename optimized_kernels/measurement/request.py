"""What the harness is asked to do: one line of JSON on standard input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimized_kernels.workloads.presets import PRESETS, Preset

MAX_SEED = 2**53 - 1


class RequestError(Exception):
    """The caller's fault: names the field, what was found, what was expected."""


@dataclass(frozen=True)
class Request:
    """One evaluation. `timing_seconds` is the device time of each baseline's paired blocks."""

    source: str
    preset_name: str
    preset: Preset
    seed: int
    compiled_above: float | None
    confirmation: bool
    timing_seconds: float
    turn_timeout_seconds: float


def _number(fields: Mapping[str, Any], name: str, default: float) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 86_400:
        raise RequestError(f"options.{name} is {value!r}; expected seconds above 0 and below 86400")
    return float(value)


def _options(value: object) -> dict[str, Any]:
    known = {"preset", "timingSeconds", "turnTimeoutSeconds"}
    if not isinstance(value, dict):
        raise RequestError(f"options is {value!r:.80}; expected an object")
    unknown = sorted(set(value) - known)
    if unknown:
        raise RequestError(f"options.{unknown[0]} is unknown; expected some of {', '.join(sorted(known))}")
    preset = value.get("preset", "small")
    if preset not in PRESETS:
        raise RequestError(f"options.preset is {preset!r}; expected one of {', '.join(PRESETS)}")
    return value


def _source(path: object) -> str:
    if not isinstance(path, str):
        raise RequestError(f"program is {path!r:.80}; expected the path of a Python file")
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"program {path} cannot be read: {error}") from error


def parse_request(line: str) -> Request:
    """Checks every field of `line` and reads the program. Raises RequestError."""
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise RequestError(f"request is not JSON ({error}): {line!r:.80}") from error
    if not isinstance(fields, dict):
        raise RequestError(f"request is {fields!r:.80}; expected an object")
    options = _options(fields.get("options", {}))
    seed = fields.get("seed", 1)
    if type(seed) is not int or not 0 <= seed <= MAX_SEED:
        raise RequestError(f"seed is {seed!r}; expected an integer from 0 to {MAX_SEED}")
    above = fields.get("compiledAbove")
    if above is not None and (isinstance(above, bool) or not isinstance(above, (int, float))):
        raise RequestError(f"compiledAbove is {above!r}; expected a number or null")
    purpose = fields.get("purpose", "screening")
    if purpose not in ("screening", "confirmation"):
        raise RequestError(f"purpose is {purpose!r}; expected 'screening' or 'confirmation'")
    name = options.get("preset", "small")
    preset = PRESETS[name]
    return Request(
        source=_source(fields.get("program")),
        preset_name=name,
        preset=preset,
        seed=seed,
        compiled_above=above,
        confirmation=purpose == "confirmation",
        timing_seconds=_number(options, "timingSeconds", 8.0 if purpose == "confirmation" else 4.5),
        turn_timeout_seconds=_number(options, "turnTimeoutSeconds", preset.turn_timeout_seconds),
    )
