"""Every cheat on file is refused, contained, or measured at its true speed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from expectations import Expected, programs
from harness import Run, measure

from optimized_kernels.sandbox import SandboxUnavailable, find_sandbox

CHEATS = programs("cheats")

# All tricks aim at twice the speed around stock products; a loaded machine measures those within this.
TRUE_SPEED = 1.15


def _skip_without_strong_sandbox() -> None:
    try:
        find_sandbox("strong")
    except SandboxUnavailable as error:
        pytest.skip(f"needs the strong sandbox: {error}")


def run_program(expected: Expected, scratch: Path) -> Run:
    """The harness on a program on file, with what its header asks for."""
    options = {
        "timingSeconds": expected.timing,
        "turnTimeoutSeconds": 60,
        "allowModules": list(expected.allow),
        "sandbox": "strong" if expected.needs == "sandbox" else "any",
    }
    return measure(expected.path, scratch, options=options)


def gains(result: dict[str, Any]) -> bool:
    """Whether it was scored as clearly faster than what all of them are."""
    return result["verdict"] == "scored" and result["speedup"]["eager"]["low"] >= TRUE_SPEED


def test_there_are_enough_of_them() -> None:
    assert len(CHEATS) >= 34
    assert len({cheat.tries for cheat in CHEATS}) == len(CHEATS)
    assert all(cheat.tries.startswith("Tries: ") for cheat in CHEATS)


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.path.stem)
def test_a_cheat_gains_nothing(cheat: Expected, tmp_path: Path) -> None:
    if cheat.needs == "sandbox":
        _skip_without_strong_sandbox()
    result = run_program(cheat, tmp_path).result
    # A few tenths of a second are timed: luck does not repeat, a gain does.
    for again in range(2):
        if not gains(result):
            break
        (tmp_path / str(again)).mkdir()
        result = run_program(cheat, tmp_path / str(again)).result
    found = f"{result['verdict']} at {result['stage']}: {result['reason']}"
    if cheat.kind == "refused":
        assert result["verdict"] in ("failed", "rejected"), found
        assert cheat.stage in ("", result["stage"]), found
        assert cheat.reason in result["reason"], found
        return
    assert "ESCAPED" not in result["artifacts"].get("stdout", "")
    if cheat.kind == "true-speed" or result["verdict"] == "scored":
        assert result["verdict"] == "scored", found
        assert not gains(result), found
