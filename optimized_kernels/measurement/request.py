"""What the harness is asked to do: one line of JSON on standard input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from optimized_kernels.sandbox.options import Level
from optimized_kernels.workloads.presets import PRESETS, Preset

Purpose = Literal["screening", "confirmation", "calibration"]

MAX_SEED = 2**53 - 1
PURPOSES = ("screening", "confirmation", "calibration")
# An interval over fewer says nothing.
FEWEST_LAUNCHES, LAUNCHES = 5, 8
MOST_TURN_STEPS = 16
# Seconds of paired blocks; a confirmation's are spread over its launches.
TIMING_SECONDS = {"screening": 5.0, "confirmation": 8.0, "calibration": 5.0}
OPTIONS = (
    "preset",
    "timingSeconds",
    "turnTimeoutSeconds",
    "turnSteps",
    "launches",
    "allowModules",
    "allowPrecision",
    "sandbox",
)
SANDBOXES = ("any", "strong", "limited")


class RequestError(Exception):
    """The caller's fault: names the field, what was found, what was expected."""


@dataclass(frozen=True)
class Request:
    """One evaluation. `timing_seconds` is the device time of the eager baseline's paired blocks.

    `confirmation` counts the run's confirmations from 1; `source` is empty for a calibration.
    """

    source: str
    preset_name: str
    preset: Preset
    seed: int
    purpose: Purpose
    compiled_above: float | None
    confirmation: int
    incumbent: str | None
    timing_seconds: float
    turn_timeout_seconds: float
    turn_steps: int
    launches: int
    allow_modules: tuple[str, ...]
    allow_precision: bool
    sandbox: Level


def _seconds(fields: Mapping[str, Any], name: str, default: float) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 86_400:
        raise RequestError(f"options.{name} is {value!r}; expected seconds above 0 and below 86400")
    return float(value)


def _count(fields: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise RequestError(f"{name} is {value!r}; expected an integer from {least} to {most}")
    return value


def _one_of(value: object, name: str, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        raise RequestError(f"{name} is {value!r:.80}; expected one of {', '.join(known)}")
    return value


def _options(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(f"options is {value!r:.80}; expected an object")
    unknown = sorted(set(value) - set(OPTIONS))
    if unknown:
        raise RequestError(f"options.{unknown[0]} is unknown; expected some of {', '.join(sorted(OPTIONS))}")
    return value


def _modules(options: Mapping[str, Any]) -> tuple[str, ...]:
    value = options.get("allowModules", [])
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise RequestError(f"options.allowModules is {value!r:.80}; expected a list of module names")
    return tuple(value)


def _flag(options: Mapping[str, Any], name: str) -> bool:
    value = options.get(name, False)
    if not isinstance(value, bool):
        raise RequestError(f"options.{name} is {value!r}; expected true or false")
    return value


def _source(path: object, field: str) -> str:
    if not isinstance(path, str):
        raise RequestError(f"{field} is {path!r:.80}; expected the path of a Python file")
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{field} {path} cannot be read: {error}") from error


def _confirmation(fields: Mapping[str, Any]) -> tuple[int, str | None]:
    value = fields.get("confirmation")
    if value is None:
        return 1, None
    if not isinstance(value, dict):
        raise RequestError(f"confirmation is {value!r:.80}; expected an object with index and incumbent")
    incumbent = value.get("incumbent")
    index = _count(value, "index", 1, 1, 10**6)
    return index, None if incumbent is None else _source(incumbent, "confirmation.incumbent")


def _fields(line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise RequestError(f"request is not JSON ({error}): {line!r:.80}") from error
    if not isinstance(fields, dict):
        raise RequestError(f"request is {fields!r:.80}; expected an object")
    return fields


def parse_request(line: str) -> Request:
    """Checks every field of `line` and reads the programs. Raises RequestError."""
    fields = _fields(line)
    options = _options(fields.get("options", {}))
    above = fields.get("compiledAbove")
    if above is not None and (isinstance(above, bool) or not isinstance(above, (int, float))):
        raise RequestError(f"compiledAbove is {above!r}; expected a number or null")
    purpose = cast(Purpose, _one_of(fields.get("purpose", "screening"), "purpose", PURPOSES))
    name = _one_of(options.get("preset", "small"), "options.preset", tuple(PRESETS))
    preset = PRESETS[name]
    index, incumbent = _confirmation(fields)
    return Request(
        source="" if purpose == "calibration" else _source(fields.get("program"), "program"),
        preset_name=name,
        preset=preset,
        seed=_count(fields, "seed", 1, 0, MAX_SEED),
        purpose=purpose,
        compiled_above=above,
        confirmation=index,
        incumbent=incumbent,
        timing_seconds=_seconds(options, "timingSeconds", TIMING_SECONDS[purpose]),
        turn_timeout_seconds=_seconds(options, "turnTimeoutSeconds", preset.turn_timeout_seconds),
        turn_steps=_count(options, "turnSteps", preset.turn_steps, 1, MOST_TURN_STEPS),
        launches=_count(options, "launches", LAUNCHES, FEWEST_LAUNCHES, 100),
        allow_modules=_modules(options),
        allow_precision=_flag(options, "allowPrecision"),
        sandbox=cast(Level, _one_of(options.get("sandbox", "any"), "options.sandbox", SANDBOXES)),
    )
