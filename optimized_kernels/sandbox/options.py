"""`evaluation.options.sandbox` of a problem or a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from optimized_kernels.sandbox.limits import DEFAULT_MEMORY_MB, DEFAULT_PROCESSES, MIB, Limits

# `any`: the strongest that works here. `strong`: refuse to evaluate without. `limited`: the weaker one.
Level = Literal["any", "strong", "limited"]
LEVELS: tuple[str, ...] = get_args(Level)
FIELDS = ("level", "network", "memoryMb", "processes", "readable")
MOST = {"memoryMb": 2**24, "processes": 2**15}


class SandboxOptionsError(Exception):
    """Names the field, what was found, what was expected."""


@dataclass(frozen=True)
class SandboxOptions:
    """What a problem asks for; everything beyond the default is a permission."""

    level: Level = "any"
    network: bool = False
    limits: Limits = field(default_factory=Limits)
    readable: tuple[str, ...] = ()


def _count(value: Mapping[str, object], name: str, default: int) -> int:
    found = value.get(name, default)
    if type(found) is not int or not 1 <= found <= MOST[name]:
        raise SandboxOptionsError(
            f"options.sandbox.{name} is {found!r:.80}; expected an integer from 1 to {MOST[name]}"
        )
    return found


def _readable(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise SandboxOptionsError(f"options.sandbox.readable is {found!r:.80}; expected a list of paths")
    for path in found:
        if not isinstance(path, str) or not os.path.isabs(path) or not os.path.exists(path):
            raise SandboxOptionsError(
                f"options.sandbox.readable has {path!r:.200}; expected absolute paths that exist"
            )
    return tuple(found)


def _level(found: object) -> Level:
    if found not in LEVELS:
        raise SandboxOptionsError(
            f"options.sandbox.level is {found!r:.80}; expected one of {', '.join(LEVELS)}"
        )
    return cast(Level, found)


def parse_options(value: object) -> SandboxOptions:
    """Checks `value`, a level's name or an object of `FIELDS`. Raises SandboxOptionsError."""
    if isinstance(value, str) and value in LEVELS:
        return SandboxOptions(level=_level(value))
    if not isinstance(value, dict):
        levels = ", ".join(LEVELS)
        raise SandboxOptionsError(f"options.sandbox is {value!r:.80}; expected one of {levels}, or an object")
    unknown = sorted(str(name) for name in set(value) - set(FIELDS))
    if unknown:
        raise SandboxOptionsError(
            f"options.sandbox.{unknown[0]} is unknown; expected some of {', '.join(FIELDS)}"
        )
    network = value.get("network", False)
    if not isinstance(network, bool):
        raise SandboxOptionsError(f"options.sandbox.network is {network!r:.80}; expected true or false")
    memory = _count(value, "memoryMb", DEFAULT_MEMORY_MB) * MIB
    return SandboxOptions(
        level=_level(value.get("level", "any")),
        network=network,
        limits=Limits(memory_bytes=memory, processes=_count(value, "processes", DEFAULT_PROCESSES)),
        readable=_readable(value.get("readable", [])),
    )
